/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I5: what the trapped thread holds in registers is a root while the callback
 * runs: each general register, each part of the vector registers, of every
 * injection that is running, from this thread and from another
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/fault_test.h"
#include "support/posix/x86_64/inject_handler.h"
#include "support/posix/x86_64/inject_trial.h"

static TrialStruct trial;
static void *area;
static unsigned long called;

typedef struct SoughtStruct {
  uint64_t value;
  MutatorBool found;
} SoughtStruct;

static MutatorRes seek(void *base, void *limit, void *closure) {
  SoughtStruct *sought = closure;
  uint64_t *word;
  for (word = base; word + 1 <= (uint64_t *)limit; word++)
    if (*word == sought->value)
      sought->found = 1;
  return MutatorResOK;
}

static MutatorBool holds(void *memory, uint64_t value) {
  SoughtStruct sought = {value, 0};
  CHECK(MutatorInjectScan(memory, seek, &sought) == MutatorResOK, "scan");
  return sought.found;
}

static uint64_t wordAt(size_t offset) {
  uint64_t word;
  memcpy(&word, trial.data->inState + offset, sizeof word);
  return word;
}

static void *fromOutside(void *closure) {
  (void)closure;
  CHECK(holds(area, trial.data->in.reg[3]), "another thread does not see RBX");
  CHECK(MutatorInjectScan(NULL, seek, NULL) == MutatorResPARAM, "a thread without an area has something to scan");
  return NULL;
}

static MutatorRes refuse(void *base, void *limit, void *closure) {
  (void)base, (void)limit;
  ++*(unsigned *)closure;
  return MutatorResLIMIT;
}

static void look(void) {
  pthread_t thread;
  unsigned i, times = 0;
  for (i = 0; i < 16; i++)
    CHECK(holds(NULL, trial.data->in.reg[i]), "register %u is not shown", i);
  for (i = 0; i < 16; i++) {
    CHECK(holds(NULL, wordAt(160 + 16 * i)) && holds(NULL, wordAt(168 + 16 * i)), "xmm%u is not shown", i);
    if (i < 8)
      CHECK(holds(NULL, wordAt(32 + 16 * i)), "mm%u is not shown", i);
  }
  for (i = 576; i < 576 + 256; i += 8)
    if ((trial.data->mask >> 2 & 1) != 0)
      CHECK(holds(NULL, wordAt(i)), "the upper half of a ymm is not shown");
  CHECK(pthread_create(&thread, NULL, fromOutside, NULL) == 0 && pthread_join(thread, NULL) == 0, "thread");
  CHECK(MutatorInjectScan(NULL, refuse, &times) == MutatorResLIMIT && times == 1, "does not stop");
}

static void callback(MutatorContext context, void *closure) {
  MutatorWord pc;
  (void)closure;
  called++;
  CHECK(MutatorContextGetRegister(context, MutatorRegisterPC, &pc) == MutatorResOK, "PC");
  trialDirty(&(uint64_t){called});
  if (called == 1) {
    look();
    __asm__ volatile("ud2");
    look();
  } else {
    look(); /* the outer injection's are still shown */
  }
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, pc + 2) == MutatorResOK, "PC");
}

int main(void) {
  uint64_t seed = 5;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  area = injectHandlerAttach(2, NULL);
  trialNew(&trial, TrialTrapILLEGAL, NULL);
  injectHandlerInstall(callback, NULL);
  trialRandom(&trial, &seed, 0);
  trial.data->in.reg[9] = UINT64_C(0x9999999912345678);
  CHECK(!holds(NULL, trial.data->in.reg[3]), "shown before it was saved");
  trialRun(&trial);
  CHECK(called == 2, "%lu calls", called);
  CHECK(!holds(NULL, trial.data->in.reg[3]), "still shown");
  injectHandlerDetach(area);
  return 0;
}
