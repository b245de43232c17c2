/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/macos.h -- what the files for macOS share, and what they ask of each CPU
 */

#ifndef mutator_os_macos_macos_h
#define mutator_os_macos_macos_h

#include "arch/registers.h"
#include "cc/atomic.h"
#include "os/os.h"

/* The code segment of 64-bit programs (XNU osfmk/i386/seg.h, USER64_CS); those with segments of their own have others. */
enum { MacosSelectorCODE = 0x2b };

/* mutatorMacosGeneral -- the general registers of a stopped thread, in place; NULL when the record has none */
x86_thread_state64_t *mutatorMacosGeneral(const MutatorNativeStruct *native);

/* mutatorMacosTrap -- the CPU's trap number, error code and address; NULL when the record has none */
const x86_exception_state64_t *mutatorMacosTrap(const MutatorNativeStruct *native);

/* MacosVectorStruct -- a float, AVX or AVX-512 state, in place */
typedef struct MacosVectorStruct {
  unsigned char *base; /* NULL for none */
  size_t size;         /* of one of the three */
} MacosVectorStruct, *MacosVector;
void mutatorMacosVector(const MutatorNativeStruct *native, MacosVector vector);

/* Where such a state has its FXSAVE area. */
enum { MacosFXSAVE = 8 };

/* mutatorMacosSignalVector -- where a signal's record has it, told by the size of the machine context */
void mutatorMacosSignalVector(const ucontext_t *ucontext, MacosVector vector);

/* The size of a vector state's flavor, bytes; 0 for what is none.  And the next smaller flavor, or 0. */
size_t mutatorMacosFlavorSize(int flavor);

/* mutatorMacosGetGeneral, Trap, Vector -- thread_get_state into the structure; false when the thread is gone
 *
 * mutatorMacosSet -- thread_set_state of what may have been edited */
MutatorBool mutatorMacosGetGeneral(MutatorMach mach);
MutatorBool mutatorMacosGetTrap(MutatorMach mach);
void mutatorMacosGetVector(MutatorMach mach);
MutatorBool mutatorMacosSetGeneral(MutatorMach mach);
MutatorBool mutatorMacosSetVector(MutatorMach mach);

/* MacosLocalStruct -- what is kept of a thread: its OSLocal, and how often its exit has been put off */
typedef struct MacosLocalStruct {
  OSLocalStruct local; /* first */
  unsigned rounds;
} MacosLocalStruct, *MacosLocal;

/* mutatorMacosLocalKey -- of the calling thread's MacosLocal, + 1; 0 before set-up */
extern AtomicWord mutatorMacosLocalKey;

/* mutatorMacosProcess -- the process that has last been adjusted to (set-up) */
extern AtomicWord mutatorMacosProcess;

/* mutatorMacosServerForked -- in a forked child: serve the thread that is left again (set-up) */
void mutatorMacosServerForked(void);

#endif
