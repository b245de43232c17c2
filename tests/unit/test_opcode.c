/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_opcode.c -- the opcode table (C4)
 */

#include <stdlib.h>
#include <string.h>

#include "arch/x86/opcode.h"
#include "arch/x86/operation.h"
#include "support/unit.h"

/* Space, map, opcode, mandatory prefix, extension. */
static uint64_t sort_key(const OpcodeRow *row) {
  return (uint64_t)row->space << 32 | (uint64_t)row->map << 24 | (uint64_t)row->opcode << 16 | (uint64_t)row->pp << 8 |
         row->extension;
}

/* What raw.c would say of an instruction of that row. */
static RawStruct raw_of(const OpcodeRow *row) {
  RawStruct raw;
  memset(&raw, 0, sizeof raw);
  raw.space = row->space;
  raw.map = row->map;
  raw.opcode = row->opcode;
  raw.pp = row->pp;
  raw.w = row->w == OpcodeWAny ? 0 : row->w;
  raw.length = row->l == OpcodeLAny ? 0 : row->l;
  return raw;
}

static unsigned first_extension(const OpcodeRow *row) {
  return row->extension == OpcodeExtensionANY ? 0 : row->extension;
}

START_TEST(rows_are_sorted) {
  unsigned i;
  ck_assert_uint_gt(mutatorOpcodeCount, 0);
  ck_assert_uint_gt(mutatorOpcodeVectorFirst, 0);
  ck_assert_uint_lt(mutatorOpcodeVectorFirst, mutatorOpcodeCount);
  for (i = 1; i < mutatorOpcodeCount; ++i)
    if (i != mutatorOpcodeVectorFirst) /* the second part begins anew */
      ck_assert_uint_le(sort_key(&mutatorOpcodeRows[i - 1]), sort_key(&mutatorOpcodeRows[i]));
}
END_TEST

START_TEST(every_row_is_found) {
  unsigned i;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    RawStruct raw = raw_of(&mutatorOpcodeRows[i]);
    ck_assert_uint_eq(mutatorOpcodeFind(&raw, first_extension(&mutatorOpcodeRows[i])), i);
    ck_assert(mutatorOpcodeKnown(&raw));
  }
}
END_TEST

/* An extension that no row of the opcode has is no instruction of the table. */
START_TEST(other_extensions_are_not_found) {
  unsigned i, j, extension;
  for (i = 0; i < mutatorOpcodeCount; ++i)
    for (extension = 0; extension < 8; ++extension) {
      RawStruct raw = raw_of(&mutatorOpcodeRows[i]);
      unsigned found = mutatorOpcodeFind(&raw, extension);
      if (found != mutatorOpcodeCount) {
        ck_assert_uint_eq(mutatorOpcodeRows[found].opcode, raw.opcode);
        ck_assert(mutatorOpcodeRows[found].extension == OpcodeExtensionANY ||
                  mutatorOpcodeRows[found].extension == extension);
        continue;
      }
      for (j = 0; j < mutatorOpcodeCount; ++j)
        ck_assert(sort_key(&mutatorOpcodeRows[j]) >> 8 != sort_key(&mutatorOpcodeRows[i]) >> 8 ||
                  mutatorOpcodeRows[j].extension != extension);
    }
}
END_TEST

/* Every opcode of every map: known exactly when a row has it. */
START_TEST(nothing_else_is_known) {
  unsigned map, opcode, i;
  for (map = 0; map < 4; ++map)
    for (opcode = 0; opcode < 256; ++opcode) {
      RawStruct raw;
      unsigned rows = 0;
      memset(&raw, 0, sizeof raw);
      raw.map = (unsigned char)map;
      raw.opcode = (unsigned char)opcode;
      for (i = 0; i < mutatorOpcodeCount; ++i)
        rows += mutatorOpcodeRows[i].space == RawSpaceLEGACY && mutatorOpcodeRows[i].map == map &&
                mutatorOpcodeRows[i].opcode == opcode;
      ck_assert_int_eq(mutatorOpcodeKnown(&raw), rows != 0);
      if (rows == 0)
        ck_assert_uint_eq(mutatorOpcodeFind(&raw, 0), mutatorOpcodeCount);
    }
}
END_TEST

