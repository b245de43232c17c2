/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/x86_64/fault_system.h -- system calls in snippets, and what ptrace(2) calls the PC
 */

#ifndef mutator_tests_support_x86_64_fault_system_h
#define mutator_tests_support_x86_64_fault_system_h

/* The number is in rAX, where the result will be. */
#define SYSTEM_CALL "syscall"
#define FaultTestCall1 MutatorRegisterRDI
#define FaultTestCall2 MutatorRegisterRSI
#define FaultTestCall3 MutatorRegisterRDX
#define FaultTestCall4 MutatorRegisterR10

/* Two more registers, which a call leaves alone. */
#define rKEPT1 "%rbx"
#define rKEPT2 "%rbp"
#define FaultTestKept1 MutatorRegisterRBX
#define FaultTestKept2 MutatorRegisterRBP

/* void f(void *one, void *other): a byte stored to each.  And the same with a general
 * protection fault at the first: RDI is made non-canonical. */
#define FAULT_TEST_STORES \
  { 0xc6, 0x07, 0x01, 0xc6, 0x06, 0x01, 0xc3 }
#define FAULT_TEST_REFUSED \
  { 0x48, 0xbf, 0, 0, 0, 0, 0, 0, 0, 0x80, 0xc6, 0x07, 0x01, 0xc6, 0x06, 0x01, 0xc3 }

#define rTHREAD "%fs" /* the C library's segment of the thread */

/* What the kernel writes of a ucontext_t, bytes; where the handler's return address is (struct rt_sigframe). */
#define FAULT_TEST_UCONTEXT 304
#define FAULT_TEST_RETURN(info, ucontext) ((unsigned char *)(ucontext)-8)

#define FAULT_TEST_USER_PC rip /* of struct user_regs_struct */

#endif
