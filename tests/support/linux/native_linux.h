/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/linux/native_linux.h -- what Linux's files ask of each CPU
 */

#ifndef mutator_tests_support_linux_native_linux_h
#define mutator_tests_support_linux_native_linux_h

#include "native_signal.h"

/* Where gregs has register n. */
extern const int nativeSlots[];

#endif
