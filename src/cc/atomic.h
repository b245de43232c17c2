/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/atomic.h -- atomic words, whichever the compiler
 */

#ifndef mutator_cc_atomic_h
#define mutator_cc_atomic_h

#ifdef __GNUC__
#include "cc/gnu/atomic.h"
#else
#include "cc/msvc/atomic.h"
#endif

#endif
