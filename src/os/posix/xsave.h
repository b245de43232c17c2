/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/xsave.h -- vector registers as XSAVE lays them out, which is how kernels keep them
 */

#ifndef mutator_os_posix_xsave_h
#define mutator_os_posix_xsave_h

#include "arch/registers.h"
#include "cc/atomic.h"

/* mutatorXsaveComponents -- the state component of each part */
extern const unsigned char mutatorXsaveComponents[VectorPartLIMIT];

static inline uint64_t xsaveBit(VectorPart part) { return (uint64_t)1 << mutatorXsaveComponents[part]; }

/* mutatorXsaveOffset -- where a part is in the standard format, bytes from the FXSAVE area's first; 0 when the CPU lacks it */
size_t mutatorXsaveOffset(VectorPart part);

/* The same, the quick way: offset + 1, or 0 when not yet asked. */
extern AtomicWord mutatorXsavePlaces[VectorPartLIMIT];
static inline size_t xsaveOffset(VectorPart part) {
  const uintptr_t place = atomicLoadRelaxed(&mutatorXsavePlaces[part]);
  return place != 0 ? place - 1 : mutatorXsaveOffset(part);
}

/* mutatorXsaveInitialX87 -- the state after FNINIT, MachineX87SIZE bytes */
void mutatorXsaveInitialX87(unsigned char *image);

#endif
