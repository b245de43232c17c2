/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_general_protection.c -- misaligned vector operands and privileged instructions, told apart by decoding
 */

#include "fault/general.h"

SNIPPET(codeMovapsStore, "movaps %xmm1, 32(" rDI ")");
SNIPPET(codeMovaps, "movaps (" rDI "), %xmm0");
SNIPPET(codeMovdqa, "movdqa (" rDI "), %xmm1");
SNIPPET(codeMovdqaStore, "movdqa %xmm1, (" rDI ")");
SNIPPET(codeMovntps, "movntps %xmm1, (" rDI ")");
SNIPPET(codePaddd, "paddd (" rDI "), %xmm1");
SNIPPET(codePshufb, "pshufb (" rDI "), %xmm1");
SNIPPET(codePshufd, "pshufd $1, (" rDI "), %xmm1");
SNIPPET(codeShufps, "shufps $1, (" rDI "), %xmm1");
SNIPPET(codeVmovdqa, "vmovdqa (" rDI "), %xmm1");
SNIPPET(codeVmovdqa32, "vmovdqa (" rDI "), %ymm1");
SNIPPET(codeVmovdqa64, "vmovdqa64 (" rDI "), %zmm1");
SNIPPET(codeHalt, "hlt");
SNIPPET(codeInput, "in (%dx), %al");
SNIPPET(codeInterrupts, "cli");
SNIPPET(codeControl, "mov %cr0, " rAX);

static const GeneralCase cases[] = {
    GENERAL_CASE(codeMovapsStore, 8, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codeMovaps, 8, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codeMovaps, 1, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codeMovdqa, 4, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codeMovdqaStore, 15, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codeMovntps, 8, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codePaddd, 8, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codePshufb, 8, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codePshufd, 8, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codeShufps, 8, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codeVmovdqa, 8, MISALIGNED, MEMORY, FaultTestFeatureAVX),
    GENERAL_CASE(codeVmovdqa32, 16, MISALIGNED, MEMORY, FaultTestFeatureAVX),
    GENERAL_CASE(codeVmovdqa64, 32, MISALIGNED, MEMORY, FaultTestFeatureAVX512),
    GENERAL_CASE(codeHalt, 0, GENERAL, PRIVILEGED, GeneralAlways),
    GENERAL_CASE(codeInput, 0, GENERAL, PRIVILEGED, GeneralAlways),
    GENERAL_CASE(codeInterrupts, 0, GENERAL, PRIVILEGED, GeneralAlways),
    GENERAL_CASE(codeControl, 0, GENERAL, PRIVILEGED, GeneralAlways),
};

int main(void) {
  faultTestSetup();
  generalRun(cases, sizeof cases / sizeof cases[0]);
  return 0;
}
