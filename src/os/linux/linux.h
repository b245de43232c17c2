/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/linux.h -- what the files for Linux share, and what they ask of each CPU
 */

#ifndef mutator_os_linux_linux_h
#define mutator_os_linux_linux_h

#include <sys/stat.h>
#include <ucontext.h>

#include "arch/registers.h"
#include "cc/atomic.h"
#include "cc/compiler.h"
#include "os/os.h"

/* mutatorLinuxState -- the stretch of the signal frame that holds the vector registers
 *
 * Empty (base == limit) when the record has none, or was not made by the kernel.
 */
void mutatorLinuxState(const ucontext_t *ucontext, MutatorWord *baseReturn, MutatorWord *limitReturn);

/* The kernel's structure ends with a shorter mask than the C library's
 * (Linux arch/x86/include/asm/sighandling.h, struct ucontext). */
#define LINUX_KERNEL_MASK_SIZE 8
#define LINUX_KERNEL_UCONTEXT_SIZE (offsetof(ucontext_t, uc_sigmask) + LINUX_KERNEL_MASK_SIZE)

/* mutatorLinuxStateFrame -- make `state` a place for vector registers as the record's own is
 *
 * What the kernel says of the layout is copied, no register.
 *
 * stateSize   of `state`, bytes
 * maskReturn  receives the components that the kernel saves; 0 when it uses FXSAVE
 * Returns     false when the record has no vector registers, or more than fit
 */
MutatorBool mutatorLinuxStateFrame(const ucontext_t *ucontext, unsigned char *state, size_t stateSize,
                                   MutatorWord *maskReturn);

/* mutatorLinuxStateRestore -- the vector registers of such a place into the record; false when it has none */
MutatorBool mutatorLinuxStateRestore(const ucontext_t *ucontext, const unsigned char *state);

/* The trap number and the error code that the CPU pushed. */
static inline MutatorWord mutatorLinuxTrap(const ucontext_t *ucontext) {
  return (MutatorWord)ucontext->uc_mcontext.gregs[REG_TRAPNO];
}
static inline MutatorWord mutatorLinuxErrorCode(const ucontext_t *ucontext) {
  return (MutatorWord)ucontext->uc_mcontext.gregs[REG_ERR];
}

/* mutatorLinuxForkWord -- not zero, in a page that fork(2) wipes; NULL before set-up */
extern AtomicWord *mutatorLinuxForkWord;

/* LinuxProcessStruct -- /proc/self/mem
 *
 * `descriptor` is ~0 when there is none.  Programs close descriptors that are
 * not theirs.  Whether the number is still this file tells the file's own offset, which nothing else uses: it
 * is `place`, further than any other file goes, and another in each process.
 */
typedef struct LinuxProcessStruct {
  AtomicWord descriptor;
  off64_t place;
} LinuxProcessStruct;
extern LinuxProcessStruct mutatorLinuxProcess;

/* mutatorLinuxProcessIs -- is that descriptor the file? */
MutatorBool mutatorLinuxProcessIs(int file);

/* set-up -------------------------------------------------------------------- */

/* mutatorLinuxProcessOpen -- open /proc/self/mem of this process, instead of the one that is open */
void mutatorLinuxProcessOpen(void);

/* mutatorLinuxForkSetup -- the fork word and the handlers around fork(2)
 *
 * Returns  MutatorResOK; MutatorResMEMORY; MutatorResUNIMPL: the kernel cannot wipe
 *          the word, so that a fork that runs no handlers goes unnoticed
 */
MutatorRes mutatorLinuxForkSetup(const OSForkStruct *fork);

/* mutatorLinuxObjectCreate -- the descriptor of a new memory object of that size; -1 when there is none */
int mutatorLinuxObjectCreate(size_t size);

/* A window's `object` or `copy` when it has none. */
#define LINUX_NO_OBJECT (~(MutatorWord)0)

/* mutatorLinuxObjectIsOurs -- has the window an object, and is its descriptor still that file? */
MutatorBool mutatorLinuxObjectIsOurs(MutatorWindow window, struct stat *status);

/* mutatorLinuxWindowsPrepare, Parent, Child -- around fork(2), with the set-up lock held */
void mutatorLinuxWindowsPrepare(void);
void mutatorLinuxWindowsParent(void);
void mutatorLinuxWindowsChild(void);

/* from each CPU (os/linux/<cpu>.c) --------------------------------------------- */

/* The offset of each register in a ucontext_t. */
extern COMPILER_WITHIN const uint16_t mutatorLinuxOffsets[MutatorRegisterLIMIT];

/* Where the thread stopped. */
static inline MutatorWord mutatorLinuxPC(const ucontext_t *ucontext) {
  return *(const MutatorWord *)(const void *)((const char *)ucontext + mutatorLinuxOffsets[MutatorRegisterPC]);
}

/* mutatorLinuxSegmentBase, ThreadSegmentBase -- a MachineStruct's segmentBase, for the calling thread and for any */
MutatorBool mutatorLinuxSegmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn);
MutatorBool mutatorLinuxThreadSegmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn);

/* mutatorLinuxCode -- does the thread run in the kernel's code segment for programs of this CPU? */
MutatorBool mutatorLinuxCode(const ucontext_t *ucontext);

/* LinuxFrameStruct -- what the kernel's frame has around the structures that a handler gets, bytes */
typedef struct LinuxFrameStruct {
  size_t beforeInfo;
  size_t beforeUcontext;
  size_t afterUcontext;
} LinuxFrameStruct;
extern const LinuxFrameStruct mutatorLinuxFrame;

/* mutatorLinuxStateBase -- where the kernel saved floating-point state
 *
 * baseReturn  receives the first byte of that state, or NULL
 * Returns     the FXSAVE area in it, or NULL when there is none
 */
unsigned char *mutatorLinuxStateBase(const ucontext_t *ucontext, unsigned char **baseReturn);

/* mutatorLinuxStateWritten -- the FXSAVE area's x87 part has been written: so has any other copy that the kernel reads */
void mutatorLinuxStateWritten(const ucontext_t *ucontext);

/* mutatorLinuxStateX87 -- x87 state read from the FXSAVE area, as the kernel restores it: from another copy, if there is one
 *
 * image  the MachineX87SIZE bytes that the FXSAVE area begins with
 */
void mutatorLinuxStateX87(const ucontext_t *ucontext, unsigned char *image);

/* Bytes in front of the FXSAVE area that belong to it, and that area to be the record's state. */
extern const size_t mutatorLinuxStatePrefix;
void mutatorLinuxStateSet(ucontext_t *ucontext, unsigned char *fxsave);

/* Does the thread run in the code segment that programs of this CPU mode run in? */
MutatorBool mutatorLinuxNativeCode(const ucontext_t *ucontext);

#endif
