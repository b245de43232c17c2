/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/window.h -- a second, always accessible mapping of protected memory
 *
 * A window is memory mapped twice.  The mutator uses the first mapping, the
 * base, which the client protects and opens as it likes; the library (and the
 * client's collector) uses the second, the alias, which is always readable and
 * writable.  Stepping through a window needs no system call, opens nothing,
 * and stays atomic towards threads that use the base.
 *
 * What is different from ordinary private memory:
 *
 *   fork               the memory is shared between parent and child unless the
 *                      window's fork policy says otherwise, see below
 *   MADV_DONTNEED      does not zero it: the object behind it keeps the bytes
 *                      (fallocate(2) with FALLOC_FL_PUNCH_HOLE does)
 *   private futexes    are keyed by address: waking through the alias wakes
 *                      nobody who waits at the base.  Process-shared ones work
 *   memory accounting  pages count as shared memory (RssShmem)
 *   core dumps         contain it only if bit 1 of /proc/self/coredump_filter is set
 */

#ifndef MUTATOR_WINDOW_H
#define MUTATOR_WINDOW_H

#include <mutator/memory.h>
#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorWindowStruct *MutatorWindow;

/* MutatorWindowFork -- what becomes of a window in a forked child */
typedef enum MutatorWindowFork {
  MutatorWindowForkREFUSE =
      0, /* the memory stays shared with the parent; stepping through it is declined in the child */
  MutatorWindowForkCOPY =
      1, /* fork(2) gives the child a copy of its own, as private memory would, at the cost of copying;
                                  where it cannot, the child has no access to the memory */
  MutatorWindowForkSHARE = 2, /* the memory stays shared and the window works in both: the client wants shared memory */
  MutatorWindowForkLIMIT = 3  /* one past the last policy */
} MutatorWindowFork;

/* MutatorWindowStruct -- in the caller's memory; every field is private */
typedef struct MutatorWindowStruct {
  MutatorWord signature;            /* private */
  MutatorWord structSize;           /* private; of this structure, bytes */
  void *base;                       /* private; what the mutator uses */
  void *alias;                      /* private; always readable and writable */
  size_t size;                      /* private; bytes, whole pages */
  MutatorWord object;               /* private; the system's memory object */
  MutatorWord identity;             /* private; tells that object from others */
  MutatorWord copy;                 /* private; the forked child's object */
  MutatorWord policy;               /* private; a MutatorWindowFork */
  MutatorWord state;                /* private */
  struct MutatorWindowStruct *next; /* private; windows that fork must visit */
  MutatorMemoryStruct memory;       /* private; steps go through this */
  MutatorWord reserved[2];          /* private; room to grow */
} MutatorWindowStruct;

/* MutatorWindowCreate -- new zeroed memory, mapped twice
 *
 * Both mappings are readable and writable.  The structure must stay where it
 * is until MutatorWindowDestroy.
 *
 * window   memory for the structure, aligned for a pointer
 * size     bytes, greater than zero; rounded up to whole pages
 * fork     what becomes of it in a forked child
 * Needs    MutatorSetup
 * Returns  MutatorResOK      ready
 *          MutatorResPARAM   NULL or misaligned window, size 0 or too large, unknown policy
 *          MutatorResSTATE   MutatorSetup has not been called, or this window is live already
 *          MutatorResMEMORY  the system has no memory, mapping or descriptor to give; nothing changed
 * Signals  not async-signal-safe
 * Threads  any, for different windows
 * Source   memfd_create(2), mmap(2)
 */
MUTATOR_API MutatorRes MutatorWindowCreate(MutatorWindow window, size_t size, MutatorWindowFork fork);

/* MutatorWindowAdopt -- declare two mappings that the client made itself
 *
 * The client keeps both mappings and unmaps them after MutatorWindowDestroy.
 * The fork policy is REFUSE or SHARE: the library does not know the object
 * behind them and cannot copy it.
 *
 * window   memory for the structure, aligned for a pointer
 * base     what the mutator uses, page-aligned
 * alias    the same memory, readable and writable, page-aligned
 * size     bytes, whole pages, greater than zero
 * fork     MutatorWindowForkREFUSE or MutatorWindowForkSHARE
 * Needs    MutatorSetup
 * Returns  MutatorResOK, or, with nothing changed,
 *          MutatorResPARAM  an argument is bad, or the mappings overlap
 *          MutatorResSTATE  MutatorSetup has not been called, or this window is live already
 * Signals  not async-signal-safe
 * Threads  any, for different windows
 */
MUTATOR_API MutatorRes MutatorWindowAdopt(MutatorWindow window, void *base, void *alias, size_t size,
                                          MutatorWindowFork fork);

/* MutatorWindowDestroy -- unmap a created window, forget an adopted one
 *
 * Needs    no thread to be stepping through it and no range to name it
 * Returns  MutatorResOK     gone
 *          MutatorResPARAM  not a live window; nothing changed
 * Signals  not async-signal-safe
 * Threads  one caller at a time per window
 */
MUTATOR_API MutatorRes MutatorWindowDestroy(MutatorWindow window);

/* MutatorWindowCheck -- is this a live window?
 *
 * Returns  true (1) or false (0); false for NULL
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorBool MutatorWindowCheck(MutatorWindow window);

/* MutatorWindowBase, MutatorWindowSize -- the mapping the mutator uses
 *
 * Returns  its first address, its size in bytes; NULL and 0 when not a live window
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API void *MutatorWindowBase(MutatorWindow window);
MUTATOR_API size_t MutatorWindowSize(MutatorWindow window);

/* MutatorWindowAlias -- where the collector may read and write an address
 *
 * window       a live window
 * address      first byte, in the base mapping
 * size         bytes; the whole stretch must lie in the window
 * aliasReturn  receives the address of the same memory in the alias
 * Returns      MutatorResOK      *aliasReturn is set
 *              MutatorResPARAM   not a live window, or aliasReturn NULL
 *              MutatorResACCESS  not all of it lies in the window, or the
 *                                fork policy refuses this process
 * Signals      async-signal-safe
 * Threads      any
 */
MUTATOR_API MutatorRes MutatorWindowAlias(MutatorWindow window, void *address, size_t size, void **aliasReturn);

/* MutatorWindowMemory -- step through this window
 *
 * Operands inside the window are reached through the alias; an operand wholly
 * outside goes direct; one that straddles the window's edge is not accessible.
 *
 * Returns  a memory for MutatorContextStepInstructionWith, valid as long as
 *          the window; NULL when not a live window
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorMemory MutatorWindowMemory(MutatorWindow window);

#ifdef __cplusplus
}
#endif

#endif