START_TEST(names_are_one_to_one) {
  unsigned i, j;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    ck_assert_ptr_nonnull(mutatorOpcodeRows[i].name);
    ck_assert_uint_gt(strlen(mutatorOpcodeRows[i].name), 2);
    for (j = 0; j < i; ++j)
      if (strcmp(mutatorOpcodeRows[i].name, mutatorOpcodeRows[j].name) == 0)
        ck_abort_msg("%s is twice there", mutatorOpcodeRows[i].name);
  }
}
END_TEST

START_TEST(roles_are_what_the_semantics_do) {
  static const MutatorAccess both = MutatorAccessREAD | MutatorAccessWRITE;
  static const MutatorAccess roles[OpcodeSemanticLIMIT] = {
      [OpcodeSemanticLOAD] = MutatorAccessREAD,
      [OpcodeSemanticLOADSIGNED] = MutatorAccessREAD,
      [OpcodeSemanticSTORE] = MutatorAccessWRITE,
      [OpcodeSemanticCOMPARE] = MutatorAccessREAD,
      [OpcodeSemanticCOMPAREREVERSED] = MutatorAccessREAD,
      [OpcodeSemanticCOMBINE] = MutatorAccessREAD,
      [OpcodeSemanticLOADIF] = MutatorAccessREAD,
      [OpcodeSemanticLOADREVERSED] = MutatorAccessREAD,
      [OpcodeSemanticSET] = MutatorAccessWRITE,
      [OpcodeSemanticSTOREREVERSED] = MutatorAccessWRITE,
      [OpcodeSemanticACCUMULATE] = MutatorAccessREAD,
      [OpcodeSemanticDIVIDE] = MutatorAccessREAD,
      [OpcodeSemanticVEX] = MutatorAccessREAD,
      [OpcodeSemanticVEXREVERSED] = MutatorAccessREAD,
      [OpcodeSemanticVEXSINGLE] = MutatorAccessREAD,
      [OpcodeSemanticPOPMEMORY] = MutatorAccessWRITE,
      [OpcodeSemanticJUMP] = MutatorAccessREAD,
      [OpcodeSemanticEXCHANGE] = both,
      [OpcodeSemanticMODIFY] = both,
      [OpcodeSemanticCOMPAREEXCHANGE] = both,
      [OpcodeSemanticCOMPAREEXCHANGEPAIR] = both,
  };
  unsigned i;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    const OpcodeRow *row = &mutatorOpcodeRows[i];
    ck_assert_uint_lt(row->semantic, OpcodeSemanticLIMIT);
    ck_assert(row->role != MutatorAccessNONE || row->implicit != OpcodeImplicitNONE);
    ck_assert_uint_eq(row->role & ~(unsigned)both, 0);
    if (roles[row->semantic] != MutatorAccessNONE)
      ck_assert_msg(row->role == roles[row->semantic], "%s", row->name);
  }
}
END_TEST

/* What is not stepped says why, and only that. */
START_TEST(reasons_go_with_rows_that_are_not_stepped) {
  unsigned i;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    const OpcodeRow *row = &mutatorOpcodeRows[i];
    ck_assert_msg((row->semantic == OpcodeSemanticNONE) == (row->reason != OpcodeReasonNONE), "%s", row->name);
    ck_assert_uint_lt(row->reason, OpcodeReasonLIMIT);
  }
}
END_TEST

/* Every size that a row can have is one that its operation has. */
START_TEST(operations_have_the_rows_sizes) {
  unsigned i, bytes;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    const OpcodeRow *row = &mutatorOpcodeRows[i];
    const unsigned least = row->size == OpcodeSize1 ? 1 : row->size == OpcodeSizeY ? 4 : 2;
    const unsigned most = row->size == OpcodeSize1 ? 1 : sizeof(MutatorWord);
    ck_assert_uint_lt(row->thunk, OpcodeOperationLIMIT);
    for (bytes = least; row->thunk != OpcodeOperationNONE && row->semantic != OpcodeSemanticLOADIF && bytes <= most;
         bytes *= 2)
      ck_assert_msg(mutatorOperationFind(row->thunk, bytes) != NULL, "%s of %u bytes", row->name, bytes);
  }
}
END_TEST

