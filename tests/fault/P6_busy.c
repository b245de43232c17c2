/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P6_busy.c -- is the lock held, and by whom: from any thread; entering, leaving and their misuse
 */

#include "support/domain_test.h"

#include <pthread.h>
#include <string.h>

static DomainTestStruct test;
static volatile int stage;
static volatile MutatorWord holder;

static void await(int value) {
  while (stage != value)
    domainTestPause();
}

static void *hold(void *closure) {
  MutatorDomain domain = &test.domain;
  holder = domainTestThread();
  CHECK(MutatorDomainEnter(domain) == MutatorResOK && MutatorDomainEnter(domain) == MutatorResOK, "enter");
  CHECK(MutatorDomainTryEnter(domain) == MutatorResOK, "recursive");
  stage = 1;
  await(2);
  CHECK(MutatorDomainLeave(domain) == MutatorResOK, "leave");
  stage = 3;
  await(4);
  CHECK(MutatorDomainLeave(domain) == MutatorResOK && MutatorDomainLeave(domain) == MutatorResOK, "leave");
  CHECK(MutatorDomainLeave(domain) == MutatorResSTATE, "left too often");
  return closure;
}

static void nobody(MutatorDomain domain) {
  unsigned depth = 77;
  CHECK(MutatorDomainBusy(domain, &depth) == 0 && depth == 0, "nobody: depth %u", depth);
  CHECK(MutatorDomainBusy(domain, NULL) == 0, "nobody");
}

static void garbage(void) {
  static MutatorWord words[64];
  MutatorDomainStruct copy = test.domain;
  nobody(NULL);
  nobody((MutatorDomain)(void *)words);
  nobody((MutatorDomain)sizeof(MutatorWord));
  nobody((MutatorDomain)((MutatorWord)&test.domain + 1));
  nobody(&copy);
  CHECK(!MutatorDomainCheck(&copy) && !MutatorDomainCheck(NULL) && !MutatorDomainLive(NULL), "copies are no domains");
  CHECK(MutatorDomainPostMortem(NULL, NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorDomainPostMortem(&copy, NULL) == MutatorResPARAM, "a copy");
  CHECK(MutatorDomainPostMortem((MutatorDomain)sizeof(MutatorWord), NULL) == MutatorResPARAM, "not mapped");
  CHECK(MutatorDomainEnter(NULL) == MutatorResPARAM && MutatorDomainLeave(NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorDomainTryEnter((MutatorDomain)(void *)words) == MutatorResPARAM, "garbage");
  CHECK(MutatorDomainFinish(&copy) == MutatorResPARAM, "finish a copy");
  CHECK(MutatorDomainLive(&test.domain), "nothing has changed");
}

static void table(void) {
  static MutatorDomainStruct many[MutatorDomainLIMIT];
  size_t i, there = 0;
  MutatorDomainCallback callback = test.domain.callback;
  CHECK(MutatorDomainInit(NULL, "x", callback, NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorDomainInit(&many[0], "x", NULL, NULL) == MutatorResPARAM, "no callback");
  CHECK(MutatorDomainInit(&test.domain, "x", callback, NULL) == MutatorResSTATE, "twice");
  for (i = 0; i < MutatorDomainLIMIT - 1; i++)
    CHECK(MutatorDomainInit(&many[i], NULL, callback, NULL) == MutatorResOK, "domain %zu", i);
  CHECK(MutatorDomainInit(&many[i], NULL, callback, NULL) == MutatorResLIMIT, "one too many");
  CHECK(many[i].signature == 0, "nothing has changed");
  for (i = 0; i < MutatorDomainLIMIT + 5; i++)
    there += MutatorDomainAt(i) != NULL;
  CHECK(there == MutatorDomainLIMIT, "%zu", there);
  for (i = 0; i < MutatorDomainLIMIT - 1; i++)
    CHECK(MutatorDomainFinish(&many[i]) == MutatorResOK, "domain %zu", i);
}

static void depthMost(MutatorDomain domain) {
  unsigned i, depth;
  for (i = 0; i < 65535; i++)
    CHECK(MutatorDomainEnter(domain) == MutatorResOK, "%u", i);
  CHECK(MutatorDomainEnter(domain) == MutatorResLIMIT, "one too many");
  CHECK(MutatorDomainBusy(domain, &depth) == domainTestThread() && depth == 65535, "%u", depth);
  for (i = 0; i < 65535; i++)
    CHECK(MutatorDomainLeave(domain) == MutatorResOK, "%u", i);
  nobody(domain);
}

int main(void) {
  pthread_t thread;
  unsigned depth = 0;
  MutatorDomain domain = &test.domain;
  CHECK(MutatorDomainInit(domain, "early", (MutatorDomainCallback)0, NULL) == MutatorResPARAM, "no callback");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  domainTestMake(&test, "a name of more bytes than are kept of it", 3, 1, 0);
  CHECK(strcmp(domain->name, "a name of more bytes than are k") == 0, "%s", domain->name);
  nobody(domain);
  CHECK(MutatorDomainLeave(domain) == MutatorResSTATE, "leave without enter");
  garbage();
  table();
  depthMost(domain);

  CHECK(pthread_create(&thread, NULL, hold, NULL) == 0, "thread");
  await(1);
  CHECK(MutatorDomainBusy(domain, &depth) == holder && depth == 3, "held by %zu, depth %u", holder, depth);
  CHECK(holder != domainTestThread() && MutatorDomainBusy(domain, NULL) == holder, "held by %zu", holder);
  CHECK(MutatorDomainTryEnter(domain) == MutatorResBUSY, "held by another");
  CHECK(MutatorDomainLeave(domain) == MutatorResSTATE, "not ours to leave");
  CHECK(MutatorDomainFinish(domain) == MutatorResBUSY, "held");
  stage = 2;
  await(3);
  CHECK(MutatorDomainBusy(domain, &depth) == holder && depth == 2, "depth %u", depth);
  stage = 4;
  CHECK(MutatorDomainEnter(domain) == MutatorResOK, "waits for it");
  CHECK(MutatorDomainBusy(domain, &depth) == domainTestThread() && depth == 1, "ours");
  CHECK(MutatorDomainLeave(domain) == MutatorResOK, "leave");
  CHECK(pthread_join(thread, NULL) == 0, "join");
  nobody(domain);
  domainTestFinish(&test);
  CHECK(!MutatorDomainCheck(domain) && MutatorDomainFinish(domain) == MutatorResPARAM, "no domain any more");
  return 0;
}
