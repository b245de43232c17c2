/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem.h -- the parts of the example
 */

#ifndef mutator_examples_postmortem_h
#define mutator_examples_postmortem_h

#include <stddef.h>
#include <stdint.h>

/* postmortem_code.c: machine code of our own -------------------------------------- */

/* One function of the JIT's: it calls what it was made for, with a frame of its own. */
typedef struct Function {
  const char *name;
  unsigned char *base;
  size_t size;
} Function;

enum { FunctionPROLOGUE = 8 }; /* bytes up to the end of the prologue, on x86-64 */

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
 * and what it names stay where they are. */
void systemAnnounce(const Function *functions, size_t count);

/* What the program does when it dies, where the debugger cannot. */
void systemAtDeath(const char *argument);

/* Die, as a collector does that finds its heap damaged. */
void systemDie(void);

#endif
