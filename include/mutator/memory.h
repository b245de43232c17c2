/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/memory.h -- how a stepped instruction reaches memory
 *
 * The page an instruction faulted on is usually still protected when the
 * instruction is stepped.  A MutatorMemory says how to reach it all the same:
 *
 *   direct    at the address itself (the client has opened the page)
 *   window    through a second mapping of the same memory (mutator/window.h):
 *             the page stays protected and no other thread sees a hole
 *   process   through /proc/self/mem (Linux): no second mapping needed, private
 *             mappings only, no atomicity promised
 *
 * A client can bring its own.  Memory that can be had at a pointer offers
 * `translate`; the library then performs the access there with one native
 * instruction of the operand's width, so aligned accesses stay single and
 * atomic.  Otherwise `load`, `store` and `compareAndSwap` do the work.
 */

#ifndef MUTATOR_MEMORY_H
#define MUTATOR_MEMORY_H

#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorMemoryStruct *MutatorMemory;

/* MutatorMemoryTranslate -- where is this operand?
 *
 * Called for every access before any is performed.  Must not have an effect
 * that matters if the step is then declined.
 *
 * memory         this memory
 * address        first byte of the operand, as the mutator sees it
 * size           its size, bytes, at least 1; it may cross a page
 * access         what the instruction does with it
 * pointerReturn  on OK, where the library may perform exactly that access
 * Returns        MutatorResOK      *pointerReturn is set; all `size` bytes are there
 *                MutatorResUNIMPL  not at a pointer: use load, store, compareAndSwap
 *                MutatorResACCESS  not accessible: the step changes nothing and gives ACCESS
 * Signals        called in the handler: must be async-signal-safe
 * Threads        called by any
 */
typedef MutatorRes (*MutatorMemoryTranslate)(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                                             void **pointerReturn);

/* MutatorMemoryLoadFunction -- read an operand
 *
 * buffer   receives `size` bytes
 * address  first byte of the operand, as the mutator sees it
 * size     1, 2, 4, 8, 16, 32 or 64 bytes.  An instruction with a mask, and one whose operand has
 *          10 bytes, makes several accesses; only bytes that it accesses are asked for
 * Returns  MutatorResOK, or MutatorResACCESS with the buffer's content undefined
 */
typedef MutatorRes (*MutatorMemoryLoadFunction)(MutatorMemory memory, void *buffer, void *address, size_t size);

/* MutatorMemoryStoreFunction -- write an operand, all of it or none
 *
 * size     as for a load.  Of several stores that one instruction makes on one page, all are
 *          expected to succeed when the first does; when it makes them on two, the second page
 *          is first tried with a compare-and-swap of one byte with itself
 * Returns  MutatorResOK, or MutatorResACCESS or MutatorResUNIMPL with nothing written
 */
typedef MutatorRes (*MutatorMemoryStoreFunction)(MutatorMemory memory, void *address, const void *buffer, size_t size);

/* MutatorMemoryCompareAndSwapFunction -- atomically replace an operand
 *
 * expected  the bytes that must be there; on FAIL receives the bytes that were
 * desired   the bytes to put there
 * Returns   MutatorResOK      it was as expected and has been replaced
 *           MutatorResFAIL    it was not; nothing written
 *           MutatorResACCESS  not accessible; nothing written
 *           MutatorResUNIMPL  not atomically, or not at this alignment; nothing written
 */
typedef MutatorRes (*MutatorMemoryCompareAndSwapFunction)(MutatorMemory memory, void *address, void *expected,
                                                          const void *desired, size_t size);

/* MutatorMemoryStruct -- in the caller's memory; every field is private */
typedef struct MutatorMemoryStruct {
  MutatorWord signature;                              /* private */
  MutatorWord size;                                   /* private; of this structure, bytes */
  MutatorMemoryTranslate translate;                   /* private */
  MutatorMemoryLoadFunction load;                     /* private */
  MutatorMemoryStoreFunction store;                   /* private */
  MutatorMemoryCompareAndSwapFunction compareAndSwap; /* private */
  void *closure;                                      /* private */
  MutatorWord reserved[3];                            /* private; room to grow */
} MutatorMemoryStruct;

/* MutatorMemoryInit -- a memory of the client's own
 *
 * memory          memory for the structure, aligned for a pointer
 * translate       or NULL when no operand is ever at a pointer
 * load            or NULL when `translate` answers for every load
 * store           or NULL when `translate` answers for every store
 * compareAndSwap  or NULL: then what needs one is declined
 * closure         handed back by MutatorMemoryClosure
 * Returns         MutatorResOK     ready
 *                 MutatorResPARAM  memory is NULL or misaligned, or both translate and load are NULL
 * Signals         async-signal-safe
 * Threads         one caller at a time per memory
 */
