/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I5: what the trapped thread holds in registers is a root while the callback
 * runs: each general register, each part of the vector registers, of every
 * injection that is running, from this thread and from another
 */

#include <pthread.h>
#include <string.h>

#include "support/fault_test.h"
#include "support/inject_trial.h"

static TrialStruct trial;
static void *area;
static unsigned long called;

typedef struct SoughtStruct {
  MutatorWord value;
  MutatorBool found;
} SoughtStruct;

static MutatorRes seek(void *base, void *limit, void *closure) {
  SoughtStruct *sought = closure;
  MutatorWord *word;
  for (word = base; word + 1 <= (MutatorWord *)limit; word++)
    if (*word == sought->value)
      sought->found = 1;
  return MutatorResOK;
}

static MutatorBool holds(void *memory, MutatorWord value) {
  SoughtStruct sought = {value, 0};
  CHECK(MutatorInjectScan(memory, seek, &sought) == MutatorResOK, "scan");
  return sought.found;
}

static void *fromOutside(void *closure) {
  (void)closure;
  CHECK(holds(area, trial.data->in[3]), "another thread does not see it");
  CHECK(MutatorInjectScan(NULL, seek, NULL) == MutatorResPARAM, "a thread without an area has something to scan");
  return NULL;
}

static MutatorRes refuse(void *base, void *limit, void *closure) {
  (void)base, (void)limit;
  ++*(unsigned *)closure;
  return MutatorResLIMIT;
}

/* Each word of the component; an x87 register has eight bytes that may be a reference. */
static void lookAt(unsigned n) {
  size_t size, i, at = injectComponentAt(n, &size);
  for (i = 0; i < size; i += sizeof(MutatorWord)) {
    MutatorWord word;
    memcpy(&word, trial.data->inState + at + i, sizeof word);
    if (n != 0 || i % 16 < 8)
      CHECK(holds(NULL, word), "component %u is not shown at %u", n, (unsigned)i);
  }
}

static void look(void) {
  pthread_t thread;
  unsigned i, times = 0;
  for (i = 0; i < MutatorRegisterPC; i++)
    CHECK(holds(NULL, trial.data->in[i]), "register %u is not shown", i);
  for (i = 0; i < 8; i++)
    if ((trial.data->mask >> i & 1) != 0)
      lookAt(i);
  CHECK(pthread_create(&thread, NULL, fromOutside, NULL) == 0 && pthread_join(thread, NULL) == 0, "thread");
  CHECK(MutatorInjectScan(NULL, refuse, &times) == MutatorResLIMIT && times == 1, "does not stop");
  CHECK(MutatorInjectScan(NULL, NULL, NULL) == MutatorResPARAM, "without a function");
  CHECK(MutatorInjectScan(&trial, seek, NULL) == MutatorResPARAM, "no area");
}

static void callback(MutatorContext context, void *closure) {
  (void)closure;
  called++;
  injectDirty(&(uint64_t){called});
  look(); /* for the second, the outer injection's */
  if (called == 1) {
    __asm__ volatile("ud2");
    look();
  }
  injectSkip(context, 2);
}

int main(void) {
  uint64_t seed = 5;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  area = injectAttach(2, NULL);
  trialNew(&trial, TrialTrapILLEGAL, NULL);
  injectHandlerInstall(callback, NULL);
  trialRandom(&trial, &seed, 0);
  trial.data->in[trialPointer] = (MutatorWord)injectNext(&seed);
  CHECK(!holds(NULL, trial.data->in[3]), "shown before it was saved");
  trialRun(&trial);
  CHECK(called == 2, "%lu calls", called);
  CHECK(!holds(NULL, trial.data->in[3]), "still shown");
  injectDetach(area, 2);
  return 0;
}
