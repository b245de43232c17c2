/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/inject_handler.h -- a client's own handler that injects a call at every trap
 */

#ifndef mutator_tests_support_inject_handler_h
#define mutator_tests_support_inject_handler_h

#include <mutator.h>

/* InjectHandlerStruct -- what the handler does, and what it has seen */
typedef struct InjectHandlerStruct {
  MutatorInjectCallback callback;
  void *closure;
  /* Called when the injection is refused, to get the thread past the trap; NULL: the test fails. */
  void (*refused)(MutatorContext context, MutatorRes res, MutatorInjectRefusal refusal);
  volatile unsigned long injected, returned;
} InjectHandlerStruct;

extern InjectHandlerStruct injectHandler;

/* injectHandlerInstall -- for SIGSEGV, SIGBUS, SIGILL, SIGTRAP and SIGFPE; counts from 0
 *
 * Ends the process after ten refusals that nobody expects. */
void injectHandlerInstall(MutatorInjectCallback callback, void *closure);

/* injectHandlerAttach -- an area for the calling thread, of that depth */
void *injectHandlerAttach(unsigned depth, const MutatorInjectOptionsStruct *options);

/* injectHandlerDetach -- and free it */
void injectHandlerDetach(void *area);

#endif