MUTATOR_API MutatorRes MutatorMemoryInit(MutatorMemory memory, MutatorMemoryTranslate translate,
                                         MutatorMemoryLoadFunction load, MutatorMemoryStoreFunction store,
                                         MutatorMemoryCompareAndSwapFunction compareAndSwap, void *closure);

/* MutatorMemoryCheck -- is this an initialised memory?
 *
 * Returns  true (1) when its signature and size are right; false (0) for NULL
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorBool MutatorMemoryCheck(MutatorMemory memory);

/* MutatorMemoryClosure -- the closure given to MutatorMemoryInit
 *
 * Returns  it, or NULL when `memory` is not an initialised memory
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API void *MutatorMemoryClosure(MutatorMemory memory);

/* MutatorMemoryDirect -- the memory itself, at its own addresses
 *
 * An access to a page that is not open gives ACCESS and raises no signal that
 * the client sees, as long as MutatorFaultRecover is called first in the
 * process's SIGSEGV and SIGBUS handlers (MutatorFaultSetup does so).
 *
 * Returns  the one direct memory; never NULL
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorMemory MutatorMemoryDirect(void);

/* MutatorMemoryProcess -- memory reached through /proc/self/mem (Linux)
 *
 * Reads and writes pages whatever their protection.  Private mappings only: a
 * write to a shared mapping gives ACCESS.  Promises no atomicity, offers no
 * compare-and-swap, and declines a store that crosses a page.  After a fork
 * the child's copy is declined until the library has reopened it, which its
 * own atfork handler does.
 *
 * Needs    MutatorSetup
 * Returns  the one process memory, or NULL where the system has none or
 *          before MutatorSetup
 * Signals  async-signal-safe
 * Threads  any
 * Source   proc(5), /proc/pid/mem
 */
MUTATOR_API MutatorMemory MutatorMemoryProcess(void);

/* MutatorMemoryLoad -- read through a memory, as a step does
 *
 * An access to memory that translates is one native instruction; it is atomic
 * if aligned (16 bytes: on CPUs with AVX; 32 and 64 bytes: as the CPU makes them).
 *
 * memory   an initialised memory
 * buffer   receives `size` bytes
 * address  where, as the mutator sees it
 * size     1, 2, 4, 8, 16, 32 or 64 bytes
 * Returns  MutatorResOK      read
 *          MutatorResPARAM   bad memory, NULL buffer, or another size
 *          MutatorResACCESS  not accessible
 *          MutatorResUNIMPL  the memory has no way to load this, or it translates and the CPU has no
 *                            instruction for it: 32 bytes need AVX, 64 AVX-512
 * Signals  async-signal-safe; errno kept
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorMemoryLoad(MutatorMemory memory, void *buffer, void *address, size_t size);

/* MutatorMemoryStore -- write through a memory, as a step does
 *
 * All bytes are written or none.
 *
 * memory   an initialised memory
 * address  where, as the mutator sees it
 * buffer   the bytes to write
 * size     1, 2, 4, 8, 16, 32 or 64 bytes
 * Returns  MutatorResOK      written
 *          MutatorResPARAM   bad memory, NULL buffer, or another size
 *          MutatorResACCESS  not accessible; nothing written
 *          MutatorResUNIMPL  the memory has no way to store this, or the CPU has no instruction for it (as
 *                            MutatorMemoryLoad); nothing written
 * Signals  async-signal-safe; errno kept
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorMemoryStore(MutatorMemory memory, void *address, const void *buffer, size_t size);

/* MutatorMemoryCompareAndSwap -- atomically replace what is there
 *
 * Atomic against every other thread that uses the same memory, through
 * whichever mapping.
 *
 * memory    an initialised memory
 * address   where, as the mutator sees it; must be aligned to `size`
 * expected  the bytes that must be there; on FAIL receives the bytes that were
 * desired   the bytes to put there
 * size      1, 2, 4 or 8 bytes; 16 where the CPU has CMPXCHG16B
 * Returns   MutatorResOK      replaced
 *           MutatorResFAIL    it held something else, now in *expected
 *           MutatorResPARAM   bad memory, NULL, another size, or misaligned
 *           MutatorResACCESS  not accessible; nothing written
 *           MutatorResUNIMPL  the memory has no compare-and-swap
 * Signals   async-signal-safe; errno kept
 * Threads   any
 */
MUTATOR_API MutatorRes MutatorMemoryCompareAndSwap(MutatorMemory memory, void *address, void *expected,
                                                   const void *desired, size_t size);

#ifdef __cplusplus
}
#endif

#endif
