/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem -- a collector that dies inside its fault handler, holding its lock, with its heap closed
 *
 * A small collector keeps a list of cells, and code that a JIT has made, on a
 * heap that it protects.  Three threads run such code: one naps in it; one faults
 * and waits for the collector's lock; one faults, and the collector closes the whole
 * heap and dies.
 *
 * Run it in a debugger (docs/debugging.md): describeCells() fails there, until
 * MutatorDomainPostMortemAll(0) has been called.  On Windows, given the name of a
 * file, it writes a minidump as it dies.
 */

#include <pthread.h>
#include <stdio.h>

#include <mutator.h>

#include "postmortem.h"

#define CELLS 10

typedef struct Cell {
  struct Cell *next;
  int value;
} Cell;

/* The heap: cells in the first page, code in the second. */
static MutatorDomainStruct collector;
static MutatorDomainRangeStruct cellPages, codePages;
static Cell *cells;
static Function functions[4];
static volatile int dying, waiting;

const char *describeCells(void) {
  static char text[200];
  const Cell *cell;
  int size = snprintf(text, sizeof text, "cells:");
  for (cell = cells; cell != NULL && size < (int)sizeof text - 12; cell = cell->next)
    size += snprintf(text + size, sizeof text - (size_t)size, " %d", cell->value);
  return text;
}

static void nap(void) {
  for (;;)
    systemNap();
}

/* The collector's answer to a fault.  Here it has found its heap damaged. */
static MutatorFaultResult collect(MutatorDomain domain, MutatorDomainRange range, MutatorContext context, void *address,
                                  MutatorAccess access, void *closure) {
  (void)range, (void)address, (void)access, (void)closure;
  if (dying)
    waiting = 1;
  if (MutatorDomainEnter(domain) != MutatorResOK)
    nap(); /* the thread that found the damage ends the process, when it has said so */
  dying = 1;
  while (!waiting)
    systemNap();
  systemNap();
  (void)MutatorDomainProtect(domain, NULL, NULL, MutatorAccessNONE);
  systemDie(context);
  return MutatorFaultDECLINED;
}

/* the JIT's code, and the threads that run it ------------------------------------------ */

static void run(size_t function) { ((void (*)(void))(uintptr_t)functions[function].base)(); }

enum { JitREAD, JitWORK, JitNAP, JitREST };

static void makeCode(unsigned char *at) {
  at = codeLoad(&functions[JitREAD], "jit_read", at, &cells->value);
  at = codeCall(&functions[JitWORK], "jit_work", at, (uintptr_t)functions[JitREAD].base);
  at = codeCall(&functions[JitNAP], "jit_nap", at, (uintptr_t)nap);
  at = codeCall(&functions[JitREST], "jit_rest", at, (uintptr_t)functions[JitNAP].base);
  systemAnnounce(functions, sizeof functions / sizeof functions[0], at);
}

static void *waiter(void *closure) {
  while (!dying)
    systemNap();
  (void)MutatorFaultStackInstall();
  run(JitWORK);
  return closure;
}

static void *sleeper(void *closure) {
  run(JitREST);
  return closure;
}

static int makeHeap(void) {
  const size_t page = systemPageSize();
  const MutatorAccess data = MutatorAccessREAD | MutatorAccessWRITE;
  unsigned char *heap = systemMemory(2 * page);
  Cell *cell = (Cell *)(void *)heap;
  int i;
  if (heap == NULL || MutatorDomainInit(&collector, "example", collect, NULL) != MutatorResOK)
    return 0;
  for (i = 0; i < CELLS; i++, cell++) {
    cell->next = i + 1 < CELLS ? cell + 1 : NULL;
    cell->value = i * i;
  }
  cells = (Cell *)(void *)heap;
  makeCode(heap + page);
  return MutatorDomainRangeAdd(&collector, &cellPages, heap, heap + page, data, NULL, NULL) == MutatorResOK &&
         MutatorDomainRangeAdd(&collector, &codePages, heap + page, heap + 2 * page, data | MutatorAccessEXECUTE, NULL,
                               NULL) == MutatorResOK &&
         MutatorDomainProtect(&collector, heap, heap + page, MutatorAccessNONE) == MutatorResOK &&
         MutatorDomainProtect(&collector, heap + page, heap + 2 * page, MutatorAccessREAD | MutatorAccessEXECUTE) ==
             MutatorResOK;
}

int main(int count, char **arguments) {
  pthread_t one, two;
  if (MutatorFaultSetup(NULL) != MutatorResOK || !makeHeap()) {
    (void)fprintf(stderr, "postmortem: cannot make a heap\n");
    return 1;
  }
  systemAtDeath(count > 1 ? arguments[1] : NULL);
  if (pthread_create(&one, NULL, waiter, NULL) != 0 || pthread_create(&two, NULL, sleeper, NULL) != 0) {
    (void)fprintf(stderr, "postmortem: cannot start threads\n");
    return 1;
  }
  run(JitWORK);
  return 1; /* it does not come back */
}
