/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C1_data_access.c -- address, access, kind and error code of every sort of data access, on every sort of page
 *
 * C1, C2: the answers come from the hardware, and are exact for operands that
 * run from an accessible page into another.
 */

#include "support/fault_test.h"

SNIPPET(codeRead, "mov (" rDI "), " rAX);
SNIPPET(codeRead1, "movzbl (" rDI "), %eax");
SNIPPET(codeCompare, "cmpl $7, (" rDI ")");
SNIPPET(codeWrite, "mov " rAX ", (" rDI ")");
SNIPPET(codeWrite2, "movw $1, (" rDI ")");
SNIPPET(codeAdd, "add " rAX ", (" rDI ")");
SNIPPET(codeIncrement, "lock incl (" rDI ")");
SNIPPET(codeExchangeAdd, "lock xadd " rAX ", (" rDI ")");
SNIPPET(codeBitSet, "bts" WORD " $3, (" rDI ")");
SNIPPET(codeSwapFails, "lock cmpxchg " rCX ", (" rDI ")");
SNIPPET(codeSwapFailsPlain, "cmpxchg %ecx, (" rDI ")");
SNIPPET(codeExchange, "xchg " rAX ", (" rDI ")");
SNIPPET(codeVector, "movups (" rDI "), %xmm0");
SNIPPET(codeVectorStore, "movups %xmm0, (" rDI ")");
SNIPPET(codePush, "lea " WORD_SIZE "(" rDI "), " rSP "; push " rAX);
SNIPPET(codePop, "lea (" rDI "), " rSP "; pop " rAX);
SNIPPET(codeCallPush, "lea " WORD_SIZE "(" rDI "), " rSP "; call *" rBX);
SNIPPET(codeCallMemory, "call *(" rDI ")");
SNIPPET(codeJumpMemory, "jmp *(" rDI ")");
SNIPPET(codeReturn, "lea (" rDI "), " rSP "; ret");
SNIPPET(codeMoveStringTo, "lea 16(" rBX "), " rSI "; mov $64, %ecx; cld; rep movsb");
SNIPPET(codeMoveStringFrom, "mov " rDI ", " rSI "; mov " rBX ", " rDI "; mov $64, %ecx; cld; rep movsb");
SNIPPET(codeStoreString, "mov $64, %ecx; cld; rep stosb");

typedef struct Shape {
  const char *name;
  const unsigned char *code, *end;
  unsigned size; /* of the operand, bytes */
  MutatorAccess access;
  int stack; /* the stack pointer, as so many bytes from the operand's start */
} Shape;

