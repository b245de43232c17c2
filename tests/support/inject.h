/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/inject.h -- a client's own handler that injects a call at every trap
 */

#ifndef mutator_tests_support_inject_h
#define mutator_tests_support_inject_h

#include <mutator.h>

/* InjectHandlerStruct -- what the handler does, and what it has seen */
typedef struct InjectHandlerStruct {
  MutatorInjectCallback callback;
  void *closure;
  /* Called when the injection is refused, to get the thread past the trap; NULL: the test fails. */
  void (*refused)(MutatorContext context, MutatorRes res, MutatorInjectRefusal refusal);
  /* Called after an injection that was not refused; or NULL. */
  void (*injected)(MutatorContext context);
  volatile unsigned long calls, returned; /* injections, and second traps */
} InjectHandlerStruct;

extern InjectHandlerStruct injectHandler;

/* injectHandlerInstall -- for every fault and trap; counts from 0
 *
 * A refusal that nobody expects ends the process. */
void injectHandlerInstall(MutatorInjectCallback callback, void *closure);

/* injectAttach -- an area for the calling thread, of that depth */
void *injectAttach(unsigned depth, const MutatorInjectOptionsStruct *options);

/* injectDetach -- and give it back */
void injectDetach(void *area, unsigned depth);

/* injectSkip -- set the context's PC that many bytes further */
void injectSkip(MutatorContext context, size_t length);

/* injectNext -- the next number of a row that the seed begins */
uint64_t injectNext(uint64_t *seed);

/* injectDirty -- every component of the vector state becomes something else
 *
 * But for the control words, which C code counts on. */
void injectDirty(uint64_t *seed);

/* injectDirtyLegacy -- the same of x87 and SSE alone */
void injectDirtyLegacy(uint64_t *seed);

/* The vector state, as XSAVE writes it. */
enum {
  InjectStateSIZE = 16384,
  InjectControlAT = 0,
  InjectStatusAT = 2,
  InjectTagsAT = 4,
  InjectMxcsrAT = 24,
  InjectPresentAT = 512,
  InjectComponents = 64
};

/* injectComponents -- what to load and save: without protection keys, whose register opens and closes
 * memory, and without AMX's tiles */
uint64_t injectComponents(void);

/* injectComponentAt -- where component n lies in it, and how many bytes of it this mode of the CPU has */
size_t injectComponentAt(unsigned n, size_t *sizeReturn);

/* injectFillState -- random registers; those of `initial` stay in their initial state */
void injectFillState(unsigned char state[InjectStateSIZE], uint64_t *seed, uint64_t initial);

/* Of the CPU's file: load those components from the state; clear AC, which a handler may find set. */
void injectLoadState(const unsigned char *state, uint64_t mask);
void injectClearAC(void) __asm__("injectClearAC");

#endif
