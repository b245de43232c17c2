/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/displace.c -- the instruction under a breakpoint, done here or run elsewhere
 *
 * Jumps and instructions that do nothing are done on the registers.  Of others a
 * copy does the same at another place, once an operand relative to the PC has been
 * corrected, and a call is a push of the address that it would have pushed.  What
 * leaves its place by itself, or would return there, is not run elsewhere.
 */

#include "arch/x86/length.h"
#include "arch/x86/plan.h"

#include <string.h>

static MutatorBool isLegacy(const RawStruct *raw, unsigned map, unsigned first, unsigned last) {
  return raw->space == RawSpaceLEGACY && raw->map == map && raw->opcode >= first && raw->opcode <= last;
}

static unsigned extensionOf(const RawStruct *raw) { return raw->reg & 7; }

/* done on the registers ----------------------------------------------------------- */

/* NOP, PAUSE, ENDBR and the long NOP (.source.sdm volume 2, NOP).  With REX.B 90 is an exchange. */
static MutatorBool isNothing(const RawStruct *raw) {
  if (raw->lock)
    return 0;
  if (isLegacy(raw, RawMapONE, 0x90, 0x90))
    return raw->extendB == 0;
  if (isLegacy(raw, RawMap0F, 0x1e, 0x1e))
    return raw->repeat == 0xf3 && raw->mod == 3 && extensionOf(raw) == 7 && (raw->rm == 2 || raw->rm == 3);
  return isLegacy(raw, RawMap0F, 0x1f, 0x1f) && extensionOf(raw) == 0;
}

/* The condition that the low four bits of an opcode name (.source.sdm volume 1, appendix B). */
static MutatorBool condition(unsigned code, uint32_t flags) {
  const MutatorBool sign = (flags & MachineFlagSF) != 0, overflow = (flags & MachineFlagOF) != 0;
  MutatorBool met = 0;
  switch (code >> 1 & 7) {
  case 0: met = overflow; break;
  case 1: met = (flags & MachineFlagCF) != 0; break;
  case 2: met = (flags & MachineFlagZF) != 0; break;
  case 3: met = (flags & (MachineFlagCF | MachineFlagZF)) != 0; break;
  case 4: met = sign; break;
  case 5: met = (flags & MachineFlagPF) != 0; break;
  case 6: met = sign != overflow; break;
  case 7: met = (flags & MachineFlagZF) != 0 || sign != overflow; break;
  default: break;
  }
  return met != (MutatorBool)(code & 1);
}

/* RCX, or as much of it as the address size says. */
static MutatorWord counterMask(const RawStruct *raw) {
  return ~(MutatorWord)0 >> (8 * (sizeof(MutatorWord) - raw->addressSize));
}

/* LOOPNE, LOOPE, LOOP count; JCXZ only looks.  A 32-bit counter loses its upper half. */
static MutatorBool loops(const RawStruct *raw, Machine machine) {
  const MutatorWord mask = counterMask(raw), before = *machineRegister(machine, MachineC);
  const MutatorBool zero = (*machineFlags(machine) & MachineFlagZF) != 0;
  const MutatorWord count = (before - 1) & mask;
  if (raw->opcode == 0xe3)
    return (before & mask) == 0;
  *machineRegister(machine, MachineC) = raw->addressSize == 2 ? (before & ~mask) | count : count;
  return count != 0 && (raw->opcode == 0xe2 || zero == (raw->opcode == 0xe1));
}

static MutatorBool isConditional(const RawStruct *raw) {
  return isLegacy(raw, RawMapONE, 0x70, 0x7f) || isLegacy(raw, RawMap0F, 0x80, 0x8f);
}
static MutatorBool isLoop(const RawStruct *raw) { return isLegacy(raw, RawMapONE, 0xe0, 0xe3); }
static MutatorBool isJump(const RawStruct *raw) {
  return isLegacy(raw, RawMapONE, 0xe9, 0xe9) || isLegacy(raw, RawMapONE, 0xeb, 0xeb);
}
static MutatorBool isJumpRegister(const RawStruct *raw) {
  return isLegacy(raw, RawMapONE, 0xff, 0xff) && extensionOf(raw) == 4 && raw->mod == 3;
}

static MutatorBool isBranch(const RawStruct *raw) {
  return isConditional(raw) || isLoop(raw) || isJump(raw) || isJumpRegister(raw);
}

/* Does it go to `target`? */
static MutatorBool taken(const RawStruct *raw, Machine machine) {
  if (isConditional(raw))
    return condition(raw->opcode, *machineFlags(machine));
  return !isLoop(raw) || loops(raw, machine);
}

static MutatorWord targetOf(const RawStruct *raw, const MachineStruct *machine, MutatorWord next) {
  return isJumpRegister(raw) ? *machineRegister(machine, raw->rm) : next + (MutatorWord)(intptr_t)raw->immediate;
}

MutatorRes mutatorArchBranch(const unsigned char *bytes, size_t count, Machine machine) {
  RawStruct raw;
  MutatorWord *pc = machineRegister(machine, MutatorRegisterPC);
  const size_t length = mutatorRawWhole(&raw, bytes, count);
  const MutatorWord next = *pc + length;
  MutatorWord target = next;
  if (length == 0 || (!isNothing(&raw) && (!isBranch(&raw) || raw.operand || raw.lock)))
    return MutatorResUNIMPL;
  if (isBranch(&raw))
    target = targetOf(&raw, machine, next);
  if (!mutatorArchCanonical(target, 1))
    return MutatorResUNIMPL;
  *pc = isBranch(&raw) && !taken(&raw, machine) ? next : target;
  *machineFlags(machine) &= ~(uint32_t)MachineFlagRF;
  return MutatorResOK;
}

