/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86_64/inject.c -- the 64-bit trampoline makes its block on its own stack
 */

#include "arch/x86/native.h"

const size_t mutatorNativeInjectReserve = 0;

MutatorBool mutatorNativeInjectBlock(const ArchInjectStruct *arch) {
  (void)arch;
  return 1;
}
