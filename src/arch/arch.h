/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/arch.h -- what a CPU port provides
 *
 * A CPU port turns instruction bytes into a plan, says what memory the plan
 * touches given a thread's registers, and performs it.  It knows no operating
 * system: registers come through a Machine, memory through a MutatorMemory.
 *
 * Everything here except the functions named Setup runs in fault handlers: no
 * allocation, no locks, no assertion about bytes or registers.
 */

#ifndef mutator_arch_arch_h
#define mutator_arch_arch_h

#include <mutator/context.h>
#include <mutator/memory.h>

#include "arch/registers.h"
#include "cc/compiler.h"

/* ArchPlan -- a decoded, ready-to-run instruction; its meaning is the port's */
typedef struct ArchPlanStruct {
  uint64_t word[4];
} ArchPlanStruct, *ArchPlan;

/* The longest instruction, and what the fetch delivers at most; bytes. */
#define ARCH_INSTRUCTION_MAX 15
#define ARCH_FETCH_MAX 16

/* ArchAccessesStruct -- every access of one instruction, in the order in which
 * the CPU makes them */
typedef struct ArchAccessesStruct {
  unsigned count;
  MutatorInstructionAccessStruct access[MUTATOR_INSTRUCTION_ACCESSES];
  VectorStruct vector; /* where the vector registers are, of a plan that needs them */
} ArchAccessesStruct, *ArchAccesses;

/* mutatorArchPlan -- decode bytes into a plan
 *
 * pre:      set-up has been done
 * bytes     `count` readable bytes, 1 to 16
 * pc        where they were fetched; only Capstone's view of branch targets depends on it
 * Returns   MutatorDeclineNONE and *plan, or why not; *plan is then undefined
 */
MutatorDecline mutatorArchPlan(ArchPlan plan, const unsigned char *bytes, size_t count, MutatorWord pc);

/* The instruction's length, bytes. */
size_t mutatorArchPlanLength(const ArchPlanStruct *plan);

/* The opcode table's row, and its name; for people. */
unsigned mutatorArchPlanRow(const ArchPlanStruct *plan);
const char *mutatorArchPlanName(const ArchPlanStruct *plan);
MutatorBool mutatorArchPlanLocked(const ArchPlanStruct *plan);

/* mutatorArchAccesses -- what memory the plan touches, with these registers
 *
 * Returns   MutatorDeclineNONE and *accesses, or why not
 */
MutatorDecline mutatorArchAccesses(const ArchPlanStruct *plan, Machine machine, ArchAccesses accesses);

/* mutatorArchPerform -- do it: memory, registers, flags and PC, all or nothing
 *
 * pre:      accesses are mutatorArchAccesses's, with the same registers; undefined afterwards
 * Returns   MutatorResOK, MutatorResACCESS, or MutatorResUNIMPL (the memory
 *           cannot); nothing has changed unless OK
 */
MutatorRes mutatorArchPerform(const ArchPlanStruct *plan, Machine machine, ArchAccesses accesses, MutatorMemory memory);

/* mutatorArchHandlerEnter -- make the flags those that compiled code expects
 *
 * To be called first in a handler: systems leave it some of the thread's (AC,
 * with which a misaligned access is a fault).  The thread's own are in its record.
 */
void mutatorArchHandlerEnter(void);

/* Is the thread being single-stepped? */
MutatorBool mutatorArchTraced(const MachineStruct *machine);

/* Do its string instructions run downwards? */
MutatorBool mutatorArchBackward(const MachineStruct *machine);

/* mutatorArchOperand -- the memory operand that the bytes name, stepped or not
 *
 * For telling a non-canonical address from a misaligned one, of any
 * instruction with a ModR/M byte, whether or not the table has it.
 *
 * alignReturn  receives the alignment that the CPU demands of it, bytes; 1 for none known
 * Returns      true when *addressReturn, its lowest byte, and *alignReturn are set
 */
