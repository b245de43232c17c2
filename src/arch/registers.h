/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/registers.h -- a stopped thread's registers, as an OS's pair table shows them
 *
 * Where an operating system meets a CPU (os/<os>/<cpu>.c) there is a table of
 * offsets into the system's own record; nothing is copied.
 */

#ifndef mutator_arch_registers_h
#define mutator_arch_registers_h

#include <mutator/context.h>

struct MachineVectorsStruct;

/* MachineStruct -- the general-purpose registers, the PC and the flags
 *
 * Register n is the word at base + offset[n].  The flags are the 32 bits at
 * base + offset[MutatorRegisterFLAGS], whatever the width of that field.
 */
typedef struct MachineStruct {
  unsigned char *base;
  const uint16_t *offset; /* MutatorRegisterLIMIT of them */
  /* The base of a segment of the stopped thread; false when it is not known, or the
   * segment is not as long as the address space.  No function: FS and GS are
   * not known, the others have base 0. */
  MutatorBool (*segmentBase)(const struct MachineStruct *machine, unsigned segment, MutatorWord *baseReturn);
  MutatorBool foreign; /* it runs code of another mode, which means something else */
  /* How to reach the vector registers, and in which record; NULL when nobody has said. */
  const struct MachineVectorsStruct *vectors;
  const MutatorNativeStruct *native;
} MachineStruct, *Machine;

static inline MutatorWord *machineRegister(const MachineStruct *machine, unsigned reg) {
  return (MutatorWord *)(void *)(machine->base + machine->offset[reg]);
}

static inline uint32_t *machineFlags(const MachineStruct *machine) {
  return (uint32_t *)(void *)(machine->base + machine->offset[MutatorRegisterFLAGS]);
}

/* VectorStruct -- the vector and x87 registers of a stopped thread
 *
 * A pointer is NULL when the system did not save that part, or when the part
 * is in its initial state (all zero) and the record's bytes are garbage;
 * `initial` tells the second from the first, a bit for each part.
 */
typedef enum VectorPart {
  VectorPartX87 = 0,      /* 8 slots of 16 bytes, of which 10 (x87) or 8 (MMX) are used */
  VectorPartXMM = 1,      /* 16 (8 in 32-bit mode) of 16 bytes */
  VectorPartYMMUpper = 2, /* 16 (8) of 16 bytes: bits 128 to 255 */
  VectorPartMask = 3,     /* 8 of 8 bytes: k0 to k7 */
  VectorPartZMMUpper = 4, /* 16 (8) of 32 bytes: bits 256 to 511 */
  VectorPartHigh16 = 5,   /* 16 of 64 bytes: zmm16 to zmm31 */
  VectorPartEGPR = 6,     /* 16 of 8 bytes: r16 to r31 (APX) */
  VectorPartLIMIT = 7
} VectorPart;

/* mutatorVectorPartSize -- the bytes of each; 0 when this mode of the CPU cannot reach it (arch/<cpu>) */
extern const uint16_t mutatorVectorPartSize[VectorPartLIMIT];

typedef struct VectorStruct {
  unsigned char *part[VectorPartLIMIT];
  size_t size[VectorPartLIMIT]; /* bytes at part[] */
  unsigned initial;             /* bit n: part n is saved as "all zero", without bytes */
  uint32_t *mxcsr;              /* or NULL */
  uint32_t *mxcsrCopy;          /* a second field of it in the record, or NULL: who may tell which is loaded? */
} VectorStruct, *Vector;

/* The first bytes of an FXSAVE area, as FXSAVE64 writes it in 64-bit mode and FXSAVE otherwise: the
 * x87 environment, MXCSR, eight registers (Intel SDM volume 1, section 10.5.1). */
enum { MachineX87SIZE = 160 };

/* Where XSAVE writes, in the standard format: what FXSAVE does, a header that begins with the components that
 * are present, and the components (Intel SDM volume 1, table 10-2 and section 13.4). */
enum { MachineFxsaveMXCSR = 24, MachineFxsaveX87 = 32, MachineFxsaveXMM = 160, MachineFxsaveSIZE = 512 };
enum { MachineXsaveHEADER = 64, MachineXsaveEXTENDED = MachineFxsaveSIZE + MachineXsaveHEADER };

/* MachineVectorsStruct -- the vector registers of the thread in a MachineStruct */
typedef struct MachineVectorsStruct {
  /* Where they are; pointers are good until the next wake. */
  void (*find)(const MachineStruct *machine, Vector vector);
  /* Turn a part that is initial into zero bytes that can be written; false when it cannot be. */
  MutatorBool (*wake)(const MachineStruct *machine, VectorPart part);
  /* The x87 state, MXCSR aside; false when it is not known, or cannot be written. */
  MutatorBool (*readX87)(const MachineStruct *machine, unsigned char image[MachineX87SIZE]);
  MutatorBool (*writeX87)(const MachineStruct *machine, const unsigned char image[MachineX87SIZE]);
} MachineVectorsStruct, *MachineVectors;

#endif