enum { Elsewhere = -1 };
#define SHAPE(name, size, access) \
  { #name, name, name##_end, size, MutatorAccess##access, Elsewhere }
#define STACK(name, access, stack) \
  { #name, name, name##_end, sizeof(MutatorWord), MutatorAccess##access, stack }
static const Shape shapes[] = {
    SHAPE(codeRead, sizeof(MutatorWord), READ),
    SHAPE(codeRead1, 1, READ),
    SHAPE(codeCompare, 4, READ),
    SHAPE(codeWrite, sizeof(MutatorWord), WRITE),
    SHAPE(codeWrite2, 2, WRITE),
    SHAPE(codeAdd, sizeof(MutatorWord), WRITE),
    SHAPE(codeIncrement, 4, WRITE),
    SHAPE(codeExchangeAdd, sizeof(MutatorWord), WRITE),
    SHAPE(codeBitSet, sizeof(MutatorWord), WRITE),
    SHAPE(codeSwapFails, sizeof(MutatorWord), WRITE),
    SHAPE(codeSwapFailsPlain, 4, WRITE),
    SHAPE(codeExchange, sizeof(MutatorWord), WRITE),
    SHAPE(codeVector, 16, READ),
    SHAPE(codeVectorStore, 16, WRITE),
    STACK(codePush, WRITE, sizeof(MutatorWord)),
    STACK(codePop, READ, 0),
    STACK(codeCallPush, WRITE, sizeof(MutatorWord)),
    SHAPE(codeCallMemory, sizeof(MutatorWord), READ),
    SHAPE(codeJumpMemory, sizeof(MutatorWord), READ),
    STACK(codeReturn, READ, 0),
    SHAPE(codeMoveStringTo, 1, WRITE),
    SHAPE(codeMoveStringFrom, 1, READ),
    SHAPE(codeStoreString, 1, WRITE),
};

typedef struct Expectation {
  const Shape *shape;
  FaultTestPage page;
  MutatorFaultKind kind;
  unsigned char *address;
} Expectation;

#define THAT(condition) CHECK(condition, "%s of a %s page", e->shape->name, faultTestPageName(e->page))

static void checkCode(FaultTestStop stop, const Expectation *e) {
  MutatorWord code = ~(MutatorWord)0;
  THAT(MutatorContextErrorCode(&stop->context, &code) == MutatorResOK);
  THAT(code == nativeErrorCode(&stop->native));
  if (!NATIVE_ERROR_BITS)
    return;
  THAT(((code & 2) != 0) == (e->shape->access == MutatorAccessWRITE));
  THAT((code & 4) != 0 && (code & 16) == 0);
}

static MutatorBool probe(FaultTestStop stop) {
  const Expectation *e = stop->closure;
  void *address = NULL;
  THAT(stop->number == 0);
  THAT(MutatorContextVariety(&stop->context) == MutatorContextFAULT);
  THAT(MutatorContextKind(&stop->context) == e->kind);
  CHECK(MutatorContextAddress(&stop->context, &address) == MutatorResOK && address == e->address,
        "%s of a %s page: address %p, not %p", e->shape->name, faultTestPageName(e->page), address, (void *)e->address);
  THAT(MutatorContextAccess(&stop->context) == e->shape->access);
  THAT(MutatorContextAccessSource(&stop->context) == MutatorSourceHARDWARE);
  checkCode(stop, e);
  THAT(MutatorContextPC(&stop->context) == (void *)nativeGet(&stop->native, MutatorRegisterPC));
  return 0;
}

/* Where the system writes a record below the stack pointer, from a word's boundary on,
 * the page must not be there. */
static MutatorBool isPossible(const Shape *shape, const unsigned char *page, const unsigned char *start) {
  return nativeFrameSize() == 0 || shape->stack == Elsewhere || start + shape->stack < page + sizeof(MutatorWord);
}

/* The operand starts at `start`; the first byte of it that is on the page faults. */
static void one(const Shape *shape, FaultTestPage kind, unsigned char *page, unsigned char *start,
                unsigned char *scratch) {
  static const MutatorFaultKind kinds[] = {MutatorFaultKindNONE, MutatorFaultKindPROTECTION, MutatorFaultKindPROTECTION,
                                           MutatorFaultKindNONE, MutatorFaultKindUNMAPPED,   MutatorFaultKindBUS};
  Expectation e = {shape, kind, kinds[kind], start < page ? page : start};
  FaultTestRegisters registers = {{0}};
  if (!isPossible(shape, page, start))
    return;
  registers.word[FaultTestAX] = (MutatorWord)UINT64_C(0x0123456789abcdef);
  registers.word[FaultTestDI] = (MutatorWord)start;
  registers.word[FaultTestBX] = (MutatorWord)scratch;
  (void)faultTestRun(&registers, faultTestCode(shape->code, (size_t)(shape->end - shape->code)), probe, &e);
  CHECK(faultTestStops() == 1, "%s of a %s page: %u faults", shape->name, faultTestPageName(kind), faultTestStops());
}

static void everywhere(const Shape *shape, FaultTestPage kind) {
  static unsigned char scratch[256];
  unsigned char *page = faultTestPageNew(kind);
  size_t size = nativePageSize();
  unsigned n;
  if (page == NULL)
    return;
  one(shape, kind, page, page, scratch);
  one(shape, kind, page, page + 1000, scratch);
  one(shape, kind, page, page + size - shape->size, scratch);
  for (n = 1; n < shape->size; n++) {
    one(shape, kind, page, page - n, scratch);        /* into the page */
    one(shape, kind, page, page + size - n, scratch); /* out of it */
  }
}

/* A string instruction gets as far as the page, and says how far. */
static MutatorBool probeString(FaultTestStop stop) {
  void *address = NULL;
  CHECK(MutatorContextAddress(&stop->context, &address) == MutatorResOK && address == stop->closure, "page start");
  CHECK(nativeGet(&stop->native, FaultTestCX) == 64 - 24, "RCX is reduced");
  return 0;
}

int main(void) {
  static const FaultTestPage kinds[] = {FaultTestPageNOACCESS, FaultTestPageREADONLY, FaultTestPageUNMAPPED,
                                        FaultTestPageHOLE};
  FaultTestRegisters registers = {{0}};
  unsigned char *page;
  size_t i, j;
  faultTestSetup();
  for (i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
    for (j = 0; j < sizeof kinds / sizeof kinds[0]; j++)
      if (kinds[j] != FaultTestPageREADONLY || shapes[i].access == MutatorAccessWRITE)
        everywhere(&shapes[i], kinds[j]);
  page = faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[FaultTestDI] = (MutatorWord)(page - 24);
  (void)FAULT_TEST_RUN(codeStoreString, &registers, probeString, page);
  return 0;
}
