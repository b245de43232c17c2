/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/inject.c -- into the trampoline and out of it
 */

#include "arch/x86/native.h"
#include "arch/x86/registers.h"

#include <string.h>

#define AT(field) offsetof(ArchInjectStruct, field)

/* The trampoline's offsets (inject.S). */
_Static_assert(AT(state) == MutatorRegisterLIMIT * sizeof(MutatorWord), "inject.inc: STATE");
_Static_assert(AT(mask) == AT(state) + sizeof(MutatorWord), "inject.inc: MASK");
_Static_assert(AT(run) == AT(state) + 2 * sizeof(MutatorWord), "inject.inc: RUN");
_Static_assert(AT(release) == AT(state) + 3 * sizeof(MutatorWord), "inject.inc: RELEASE");
_Static_assert(AT(released) == AT(state) + 4 * sizeof(MutatorWord), "inject.inc: RELEASED");

/* Bits of MXCSR that exist wherever DAZ does; others are a fault to load. */
enum { MxcsrVALID = 0xffff };

/* Interrupts enabled and bit 1, as every thread has them. */
enum { FlagsCLEAN = 0x202 };

enum { StackALIGN = 64 };

/* RBX, or EBX: functions keep it, and PLTs do not touch it before `run` is called. */
enum { RegisterFRAME = 3 };

/* XSAVE writes only part of the header, and XRSTOR wants the rest zero. */
void mutatorArchInjectEnter(ArchInject arch, Machine machine, MutatorWord stack) {
  memset(arch->state + MachineFxsaveSIZE, 0, arch->mask != 0 ? MachineXsaveHEADER : 0);
  arch->stack = (stack - mutatorNativeInjectReserve) / StackALIGN * StackALIGN;
  *machineRegister(machine, MutatorRegisterPC) = (MutatorWord)mutatorNativeInjectEntry;
  *machineRegister(machine, MutatorRegisterSP) = arch->stack;
  *machineRegister(machine, RegisterFRAME) = (MutatorWord)arch;
  *machineFlags(machine) = FlagsCLEAN;
}

static MutatorBool flagsAllow(MutatorWord flags) { return (flags & (MachineFlagTF | MachineFlagNT)) == 0; }

static MutatorBool stateAllows(const ArchInjectStruct *arch) {
  uint32_t mxcsr;
  memcpy(&mxcsr, arch->state + MachineFxsaveMXCSR, sizeof mxcsr);
  return (mxcsr & ~(uint32_t)MxcsrVALID) == 0;
}

MutatorBool mutatorArchInjectStraight(const ArchInjectStruct *arch) {
  return flagsAllow(arch->reg[MutatorRegisterFLAGS]) && stateAllows(arch) &&
         mutatorArchCanonical(arch->reg[MutatorRegisterPC], 1) &&
         mutatorArchCanonical(arch->reg[MutatorRegisterSP], 1) && mutatorNativeInjectBlock(arch);
}

MutatorBool mutatorArchInjectReturns(const ArchInjectStruct *arch, const MachineStruct *machine) {
  return *machineRegister(machine, MutatorRegisterPC) == (MutatorWord)mutatorNativeInjectTrap &&
         *machineRegister(machine, RegisterFRAME) == (MutatorWord)arch;
}

MutatorBool mutatorArchInjectOwn(MutatorWord pc) {
  return pc - (MutatorWord)mutatorNativeInjectEntry <
         (MutatorWord)mutatorNativeInjectEnd - (MutatorWord)mutatorNativeInjectEntry;
}

/* SYSCALL, SYSENTER, INT 80h (Intel SDM volume 2). */
static MutatorBool isSystemCall(MutatorWord pc) {
  static const unsigned char calls[][2] = {{0x0f, 0x05}, {0x0f, 0x34}, {0xcd, 0x80}};
  unsigned char bytes[2];
  unsigned i;
  for (i = 0; i < sizeof bytes; i++)
    if (!mutatorArchNofaultLoad(&bytes[i], (const void *)(pc + i), 1))
      return 0;
  for (i = 0; i < sizeof calls / sizeof calls[0]; i++)
    if (memcmp(bytes, calls[i], sizeof bytes) == 0)
      return 1;
  return 0;
}

MutatorBool mutatorArchSystemCall(MutatorWord pc) { return isSystemCall(pc) || isSystemCall(pc - 2); }
