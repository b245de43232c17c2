/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F6_concurrent_decodes.c -- threads that decode at once, each with its own decoder, all get the right plans
 *
 * No decoder serves two threads: Capstone would give wrong answers, and the
 * plan be declined.
 */

#include "support/fault_test.h"

#include <pthread.h>
#include <string.h>

#include "arch/x86/decoder.h"
#include "arch/x86/plan.h"

enum { Threads = 4, Rounds = 60000 };

typedef struct Form {
  unsigned char bytes[ARCH_FETCH_MAX];
  size_t length;
} Form;

/* Different in length, registers, displacements and immediates. */
static const Form forms[] = {
    {{0x89, 0x37}, 2},                         /* mov %esi, (rDI) */
    {{0x8b, 0x44, 0x8b, 0x10}, 4},             /* mov 0x10(rBX,rCX,4), %eax */
    {{0x66, 0xc7, 0x05, 1, 2, 3, 4, 5, 6}, 9}, /* movw $0x605, 0x4030201, of the PC or absolute */
    {{0x3e, 0x81, 0xbc, 0xcd, 0x78, 0x56, 0x34, 0x12, 4, 3, 2, 1}, 12}, /* cmpl $imm, %ds:disp(rBP,rCX,8) */
    {{0x0f, 0xbe, 0x45, 0xfe}, 4},                                      /* movsbl -2(rBP), %eax */
    {{0x64, 0xa1, 1, 2, 3, 4, 5, 6, 7, 8}, 2 + sizeof(void *)},         /* mov %fs:..., %eax */
    {{0x84, 0x20}, 2},                                                  /* test %ah, (rAX) */
};
enum { Forms = sizeof forms / sizeof forms[0] };

static void decode(const Form *form, ArchPlan plan) {
  MutatorDecline decline = mutatorArchPlan(plan, form->bytes, sizeof form->bytes, 0x1000);
  CHECK(decline == MutatorDeclineNONE, "%s", MutatorDeclineName(decline));
  CHECK(mutatorArchPlanLength(plan) == form->length, "%zu bytes, not %zu", mutatorArchPlanLength(plan), form->length);
}

static void *run(void *closure) {
  const ArchPlanStruct *plans = closure;
  unsigned i;
  for (i = 0; i < Rounds; i++) {
    ArchPlanStruct plan;
    decode(&forms[i % Forms], &plan);
    CHECK(memcmp(&plan, &plans[i % Forms], sizeof plan) == 0, "another plan for the same bytes, round %u", i);
  }
  return NULL;
}

int main(void) {
  ArchPlanStruct plans[Forms];
  pthread_t threads[Threads];
  size_t i;
  faultTestSetup();
  for (i = 0; i < Forms; i++)
    decode(&forms[i], &plans[i]);
  for (i = 0; i < Threads; i++)
    CHECK(pthread_create(&threads[i], NULL, run, plans) == 0, "thread");
  for (i = 0; i < Threads; i++)
    CHECK(pthread_join(threads[i], NULL) == 0, "join");
  for (i = 0; i < mutatorDecoderCount; i++)
    CHECK(mutatorDecoders[i].busy == 0, "decoder %zu has not been given back", i);
  return 0;
}
