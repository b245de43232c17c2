/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/sim/access.c -- C1: every way to access memory, with the error codes of every kind of page; C2: general protection
 */

#include "sim.h"

enum { READ = MutatorAccessREAD, WRITE = MutatorAccessWRITE, BOTH = READ | WRITE };

/* The page-fault error code: bit 0 the page is there, 1 a write, 2 by the program, 4 a fetch. */
enum { ReadABSENT = 4, ReadCLOSED = 5, WriteABSENT = 6, WriteCLOSED = 7, FetchABSENT = 0x14, FetchCLOSED = 0x15 };

typedef struct AccessStruct {
  const char *name;
  unsigned char bytes[6];
  short at;              /* where it faults, from simWord[4], to which RDI and SP point; RSI points to simWord[0] */
  MutatorAccess decoded; /* NONE: declined */
} AccessStruct;

static const AccessStruct accesses[] = {
    {"load", {0x8b, 0x07}, 0, READ},
    {"load that runs into the page", {0x8b, 0x07}, 3, READ},
    {"store", {0x89, 0x07}, 0, WRITE},
    {"store that runs into the page", {0x89, 0x07}, 1, WRITE},
    {"read-modify-write", {0x01, 0x07}, 0, BOTH},
    {"read-modify-write that runs into the page", {0x01, 0x07}, 2, BOTH},
    {"cmpxchg that fails", {0x0f, 0xb1, 0x0f}, 0, BOTH},
    {"lock xadd", {0xf0, 0x0f, 0xc1, 0x07}, 0, BOTH},
    {"push", {0x50}, -(short)sizeof(MutatorWord), WRITE},
    {"call", {0xe8}, -(short)sizeof(MutatorWord), WRITE},
    {"rep movsb, its source", {0xf3, 0xa4}, -32, READ},
    {"rep movsb, its destination", {0xf3, 0xa4}, 0, WRITE},
    {"rep stosb", {0xf3, 0xaa}, 0, WRITE},
    {"gather", {0xc4, 0xe2, 0x5d, 0x90, 0x04, 0x0f}, 0, MutatorAccessNONE},
    {"load elsewhere", {0x8b, 0x07}, 4, MutatorAccessNONE},
    {"store elsewhere", {0x89, 0x07}, -1, MutatorAccessNONE},
};

static void point(MutatorContext context) {
  static const unsigned registers[] = {4, 7}; /* SP, DI */
  size_t i;
  for (i = 0; i < 2; i++)
    ck_assert_int_eq(MutatorContextSetRegister(context, registers[i], (MutatorWord)&simWord[4]), MutatorResOK);
  ck_assert_int_eq(MutatorContextSetRegister(context, 6, (MutatorWord)simWord), MutatorResOK);
  ck_assert_int_eq(MutatorContextSetRegister(context, 1, 4), MutatorResOK);
  ck_assert_int_eq(MutatorContextSetRegister(context, 0, 3), MutatorResOK);
}

static void check(const AccessStruct *row, MutatorWord error, MutatorContext context) {
  const MutatorAccess hardware = (error & 2) != 0 ? WRITE : READ;
  /* What only reads cannot have faulted by a write, and the other way round. */
  const MutatorBool agrees = row->decoded != MutatorAccessNONE && ((row->decoded & WRITE) != 0) == (hardware == WRITE);
  point(context);
  ck_assert_uint_eq(MutatorContextAccess(context), hardware);
  ck_assert_int_eq(MutatorContextAccessSource(context), MutatorSourceHARDWARE);
  ck_assert_msg(MutatorContextCanStepInstruction(context) == agrees, "%s, error code %u", row->name, (unsigned)error);
  ck_assert_msg(MutatorContextAccess(context) == (agrees ? row->decoded : hardware), "%s, error code %u: %u", row->name,
                (unsigned)error, (unsigned)MutatorContextAccess(context));
  ck_assert_int_eq(MutatorContextAccessSource(context), agrees ? MutatorSourceDECODED : MutatorSourceHARDWARE);
}

void simAccesses(SimFault fault) {
  static const MutatorWord errors[] = {ReadABSENT, ReadCLOSED, WriteABSENT, WriteCLOSED};
  size_t i, j;
  for (i = 0; i < sizeof accesses / sizeof accesses[0]; i++)
    for (j = 0; j < sizeof errors / sizeof errors[0]; j++) {
      memset(simCode, 0x90, sizeof simCode);
      memcpy(simCode, accesses[i].bytes, sizeof accesses[i].bytes);
      check(&accesses[i], errors[j], fault((unsigned char *)&simWord[4] + accesses[i].at, errors[j]));
    }
}

void simFetches(SimFault fault) {
  static const MutatorWord errors[] = {FetchABSENT, FetchCLOSED};
  size_t i;
  for (i = 0; i < sizeof errors / sizeof errors[0]; i++) {
    MutatorContext context = fault(simCode, errors[i]);
    ck_assert_uint_eq(MutatorContextAccess(context), MutatorAccessEXECUTE);
    ck_assert(!MutatorContextCanStepInstruction(context));
    ck_assert_int_eq(MutatorContextDecline(context), MutatorDeclineEXECUTE);
    ck_assert_uint_eq(MutatorContextAccess(context), MutatorAccessEXECUTE);
  }
}

/* general protection --------------------------------------------------------------- */

typedef struct GeneralStruct {
  unsigned char bytes[3];
  MutatorWord address; /* in RDI */
  MutatorFaultKind kind;
} GeneralStruct;

void simGeneral(SimFault general) {
  const MutatorWord word = (MutatorWord)simWord, top = (MutatorWord)1 << (8 * sizeof word - 1);
  const GeneralStruct rows[] = {
      {{0x8b, 0x07}, word, MutatorFaultKindGENERAL},              /* mov (%rdi), %eax: nothing explains it */
      {{0x0f, 0x28, 0x07}, word + 1, MutatorFaultKindMISALIGNED}, /* movaps (%rdi), %xmm0 */
      {{0x0f, 0x10, 0x07}, word + 1, MutatorFaultKindGENERAL},    /* movups (%rdi), %xmm0 */
      {{0x0f, 0x0b}, word + 1, MutatorFaultKindGENERAL},          /* ud2 */
      {{0x8b, 0x07}, top, sizeof word == 8 ? MutatorFaultKindNONCANONICAL : MutatorFaultKindGENERAL},
  };
  size_t i;
  for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    MutatorContext context;
    memset(simCode, 0x90, sizeof simCode);
    memcpy(simCode, rows[i].bytes, sizeof rows[i].bytes);
    context = general(NULL, 0);
    ck_assert_int_eq(MutatorContextSetRegister(context, 7, rows[i].address), MutatorResOK);
    ck_assert_msg(MutatorContextKind(context) == rows[i].kind, "row %u: kind %d", (unsigned)i,
                  (int)MutatorContextKind(context));
    ck_assert(!MutatorContextCanStepInstruction(context));
  }
}
