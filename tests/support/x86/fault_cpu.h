/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/x86/fault_cpu.h -- word-sized registers, in the assembler's words and by number
 *
 * rAX and so on, as Intel's manual writes a register of the machine's width.
 */

#ifndef mutator_tests_support_x86_fault_cpu_h
#define mutator_tests_support_x86_fault_cpu_h

#define rAX "%eax"
#define rCX "%ecx"
#define rDX "%edx"
#define rBX "%ebx"
#define rSP "%esp"
#define rBP "%ebp"
#define rSI "%esi"
#define rDI "%edi"
#define FAULT_TEST_CLOBBER_XMM0 /* the compiler may not know of it, and then does not use it */
#define WORD_SIZE "4"
#define WORD_DATA ".long "
#define WORD "l" /* the suffix of an instruction on a word */

#define FaultTestAX MutatorRegisterEAX
#define FaultTestCX MutatorRegisterECX
#define FaultTestDX MutatorRegisterEDX
#define FaultTestBX MutatorRegisterEBX
#define FaultTestBP MutatorRegisterEBP
#define FaultTestSI MutatorRegisterESI
#define FaultTestDI MutatorRegisterEDI
#define FAULT_TEST_GENERAL 8 /* general registers */

/* The vector registers, for the assembler's .irp, and how many. */
#define FAULT_TEST_XMM "0,1,2,3,4,5,6,7"
#define FAULT_TEST_XMMS 8
#define FAULT_TEST_ZMM "0,1,2,3,4,5,6,7"
#define FAULT_TEST_ZMMS 8

/* Places where the system maps nothing unasked. */
#define FAULT_TEST_PLACE ((uintptr_t)0x20000000)

/* Addresses that no program has: the kernel's, on every system. */
#define FAULT_TEST_IMPOSSIBLE 0xfffff000

#endif
