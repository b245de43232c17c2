/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/x86/fault_system.h -- system calls in snippets, and what ptrace(2) calls the PC
 */

#ifndef mutator_tests_support_x86_fault_system_h
#define mutator_tests_support_x86_fault_system_h

/* The number is in rAX, where the result will be. */
#define SYSTEM_CALL "int $0x80"
#define FaultTestCall1 MutatorRegisterEBX
#define FaultTestCall2 MutatorRegisterECX
#define FaultTestCall3 MutatorRegisterEDX
#define FaultTestCall4 MutatorRegisterESI

/* Two more registers, which a call leaves alone. */
#define rKEPT1 "%edi"
#define rKEPT2 "%ebp"
#define FaultTestKept1 MutatorRegisterEDI
#define FaultTestKept2 MutatorRegisterEBP

/* void f(void *one, void *other): a byte stored to each.  And the same with a general
 * protection fault at the first: it is in the code segment, which is not written to. */
#define FAULT_TEST_STORES \
  { 0x8b, 0x44, 0x24, 0x04, 0x8b, 0x54, 0x24, 0x08, 0xc6, 0x00, 0x01, 0xc6, 0x02, 0x01, 0xc3 }
#define FAULT_TEST_REFUSED \
  { 0x8b, 0x44, 0x24, 0x04, 0x8b, 0x54, 0x24, 0x08, 0x2e, 0xc6, 0x00, 0x01, 0xc6, 0x02, 0x01, 0xc3 }

#define rTHREAD "%gs" /* the C library's segment of the thread */

/* What the kernel writes of a ucontext_t, bytes; where the handler's return address is (struct rt_sigframe). */
#define FAULT_TEST_UCONTEXT 116
#define FAULT_TEST_RETURN(info, ucontext) ((unsigned char *)(info)-16)

#define FAULT_TEST_USER_PC eip /* of struct user_regs_struct */

#endif
