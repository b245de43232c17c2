/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C4_masked_elements.c -- elements that a mask leaves out are not accessed (C4)
 *
 * The operand begins on a page that the handler opens and goes on into one
 * that nobody can open: the CPU does not mind, as long as no element there is selected.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/fault_test.h"

static size_t page;
static unsigned char *base; /* one page, then nothing */
static volatile unsigned steps;

static void onFault(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  (void)signal;
  if (MutatorFaultRecover(info, ucontext))
    return;
  if (++steps > 10)
    _exit(1);
  if (mprotect(base, page, PROT_READ | PROT_WRITE) != 0 ||
      MutatorContextInitFault(&context, info, ucontext) != MutatorResOK ||
      MutatorContextStepInstruction(&context) != MutatorResOK) {
    static const char text[] = "a masked access was not stepped\n";
    (void)!write(2, text, sizeof text - 1);
    _exit(1);
  }
}

static void expect(int truth, const char *what) {
  if (truth)
    return;
  fprintf(stderr, "C4_masked_elements: %s\n", what);
  exit(1);
}

static void protect(void) { expect(mprotect(base, page, PROT_NONE) == 0, "mprotect"); }

static void open_(void) { expect(mprotect(base, page, PROT_READ | PROT_WRITE) == 0, "mprotect"); }

/* The last two floats of the page are selected, the six after it are not. */
static void maskedMoves(float *operand) {
  static const int mask[8] = {-1, -1, 0, 0, 0, 0, 0, 0};
  float result[8];
  open_();
  operand[0] = 1.5f;
  operand[1] = -2.5f;
  protect();
  __asm__ volatile("vmovups %1, %%ymm1\n vmaskmovps (%2), %%ymm1, %%ymm0\n vmovups %%ymm0, %0\n vzeroupper"
                   : "=m"(result)
                   : "m"(mask), "r"(operand)
                   : "xmm0", "xmm1", "memory");
  expect(result[0] == 1.5f && result[1] == -2.5f && result[2] == 0 && result[7] == 0, "VMASKMOVPS loads");
  protect();
  result[0] = 7;
  result[1] = 8;
  __asm__ volatile("vmovups %1, %%ymm1\n vmovups %2, %%ymm0\n vmaskmovps %%ymm0, %%ymm1, (%0)\n vzeroupper"
                   :
                   : "r"(operand), "m"(mask), "m"(result)
                   : "xmm0", "xmm1", "memory");
  open_();
  expect(operand[0] == 7 && operand[1] == 8, "VMASKMOVPS stores");
}

/* Likewise by a mask register; a mask of nothing touches nothing. */
static void maskRegisters(float *operand) {
  float result[16];
  protect();
  __asm__ volatile("mov $3, %%eax\n kmovw %%eax, %%k1\n vmovdqu32 (%1), %%zmm0%{%%k1%}%{z%}\n vmovdqu32 %%zmm0, %0\n"
                   "vzeroupper"
                   : "=m"(result)
                   : "r"(operand)
                   : "eax", "xmm0", "memory");
  expect(result[0] == 7 && result[1] == 8 && result[2] == 0 && result[15] == 0, "VMOVDQU32 loads and zeroes");
  protect();
  result[1] = 9;
  __asm__ volatile("mov $2, %%eax\n kmovw %%eax, %%k1\n vmovdqu32 %1, %%zmm0\n vmovdqu32 %%zmm0, (%0)%{%%k1%}\n"
                   "vzeroupper"
                   :
                   : "r"(operand), "m"(result)
                   : "eax", "xmm0", "memory");
  open_();
  expect(operand[0] == 7 && operand[1] == 9, "VMOVDQU32 stores what is selected");
}

int main(void) {
  struct sigaction action;
  if (!faultTestFeature(FaultTestFeatureAVX2)) {
    printf("skip: the CPU has no AVX2\n");
    return 77;
  }
  page = (size_t)sysconf(_SC_PAGESIZE);
  base = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  expect(base != MAP_FAILED && munmap(base + page, page) == 0, "mmap");
  expect(MutatorSetup(NULL) == MutatorResOK, "MutatorSetup");
  memset(&action, 0, sizeof action);
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  expect(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
  maskedMoves((float *)(void *)(base + page - 2 * sizeof(float)));
  expect(steps == 2, "each access faulted once");
  if (!faultTestFeature(FaultTestFeatureAVX512))
    return 0;
  maskRegisters((float *)(void *)(base + page - 2 * sizeof(float)));
  expect(steps == 4, "each access faulted once");
  return 0;
}
