/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/xsave.c -- what the CPU says of the layout of its vector registers
 */

#include "os/posix/xsave.h"

#include <string.h>

#include "cc/cpuid.h"

/* Intel SDM volume 1, section 13.1; APX specification, section 3.1.4.2. */
const unsigned char mutatorXsaveComponents[VectorPartLIMIT] = {
    [VectorPartX87] = 0,      [VectorPartXMM] = 1,    [VectorPartYMMUpper] = 2, [VectorPartMask] = 5,
    [VectorPartZMMUpper] = 6, [VectorPartHigh16] = 7, [VectorPartEGPR] = 19,
};

/* Threads that ask at once get the same answer. */
AtomicWord mutatorXsavePlaces[VectorPartLIMIT] = {
    [VectorPartX87] = MachineFxsaveX87 + 1,
    [VectorPartXMM] = MachineFxsaveXMM + 1,
};

/* CPUID leaf 0xD, subleaf n: EAX the size, EBX the offset of component n in the
 * standard format.  AMD's and Intel's offsets differ. */
static size_t askOffset(VectorPart part) {
  const CpuidStruct answer = cpuidRead(0xd, mutatorXsaveComponents[part]);
  return answer.eax >= mutatorVectorPartSize[part] ? answer.ebx : 0;
}

size_t mutatorXsaveOffset(VectorPart part) {
  uintptr_t place = atomicLoadRelaxed(&mutatorXsavePlaces[part]);
  if (place == 0) {
    place = askOffset(part) + 1;
    atomicStoreRelaxed(&mutatorXsavePlaces[part], place);
  }
  return place - 1;
}

/* The control word after FNINIT masks all exceptions; every register is empty (Intel SDM
 * volume 1, section 13.6). */
void mutatorXsaveInitialX87(unsigned char *image) {
  memset(image, 0, MachineX87SIZE);
  image[0] = 0x7f;
  image[1] = 0x03;
}
