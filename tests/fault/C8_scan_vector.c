/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C8_scan_vector.c -- a scan finds a reference that is only in a vector, mask or MMX register, in any of its words
 *
 * As many registers as the CPU has.  Of a thread stopped by a fault, and of one
 * that another thread has suspended.
 */

#include "support/fault_test.h"

#include <pthread.h>
#include <stdio.h>

#define ALL8 "0,1,2,3,4,5,6,7"

/* SI the vectors' words, DX the masks', CX the MMX registers'. */
#define LOAD_MMX ".irp n," ALL8 "\nmovq 8*\\n(" rCX "), %mm\\n\n.endr\n"
#define LOAD_SSE ".irp n," FAULT_TEST_XMM "\nmovups 16*\\n(" rSI "), %xmm\\n\n.endr\n" LOAD_MMX
#define LOAD_AVX ".irp n," FAULT_TEST_XMM "\nvmovups 32*\\n(" rSI "), %ymm\\n\n.endr\n" LOAD_MMX
#define LOAD_512                                                                                          \
  ".irp n," FAULT_TEST_ZMM "\nvmovups 64*\\n(" rSI "), %zmm\\n\n.endr\n.irp n," ALL8 "\nkmovq 8*\\n(" rDX \
  "), %k\\n\n.endr\n" LOAD_MMX
#define CLEAR "xor %ecx, %ecx; xor %edx, %edx; xor %esi, %esi\n"
#define FAULT CLEAR "mov (" rDI "), " rAX
#define LOOP CLEAR "1: pause; jmp 1b"

SNIPPET(faultSSE, LOAD_SSE FAULT);
SNIPPET(faultAVX, LOAD_AVX FAULT);
SNIPPET(fault512, LOAD_512 FAULT);
SNIPPET(loopSSE, LOAD_SSE LOOP);
SNIPPET(loopAVX, LOAD_AVX LOOP);
SNIPPET(loop512, LOAD_512 LOOP);

typedef struct Set {
  const char *name;
  const unsigned char *fault, *faultEnd, *loop, *loopEnd;
  unsigned vectors, masks; /* bytes */
} Set;

static const Set setSSE = {"SSE", faultSSE, faultSSE_end, loopSSE, loopSSE_end, FAULT_TEST_XMMS * 16, 0};
static const Set setAVX = {"AVX", faultAVX, faultAVX_end, loopAVX, loopAVX_end, FAULT_TEST_XMMS * 32, 0};
static const Set set512 = {"AVX-512", fault512, fault512_end, loop512, loop512_end, FAULT_TEST_ZMMS * 64, 64};

enum { Word = sizeof(MutatorWord) };
static struct { MutatorWord vector[32 * 64 / Word], mask[64 / Word], mmx[64 / Word]; } words;

static void fill(MutatorWord *area, size_t size, MutatorWord first) {
  size_t i;
  for (i = 0; i < size / Word; i++)
    area[i] = first + i;
}

static void fillWords(void) {
  fill(words.vector, sizeof words.vector, (MutatorWord)UINT64_C(0x5ca1ab1e5ca10000));
  fill(words.mask, sizeof words.mask, (MutatorWord)UINT64_C(0x5ca1ab1e5ca20000));
  fill(words.mmx, sizeof words.mmx, (MutatorWord)UINT64_C(0x5ca1ab1e5ca30000));
}

typedef struct Search {
  MutatorWord wanted;
  unsigned found;
} Search;

static MutatorRes look(void *base, void *limit, void *closure) {
  Search *search = closure;
  MutatorWord *word;
  CHECK((uintptr_t)base % sizeof(void *) == 0 && (uintptr_t)limit % sizeof(void *) == 0 && base < limit,
        "an area from %p to %p", base, limit);
  for (word = base; word < (MutatorWord *)limit; word++)
    if (*word == search->wanted)
      search->found++;
  return MutatorResOK;
}

static void find(MutatorContext context, const MutatorWord *wanted, unsigned count, const char *what) {
  unsigned i;
  for (i = 0; i < count; i++) {
    Search search = {wanted[i], 0};
    CHECK(MutatorContextScan(context, look, &search) == MutatorResOK, "Scan");
    CHECK(search.found == 1, "word %u of the %s registers is found %u times", i, what, search.found);
  }
}

static void findEvery(MutatorContext context, const Set *set) {
  find(context, words.vector, set->vectors / Word, set->name);
  find(context, words.mask, set->masks / Word, "mask");
  find(context, words.mmx, 64 / Word, "MMX");
}

static MutatorBool probe(FaultTestStop stop) {
  findEvery(&stop->context, stop->closure);
  return 0;
}

/* suspension ------------------------------------------------------------------ */

typedef struct Suspension {
  NativeThread thread;
  const Set *set;
  const unsigned char *code, *loop; /* the code, and the loop it ends in */
} Suspension;

static void *suspend(void *closure) {
  const Suspension *suspension = closure;
  MutatorContextStruct context;
  faultTestSuspend(suspension->thread, suspension->loop, suspension->loop + 4, &context);
  findEvery(&context, suspension->set);
  CHECK(MutatorContextSetRegister(&context, MutatorRegisterPC, (MutatorWord)(uintptr_t)faultTestExit) == MutatorResOK,
        "PC");
  faultTestResume(suspension->thread, &context);
  return NULL;
}

static void suspended(const Set *set, const FaultTestRegisters *registers) {
  size_t size = (size_t)(set->loopEnd - set->loop);
  Suspension suspension = {nativeThreadSelf(), set, faultTestCode(set->loop, size), NULL};
  pthread_t thread;
  suspension.loop = suspension.code + size - 4; /* pause; jmp */
  CHECK(pthread_create(&thread, NULL, suspend, &suspension) == 0, "pthread_create");
  (void)faultTestRun(registers, suspension.code, probe, NULL);
  CHECK(pthread_join(thread, NULL) == 0, "pthread_join");
}

int main(void) {
  const Set *set = &setSSE;
  FaultTestRegisters registers = {{0}};
  if (faultTestFeature(FaultTestFeatureAVX))
    set = &setAVX;
  if (faultTestFeature(FaultTestFeatureAVX512))
    set = &set512;
  (void)printf("registers of %s\n", set->name);
  fillWords();
  faultTestSetup();
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[FaultTestSI] = (MutatorWord)words.vector;
  registers.word[FaultTestDX] = (MutatorWord)words.mask;
  registers.word[FaultTestCX] = (MutatorWord)words.mmx;
  (void)faultTestRun(&registers, faultTestCode(set->fault, (size_t)(set->faultEnd - set->fault)), probe,
                     (void *)(uintptr_t)set);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  suspended(set, &registers);
  return 0;
}
