/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F6_no_allocation_in_handler.c -- every path of the handler runs under an allocator that aborts
 *
 * The program has an allocator of its own, which the library and Capstone use as well, and
 * which aborts while a handler is running.  Thousands of faults: with a plan in the
 * cache and without, with every decoder, stepped, declined, opened, forwarded
 * and recovered from.
 */

#include "support/fault_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/x86/decoder.h"
#include "core/plan_cache.h"

static _Thread_local volatile unsigned inHandler;
static volatile unsigned long allocations;

#if !FAULT_TEST_ASAN
static void forbid(const char *what) {
  allocations++;
  if (inHandler == 0)
    return;
  inHandler = 0; /* to say so may take an allocation */
  (void)dprintf(STDERR_FILENO, "%s in a handler\n", what);
  abort();
}

/* The C library's own, under its other names. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *pointer);

void *malloc(size_t size) {
  forbid("malloc");
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  forbid("calloc");
  return __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
  forbid("realloc");
  return __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  forbid("aligned_alloc");
  return __libc_memalign(alignment, size);
}
int posix_memalign(void **pointerReturn, size_t alignment, size_t size) {
  forbid("posix_memalign");
  *pointerReturn = __libc_memalign(alignment, size);
  return *pointerReturn == NULL ? ENOMEM : 0;
}
void free(void *pointer) {
  if (inHandler != 0)
    forbid("free");
  __libc_free(pointer);
}
#endif

/* the handler: the library's hook, with the flag around it ----------------------------- */

static struct sigaction hook;

static void guarded(int signal, siginfo_t *info, void *ucontext) {
  inHandler++;
  hook.sa_sigaction(signal, info, ucontext);
  inHandler--;
}

static void guard(void) {
  static const int signals[] = {SIGSEGV, SIGBUS};
  struct sigaction action;
  size_t i;
  for (i = 0; i < 2; i++) {
    CHECK(sigaction(signals[i], NULL, &hook) == 0, "sigaction");
    CHECK((hook.sa_flags & SA_SIGINFO) != 0, "the library's hook");
    action = hook;
    action.sa_sigaction = guarded;
    CHECK(sigaction(signals[i], &action, NULL) == 0, "sigaction");
  }
}

/* what the callback does with a fault --------------------------------------------------- */

typedef enum Way { WayCANSTEP, WayFAULTSTEP, WayPROCESS, WayDIRECT, WayASK, WayOPEN, WayFORWARD } Way;
static volatile Way way;
static MutatorWindowStruct window;
static unsigned char *base, *private;
static volatile unsigned long handled, stepped, forwarded;
static size_t pageSize;
static volatile size_t length; /* of the instruction that is running */

static MutatorRes look(void *areaBase, void *areaLimit, void *closure) {
  (void)closure;
  return areaBase < areaLimit ? MutatorResOK : MutatorResFAIL;
}

static void ask(MutatorContext context) {
  MutatorInstructionStruct instruction;
  MutatorCountersStruct counters;
  MutatorFaultRange range;
  void *address;
  (void)MutatorContextDecode(context, &instruction);
  (void)MutatorContextKind(context);
  (void)MutatorContextPC(context);
  (void)MutatorContextAddress(context, &address);
  (void)MutatorFaultRangeFind(address, &range);
  CHECK(MutatorContextScan(context, look, NULL) == MutatorResOK, "Scan");
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
}

static MutatorRes step(MutatorContext context) {
  switch (way) {
  case WayCANSTEP:
    if (!MutatorContextCanStepInstruction(context))
      return MutatorResUNIMPL;
    return MutatorContextStepInstructionWith(context, MutatorWindowMemory(&window));
  case WayFAULTSTEP: return MutatorFaultStep(context);
  case WayPROCESS: return MutatorContextStepInstructionWith(context, MutatorMemoryProcess());
  case WayDIRECT: (void)MutatorContextStepInstruction(context); break; /* ACCESS: recovered from */
  case WayASK: ask(context); break;
  default: break;
  }
  return MutatorResUNIMPL;
}