/* run elsewhere ------------------------------------------------------------------- */

static MutatorBool isCall(const RawStruct *raw) { return isLegacy(raw, RawMapONE, 0xe8, 0xe8); }
static MutatorBool isCallThrough(const RawStruct *raw) {
  return isLegacy(raw, RawMapONE, 0xff, 0xff) && extensionOf(raw) == 2;
}

/* Returns, far jumps and calls, system calls, software interrupts; XBEGIN; jumps through memory, which are stepped. */
static MutatorBool leaves(const RawStruct *raw) {
  if (isLegacy(raw, RawMap0F, 0x05, 0x05) || isLegacy(raw, RawMap0F, 0x07, 0x07) || isLegacy(raw, RawMap0F, 0x34, 0x35))
    return 1;
  if (isLegacy(raw, RawMapONE, 0xff, 0xff))
    return extensionOf(raw) >= 3 && extensionOf(raw) <= 5;
  if (isLegacy(raw, RawMapONE, 0xc7, 0xc7))
    return extensionOf(raw) == 7;
  return isLegacy(raw, RawMapONE, 0xc2, 0xc3) || isLegacy(raw, RawMapONE, 0xca, 0xcb) ||
         isLegacy(raw, RawMapONE, 0xcd, 0xcd) || isLegacy(raw, RawMapONE, 0xcf, 0xcf);
}

static MutatorRes calledAddress(const RawStruct *raw, Machine machine, MutatorMemory memory, MutatorWord next,
                                MutatorWord *targetReturn) {
  PlanStruct plan;
  MutatorWord address;
  if (isCall(raw)) {
    *targetReturn = next + (MutatorWord)(intptr_t)raw->immediate;
    return MutatorResOK;
  }
  if (raw->mod == 3) {
    *targetReturn = *machineRegister(machine, raw->rm);
    return MutatorResOK;
  }
  mutatorPlanSetAddress(&plan, raw);
  plan.length = (uint8_t)raw->at;
  if (!mutatorPlanAddress(&plan, machine, &address))
    return MutatorResUNIMPL;
  return mutatorArchLoad(memory, targetReturn, (void *)address, sizeof *targetReturn);
}

/* PUSH imm32, which is sign-extended, and in 64-bit mode MOV [RSP + 4], imm32. */
static void writePush(ArchDisplace displace, MutatorWord value) {
  static const unsigned char upper[] = {0xc7, 0x44, 0x24, 0x04};
  displace->code[0] = 0x68;
  memcpy(displace->code + 1, &value, 4);
  displace->length = 5;
  if (!RawMode64)
    return;
  memcpy(displace->code + 5, upper, sizeof upper);
  memcpy(displace->code + 9, (const unsigned char *)&value + 4 % sizeof value, 4);
  displace->length = 13;
}

/* A shadow stack would not hear of the push. */
static MutatorRes displaceCall(ArchDisplace displace, const RawStruct *raw, Machine machine, MutatorMemory memory) {
  const MutatorWord next = *machineRegister(machine, MutatorRegisterPC) + raw->at;
  MutatorRes res;
  if (raw->operand || raw->lock || mutatorPlanShadowStack())
    return MutatorResUNIMPL;
  res = calledAddress(raw, machine, memory, next, &displace->next);
  if (res == MutatorResOK && !mutatorArchCanonical(displace->next, 1))
    res = MutatorResUNIMPL;
  writePush(displace, next);
  return res;
}

/* The displacement is the last of what comes before the immediate. */
static MutatorRes correct(ArchDisplace displace, const unsigned char *bytes, size_t count, MutatorWord by) {
  RawStruct raw;
  int64_t displacement;
  int32_t written;
  if (mutatorRawOpcode(&raw, bytes, count) != MutatorDeclineNONE || mutatorRawModRM(&raw) != MutatorDeclineNONE ||
      raw.addressSize != sizeof(MutatorWord))
    return MutatorResUNIMPL;
  displacement = raw.displacement + (int64_t)by;
  written = (int32_t)displacement;
  if (written != displacement)
    return MutatorResUNIMPL;
  memcpy(displace->code + raw.at - sizeof written, &written, sizeof written);
  return MutatorResOK;
}

MutatorRes mutatorArchDisplace(ArchDisplace displace, const unsigned char *bytes, size_t count, Machine machine,
                               MutatorMemory memory, MutatorWord place) {
  RawStruct raw;
  const MutatorWord pc = *machineRegister(machine, MutatorRegisterPC);
  const size_t length = mutatorRawWhole(&raw, bytes, count);
  if (length == 0 || isBranch(&raw) || leaves(&raw))
    return MutatorResUNIMPL;
  if (isCall(&raw) || isCallThrough(&raw))
    return displaceCall(displace, &raw, machine, memory);
  displace->length = length;
  displace->next = pc + length;
  memcpy(displace->code, bytes, length);
  return raw.base == MutatorRegisterPC ? correct(displace, bytes, count, pc - place) : MutatorResOK;
}

/* INT3; HLT, which is a general protection fault for programs (.source.sdm volume 2, HLT). */
unsigned char mutatorArchTrapByte(MutatorBool halt) { return halt ? 0xf4 : 0xcc; }

/* With RF set it raises no debug exception (.source.sdm volume 3, section 18.3.1.1). */
void mutatorArchResume(Machine machine) { *machineFlags(machine) |= MachineFlagRF; }
