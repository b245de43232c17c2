/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/vector.h -- vector instructions, run by the CPU on copies
 *
 * A vector instruction is performed by the instruction itself: with register
 * numbers that are fixed (vector_thunks.inc), the thread's registers loaded into
 * those, and a copy of the operand in memory of our own.  So results, flags,
 * upper halves and status bits are the CPU's own.
 */

#ifndef mutator_arch_x86_vector_h
#define mutator_arch_x86_vector_h

#include "arch/x86/step.h"

/* VectorRunStruct -- registers that a thunk starts with, and leaves (vector_run.inc has the offsets) */
typedef struct VectorRunStruct {
  _Alignas(64) unsigned char operand[64];
  unsigned char target[64]; /* register 0 */
  unsigned char source[64]; /* register 1 */
  uint64_t targetMask;      /* k0 */
  uint64_t mask;            /* k1 */
  uint64_t general;         /* rAX */
  uint64_t flags;           /* after the thunk */
  uint64_t thunk;           /* its address */
  uint32_t mxcsr;
  uint32_t ownMxcsr;
} VectorRunStruct, *VectorRun;

enum { VectorImageSIZE = 512, VectorXmmAT = 160 };

/* VectorStateStruct -- with the whole x87 state, in FXSAVE's format */
typedef struct VectorStateStruct {
  VectorRunStruct run;
  _Alignas(64) unsigned char image[VectorImageSIZE];
  unsigned char own[VectorImageSIZE];
} VectorStateStruct, *VectorState;

_Static_assert(offsetof(VectorRunStruct, targetMask) == 192, "vector_run.inc");
_Static_assert(offsetof(VectorRunStruct, ownMxcsr) == 236, "vector_run.inc");
_Static_assert(offsetof(VectorStateStruct, image) == 256, "vector_run.inc");
_Static_assert(offsetof(VectorStateStruct, own) == 768, "vector_run.inc");

/* Around a run of what goes by MXCSR: run->mxcsr is loaded; stored, and the caller's put back. */
void mutatorVectorEnterFloat(VectorRun run);
void mutatorVectorLeaveFloat(VectorRun run);

/* Run the thunk with SSE's registers only; with AVX's; with AVX-512's; with an x87 state, which leaves the
 * caller's x87 status clear, or keeps it. */
void mutatorVectorRunSSE(VectorRun run);
void mutatorVectorRunAVX(VectorRun run);
void mutatorVectorRunAVX512(VectorRun run);
void mutatorVectorRunX87(VectorState state);
void mutatorVectorRunX87Beside(VectorState state);

/* The caller's own x87 status word. */
unsigned mutatorVectorX87Status(void);

/* A row's instructions, one for each vector length. */
enum { VectorTHUNK = 8, VectorLENGTHS = 3 };
extern const unsigned char mutatorVectorThunks[];

/* VectorSpansStruct -- the bytes of the operand that are accessed, in ascending order */
typedef struct VectorSpansStruct {
  unsigned count;
  struct {
    uint8_t offset, size;
  } span[64];
} VectorSpansStruct, *VectorSpans;

/* mutatorVectorMask -- the mask register that the plan names, all ones for none, as far as it is used */
uint64_t mutatorVectorMask(const PlanStruct *plan, const VectorStruct *vector);

/* mutatorVectorSpans -- which bytes are accessed */
void mutatorVectorSpans(const PlanStruct *plan, const VectorStruct *vector, VectorSpans spans);

/* mutatorSpansLoad, Store -- those bytes of the operand at `address`; buffer and operand have the same offsets
 *
 * Store: all of them or none.
 */
MutatorRes mutatorSpansLoad(MutatorMemory memory, const VectorSpansStruct *spans, MutatorWord address,
                            unsigned char *buffer);
MutatorRes mutatorSpansStore(MutatorMemory memory, const VectorSpansStruct *spans, MutatorWord address,
                             const unsigned char *buffer);

/* mutatorVectorRead -- the lowest 16, 32 or 64 bytes of a register; what is not there or initial is zero */
void mutatorVectorRead(const VectorStruct *vector, unsigned reg, unsigned char *bytes, size_t size);

/* mutatorVectorWrite -- as an instruction of that space leaves the register: without a vector prefix
 * what is above 128 bits is kept, else all of it is written
 *
 * vector   as found; found again when a part that is initial is woken
 * bytes    64; 16 without a vector prefix
 * Returns  false, with nothing written, when a part cannot be
 */
MutatorBool mutatorVectorWrite(const MachineStruct *machine, Vector vector, unsigned space, unsigned reg,
                               const unsigned char *bytes);

/* And a mask register. */
uint64_t mutatorVectorReadMask(const VectorStruct *vector, unsigned reg);
MutatorBool mutatorVectorWriteMask(const MachineStruct *machine, Vector vector, unsigned reg, uint64_t value);

#endif
