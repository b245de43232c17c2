/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/signal.h -- what systems share where a stopped thread is a siginfo_t and a ucontext_t
 *
 * Both are in place, in the frame that the kernel has written to a stack; a
 * thread is suspended by a signal; thread-local variables are ELF's.
 */

#ifndef mutator_os_signal_signal_h
#define mutator_os_signal_signal_h

#include "os/posix/area.h"

/* SignalFrameStruct -- the three parts of the kernel's frame, wherever copies of them may be */
typedef struct SignalFrameStruct *SignalFrame;
typedef struct SignalFrameStruct {
  PosixAreaStruct ucontext;
  PosixAreaStruct info;
  PosixAreaStruct state; /* vector registers, where they are not in the ucontext_t */
  MutatorWord top;       /* the frame's end; 0 when the record was made up by hand */
} SignalFrameStruct;

/* mutatorSignalFrame -- where they are (os/<os>) */
void mutatorSignalFrame(const MutatorNativeStruct *native, SignalFrame frame);

/* mutatorSignalFlags -- where a ucontext_t has the flags (os/<os>/<cpu>.c), for os/signal/<cpu>.S */
extern const MutatorWord mutatorSignalFlags;

#endif
