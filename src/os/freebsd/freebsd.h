/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/freebsd.h -- what the files for FreeBSD share, and what they ask of each CPU
 */

#ifndef mutator_os_freebsd_freebsd_h
#define mutator_os_freebsd_freebsd_h

#include <ucontext.h>

#include "arch/registers.h"
#include "cc/atomic.h"
#include "os/os.h"

/* mutatorFreebsdExtended -- the record's extended state: XSAVE's header and what follows it
 *
 * baseReturn   receives its first byte, which is byte 512 of the format's
 * Returns      its size, bytes; 0 when the record has none
 */
size_t mutatorFreebsdExtended(const ucontext_t *ucontext, unsigned char **baseReturn);

/* mutatorFreebsdLegacy -- the FXSAVE area of the record; NULL when the registers were not saved */
unsigned char *mutatorFreebsdLegacy(const ucontext_t *ucontext);

/* The bytes of that area, and those of XSAVE's header behind it (Intel SDM volume 1, section 13.4). */
enum { FreebsdLegacySIZE = 512, FreebsdHeaderSIZE = 64 };

/* mutatorFreebsdForkWord -- not zero, in a page that fork(2) wipes; NULL before set-up */
extern AtomicWord *mutatorFreebsdForkWord;

/* mutatorFreebsdForkSetup -- the fork word and the handlers around fork(2); OK or MEMORY (set-up) */
MutatorRes mutatorFreebsdForkSetup(const OSForkStruct *fork);

/* mutatorFreebsdMappingFind -- of a list of KERN_PROC_VMMAP's entries, the first that ends above the address
 *
 * Returns  false when there is none, or an entry cannot be one */
MutatorBool mutatorFreebsdMappingFind(const void *list, size_t size, MutatorWord address, OSMapping mapping);

/* from each CPU (os/freebsd/<cpu>.c) ------------------------------------------- */

/* What the kernel's frame has in front of the ucontext_t, bytes (FreeBSD sys/x86/include/sigframe.h). */
extern const size_t mutatorFreebsdBeforeUcontext;

/* Does the thread run in the code segment that programs of this CPU mode run in? */
MutatorBool mutatorFreebsdNativeCode(const ucontext_t *ucontext);

#endif
