/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/cpu/x86.h -- the registers of a 32-bit x86 thread
 *
 * General-purpose registers have the numbers that instructions encode them
 * with (Intel SDM volume 2, table 3-1).
 */

#ifndef MUTATOR_CPU_X86_H
#define MUTATOR_CPU_X86_H

/* MutatorRegister -- a register that a context can show and edit */
typedef enum MutatorRegister {
  MutatorRegisterEAX = 0,
  MutatorRegisterECX = 1,
  MutatorRegisterEDX = 2,
  MutatorRegisterEBX = 3,
  MutatorRegisterESP = 4,
  MutatorRegisterEBP = 5,
  MutatorRegisterESI = 6,
  MutatorRegisterEDI = 7,
  MutatorRegisterPC = 8,    /* EIP as the system recorded it: after int3 it is one further than MutatorContextPC */
  MutatorRegisterFLAGS = 9, /* EFLAGS; the system ignores edits to privileged bits */
  MutatorRegisterLIMIT = 10 /* one past the last register */
} MutatorRegister;

#define MutatorRegisterSP MutatorRegisterESP

/* The 32-bit ABIs keep nothing below the stack pointer. */
#define MUTATOR_CPU_RED_ZONE 0

#endif
