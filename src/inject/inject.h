/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inject/inject.h -- areas and frames of injections
 *
 * An area is a header and a row of frames, one for each injection that may be
 * running at once.  Frames below `depth` are in use, the innermost last.
 */

#ifndef mutator_inject_inject_h
#define mutator_inject_inject_h

#include <mutator/inject.h>

#include "arch/arch.h"
#include "cc/atomic.h"
#include "core/core.h"
#include "os/os.h"

enum { InjectDepthMAX = 64 };

typedef struct InjectFrameStruct {
  ArchInjectStruct arch; /* first: the trampoline has its address */
  struct InjectAreaStruct *area;
  MutatorInjectCallback callback;
  void *closure;
  MutatorWord index;
  MutatorWord abandoned; /* not zero: its callback will not return */
  MutatorWord returning; /* not zero: its callback has returned, and the second trap follows */
  MutatorWord onPrivate; /* not zero: runs on the private stack */
  MutatorContextStruct context;
} InjectFrameStruct, *InjectFrame;

typedef struct InjectAreaStruct {
  MutatorWord signature;
  MutatorWord depth;  /* frames in use */
  MutatorWord frames; /* frames there are */
  MutatorWord frameSize;
  MutatorWord stackBase, stackLimit; /* the private stack, or both zero */
  MutatorWord room;
  MutatorThread thread;  /* whose it is, if it was registered */
  MutatorWord back;      /* MutatorInjectBack */
  MutatorWord shadow;    /* not zero: the thread has a shadow stack */
  MutatorWord stateSize; /* bytes that the vector registers take */
} InjectAreaStruct, *InjectArea;

/* Parts of a frame, each 64 bytes aligned: the structure, the system's record, the vector state. */
enum { InjectALIGN = 64 };
#define INJECT_ALIGNED(size) (((size) + InjectALIGN - 1) / InjectALIGN * InjectALIGN)

static inline MutatorBool injectAreaCheck(InjectArea area) {
  return area != NULL && ((MutatorWord)area & (InjectALIGN - 1)) == 0 && area->signature == CORE_SIGNATURE_INJECT;
}

static inline InjectFrame injectFrame(InjectArea area, MutatorWord index) {
  return (InjectFrame)(void *)((unsigned char *)area + INJECT_ALIGNED(sizeof *area) + index * area->frameSize);
}

static inline unsigned char *injectRecord(InjectFrame frame) {
  return (unsigned char *)frame + INJECT_ALIGNED(sizeof *frame);
}

static inline unsigned char *injectState(InjectFrame frame) {
  return injectRecord(frame) + INJECT_ALIGNED(mutatorOSRecordSize());
}

/* injectRun -- what the trampoline calls when the registers are saved
 *
 * Returns  an ArchInjectBack
 */
MutatorWord mutatorInjectRun(ArchInject arch);

#endif
