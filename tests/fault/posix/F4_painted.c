/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F4_painted.c -- what the handler needs of an alternate stack, measured by painting it, is less than is set aside
 *
 * At each level of nesting a fault in the stack's own code is decoded for the
 * first time, stepped, and declined instructions are looked at as well.  The deepest
 * byte that is no longer painted says how much was used.  Then as many
 * levels as were asked for must fit, each with a callback that uses all that it may.
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/plan_cache.h"
#include "os/posix/posix.h"
#include "support/fault_test.h"

enum { Depth = 4, Levels = Depth + 1, Callback = 8192, Library = 16384, Paint = 0xa5 };

static unsigned char *page[Levels];
static MutatorWindowStruct window;
static MutatorFaultRangeStruct range[Levels];
static size_t used; /* by the latest callback itself */
static volatile unsigned inside, deepest;
static MutatorBool nest;

static void cold(void) { memset(mutatorPlanCacheSlots, 0, (mutatorPlanCacheMask + 1) * sizeof *mutatorPlanCacheSlots); }

static MutatorRes look(void *base, void *limit, void *closure) {
  (void)closure;
  return base < limit ? MutatorResOK : MutatorResFAIL;
}

/* Everything a callback may ask of the library; nothing of it is in the plan cache. */
static MutatorFaultResult callback(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  const size_t n = (size_t)closure;
  MutatorInstructionStruct instruction;
  (void)of;
  (void)address;
  (void)access;
  if (++inside > deepest)
    deepest = inside;
  if (nest && n + 1 < Levels) {
    volatile unsigned char big[Callback - 2048]; /* the rest is for what is around it */
    size_t i;
    for (i = 0; i < sizeof big; i += 64)
      big[i] = 1;
    *(volatile unsigned char *)page[n + 1] = big[0];
  }
  (void)MutatorContextKind(context);
  (void)MutatorContextDecode(context, &instruction);
  (void)MutatorContextCanStepInstruction(context);
  (void)MutatorContextScan(context, look, NULL);
  (void)MutatorContextStepInstruction(context);
  if (n > 0 || MutatorFaultStep(context) != MutatorResOK)
    faultTestProtect(page[n], faultTestPageSize(), PROT_READ | PROT_WRITE);
  inside--;
  return MutatorFaultHANDLED;
}

static stack_t current(void) {
  stack_t stack;
  CHECK(sigaltstack(NULL, &stack) == 0, "sigaltstack");
  return stack;
}

static void paint(void) {
  stack_t stack = current();
  memset(stack.ss_sp, Paint, stack.ss_size);
}

static size_t unpainted(void) {
  stack_t stack = current();
  const unsigned char *at = stack.ss_sp;
  size_t i = 0;
  while (i < stack.ss_size && at[i] == Paint)
    i++;
  return stack.ss_size - i;
}

static void fault(void) {
  cold();
  paint();
  *(volatile unsigned char *)page[0] = 1;
  used = unpainted();
}

int main(void) {
  const size_t frame = mutatorPosixFrameSize();
  MutatorOptionsStruct options;
  MutatorFaultOptionsStruct faultOptions;
  size_t i, one;
  if (FAULT_TEST_ASAN)
    faultTestSkip("with AddressSanitizer frames are larger than the library's");
  CHECK(MutatorOptionsInit(&options) == MutatorResOK && MutatorFaultOptionsInit(&faultOptions) == MutatorResOK,
        "options");
  options.depth = Depth;
  CHECK(faultOptions.callbackStack == Callback, "%zu bytes", faultOptions.callbackStack);
  CHECK(MutatorFaultSetupWith(&options, &faultOptions) == MutatorResOK, "set-up");
  CHECK(current().ss_size >= (Depth + 2) * (frame + Library + Callback), "%zu bytes", current().ss_size);
  CHECK(MutatorWindowCreate(&window, faultTestPageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  for (i = 0; i < Levels; i++) {
    page[i] = i == 0 ? MutatorWindowBase(&window) : faultTestPageNew(FaultTestPageNOACCESS);
    CHECK(MutatorFaultRangeAdd(&range[i], page[i], page[i] + faultTestPageSize(), callback, (void *)i,
                               i == 0 ? &window : NULL) == MutatorResOK,
          "add");
  }
  faultTestProtect(page[0], faultTestPageSize(), PROT_NONE);
  fault();
  one = used;
  CHECK(deepest == 1, "one fault");
  (void)printf("one level: %zu bytes, %zu of them the kernel's frame at most; %zu set aside\n", one, frame,
               frame + Library + Callback);
  CHECK(one > 2048 && one < frame + Library * 7 / 8, "%zu bytes: hardly less than is set aside for the library", one);

  nest = 1;
  faultTestProtect(page[0], faultTestPageSize(), PROT_NONE);
  fault();
  CHECK(deepest == Levels, "%u deep", deepest);
  (void)printf("%d levels: %zu of %zu bytes\n", Levels, used, current().ss_size);
  CHECK(used < current().ss_size - frame, "no room for the previous handler");
  return 0;
}
