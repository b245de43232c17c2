/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stack.c -- stack pointers with which a thread can stop and go on
 *
 * Where handlers have a stack of their own, any that the kernel can go back
 * to.  Where the system writes its record below the stack pointer
 * (nativeFrameSize) and runs handlers there, it must point into memory of
 * which that much is free: a stretch that ends where the data pages begin, so
 * that operands can be addressed by the stack pointer all the same.
 */

#include "differential.h"

#include "support/native.h"

/* Two such frames: the handler may fault itself.  And 64 KiB, where parts of a stack pointer are loaded. */
static uint64_t areaSize(void) { return 4 * (uint64_t)nativeFrameSize(); }

static MutatorBool isInArea(uint64_t sp, Layout layout) {
  const uint64_t limit = caseDataBase(layout);
  return sp <= limit && sp >= limit - areaSize() / 2;
}

/* No kernel goes back to a thread whose stack pointer is not canonical. */
static uint64_t canonical(uint64_t value) {
  return RawMode64 ? (uint64_t)((int64_t)(value << 16) >> 16) : (uint32_t)value;
}

MutatorBool stackAllowed(uint64_t sp) {
  if (nativeFrameSize() == 0)
    return sp == canonical(sp);
  return isInArea(sp, LayoutLOW) || isInArea(sp, LayoutHIGH);
}

uint64_t stackAny(uint64_t value) {
  if (nativeFrameSize() == 0)
    return canonical(value);
  return caseDataBase(LayoutLOW) - value % (areaSize() / 2);
}

static MutatorBool writesStack(const ZydisDecodedOperand *operand, ZydisMachineMode mode) {
  ZydisRegister reg;
  if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER || (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0)
    return 0;
  reg = ZydisRegisterGetLargestEnclosing(mode, operand->reg.value);
  return reg == ZYDIS_REGISTER_RSP || reg == ZYDIS_REGISTER_ESP;
}

/* An exception that Step leaves to the CPU may be that the stack pointer would be wrong. */
MutatorBool stackAtRisk(const CaseStruct *theCase) {
  const ZydisMachineMode mode = RawMode64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  ZydisDecodedInstruction instruction;
  ZydisDecoder decoder;
  unsigned i;
  if (nativeFrameSize() == 0 ||
      !ZYAN_SUCCESS(ZydisDecoderInit(&decoder, mode, RawMode64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32)) ||
      !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, theCase->bytes, theCase->length, &instruction, operands)))
    return 0;
  for (i = 0; i < instruction.operand_count; ++i)
    if (writesStack(&operands[i], mode))
      return 1;
  return 0;
}

void stackSetup(void) {
  const uint64_t size = areaSize();
  unsigned layout;
  if (size == 0)
    return;
  for (layout = 0; layout < LayoutLIMIT; ++layout)
    (void)nativeMap((void *)(uintptr_t)(caseDataBase((Layout)layout) - size), (size_t)size, NativeREADWRITE);
}
