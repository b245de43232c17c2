/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/operation.c -- where the routines are
 */

#include "arch/x86/operation.h"

#define DECLARE(name) NATIVE_FAMILY(mutatorNative##name);
OPERATIONS(DECLARE)

#define ROW(name) [OpcodeOperation##name] = mutatorNative##name,
static const NativeOperation *const families[OpcodeOperationLIMIT] = {OPERATIONS(ROW)};

NativeOperation mutatorOperationFind(unsigned operation, unsigned bytes) {
  const NativeOperation *family = operation < OpcodeOperationLIMIT ? families[operation] : NULL;
  if (family == NULL || (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8))
    return NULL;
  return nativeOf(family, bytes);
}