/* What is not stepped is skipped, as nobody knows better here. */
static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  MutatorWord pc = 0;
  (void)range;
  (void)address;
  (void)access;
  (void)closure;
  CHECK(inHandler == 1, "in the handler");
  if (way == WayFORWARD)
    return MutatorFaultDECLINED;
  handled++;
  if (step(context) == MutatorResOK) {
    stepped++;
    return MutatorFaultHANDLED;
  }
  (void)MutatorContextGetRegister(context, MutatorRegisterPC, &pc);
  (void)MutatorContextSetRegister(context, MutatorRegisterPC, pc + length);
  return MutatorFaultHANDLED;
}

static void previous(int signal, siginfo_t *info, void *pointer) {
  ucontext_t *ucontext = pointer;
  (void)signal;
  (void)info;
  CHECK(inHandler == 1, "in the handler");
  forwarded++;
  nativeUcontextSet(ucontext, MutatorRegisterPC, nativeUcontextGet(ucontext, MutatorRegisterPC) + length);
}

/* the instructions --------------------------------------------------------------------- */

SNIPPET(form0, "mov (" rDI "), %al");
SNIPPET(form1, "mov (" rDI "), " rAX);
SNIPPET(form2, "mov %ah, (" rDI ")");
SNIPPET(form3, "mov " rDX ", 8(" rDI ")");
SNIPPET(form4, "movb $1, (" rDI "," rCX ")");
SNIPPET(form5, "mov" WORD " $1, 256(" rDI "," rCX ",8)");
SNIPPET(form6, "movzbl (" rDI "), %eax");
SNIPPET(form7, "movzw" WORD " (" rDI "), " rAX);
SNIPPET(form8, "movsbw (" rDI "), %ax");
SNIPPET(form9, "movsw" WORD " (" rDI "), " rAX);
SNIPPET(form10, "cmp %al, (" rDI ")");
SNIPPET(form11, "cmp (" rDI "), " rDX);
SNIPPET(form12, "cmpw $300, (" rDI ")");
SNIPPET(form13, "cmp" WORD " $-1, (" rDI ")");
SNIPPET(form14, "test " rDX ", (" rDI ")");
SNIPPET(form15, "testb $4, (" rDI ")");
SNIPPET(form16, "testl $0x1234567, (" rDI ")");
SNIPPET(form17, "sgdt (" rDI ")");           /* declined */
SNIPPET(form18, "cvtsd2si (" rDI "), " rAX); /* Capstone 4.0.2 allocates for it */
SNIPPET(form19, "xorps (" rDI "), %xmm1");
SNIPPET(form20, ".byte 0x66, 0xf3, 0x89, 0x07");
SNIPPET(form21, "lock cmpxchg8b (" rDI ")");
SNIPPET(form22, "fldl (" rDI ")");

