/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B3_instructions.c -- code with a breakpoint on every instruction does what it does without
 *
 * What is done on the registers, stepped, run in a slot, and pushed there.
 */

#include "support/jit_test.h"

/* clang-format off */
SNIPPET(straight, "mov $5, %eax; lea 3(" rAX "), %ecx; xor %edx, %edx; add %ecx, %eax; nop; .byte 0x0f, 0x1f, 0x40, 0; "
                  ".byte 0xf3, 0x0f, 0x1e, 0xfa; pause; push " rAX "; pop " rDX);
SNIPPET(prologue, "push " rBP "; mov " rSP ", " rBP "; sub $32, " rSP "; mov %eax, -4(" rBP "); add" "l $7, -4(" rBP "); "
                  "mov -4(" rBP "), %edx; leave");
SNIPPET(branches, "mov $3, %ecx; xor %eax, %eax; 1: add $1, %eax; cmp $2, %eax; jne 2f; nop; 2: jo 3f; dec %ecx; jnz 1b; "
                  "3: stc; jc 4f; ud2; 4: clc; jnc 5f; ud2; 5: cmp $9, %eax; jge 6f; jl 7f; 6: ud2; 7: jmp 8f; ud2; 8: "
                  "test %eax, %eax; js 6b; jp 9f; jnp 9f; 9: .byte 0x0f, 0x8f, 0, 0, 0, 0; .byte 0x0f, 0x86, 0, 0, 0, 0");
SNIPPET(loops, "mov $4, %ecx; xor %eax, %eax; 1: inc %eax; loop 1b; mov $3, %ecx; 2: dec %ecx; .byte 0xe3, 2; jmp 2b; nop; "
               "mov $5, %ecx; cmp %eax, %eax; 3: loope 3b; or $1, %eax; mov $5, %ecx; 4: loopne 4b");
SNIPPET(calls, "call 1f; add $1, %eax; jmp 2f; 1: mov $1, %eax; ret; 2: call 3f; 3: pop " rCX "; sub " rCX ", " rCX);
SNIPPET(through, "call 9f; 9: pop " rAX "; lea 1f-9b(" rAX "), " rAX "; call *" rAX "; push " rAX "; call *(" rSP "); pop " rCX
                 "; lea 2f-1f(" rAX "), " rCX "; jmp *" rCX "; 1: lea 0(" rAX "), " rDX "; ret; 2: nop");
SNIPPET(vectors, "pcmpeqd %xmm0, %xmm0; pxor %xmm1, %xmm1; psubd %xmm0, %xmm1; movd %xmm1, %eax; sub $16, " rSP "; "
                 "movups %xmm1, (" rSP "); mov 8(" rSP "), %ecx; add $16, " rSP);
SNIPPET(flags, "xor %eax, %eax; pushf; pop " rCX "; and $0x8c5, %ecx; sub $1, %eax; setc %dl; cmovs %eax, %ebx; lahf; "
               "movzbl %ah, %eax; sahf; cld; push " rCX "; popf");
SNIPPET(divisions, "mov $100, %eax; xor %edx, %edx; mov $7, %ecx; div %ecx; imul %ecx; mul %ecx; bswap %eax; "
                   "bsr %eax, %ecx; shl $3, %ecx; xchg %eax, %ecx; test %eax, %eax");
SNIPPET(strings, "cld; mov " rSP ", " rDI "; mov $9, %ecx; mov $0x41, %al; rep stosb; mov " rSP ", " rSI "; lodsb; cmpsb");
/* clang-format on */

int main(void) {
  unsigned displaced = 0;
  faultTestSetup();
  jitSetup();
  displaced += JIT_COMPARE(straight);
  displaced += JIT_COMPARE(prologue);
  displaced += JIT_COMPARE(branches);
  displaced += JIT_COMPARE(loops);
  displaced += JIT_COMPARE(calls);
  displaced += JIT_COMPARE(through);
  displaced += JIT_COMPARE(vectors);
  displaced += JIT_COMPARE(flags);
  displaced += JIT_COMPARE(divisions);
  displaced += JIT_COMPARE(strings);
  CHECK(displaced > 0, "no slot was used");
  return 0;
}
