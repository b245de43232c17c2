/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/frame.c -- the frame that the kernel writes for a signal
 */

#include "os/linux/linux.h"
#include "os/signal/signal.h"

/* The state is the uppermost part of a frame, and the kernel always saves it. */
void mutatorSignalFrame(const MutatorNativeStruct *native, SignalFrame frame) {
  frame->ucontext.base = (MutatorWord)native->ucontext - mutatorLinuxFrame.beforeUcontext;
  frame->ucontext.limit = (MutatorWord)native->ucontext + LINUX_KERNEL_UCONTEXT_SIZE + mutatorLinuxFrame.afterUcontext;
  frame->info.base = frame->info.limit = (MutatorWord)native->info;
  if (native->info != NULL) {
    frame->info.base -= mutatorLinuxFrame.beforeInfo;
    frame->info.limit += sizeof(siginfo_t);
  }
  mutatorLinuxState(native->ucontext, &frame->state.base, &frame->state.limit);
  frame->top = frame->state.base != frame->state.limit ? frame->state.limit : 0;
}
