/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_vector_thunks.c -- each thunk is the instruction of its row (C4)
 *
 * The thunks are bytes; Zydis says what they mean.
 */

#include <Zydis/Zydis.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/vector.h"

typedef struct DecodedStruct {
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  const ZydisDecodedOperand *memory;
} DecodedStruct;

static unsigned row_count(void) { return mutatorOpcodeCount - mutatorOpcodeVectorFirst; }

static const unsigned char *slot_of(unsigned vector, unsigned length) {
  return mutatorVectorThunks + ((size_t)vector * VectorLENGTHS + length) * VectorTHUNK;
}

static MutatorBool decode(const unsigned char *bytes, DecodedStruct *decoded) {
  ZydisDecoder decoder;
  unsigned i;
  (void)ZydisDecoderInit(&decoder, RawMode64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                         RawMode64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
  memset(decoded, 0, sizeof *decoded);
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, VectorTHUNK, &decoded->instruction, decoded->operands)))
    return 0;
  for (i = 0; i < decoded->instruction.operand_count; ++i)
    if (decoded->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
      decoded->memory = &decoded->operands[i];
  return decoded->memory != NULL;
}

/* Only loads and stores are run; of the rest the bytes lack an immediate. */
static MutatorBool is_run(const OpcodeRow *row, const OpcodeVectorRow *vector) {
  if (!RawMode64 && (vector->flags & OpcodeVectorMODE64) != 0)
    return 0;
  return row->semantic == OpcodeSemanticVECTORLOAD || row->semantic == OpcodeSemanticVECTORSTORE;
}

static MutatorBool is_length(const OpcodeRow *row, const OpcodeVectorRow *vector, unsigned length) {
  if (row->space == RawSpaceLEGACY || (vector->flags & OpcodeVectorLIG) != 0)
    return length == 0;
  if (row->l != OpcodeLAny)
    return row->l == length;
  return length < 2 || row->space == RawSpaceEVEX;
}

static void check_memory(const OpcodeRow *row, const ZydisDecodedOperand *memory, unsigned length) {
  const MutatorBool writes = (memory->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  ck_assert_msg(memory->size / 8 == mutatorPlanSize(row->size, length), "%s: size", row->name);
  ck_assert_msg(writes == ((row->role & MutatorAccessWRITE) != 0), "%s: direction", row->name);
  ck_assert_msg(memory->mem.base == (RawMode64 ? ZYDIS_REGISTER_RDX : ZYDIS_REGISTER_EDX), "%s: base", row->name);
  ck_assert_msg(memory->mem.index == ZYDIS_REGISTER_NONE && memory->mem.disp.value == 0, "%s: address", row->name);
}

/* Register operands: number 0, but for VEX.vvvv's, which is 1, and the mask k1. */
static void check_registers(const OpcodeRow *row, const OpcodeVectorRow *vector, const DecodedStruct *decoded) {
  MutatorBool named = 0, masked = 0;
  unsigned i;
  for (i = 0; i < decoded->instruction.operand_count_visible; ++i) {
    const ZydisDecodedOperand *operand = &decoded->operands[i];
    const int number = ZydisRegisterGetId(operand->reg.value);
    if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER)
      continue;
    if (operand->encoding == ZYDIS_OPERAND_ENCODING_NDSNDD) {
      ck_assert_msg(number == 1, "%s: vvvv", row->name);
      named = 1;
    } else if (operand->encoding == ZYDIS_OPERAND_ENCODING_MASK) {
      masked = operand->reg.value == ZYDIS_REGISTER_K1;
    } else
      ck_assert_msg(number == 0, "%s: register", row->name);
  }
  ck_assert_msg(named == ((vector->flags & OpcodeVectorVREG) != 0), "%s: has vvvv", row->name);
  ck_assert_msg(masked == ((vector->flags & OpcodeVectorMASK) != 0), "%s: has a mask", row->name);
}

START_TEST(thunks_are_their_rows) {
  unsigned i, length;
  for (i = 0; i < row_count(); ++i)
    for (length = 0; length < VectorLENGTHS; ++length) {
      const OpcodeRow *row = &mutatorOpcodeRows[mutatorOpcodeVectorFirst + i];
      const OpcodeVectorRow *vector = &mutatorOpcodeVectors[i];
      DecodedStruct decoded;
      if (!is_run(row, vector) || !is_length(row, vector, length))
        continue;
      ck_assert_msg(decode(slot_of(i, length), &decoded), "%s: no instruction", row->name);
      ck_assert_msg(slot_of(i, length)[decoded.instruction.length] == 0xc3, "%s: no return", row->name);
      check_memory(row, decoded.memory, length);
      check_registers(row, vector, &decoded);
    }
}
END_TEST

/* The row's name begins with what Zydis calls the instruction. */
START_TEST(names_are_those_of_the_instructions) {
  unsigned i, length;
  for (i = 0; i < row_count(); ++i)
    for (length = 0; length < VectorLENGTHS; ++length) {
      const OpcodeRow *row = &mutatorOpcodeRows[mutatorOpcodeVectorFirst + i];
      DecodedStruct decoded;
      const char *name;
      size_t at;
      if (!is_run(row, &mutatorOpcodeVectors[i]) || !is_length(row, &mutatorOpcodeVectors[i], length) ||
          !decode(slot_of(i, length), &decoded))
        continue;
      name = ZydisMnemonicGetString(decoded.instruction.mnemonic);
      for (at = 0; name[at] != '\0'; ++at)
        ck_assert_msg(row->name[at] == (name[at] >= 'a' && name[at] <= 'z' ? name[at] - 'a' + 'A' : name[at]),
                      "%s is called %s", row->name, name);
    }
}
END_TEST

/* What a plan relies on: a whole number of elements, and no more bytes than a run has room for. */
START_TEST(elements_fit) {
  unsigned i, length;
  for (i = 0; i < row_count(); ++i)
    for (length = 0; length < VectorLENGTHS; ++length) {
      const OpcodeRow *row = &mutatorOpcodeRows[mutatorOpcodeVectorFirst + i];
      const OpcodeVectorRow *vector = &mutatorOpcodeVectors[i];
      const size_t size = mutatorPlanSize(row->size, length);
      if (!is_length(row, vector, length))
        continue;
      ck_assert_uint_gt(vector->element, 0);
      ck_assert_msg(size >= vector->element && size % vector->element == 0 && size <= 64, "%s", row->name);
      ck_assert_uint_lt(vector->target, OpcodeTargetLIMIT);
      ck_assert_uint_lt(vector->spans, OpcodeSpansLIMIT);
      ck_assert_uint_lt(row->feature, OpcodeFeatureLIMIT);
    }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("vector_thunks");
  TCase *tests = tcase_create("vector_thunks");
  SRunner *runner;
  int failed;

  tcase_add_test(tests, thunks_are_their_rows);
  tcase_add_test(tests, names_are_those_of_the_instructions);
  tcase_add_test(tests, elements_fit);
  suite_add_tcase(suite, tests);
  runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
