/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/plan.h -- what this CPU keeps in an ArchPlan
 */

#ifndef mutator_arch_x86_plan_h
#define mutator_arch_x86_plan_h

#include <string.h>

#include "arch/arch.h"
#include "arch/x86/opcode.h"

enum {
  PlanHIGH = 1,      /* the register operand is AH, CH, DH or BH; reg is 0 to 3 */
  PlanIMMEDIATE = 2, /* the other operand is the immediate, not reg */
  PlanLOCK = 4,      /* LOCK prefix, or XCHG */
  PlanREPEAT = 8,    /* REP, REPE or REPNE */
  PlanUNTIL = 16     /* REPNE */
};

/* vectorFlags */
enum {
  PlanZEROING = 1,  /* EVEX.z */
  PlanBROADCAST = 2 /* EVEX.b */
};

typedef struct PlanStruct {
  int64_t displacement;
  int32_t immediate; /* no instruction of the table has a longer one */
  uint16_t row;
  uint8_t length;      /* of the instruction, bytes */
  uint8_t width;       /* of the register operand, bytes */
  uint8_t size;        /* of the memory operand, bytes */
  uint8_t reg;         /* register operand */
  uint8_t base;        /* register, RawNONE, or MutatorRegisterPC */
  uint8_t index;       /* register or RawNONE */
  uint8_t scale;       /* shift of the index */
  uint8_t segment;     /* MachineSegment of the operand; RawNONE: one that has no base in 64-bit mode */
  uint8_t addressSize; /* bytes */
  uint8_t flags;
  uint8_t vreg;         /* register that VEX.vvvv or EVEX.V'vvvv names */
  uint8_t mask;         /* EVEX.aaa */
  uint8_t vectorLength; /* 0, 1, 2: 16, 32, 64 bytes */
  uint8_t vectorFlags;
  uint8_t modrm; /* as x87 records it: ModR/M */
  uint8_t spare[3];
} PlanStruct, *Plan;

/* mutatorFeaturesHave -- has this CPU, and its system, that OpcodeFeature?
 *
 * Asked of CPUID once, at set-up (setup_features.c); before it, of BASE only. */
MutatorBool mutatorFeaturesHave(unsigned feature);

_Static_assert(sizeof(PlanStruct) == sizeof(ArchPlanStruct), "a plan fills an ArchPlan");

/* The plan that an ArchPlan holds. */
static inline PlanStruct planUnpack(const ArchPlanStruct *packed) {
  PlanStruct plan;
  memcpy(&plan, packed, sizeof plan);
  return plan;
}

/* mutatorPlanSetAddress -- the fields of the effective address, from the bytes taken apart */
void mutatorPlanSetAddress(Plan plan, const RawStruct *raw);

/* mutatorPlanVector -- the fields of a vector row's plan; NONE, or why the encoding is declined */
MutatorDecline mutatorPlanVector(Plan plan, const RawStruct *raw);

/* mutatorPlanSize -- bytes by one of the rules for vectors, or the size itself */
size_t mutatorPlanSize(unsigned rule, unsigned vectorLength);

/* mutatorPlanMake -- bytes to plan by our own tables alone, before any vote */
MutatorDecline mutatorPlanMake(Plan plan, const unsigned char *bytes, size_t count);

/* mutatorDecodeVote -- does Capstone agree with the plan, as far as its row demands? */
MutatorDecline mutatorDecodeVote(const PlanStruct *plan, const unsigned char *bytes, MutatorWord pc);

/* mutatorPlanAddress -- the effective address; false when its segment's base is not known */
MutatorBool mutatorPlanAddress(const PlanStruct *plan, const struct MachineStruct *machine, MutatorWord *addressReturn);

/* mutatorPlanShadowStack -- has the calling thread a shadow stack? */
MutatorBool mutatorPlanShadowStack(void);

/* mutatorVectorAccesses -- a vector plan's accesses: one, or one for each stretch of bytes that a mask
 * selects; or why the plan is not performed on this thread */
MutatorDecline mutatorVectorAccesses(const PlanStruct *plan, const struct MachineStruct *machine, MutatorWord address,
                                     ArchAccesses accesses);

#endif
