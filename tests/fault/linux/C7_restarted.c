/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C7_restarted.c -- a fault inside a restartable sequence: the record's PC is the abort handler, and nothing is stepped
 *
 * With the kernel's own restartable sequences where the C library has
 * registered them, and always with bytes that look like an abort handler.
 */

#include "support/fault_test.h"

#include <fault_system.h>

#include <stdio.h>
#include <string.h>

#if defined(__has_include)
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#define HAVE_RSEQ 1
#endif
#endif
#ifndef HAVE_RSEQ
#define HAVE_RSEQ 0
#endif

/* RDX the thread's rseq_cs field, RSI the descriptor, RDI the page, RBP open memory. */
#define SEQUENCE(name, handler)                                                                            \
  SNIPPET(name, "mov " rSI ", (" rDX ")\n" #name "_start: mov " rAX ", (" rDI ")\n" #name "_commit: nop\n" \
                "1: jmp 1b\n"                                                                              \
                ".byte 0x0f, 0xb9, 0x3d; .long 0x53053053\n" #name "_abort: " handler);                    \
  extern const unsigned char name##_start[], name##_commit[], name##_abort[]

SEQUENCE(codeNop, "nop");
SEQUENCE(codeStoreElsewhere, "mov " rAX ", 8(" rBP ")");
SEQUENCE(codeLoadThere, "mov (" rDI "), " rAX);
SEQUENCE(codeStoreNear, "mov " rAX ", 8(" rDI ")");

SNIPPET(codePlain, "mov " rAX ", (" rDI ")");

/* linux/rseq.h: struct rseq_cs */
typedef struct Descriptor {
  uint32_t version, flags;
  uint64_t start, length, abort;
} Descriptor;

static void checkDeclined(FaultTestStop stop) {
  NativePictureStruct picture;
  nativePictureTake(&picture, &stop->native);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "CanStep");
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineRESTARTED, "%s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "Step");
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineRESTARTED, "Step");
  CHECK(nativePictureSame(&picture, &stop->native), "the record has changed");
}

/* synthetic: the PC is moved to bytes with the signature before them. */
static MutatorBool probeSynthetic(FaultTestStop stop) {
  static unsigned char handler[] = {0x0f, 0xb9, 0x3d, 0x53, 0x30, 0x05, 0x53, 0x48, 0x89, 0x47, 0x08, 0x90, 0x90};
  NativePictureStruct picture;
  if (sizeof(MutatorWord) == 4)
    handler[7] = 0x3e;                                                   /* DS, where 64-bit mode has REX.W */
  nativeSet(&stop->native, MutatorRegisterPC, (MutatorWord)handler + 7); /* mov %rax, 8(%rdi) */
  checkDeclined(stop);
  handler[4] ^= 1; /* another number: no abort handler, the operand is just elsewhere */
  nativePictureTake(&picture, &stop->native);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "no signature");
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineADDRESS, "no signature: %s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  handler[4] ^= 1;
  return 0;
}

#if HAVE_RSEQ
static unsigned char *page;

static MutatorBool probeReal(FaultTestStop stop) {
  const unsigned char *abortHandler = stop->closure;
  void *address = NULL;
  CHECK(MutatorContextPC(&stop->context) == abortHandler, "the kernel has moved the PC");
  CHECK(MutatorContextAddress(&stop->context, &address) == MutatorResOK && address == page, "the address is right");
  checkDeclined(stop);
  return 0;
}

static void *threadPointer(void) {
  void *pointer;
  __asm__("mov %" rTHREAD ":0, %0" : "=r"(pointer));
  return pointer;
}

static void sequence(const unsigned char *code, const unsigned char *end, const unsigned char *start,
                     const unsigned char *commit, const unsigned char *abortHandler) {
  static _Alignas(32) Descriptor descriptor;
  static unsigned char open[64];
  unsigned char *place = faultTestCode(code, (size_t)(end - code));
  FaultTestRegisters registers = {{0}};
  descriptor.start = (uint64_t)(uintptr_t)(place + (start - code));
  descriptor.length = (uint64_t)(commit - start);
  descriptor.abort = (uint64_t)(uintptr_t)(place + (abortHandler - code));
  registers.word[FaultTestAX] = 0x77;
  registers.word[FaultTestDX] = (MutatorWord)threadPointer() + (MutatorWord)__rseq_offset + 8; /* rseq_cs */
  registers.word[FaultTestSI] = (MutatorWord)&descriptor;
  registers.word[FaultTestDI] = (MutatorWord)page;
  registers.word[FaultTestBP] = (MutatorWord)open;
  (void)faultTestRun(&registers, place, probeReal, place + (abortHandler - code));
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  CHECK(open[8] == 0, "the abort handler's store has been stepped");
}

#define RUN_SEQUENCE(name) sequence(name, name##_end, name##_start, name##_commit, name##_abort)

static void real(void) {
  if (__rseq_size == 0) {
    (void)printf("the C library has not registered restartable sequences: synthetic only\n");
    return;
  }
  page = faultTestPageNew(FaultTestPageNOACCESS);
  RUN_SEQUENCE(codeNop);
  RUN_SEQUENCE(codeStoreElsewhere);
  RUN_SEQUENCE(codeLoadThere);
  RUN_SEQUENCE(codeStoreNear);
}
#else
static void real(void) { (void)printf("the C library knows no restartable sequences: synthetic only\n"); }
#endif

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codePlain, &registers, probeSynthetic, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  real();
  return 0;
}