MutatorBool mutatorArchOperand(const unsigned char *bytes, size_t count, Machine machine, MutatorWord *addressReturn,
                               size_t *alignReturn);

/* Is [address, address + size) made of addresses that a page can have? */
MutatorBool mutatorArchCanonical(MutatorWord address, size_t size);

/* mutatorArchBreakpointLength -- the length of the breakpoint instruction that
 * ends at pc, bytes; 0 when the bytes there are not one */
size_t mutatorArchBreakpointLength(MutatorWord pc);

/* Breakpoints ------------------------------------------------------------------- */

/* mutatorArchLength -- the length of any instruction, stepped or not; 0 when it is not whole or not known */
size_t mutatorArchLength(const unsigned char *bytes, size_t count);

/* The trap byte: of the breakpoint instruction, or of one that programs may not execute. */
unsigned char mutatorArchTrapByte(MutatorBool halt);

/* mutatorArchResume -- the instruction at the PC is executed next, also where a debug register stops threads at it */
void mutatorArchResume(Machine machine);

/* mutatorArchBranch -- do a jump, or an instruction that does nothing, on the registers
 *
 * Returns   OK; UNIMPL: it is another instruction, nothing has changed
 */
MutatorRes mutatorArchBranch(const unsigned char *bytes, size_t count, Machine machine);

/* ArchDisplaceStruct -- code that does at another place what an instruction does at its own */
#define ARCH_DISPLACE_MAX 24
typedef struct ArchDisplaceStruct {
  unsigned char code[ARCH_DISPLACE_MAX];
  size_t length;
  MutatorWord next; /* where the thread goes on when it has come to the end of the code */
} ArchDisplaceStruct, *ArchDisplace;

/* mutatorArchDisplace -- make that code
 *
 * bytes     the instruction at the machine's PC
 * memory    to read a pointer through
 * place     where the code will be
 * Returns   OK; UNIMPL: it cannot be run elsewhere; ACCESS: the pointer cannot be read
 */
MutatorRes mutatorArchDisplace(ArchDisplace displace, const unsigned char *bytes, size_t count, Machine machine,
                               MutatorMemory memory, MutatorWord place);

/* mutatorArchNofault... -- one native access that cannot fault the caller
 *
 * Each is a single instruction of the operand's width at a PC listed in the
 * fix-up table; a fault there makes the function return false, as long as the
 * process's handler calls MutatorFaultRecover.
 *
 * size     1, 2, 4, 8 or 16 bytes, 32 with AVX, 64 with AVX-512; on 32-bit CPUs 8 and 16 use vector registers
 * Returns  true when done; false when the memory was not accessible, or the
 *          size is another
 */
MutatorBool mutatorArchNofaultLoad(void *buffer, const void *address, size_t size);
MutatorBool mutatorArchNofaultStore(void *address, const void *buffer, size_t size);

/* As MutatorMemoryCompareAndSwap: OK, FAIL, ACCESS, or UNIMPL for a size the CPU lacks. */
MutatorRes mutatorArchNofaultCompareAndSwap(void *address, void *expected, const void *desired, size_t size);

/* mutatorArchFetch -- the instruction bytes at pc, as many as are readable
 *
 * Returns  how many of the ARCH_FETCH_MAX bytes were set; the rest are zero
 */
size_t mutatorArchFetch(unsigned char bytes[ARCH_FETCH_MAX], MutatorWord pc);

/* mutatorArchExpected -- the code that has every access of the kind above: nothing else is in [base, limit) */
typedef struct ArchCodeStruct {
  const unsigned char *base;
  const unsigned char *limit;
} ArchCodeStruct;
extern COMPILER_WITHIN const ArchCodeStruct mutatorArchExpected;

/* mutatorArchFixup -- is pc an access of the kind above?
 *
 * Returns  true, and where to go on
 */
MutatorBool mutatorArchFixup(MutatorWord pc, MutatorWord *resumeReturn);

