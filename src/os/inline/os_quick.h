/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/inline/os_quick.h -- what lies between a fault and its callback, where a call would be too slow
 *
 * Here is the port that has no quick way.  A system that has one has a file of this name in its own
 * folder inline/, which CMake puts first.
 */

#ifndef mutator_os_quick_h
#define mutator_os_quick_h

#include "os/os.h"

/* mutatorOSQuickGlance -- is it a fault of kind PROTECTION or UNMAPPED, with an address and an access?
 *
 * The quick way to what mutatorOSFault says, and the PC.  pre: as there
 *
 * Returns  false when it is another, or when it would take longer to tell
 */
static inline MutatorBool mutatorOSQuickGlance(const MutatorNativeStruct *native, OSGlance glance) {
  (void)native, (void)glance;
  return 0;
}

/* mutatorOSQuickNative -- mutatorOSNativeCopy */
static inline void mutatorOSQuickNative(MutatorNativeStruct *to, const MutatorNativeStruct *from) {
  mutatorOSNativeCopy(to, from);
}

/* mutatorOSQuickBegin -- make the thread ready for the two below */
static inline void mutatorOSQuickBegin(OSLocal local) { (void)local; }

/* mutatorOSQuickError, ErrorSet -- mutatorOSErrorGet and Set, where the hook does not */
static inline MutatorWord mutatorOSQuickError(const OSLocalStruct *local) {
  (void)local;
  return 0;
}
static inline void mutatorOSQuickErrorSet(const OSLocalStruct *local, MutatorWord error) { (void)local, (void)error; }

#endif
