/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86_64/flags.S -- the CPU's own instruction, and the flags it leaves
 *
 * No formula for flags: AF after TEST is whatever this CPU makes it.
 *
 * System V ABI: arguments in RDI, RSI; the result in RAX.
 */

#include "cc/asm.h"

/* MutatorWord compare(MutatorWord a, MutatorWord b) */
.macro FLAGS name, operation, a, b
FUNCTION(\name)
        \operation \b, \a
        pushfq
        .cfi_adjust_cfa_offset 8
        popq    %rax
        .cfi_adjust_cfa_offset -8
        ret
END_FUNCTION(\name)
.endm

        .text
FLAGS mutatorNativeCompare1, cmpb, %dil, %sil
FLAGS mutatorNativeCompare2, cmpw, %di, %si
FLAGS mutatorNativeCompare4, cmpl, %edi, %esi
FLAGS mutatorNativeCompare8, cmpq, %rdi, %rsi
FLAGS mutatorNativeTest1, testb, %dil, %sil
FLAGS mutatorNativeTest2, testw, %di, %si
FLAGS mutatorNativeTest4, testl, %edi, %esi
FLAGS mutatorNativeTest8, testq, %rdi, %rsi

        NO_EXECUTABLE_STACK
