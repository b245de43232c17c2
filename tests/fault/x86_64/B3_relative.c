/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B3_relative.c -- instructions under breakpoints that name memory relative to the PC, and so are corrected for their place
 */

#include "support/jit_test.h"

/* clang-format off */
SNIPPET(relative, "jmp 2f; 1: .quad 0x0123456789abcdef; .quad 2f - 1b; 2: lea 1b(%rip), %rax; mov 1b(%rip), %rcx; "
                  "movzbl 1b+1(%rip), %edx; cmpl $5, 1b(%rip); cvtsi2sdl 1b(%rip), %xmm0; movd %xmm0, %ebx; "
                  "cvtsi2sdq 1b(%rip), %xmm3; movq %xmm3, %rsi; pshufd $0x1b, %xmm3, %xmm4; shll $3, %ebx; "
                  "test $0x11, %ebx; movabs $0x1122334455667788, %r9; push %r9; pop %r10; prefetcht0 1b(%rip)");
/* clang-format on */

int main(void) {
  faultTestSetup();
  jitSetup();
  CHECK(JIT_COMPARE(relative) > 0, "no slot was used");
  return 0;
}
