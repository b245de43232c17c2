/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/local.c -- what the library knows about the calling thread
 */

#include "cc/image_local.h"
#include "os/windows/windows.h"

static IMAGE_LOCAL OSLocalStruct local;

OSLocal mutatorOSLocal(void) { return imageLocal(&local); }

/* Nobody who suspends a thread here can be put off: whoever does looks at
 * `inside`, and resumes the thread for a while. */
void mutatorOSInsideBegin(void) {
  ++mutatorOSLocal()->inside;
  atomicFenceSignal();
}

void mutatorOSInsideEnd(void) {
  atomicFenceSignal();
  --mutatorOSLocal()->inside;
}

/* Of the stack that the thread runs on, be it a fiber's. */
static MutatorBool inStack(MutatorWord address) {
  const NT_TIB *thread = (const NT_TIB *)NtCurrentTeb();
  return address >= (MutatorWord)thread->StackLimit && address < (MutatorWord)thread->StackBase;
}

/* Handlers run on the stack of what they have interrupted.  Two frames at one
 * place: the older has been overwritten. */
MutatorBool mutatorOSAbandoned(const MutatorNativeStruct *native, MutatorWord frame, MutatorWord here) {
  (void)native;
  return inStack(frame) && inStack(here) && frame <= here;
}
