/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/compiler.h -- what C11 has no word for, whichever the compiler
 */

#ifndef mutator_cc_compiler_h
#define mutator_cc_compiler_h

#ifdef __GNUC__
#include "cc/gnu/compiler.h"
#else
#include "cc/msvc/compiler.h"
#endif

#endif
