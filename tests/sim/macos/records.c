/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/sim/macos/records.c -- records of stopped threads, made with macOS's own headers
 *
 * Compiled for macOS; the section "records" of the object, as bytes, is
 * records_<cpu>.inc (tests/sim/records makes it, and scripts/cross compares).
 */

#include <mach/mach.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ucontext.h>

#include "records.h"

/* As in mutator/context.h, which is not for records that are only made. */
enum {
  PROTECTION = 1,
  UNMAPPED = 2,
  BUS = 3,
  MISALIGNED = 8,
  GENERAL = 9,
  ILLEGAL = 10,
  BREAKPOINT = 11,
  TRACE = 12,
  DIVIDE = 13,
  FLOATING = 14,
  ASYNC = 15,
  OTHER = 16
};
enum { ADDRESS = 1, CODE = 2, PASSED = 4 };

/* Registers by their number as instructions encode them: 0x0a00 + n. */
#define REG(n) (0x0a00 + (n))

#define AVX(field) offsetof(x86_avx_state64_t, __fpu_##field)
#define AVX512(field) offsetof(x86_avx512_state64_t, __fpu_##field)

__attribute__((section("__DATA,records"))) const SimRecordsStruct simRecords =
    {.sizes = {sizeof(siginfo_t), sizeof(ucontext_t), sizeof(x86_thread_state64_t), sizeof(x86_exception_state64_t),
               sizeof(x86_float_state64_t), sizeof(x86_avx_state64_t), sizeof(x86_avx512_state64_t),
               sizeof(_STRUCT_MCONTEXT64), sizeof(_STRUCT_MCONTEXT_AVX64), sizeof(_STRUCT_MCONTEXT_AVX512_64),
               sizeof(mach_msg_header_t), sizeof(mach_msg_port_descriptor_t)},
     .numbers = {x86_THREAD_STATE64, x86_FLOAT_STATE64, x86_EXCEPTION_STATE64, x86_AVX_STATE64, x86_AVX512_STATE64,
                 EXCEPTION_DEFAULT, (int)MACH_EXCEPTION_CODES, MACH_MSG_PORT_DESCRIPTOR, MACH_MSG_TYPE_MOVE_SEND,
                 MACH_MSG_TYPE_MOVE_SEND_ONCE, MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE,
                 (int)MACH_MSGH_BITS_COMPLEX, MIG_BAD_ID, KERN_FAILURE, EXC_SOFT_SIGNAL},
     .at = {AVX(fcw), AVX(mxcsr), AVX(stmm0), AVX(xmm0), AVX(xmm15), AVX(ymmh0), AVX512(ymmh0), AVX512(k0),
            AVX512(zmmh0), AVX512(zmm16), offsetof(ucontext_t, uc_mcsize), offsetof(ucontext_t, uc_mcontext)},
     .info = {.si_signo = 0x0c01, .si_code = 0x0c02, .si_pid = 0x0c03, .si_addr = (void *)0x0c04},
     .ucontext = {.uc_mcsize = 0x0c05, .uc_mcontext = (void *)0x0c06, .uc_stack.ss_sp = (void *)0x0c07},
     .general = {.__rax = REG(0),
                 .__rcx = REG(1),
                 .__rdx = REG(2),
                 .__rbx = REG(3),
                 .__rsp = REG(4),
                 .__rbp = REG(5),
                 .__rsi = REG(6),
                 .__rdi = REG(7),
                 .__r8 = REG(8),
                 .__r9 = REG(9),
                 .__r10 = REG(10),
                 .__r11 = REG(11),
                 .__r12 = REG(12),
                 .__r13 = REG(13),
                 .__r14 = REG(14),
                 .__r15 = REG(15),
                 .__rip = REG(16),
                 .__rflags = REG(17),
                 .__cs = 0x2b},
     .trap = {.__trapno = 14, .__cpu = 3, .__err = 6, .__faultvaddr = 0x12345678},
     .header = {.msgh_bits = 0x0d01,
                .msgh_size = 0x0d02,
                .msgh_remote_port = 0x0d03,
                .msgh_local_port = 0x0d04,
                .msgh_id = 0x0d05},
     .descriptor = {.name = 0x0d06, .disposition = 0x17, .type = 0x05},
     .exception =
         {
             {EXC_BAD_ACCESS, KERN_INVALID_ADDRESS, UNMAPPED, ADDRESS | CODE},
             {EXC_BAD_ACCESS, KERN_PROTECTION_FAILURE, PROTECTION, ADDRESS | CODE},
             {EXC_BAD_ACCESS, KERN_MEMORY_FAILURE, BUS, ADDRESS | CODE},
             {EXC_BAD_ACCESS, KERN_MEMORY_ERROR, BUS, ADDRESS | CODE},
             {EXC_BAD_ACCESS, EXC_I386_GPFLT, GENERAL, 0},
             {EXC_BAD_ACCESS, EXC_I386_ALIGNFLT, MISALIGNED, 0},
             {EXC_BAD_ACCESS, 4711, OTHER, 0},
             {EXC_BAD_INSTRUCTION, EXC_I386_INVOP, ILLEGAL, 0},
             {EXC_BAD_INSTRUCTION, EXC_I386_STKFLT, GENERAL, 0},
             {EXC_BAD_INSTRUCTION, EXC_I386_SEGNPFLT, GENERAL, 0},
             {EXC_BAD_INSTRUCTION, EXC_I386_INVTSSFLT, GENERAL, 0},
             {EXC_ARITHMETIC, EXC_I386_DIV, DIVIDE, 0},
             {EXC_ARITHMETIC, EXC_I386_SSEEXTERR, FLOATING, 0},
             {EXC_ARITHMETIC, EXC_I386_EXTERR, FLOATING, 0},
             {EXC_BREAKPOINT, EXC_I386_BPT, BREAKPOINT, PASSED},
             {EXC_BREAKPOINT, EXC_I386_SGL, TRACE, 0},
             {EXC_SOFTWARE, EXC_SOFT_SIGNAL, ASYNC, 0},
             {EXC_SOFTWARE, EXC_I386_BOUND, OTHER, 0},
             {EXC_GUARD, 1, OTHER, 0},
         },
     .signal = {
         {SIGSEGV, SEGV_MAPERR, 14, UNMAPPED, ADDRESS | CODE},
         {SIGSEGV, SEGV_ACCERR, 14, UNMAPPED, ADDRESS | CODE},
         {SIGBUS, BUS_ADRERR, 14, PROTECTION, ADDRESS | CODE},
         {SIGSEGV, 0, 13, GENERAL, 0},
         {SIGBUS, BUS_ADRERR, 17, MISALIGNED, 0},
         {SIGILL, ILL_ILLOPC, 6, ILLEGAL, 0},
         {SIGILL, 0, 10, GENERAL, 0},
         {SIGILL, 0, 11, GENERAL, 0},
         {SIGILL, 0, 12, GENERAL, 0},
         {SIGTRAP, TRAP_BRKPT, 3, BREAKPOINT, PASSED},
         {SIGTRAP, TRAP_BRKPT, 1, TRACE, 0},
         {SIGFPE, FPE_INTDIV, 0, DIVIDE, 0},
         {SIGFPE, FPE_FLTDIV, 16, FLOATING, 0},
         {SIGFPE, FPE_FLTDIV, 19, FLOATING, 0},
         /* Sent: the trap is an interrupt, a system call, or another signal's. */
         {SIGSEGV, 0, 0x46, ASYNC, 0},
         {SIGBUS, BUS_ADRERR, 0x81, ASYNC, 0},
         {SIGSEGV, 0, 0xffff, ASYNC, 0},
         {SIGTRAP, TRAP_BRKPT, 14, ASYNC, 0},
         {SIGSEGV, 0, 3, ASYNC, 0},
         /* What nobody knows. */
         {SIGBUS, BUS_ADRERR, 8, OTHER, 0},
         {SIGSEGV, 0, 20, OTHER, 0},
     }};
