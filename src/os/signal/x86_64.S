/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/x86_64.S -- the hook's first and last instructions, x86-64
 *
 * The kernel calls the hook here (os/posix/hook.c has the rest).  In C nobody
 * could tell, of a thread that is stopped in between two instructions, whether
 * it has still to say that it is in the hook, or has already said that it is not.
 * Here every place has an answer (mutatorPosixTail and mutatorPosixAtEntry):
 *
 *   from the start until Left, while `inside` is 0   the hook is just beginning
 *   from Left until Empty, while `inside` is 0       over; the frame's ucontext is at 16(%rsp)
 *   from Empty until End                             over; it is in %rdx
 *
 * The previous handler, if the fault goes to it, is jumped to with the stack
 * and the arguments that the kernel made, and returns to the kernel.
 */

#include "cc/gas/elf.inc"

/* The kernel leaves a handler the thread's AC, with which the misaligned accesses that
 * compiled code makes are faults.  mutatorSignalFlags says where the record has the flags. */
#define FLAGS_AC 0x40000

/* AT&T syntax, whatever other files use. */
        .att_syntax prefix
        .text
        GLOBAL  mutatorPosixHandler
        GLOBAL  mutatorPosixHandlerLeft
        GLOBAL  mutatorPosixHandlerEmpty
        GLOBAL  mutatorPosixHandlerEnd

        .type   mutatorPosixHandler, @function
        .p2align 4
mutatorPosixHandler:
        .cfi_startproc
        _CET_ENDBR
        movq    mutatorSignalFlags(%rip), %rax
        testl   $FLAGS_AC, (%rdx, %rax)
        je      0f
        pushfq
        .cfi_adjust_cfa_offset 8
        andl    $~FLAGS_AC, (%rsp)
        popfq
        .cfi_adjust_cfa_offset -8
0:      subq    $40, %rsp
        .cfi_adjust_cfa_offset 40
        movq    %rdi, (%rsp)
        movq    %rsi, 8(%rsp)
        movq    %rdx, 16(%rsp)
        movq    mutatorPosixLocal@gottpoff(%rip), %rdi
        addq    %fs:0, %rdi
        movq    %rdi, 24(%rsp)
        incq    (%rdi)
        call    mutatorFaultQuick
        movl    %eax, %r9d
        xorl    %eax, %eax
        cmpl    $1, %r9d
        je      0f
        movq    (%rsp), %rdi
        movq    8(%rsp), %rsi
        movq    16(%rsp), %rdx
        movq    40(%rsp), %rcx
        movq    24(%rsp), %r8
        call    mutatorPosixBody
0:      movq    %rax, 32(%rsp)
1:      movq    24(%rsp), %rcx
        decq    (%rcx)
mutatorPosixHandlerLeft:
        jne     2f
        cmpq    $0, 8(%rcx)
        je      2f
        incq    (%rcx)
        movq    16(%rsp), %rdi
        call    mutatorPosixPutOff
        testl   %eax, %eax
        jne     1b
        movq    24(%rsp), %rcx
        decq    (%rcx)
2:      movq    (%rsp), %rdi
        movq    8(%rsp), %rsi
        movq    16(%rsp), %rdx
        movq    32(%rsp), %rax
        addq    $40, %rsp
        .cfi_adjust_cfa_offset -40
mutatorPosixHandlerEmpty:
        testq   %rax, %rax
        jne     3f
        ret
3:      jmp     *%rax
mutatorPosixHandlerEnd:
        .cfi_endproc
        .size   mutatorPosixHandler, . - mutatorPosixHandler

        END_OBJECT
