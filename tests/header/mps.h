/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mps.h -- names that a collector with mutator contexts of its own declares
 *
 * The Memory Pool System has types and functions of these names (its design
 * document prmc).  Nothing here means anything; it must live beside a prefixed
 * copy of ours.
 */

#ifndef mps_h
#define mps_h

typedef int Res;
typedef int Bool;
typedef void *Addr;

#define MutatorContextSig 0x519302C0

typedef enum MutatorContextVarEnum { MutatorContextFAULT, MutatorContextTHREAD, MutatorContextLIMIT } MutatorContextVar;

typedef struct MutatorContextStruct {
  unsigned long sig;
  MutatorContextVar var;
  void *ucontext;
} MutatorContextStruct, *MutatorContext;

#ifdef __cplusplus
extern "C" {
#endif

Bool MutatorContextCheck(MutatorContext context);
Res MutatorContextInitFault(MutatorContext context, void *info, void *ucontext);
Bool MutatorContextCanStepInstruction(MutatorContext context);
Res MutatorContextStepInstruction(MutatorContext context);
Addr MutatorContextSP(MutatorContext context);

#ifdef __cplusplus
}
#endif

#endif
