/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86_64/nofault.S -- single accesses that may fault, and where they go on
 *
 * Each function makes one access to memory that may be protected, with one
 * instruction, and lists that instruction in the fix-up table below.  When it
 * faults, the handler moves the PC to the second label of the pair, which
 * returns 1.  The other side of each copy is the caller's own buffer.
 *
 * System V ABI: arguments in RDI, RSI, RDX.
 */

#include "cc/asm.h"

/* A pair in the fix-up table, as distances from its start. */
.macro FIXUP access, resume
        .pushsection .rodata.mutatorFixups, "a", @progbits
        .long   \access - mutatorNativeFixups
        .long   \resume - mutatorNativeFixups
        .popsection
.endm

        .section .rodata.mutatorFixups, "a", @progbits
        .p2align 2
        .globl  mutatorNativeFixups
        .hidden mutatorNativeFixups
mutatorNativeFixups:

        .text
        .globl  mutatorNativeBegin
        .hidden mutatorNativeBegin
mutatorNativeBegin:

/* int load(void *buffer, const void *address) */
.macro LOAD name, move, register
FUNCTION(\name)
1:      \move   (%rsi), \register
        \move   \register, (%rdi)
        xorl    %eax, %eax
        ret
        FIXUP   1b, .Lfaulted
END_FUNCTION(\name)
.endm

/* int store(void *address, const void *buffer) */
.macro STORE name, move, register
FUNCTION(\name)
        \move   (%rsi), \register
1:      \move   \register, (%rdi)
        xorl    %eax, %eax
        ret
        FIXUP   1b, .Lfaulted
END_FUNCTION(\name)
.endm

LOAD mutatorNativeLoad1, movb, %al
LOAD mutatorNativeLoad2, movw, %ax
LOAD mutatorNativeLoad4, movl, %eax
LOAD mutatorNativeLoad8, movq, %rax

STORE mutatorNativeStore1, movb, %al
STORE mutatorNativeStore2, movw, %ax
STORE mutatorNativeStore4, movl, %eax
STORE mutatorNativeStore8, movq, %rax

/* Sixteen bytes: the buffer may be misaligned even where the access must not be. */
FUNCTION(mutatorNativeLoad16)
1:      movdqu  (%rsi), %xmm0
        movdqu  %xmm0, (%rdi)
        xorl    %eax, %eax
        ret
        FIXUP   1b, .Lfaulted
END_FUNCTION(mutatorNativeLoad16)

FUNCTION(mutatorNativeLoad16Aligned)
1:      movdqa  (%rsi), %xmm0
        movdqu  %xmm0, (%rdi)
        xorl    %eax, %eax
        ret
        FIXUP   1b, .Lfaulted
END_FUNCTION(mutatorNativeLoad16Aligned)

FUNCTION(mutatorNativeStore16)
        movdqu  (%rsi), %xmm0
1:      movdqu  %xmm0, (%rdi)
        xorl    %eax, %eax
        ret
        FIXUP   1b, .Lfaulted
END_FUNCTION(mutatorNativeStore16)

FUNCTION(mutatorNativeStore16Aligned)
        movdqu  (%rsi), %xmm0
1:      movdqa  %xmm0, (%rdi)
        xorl    %eax, %eax
        ret
        FIXUP   1b, .Lfaulted
END_FUNCTION(mutatorNativeStore16Aligned)

/* int swap(void *address, void *expected, const void *desired) */
.macro SWAP name, move, accumulator, desired
FUNCTION(\name)
        \move   (%rsi), \accumulator
        \move   (%rdx), \desired
1:      lock cmpxchg \desired, (%rdi)
        jne     2f
        xorl    %eax, %eax
        ret
2:      \move   \accumulator, (%rsi)
        movl    $2, %eax
        ret
        FIXUP   1b, .Lfaulted
END_FUNCTION(\name)
.endm

SWAP mutatorNativeSwap1, movb, %al, %cl
SWAP mutatorNativeSwap2, movw, %ax, %cx
SWAP mutatorNativeSwap4, movl, %eax, %ecx
SWAP mutatorNativeSwap8, movq, %rax, %rcx

/* RDX:RAX against memory, RCX:RBX into it; RBX is the caller's. */
FUNCTION(mutatorNativeSwap16)
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        movq    %rdx, %r8
        movq    (%rsi), %rax
        movq    8(%rsi), %rdx
        movq    (%r8), %rbx
        movq    8(%r8), %rcx
1:      lock cmpxchg16b (%rdi)
        jne     2f
        xorl    %eax, %eax
        jmp     3f
2:      movq    %rax, (%rsi)
        movq    %rdx, 8(%rsi)
        movl    $2, %eax
        jmp     3f
4:      movl    $1, %eax
3:      popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        ret
        FIXUP   1b, 4b
END_FUNCTION(mutatorNativeSwap16)

/* Where the functions that have pushed nothing go on. */
        .p2align 4
        .cfi_startproc
.Lfaulted:
        movl    $1, %eax
        ret
        .cfi_endproc

        .globl  mutatorNativeEnd
        .hidden mutatorNativeEnd
mutatorNativeEnd:

        .section .rodata.mutatorFixups, "a", @progbits
.LfixupsEnd:
        READ_ONLY_DATA
        .p2align 2
        .globl  mutatorNativeFixupCount
        .hidden mutatorNativeFixupCount
mutatorNativeFixupCount:
        .long   (.LfixupsEnd - mutatorNativeFixups) / 8

        .text
/* bool mutatorNativeHasSwap16(void) */
FUNCTION(mutatorNativeHasSwap16)
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        movl    $1, %eax
        xorl    %ecx, %ecx
        cpuid
        movl    %ecx, %eax
        shrl    $13, %eax
        andl    $1, %eax
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        ret
END_FUNCTION(mutatorNativeHasSwap16)

        NO_EXECUTABLE_STACK
