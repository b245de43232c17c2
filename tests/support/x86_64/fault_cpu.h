/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/x86_64/fault_cpu.h -- word-sized registers, in the assembler's words and by number
 *
 * rAX and so on, as Intel's manual writes a register of the machine's width.
 */

#ifndef mutator_tests_support_x86_64_fault_cpu_h
#define mutator_tests_support_x86_64_fault_cpu_h

#define rAX "%rax"
#define rCX "%rcx"
#define rDX "%rdx"
#define rBX "%rbx"
#define rSP "%rsp"
#define rBP "%rbp"
#define rSI "%rsi"
#define rDI "%rdi"
#define WORD "q" /* the suffix of an instruction on a word */

#define FaultTestAX MutatorRegisterRAX
#define FaultTestCX MutatorRegisterRCX
#define FaultTestDX MutatorRegisterRDX
#define FaultTestBX MutatorRegisterRBX
#define FaultTestBP MutatorRegisterRBP
#define FaultTestSI MutatorRegisterRSI
#define FaultTestDI MutatorRegisterRDI
#define FAULT_TEST_GENERAL 16 /* general registers */

/* Places where the system maps nothing unasked, and no base address that an instruction could hold by itself. */
#define FAULT_TEST_PLACE ((uintptr_t)0x200000000000)

#endif
