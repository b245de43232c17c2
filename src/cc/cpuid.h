/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/cpuid.h -- the CPUID instruction, whichever the compiler
 */

#ifndef mutator_cc_cpuid_h
#define mutator_cc_cpuid_h

#ifdef __GNUC__
#include "cc/gnu/cpuid.h"
#else
#include "cc/msvc/cpuid.h"
#endif

#endif
