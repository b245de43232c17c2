/* SPDX-License-Identifier: BSD-2-Clause
 *
 * This file is where the library is put to use: a fault on the table arrives
 * in policyFault, at the end.  That function and all it calls run in a signal
 * handler: they take no lock, allocate nothing, and reach the table only
 * through the alias, so that they cannot fault themselves.
 */

#include "weak_table_policy.h"

#include <sched.h>

/* Gate -- the state of the table's protection */
enum {
  GateOPEN,   /* the mutator may use the table */
  GateCLOSED, /* a use of it faults */
  GateOPENING /* a thread is scanning it, and will then open it */
};

/* Set once by each thread before it touches the table. */
static _Thread_local Worker *self;

void policyEnter(Worker *worker) { self = worker; }

void policyClose(Collector *collector) {
  atomic_store_explicit(&collector->steps, 0, memory_order_relaxed);
  atomic_store_explicit(&collector->gate, GateCLOSED, memory_order_relaxed);
  collectorProtect(collector, false);
}

void policyOpen(Collector *collector) {
  if (policyIsOpen(collector))
    return;
  collectorProtect(collector, true);
  atomic_store_explicit(&collector->gate, GateOPEN, memory_order_release);
}

bool policyIsOpen(Collector *collector) {
  return atomic_load_explicit(&collector->gate, memory_order_acquire) == GateOPEN;
}

/* The mutator may read this entry, and then holds the word that is there.  So
 * while tracing that word is reachable from now on; while sweeping a word that
 * the trace has shown to be dead must be gone before the mutator can see it. */
static void resolveSlot(Worker *worker, Slot *slot) {
  Collector *collector = worker->collector;
  uintptr_t value = collectorRead(collector, slot);
  if (!slotHoldsWord(value))
    return;
  worker->scanned++;
  if (collector->phase == PhaseTRACE) {
    collectorMark(collector, (Word *)value);
  } else {
    collectorSweepSlot(worker, slot);
  }
}

/* ---- Policy "open" ---- */

/* Once the table is open the mutator can read any of it unseen: so all of it
 * is resolved, and for this cycle every reference in it is a strong one. */
static void scanTable(Worker *worker) {
  for (size_t i = 0; i < worker->collector->capacity; i++)
    resolveSlot(worker, &worker->collector->alias[i]);
}

/* One thread scans and opens, the others wait for it.  They wait for a thread
 * that needs nothing from them: it holds no lock and cannot fault. */
static void scanAndOpen(Worker *worker) {
  Collector *collector = worker->collector;
  int expected = GateCLOSED;
  if (atomic_compare_exchange_strong(&collector->gate, &expected, GateOPENING)) {
    pauseStamp(&worker->pauses);
    scanTable(worker);
    policyOpen(collector);
  } else {
    while (!policyIsOpen(collector))
      sched_yield();
  }
}

/* ---- Policy "step" ---- */

/* Resolve every entry that an instruction's access covers, all or part. */
static void resolveAccess(Worker *worker, const MutatorInstructionAccessStruct *access) {
  uintptr_t first = (uintptr_t)access->address & ~(uintptr_t)(sizeof(Slot) - 1);
  uintptr_t limit = (uintptr_t)access->address + access->size;
  for (uintptr_t address = first; address < limit; address += sizeof(Slot)) {
    void *alias;
    if (MutatorWindowAlias(&worker->collector->window, (void *)address, sizeof(Slot), &alias) == MutatorResOK)
      resolveSlot(worker, alias);
  }
}

static bool withinBudget(Collector *collector) {
  if (collector->budget == 0)
    return true;
  size_t steps = atomic_fetch_add_explicit(&collector->steps, 1, memory_order_relaxed);
  if (steps == collector->budget)
    atomic_fetch_add_explicit(&collector->exhausted, 1, memory_order_relaxed);
  return steps < collector->budget;
}

/* Let the thread make this one access, the table staying protected.
 *
 * First the words that it will read are resolved, and only those: that is
 * what stepping gains over opening.
 *
 * Between the resolution and the step another thread may put a different word
 * into the entry.  The step loads afresh and hands that one to the mutator;
 * but only an insertion or the sweep writes entries, so it is a newborn word,
 * which is marked, or none.  Overwriting an entry needs no care: a weak table
 * keeps nothing alive, so nothing is lost with it.
 *
 * False when the library declines; then nothing has happened to the thread. */
static bool stepAccess(Worker *worker, MutatorContext context) {
  MutatorInstructionStruct instruction;
  if (!MutatorContextCanStepInstruction(context))
    return false;
  if (MutatorContextDecode(context, &instruction) != MutatorResOK)
    return false;
  for (unsigned i = 0; i < instruction.count; i++)
    if (instruction.access[i].access & MutatorAccessREAD)
      resolveAccess(worker, &instruction.access[i]);
  return MutatorFaultStep(context) == MutatorResOK;
}

/* ---- A fault ---- */

static void answerFault(Worker *worker, MutatorContext context) {
  Collector *collector = worker->collector;
  /* Another thread has opened the table since: just try again. */
  if (policyIsOpen(collector))
    return;
  if (collector->policy == PolicySTEP && withinBudget(collector) && stepAccess(worker, context))
    return;
  scanAndOpen(worker);
}

MutatorFaultResult policyFault(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  (void)range;
  (void)address;
  (void)access;
  (void)closure;
  /* A thread that is none of ours has no business here.  Without a context
   * somebody wants the table for a system call: this demo makes none. */
  if (self == NULL || context == NULL)
    return MutatorFaultDECLINED;
  /* The system would not open the table: give up, visibly, rather than fault for ever. */
  if (atomic_load_explicit(&self->collector->failed, memory_order_relaxed))
    return MutatorFaultDECLINED;
  uint64_t begin = pauseNow();
  answerFault(self, context);
  pauseEnd(&self->pauses, PauseFAULT, begin);
  return MutatorFaultHANDLED;
}
