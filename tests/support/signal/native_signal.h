/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/signal/native_signal.h -- where a frame has the vector state, as XSAVE writes it
 */

#ifndef mutator_tests_support_signal_native_signal_h
#define mutator_tests_support_signal_native_signal_h

#include "support/native.h"

/* What the FXSAVE area and XSAVE's header have where (Intel SDM volume 1, section 13.4). */
enum {
  NativeControlAT = 0,
  NativeTagsAT = 4,
  NativePointersAT = 6,
  NativeMxcsrAT = 24,
  NativeX87AT = 32,
  NativeXmmAT = 160,
  NativePresentAT = 512
};

/* Of the system's file: bytes [at, at + size) of the standard format; NULL where the record has none. */
unsigned char *nativeStateAt(const ucontext_t *ucontext, size_t at, size_t size);

/* The components that the record has room for. */
uint64_t nativeStateComponents(const ucontext_t *ucontext);

/* After writing there: make what else the kernel restores from agree with it. */
void nativeSettle(ucontext_t *ucontext);

/* Of the system's file: end the calling thread; not even the C library hears of it. */
void nativeThreadVanish(void);

#endif