#define FORM(n) \
  { form##n, form##n##_end }
static const struct {
  const unsigned char *code, *end;
} forms[] = {FORM(0),  FORM(1),  FORM(2),  FORM(3),  FORM(4),  FORM(5),  FORM(6),  FORM(7),
             FORM(8),  FORM(9),  FORM(10), FORM(11), FORM(12), FORM(13), FORM(14), FORM(15),
             FORM(16), FORM(17), FORM(18), FORM(19), FORM(20), FORM(21), FORM(22)};
enum { Forms = sizeof forms / sizeof forms[0], Listed = 17, Copies = 300, Longest = 16 };

/* Each copy at a PC of its own, followed by a jump out: more than the cache holds. */
static unsigned char *place;

static unsigned char *codeAt(unsigned copy, unsigned form) {
  return place + ((size_t)copy * Forms + form) * 2 * Longest;
}

static void copyForms(void) {
  static const unsigned char leave[] = {0xc3}; /* ret */
  unsigned copy, form;
  size_t size = (size_t)Copies * Forms * 2 * Longest;
  place = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(place != MAP_FAILED, "mmap");
  for (copy = 0; copy < Copies; copy++)
    for (form = 0; form < Forms; form++) {
      size_t count = (size_t)(forms[form].end - forms[form].code);
      memcpy(codeAt(copy, form), forms[form].code, count);
      memcpy(codeAt(copy, form) + count, leave, sizeof leave);
    }
}

static void runForm(unsigned copy, unsigned form, unsigned char *address) {
  unsigned char *code = codeAt(copy, form);
  length = (size_t)(forms[form].end - forms[form].code);
  uintptr_t a = (uintptr_t)code, c = 0, d = 1;
  __asm__ volatile("sub $128, %" rSP "; call *%0; add $128, %" rSP
                   : "+a"(a), "+c"(c), "+d"(d)
                   : "D"(address)
                   : "xmm1", "st", "memory", "cc");
  __asm__ volatile("emms; pxor %%xmm1, %%xmm1" : : : "xmm1");
}

static void runAll(unsigned copies, unsigned char *address) {
  unsigned copy, form;
  for (copy = 0; copy < copies; copy++)
    for (form = 0; form < Forms; form++)
      runForm(copy, form, address);
}

static void cold(void) { memset(mutatorPlanCacheSlots, 0, (mutatorPlanCacheMask + 1) * sizeof *mutatorPlanCacheSlots); }

static void through(Way by, unsigned copies, unsigned char *address, MutatorBool steps) {
  unsigned long before = stepped, all = handled;
  way = by;
  cold();
  runAll(copies, address); /* decoded */
  runAll(copies, address); /* in the cache, as far as it goes */
  CHECK(handled - all == 2ul * copies * Forms, "way %d: %lu faults, %lu forwarded", (int)by, handled - all, forwarded);
  CHECK(stepped - before >= (steps ? 2ul * copies * Listed : 0), "way %d: %lu steps", (int)by, stepped - before);
}

/* Each decoder in turn makes its first decodes. */
static void everyDecoder(void) {
  size_t i, j;
  for (i = 0; i < mutatorDecoderCount; i++) {
    for (j = 0; j < mutatorDecoderCount; j++)
      mutatorDecoders[j].busy = j != i;
    through(WayFAULTSTEP, 1, base, 1);
  }
  for (j = 0; j < mutatorDecoderCount; j++)
    mutatorDecoders[j].busy = 1;
  cold();
  through(WayCANSTEP, 1, base, 0); /* none is free */
  for (j = 0; j < mutatorDecoderCount; j++)
    mutatorDecoders[j].busy = 0;
}

static void fallThrough(void) {
  way = WayFORWARD;
  runAll(20, base);
  CHECK(forwarded == 20 * Forms, "%lu forwarded", forwarded);
  length = 0;
  CHECK(kill(getpid(), SIGSEGV) == 0, "kill"); /* forwarded, and nothing is skipped */
  CHECK(forwarded == 20 * Forms + 1, "%lu forwarded", forwarded);
}

int main(void) {
  static MutatorFaultRangeStruct range, other;
  struct sigaction action;
  unsigned long before = allocations;
  void *probe;
  if (FAULT_TEST_ASAN)
    faultTestSkip("AddressSanitizer has the allocator");
  probe = malloc(100);
  CHECK(probe != NULL && allocations > before, "the allocator is not ours: the test shows nothing");
  free(probe);
  pageSize = nativePageSize();
  memset(&action, 0, sizeof action);
  action.sa_sigaction = previous;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0, "sigaction");
  before = allocations;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(allocations > before, "Capstone does not use our allocator: the test shows nothing");
  CHECK(MutatorWindowCreate(&window, pageSize, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  private = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultRangeAdd(&range, base, base + pageSize, callback, NULL, &window) == MutatorResOK, "add");
  CHECK(MutatorFaultRangeAdd(&other, private, private + pageSize, callback, NULL, NULL) == MutatorResOK, "add");
  nativeProtect(base, pageSize, NativeNONE);
  copyForms();
  guard();
  everyDecoder();
  through(WayFAULTSTEP, Copies, base, 1);
  through(WayCANSTEP, 50, base, 1);
  through(WayPROCESS, 50, private, 1);
  through(WayDIRECT, 20, base, 0);
  through(WayASK, 20, base, 0);
  fallThrough();
  (void)printf("%lu faults, %lu steps, %lu forwarded\n", handled, stepped, forwarded);
  return 0;
}
