/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/cpu/x86_64.h -- the registers of an x86-64 thread
 *
 * General-purpose registers have the numbers that instructions encode them
 * with (Intel SDM volume 2, table 3-1; REX.B, REX.X and REX.R give bit 3).
 */

#ifndef MUTATOR_CPU_X86_64_H
#define MUTATOR_CPU_X86_64_H

/* MutatorRegister -- a register that a context can show and edit */
typedef enum MutatorRegister {
  MutatorRegisterRAX = 0,
  MutatorRegisterRCX = 1,
  MutatorRegisterRDX = 2,
  MutatorRegisterRBX = 3,
  MutatorRegisterRSP = 4,
  MutatorRegisterRBP = 5,
  MutatorRegisterRSI = 6,
  MutatorRegisterRDI = 7,
  MutatorRegisterR8 = 8,
  MutatorRegisterR9 = 9,
  MutatorRegisterR10 = 10,
  MutatorRegisterR11 = 11,
  MutatorRegisterR12 = 12,
  MutatorRegisterR13 = 13,
  MutatorRegisterR14 = 14,
  MutatorRegisterR15 = 15,
  MutatorRegisterPC = 16,    /* RIP as the system recorded it: after int3 it is one further than MutatorContextPC */
  MutatorRegisterFLAGS = 17, /* RFLAGS; the system ignores edits to privileged bits */
  MutatorRegisterLIMIT = 18  /* one past the last register */
} MutatorRegister;

#define MutatorRegisterSP MutatorRegisterRSP

/* Bytes below the stack pointer that a leaf function may use without moving
 * it (System V ABI for x86-64, section 3.2.2).  Windows has none. */
#define MUTATOR_CPU_RED_ZONE 128

#endif