/* mutatorArchLoad, Store, CompareAndSwap -- through a memory, as MutatorMemoryLoad says
 *
 * pre:      memory is initialised, size is 1, 2, 4, 8, 16, 32 or 64 (of a compare-and-swap, at most 16)
 */
MutatorRes mutatorArchLoad(MutatorMemory memory, void *buffer, void *address, size_t size);
MutatorRes mutatorArchStore(MutatorMemory memory, void *address, const void *buffer, size_t size);
MutatorRes mutatorArchCompareAndSwap(MutatorMemory memory, void *address, void *expected, const void *desired,
                                     size_t size);

/* ArchInjectStruct -- what the trampoline of an injection saves, loads and calls
 *
 * The trampoline's assembly has these offsets; every field is a word.
 */
typedef struct ArchInjectStruct *ArchInject;
typedef struct ArchInjectStruct {
  MutatorWord reg[MutatorRegisterLIMIT]; /* to go on with */
  unsigned char *state; /* where the vector registers are saved, 64-byte aligned, mutatorArchInjectStateSize bytes */
  MutatorWord mask;     /* the components to save, as XSAVE numbers them; 0: by FXSAVE */
  MutatorWord (*run)(ArchInject arch); /* called when all is saved; returns an ArchInjectBack */
  MutatorWord *release;                /* receives `released` when the structure has been used for the last time */
  MutatorWord released;
  MutatorWord stack; /* the trampoline's, when it was entered */
} ArchInjectStruct;

/* ArchInjectBack -- the way back from `run` */
typedef enum ArchInjectBack {
  ArchInjectBackSTRAIGHT = 0, /* load everything and return to the PC */
  ArchInjectBackTRAP = 1,     /* trap at a place that mutatorArchInjectReturns knows */
  ArchInjectBackLOST = 2      /* there is nothing to go back to: trap at a place that nobody knows */
} ArchInjectBack;

/* mutatorArchInjectEnter -- the registers with which the thread enters the trampoline
 *
 * pre:     arch->reg holds the thread's own
 * stack    the callback's stack grows down from here; need not be aligned
 */
void mutatorArchInjectEnter(ArchInject arch, Machine machine, MutatorWord stack);

/* mutatorArchInjectStraight -- prepare the trampoline's own return; false when it cannot restore exactly these registers
 *
 * pre:     called in `run`; nothing of `reg` or the stack changes afterwards
 */
MutatorBool mutatorArchInjectStraight(const ArchInjectStruct *arch);

/* Has the thread trapped at the end of this structure's trampoline? */
MutatorBool mutatorArchInjectReturns(const ArchInjectStruct *arch, const MachineStruct *machine);

/* mutatorArchTrap -- a routine that traps, and keeps every register and flag; NULL where there is none
 *
 * mutatorArchTrapAt: the PC of the trap, a general protection fault.  mutatorArchTrapAfter: where to go on. */
typedef void (*ArchTrap)(void);
ArchTrap mutatorArchTrap(void);
MutatorWord mutatorArchTrapAt(void);
MutatorWord mutatorArchTrapAfter(void);

/* Is there a system call instruction at the PC, or does one end there? */
MutatorBool mutatorArchSystemCall(MutatorWord pc);

/* Is the PC in the trampoline? */
MutatorBool mutatorArchInjectOwn(MutatorWord pc);

/* Bytes that the vector registers take in memory (set-up: it may ask the CPU). */
size_t mutatorArchInjectStateSize(void);

/* mutatorArchSetup -- open and warm up `decoders` decoders, learn the CPU's state layout
 *
 * Not for handlers (arch/x86/setup_decode.c).
 *
 * Returns  MutatorResOK; MutatorResMEMORY; MutatorResUNIMPL: Capstone's version
 *          at run time is not the one of its headers
 */
MutatorRes mutatorArchSetup(size_t decoders);

/* For a set-up that fails later: close the decoders again. */
void mutatorArchUndo(void);

/* In a forked child, where one thread is left: every decoder is free. */
void mutatorArchForked(void);

#endif