START_TEST(nothing_else_is_an_operation) {
  ck_assert(mutatorOperationFind(OpcodeOperationNONE, 4) == NULL);
  ck_assert(mutatorOperationFind(OpcodeOperationLIMIT, 4) == NULL);
  ck_assert(mutatorOperationFind(OpcodeOperationAdd, 3) == NULL);
  ck_assert(mutatorOperationFind(OpcodeOperationAdd, 16) == NULL);
  ck_assert(mutatorOperationFind(OpcodeOperationImul, 1) == NULL);
  ck_assert(mutatorOperationFind(OpcodeOperationSeto, 2) == NULL);
}
END_TEST

START_TEST(sizes_are_sizes_or_rules) {
  unsigned i;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    const OpcodeRow *row = &mutatorOpcodeRows[i];
    unsigned size = row->size;
    if (opcodeVector(i) != NULL && (size == 10 || size == 32 || size == 64 || size == OpcodeSizeHALF ||
                                    size == OpcodeSizeQUARTER || size == OpcodeSizeEIGHTH || size == OpcodeSizeDDUP))
      continue;
    ck_assert(size == 1 || size == 2 || size == 4 || size == 8 || size == 16 ||
              (size >= OpcodeSizeV && size <= OpcodeSizeSTACK));
  }
}
END_TEST

/* The one-byte opcodes of the integer set with an even number have byte operands (appendix A). */
static MutatorBool has_byte_pairs(const OpcodeRow *row) {
  return row->space == RawSpaceLEGACY && row->map == RawMapONE && row->semantic != OpcodeSemanticNONE &&
         row->size != OpcodeSizeSTACK && row->opcode != 0x63 && row->opcode != 0x69 && row->opcode != 0x6b &&
         row->opcode != 0x83 && row->opcode != 0xd7;
}

START_TEST(even_opcodes_have_byte_operands) {
  unsigned i;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    const OpcodeRow *row = &mutatorOpcodeRows[i];
    if (opcodeVector(i) != NULL || !has_byte_pairs(row))
      continue;
    ck_assert_uint_eq(row->width, row->opcode % 2 == 0 ? OpcodeSize1 : OpcodeSizeV);
    ck_assert_uint_eq(row->size, row->width);
  }
}
END_TEST

/* The design's decision: Capstone votes in full on MOV and all integer rows.  Of MOVSXD without
 * REX.W it sees another register. */
START_TEST(capstone_votes_in_full_on_integer_rows) {
  unsigned i, version;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    const OpcodeRow *row = &mutatorOpcodeRows[i];
    if (row->semantic == OpcodeSemanticNONE || row->semantic > OpcodeSemanticSCAS)
      continue;
    ck_assert_uint_ne(row->capstone, 0);
    for (version = 0; version < 3; ++version)
      ck_assert_uint_eq(row->vote[version],
                        row->opcode == 0x63 && row->pp == RawPrefixNONE ? OpcodeVoteLENGTH : OpcodeVoteFULL);
  }
}
END_TEST

START_TEST(absolute_addresses_are_a0_to_a3) {
  unsigned opcode;
  for (opcode = 0; opcode < 256; ++opcode) {
    RawStruct raw;
    memset(&raw, 0, sizeof raw);
    raw.opcode = (unsigned char)opcode;
    ck_assert_int_eq(mutatorOpcodeOffset(&raw), opcode >= 0xa0 && opcode <= 0xa3);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("opcode");
  TCase *tests = tcase_create("opcode");

  tcase_add_test(tests, rows_are_sorted);
  tcase_add_test(tests, every_row_is_found);
  tcase_add_test(tests, other_extensions_are_not_found);
  tcase_add_test(tests, nothing_else_is_known);
  tcase_add_test(tests, names_are_one_to_one);
  tcase_add_test(tests, roles_are_what_the_semantics_do);
  tcase_add_test(tests, reasons_go_with_rows_that_are_not_stepped);
  tcase_add_test(tests, operations_have_the_rows_sizes);
  tcase_add_test(tests, nothing_else_is_an_operation);
  tcase_add_test(tests, sizes_are_sizes_or_rules);
  tcase_add_test(tests, even_opcodes_have_byte_operands);
  tcase_add_test(tests, capstone_votes_in_full_on_integer_rows);
  tcase_add_test(tests, absolute_addresses_are_a0_to_a3);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
