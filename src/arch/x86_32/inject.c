/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86_32/inject.c -- the block that the 32-bit trampoline loads registers from
 *
 * It lies right below where ESP will be, since IRETD leaves ESP just above it.
 */

#include "arch/x86/native.h"

enum { BlockWORDS = 10, BlockCS = 8 };

const size_t mutatorNativeInjectReserve = BlockWORDS * sizeof(MutatorWord);

/* By MutatorRegister; the code segment is filled in by the trampoline. */
static const unsigned char order[BlockWORDS] = {
    MutatorRegisterEAX, MutatorRegisterECX, MutatorRegisterEDX, MutatorRegisterEBX, MutatorRegisterEBP,
    MutatorRegisterESI, MutatorRegisterEDI, MutatorRegisterPC,  MutatorRegisterPC,  MutatorRegisterFLAGS,
};

/* Handlers without an alternate stack may write below the trampoline's, as far as this. */
static const MutatorWord handlers = (MutatorWord)1 << 20;

static MutatorBool safeFromHandlers(MutatorWord block, MutatorWord stack) {
  return block >= stack || stack - block > handlers;
}

MutatorBool mutatorNativeInjectBlock(const ArchInjectStruct *arch) {
  const MutatorWord block = arch->reg[MutatorRegisterSP] - mutatorNativeInjectReserve;
  unsigned i;
  if (!safeFromHandlers(block, arch->stack))
    return 0;
  for (i = 0; i < BlockWORDS; i++)
    if (!mutatorArchNofaultStore((void *)(block + i * sizeof(MutatorWord)), &arch->reg[order[i]], sizeof(MutatorWord)))
      return 0;
  return 1;
}
