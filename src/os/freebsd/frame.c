/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/frame.c -- the frame that the kernel writes for a signal
 */

#include "os/freebsd/freebsd.h"
#include "os/signal/signal.h"

/* The siginfo_t follows the ucontext_t, and the extended state is above both
 * (FreeBSD sys/x86/include/sigframe.h; sys/amd64/amd64/exec_machdep.c, sendsig).
 * Elsewhere than there they were put by hand. */
static MutatorBool isFrame(const MutatorNativeStruct *native) {
  return native->info != NULL && (const void *)native->info == (const void *)(native->ucontext + 1);
}

void mutatorSignalFrame(const MutatorNativeStruct *native, SignalFrame frame) {
  unsigned char *base = NULL;
  const size_t size = mutatorFreebsdExtended(native->ucontext, &base);
  frame->ucontext.base = (MutatorWord)native->ucontext - mutatorFreebsdBeforeUcontext;
  frame->ucontext.limit = (MutatorWord)(native->ucontext + 1);
  frame->info.base = frame->info.limit = (MutatorWord)native->info;
  if (native->info != NULL)
    frame->info.limit += sizeof(siginfo_t);
  frame->state.base = (MutatorWord)base;
  frame->state.limit = (MutatorWord)base + size;
  frame->top = !isFrame(native) ? 0 : size != 0 ? frame->state.limit : frame->info.limit;
}
