/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem.h -- the parts of the example
 */

#ifndef mutator_examples_postmortem_h
#define mutator_examples_postmortem_h

#include <mutator.h>

/* postmortem.c: a pretty-printer, for debuggers and crash reporters to call */
const char *describeCells(void);

/* postmortem_code.c: machine code of our own -------------------------------------- */

/* One function of the JIT's: it calls what it was made for, with a frame of its own. */
typedef struct Function {
  const char *name;
  unsigned char *base;
  size_t size;
} Function;

/* A function that calls `target`, and one that loads the word at `address`; each
 * answers where the next may be. */
unsigned char *codeCall(Function *function, const char *name, unsigned char *at, uintptr_t target);
unsigned char *codeLoad(Function *function, const char *name, unsigned char *at, const void *address);

/* <system>/postmortem_system.c ------------------------------------------------------ */

/* Memory to put a heap into, open for everything; NULL when there is none. */
unsigned char *systemMemory(size_t size);
size_t systemPageSize(void);
void systemNap(void);

/* Have debuggers and unwinders know of code that no compiler has made.  The list
 * stays where it is; after the code, at `room`, is as much room as they may need, on the heap. */
void systemAnnounce(const Function *functions, size_t count, unsigned char *room);

/* What the program shall do when it dies, where a debugger comes later: write a dump there. */
void systemAtDeath(const char *dump);

/* Die, as a collector does that finds its heap damaged, at a fault with that context. */
void systemDie(MutatorContext context);

#endif
