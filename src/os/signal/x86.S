/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/x86.S -- the hook's first and last instructions, 32-bit x86
 *
 * As x86_64.S says, with the arguments on the stack:
 *
 *   from the start until Left, while `inside` is 0   the hook is just beginning
 *   from Left until Empty, while `inside` is 0       over; the frame's ucontext is at 40(%esp)
 *   from Empty until End                             over; it is at 12(%esp)
 */

#include "cc/gas/elf.inc"

/* As in x86_64.S. */
#define FLAGS_AC 0x40000

        .att_syntax prefix

/* LOCAL -- the address of mutatorPosixLocal; %ebx has the global offset table's */
        .macro  LOCAL register
        movl    mutatorPosixLocal@gotntpoff(%ebx), \register
        addl    %gs:0, \register
        .endm

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
        subl    $28, %esp
        .cfi_adjust_cfa_offset 28
        movl    %ebx, 24(%esp)
        .cfi_rel_offset %ebx, 24
        call    0f
0:      .cfi_adjust_cfa_offset 4
        popl    %ebx
        .cfi_adjust_cfa_offset -4
        addl    $_GLOBAL_OFFSET_TABLE_ + (. - 0b), %ebx
        movl    40(%esp), %eax
        addl    mutatorSignalFlags@GOTOFF(%ebx), %eax
        testl   $FLAGS_AC, (%eax)
        je      0f
        pushfl
        .cfi_adjust_cfa_offset 4
        andl    $~FLAGS_AC, (%esp)
        popfl
        .cfi_adjust_cfa_offset -4
0:
        LOCAL   %eax
        incl    (%eax)
        movl    %eax, (%esp)
        movl    36(%esp), %eax
        movl    %eax, 4(%esp)
        movl    40(%esp), %eax
        movl    %eax, 8(%esp)
        call    mutatorFaultQuick
        movl    %eax, 20(%esp)
        cmpl    $1, %eax
        movl    $0, %eax
        je      0f
        LOCAL   %eax
        movl    %eax, 16(%esp)
        movl    32(%esp), %eax
        movl    %eax, (%esp)
        movl    36(%esp), %eax
        movl    %eax, 4(%esp)
        movl    40(%esp), %eax
        movl    %eax, 8(%esp)
        movl    28(%esp), %eax
        movl    %eax, 12(%esp)
        call    mutatorPosixBody
0:      movl    %eax, 16(%esp)
1:      LOCAL   %ecx
        decl    (%ecx)
mutatorPosixHandlerLeft:
        jne     2f
        cmpl    $0, 4(%ecx)
        je      2f
        incl    (%ecx)
        movl    40(%esp), %eax
        movl    %eax, (%esp)
        call    mutatorPosixPutOff
        testl   %eax, %eax
        jne     1b
        LOCAL   %ecx
        decl    (%ecx)
2:      movl    24(%esp), %ebx
        movl    16(%esp), %eax
        addl    $28, %esp
        .cfi_adjust_cfa_offset -28
        .cfi_restore %ebx
mutatorPosixHandlerEmpty:
        testl   %eax, %eax
        jne     3f
        ret
3:      jmp     *%eax
mutatorPosixHandlerEnd:
        .cfi_endproc
        .size   mutatorPosixHandler, . - mutatorPosixHandler

        END_OBJECT
