/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/posix/native_types.h -- a stopped thread is what a signal handler gets
 */

#ifndef mutator_tests_support_posix_native_types_h
#define mutator_tests_support_posix_native_types_h

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include <native_system.h>

#define NATIVE_PRINTF printf /* whose rules a format string follows */

/* How far the record's PC is behind a breakpoint instruction of one byte. */
#define NATIVE_AFTER_BREAKPOINT 1

/* The error code is the CPU's: bit 1 a write, bit 2 by a program, bit 4 a fetch. */
#define NATIVE_ERROR_BITS 1

/* Flags that a program may have set when it stops: CF PF AF ZF SF DF OF AC. */
#define NATIVE_FLAGS 0x40cd5

/* Do threads that come later stop at debug registers that were set before? */
#define NATIVE_DEBUG_REGISTERS_INHERITED 1

/* Does a thread keep its vector registers when it is suspended on its way out of a fault? */
#define NATIVE_SUSPENSION_KEEPS_VECTORS 1

/* Does a C++ handler around an instruction that traps get what is thrown from there? */
#define NATIVE_TRAP_IS_IN_TRY 1

/* Are x87 and MMX stepped? */
#define NATIVE_STEPS_X87 1

/* The stack at a call is a multiple of this. */
#define NATIVE_STACK_ALIGN 16

/* What stops a thread, as nativeStopNumber has it; the others are the system's (native_system.h). */
#define NATIVE_ILLEGAL SIGILL
#define NATIVE_BREAKPOINT SIGTRAP
#define NATIVE_TRACE SIGTRAP
#define NATIVE_DIVIDE SIGFPE
#define NATIVE_OVERFLOW SIGFPE
#define NATIVE_FLOAT SIGFPE

typedef struct NativeStopStruct {
  int signal;
  siginfo_t *info;
  ucontext_t *ucontext;
} NativeStopStruct;

typedef struct NativePictureStruct {
  ucontext_t ucontext; /* as much as nativeUcontextSize says */
  siginfo_t info;
  unsigned char apart[4096]; /* what it points to, as far as there is room */
  size_t apartSize;
} NativePictureStruct;

/* For tests of signals themselves: registers by MutatorRegister, pictures without a stop. */
MutatorWord nativeUcontextGet(const ucontext_t *ucontext, unsigned reg);
void nativeUcontextSet(ucontext_t *ucontext, unsigned reg, MutatorWord value);

/* mprotect(2) that must succeed, for tests that speak of PROT_READ. */
void faultTestProtect(void *base, size_t size, int protection);
#define faultTestPageSize nativePageSize
#define faultTestGet nativeUcontextGet
#define faultTestSet nativeUcontextSet

/* Of the system's files --------------------------------------------------------- */

/* A descriptor of memory that can be mapped, without a name. */
int nativeMemoryObject(void);

/* Where a record has a register. */
void *nativeSlot(const ucontext_t *ucontext, unsigned reg);

/* The bytes of a ucontext_t that the kernel writes; and what of the record lies apart, behind a pointer. */
size_t nativeUcontextSize(void);
unsigned char *nativeBehind(const ucontext_t *ucontext, size_t *sizeReturn);

/* What is in the ucontext_t itself, and is to be gone on with. */
void nativeRestore(ucontext_t *to, const ucontext_t *from);

/* Make it a thread's that runs code of the CPU's other mode; whose vector registers were not saved. */
void nativeForeignCode(ucontext_t *ucontext);
void nativeWithoutVector(ucontext_t *ucontext);

#endif
