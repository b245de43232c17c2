/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_plan.c -- from bytes to a plan, and Capstone's vote on it (C4, C12)
 */

#include <stdlib.h>
#include <string.h>

#include <mutator/setup.h>

#include "arch/x86/features.h"
#include "arch/x86/plan.h"
#include "support/unit.h"

#define BYTES(...) (const unsigned char[]){__VA_ARGS__}, sizeof((const unsigned char[]){__VA_ARGS__})

static void set_up(void) { ck_assert_int_eq(MutatorSetup(NULL), MutatorResOK); }

/* By the table and by Capstone. */
static MutatorDecline decline_of(const unsigned char *bytes, size_t count) {
  ArchPlanStruct plan;
  return mutatorArchPlan(&plan, bytes, count, 0x401000);
}

static PlanStruct plan_of(const unsigned char *bytes, size_t count) {
  ArchPlanStruct plan;
  ck_assert_int_eq(mutatorArchPlan(&plan, bytes, count, 0x401000), MutatorDeclineNONE);
  return planUnpack(&plan);
}

#define DECLINE(...) decline_of(BYTES(__VA_ARGS__))
#define PLAN(...) plan_of(BYTES(__VA_ARGS__))

START_TEST(a_load_has_all_its_parts) {
  PlanStruct plan = PLAN(0x64, 0x4e, 0x8b, 0x94, 0xc8, 0x80, 0xff, 0xff, 0xff); /* mov r10, fs:[rax + r9 * 8 - 128] */
  ck_assert_str_eq(mutatorOpcodeRows[plan.row].name, "MOV r, r/m");
  ck_assert_uint_eq(plan.length, 9);
  ck_assert_uint_eq(plan.width, 8);
  ck_assert_uint_eq(plan.size, 8);
  ck_assert_uint_eq(plan.reg, 10);
  ck_assert_uint_eq(plan.base, 0);
  ck_assert_uint_eq(plan.index, 9);
  ck_assert_uint_eq(plan.scale, 3);
  ck_assert_uint_eq(plan.segment, MachineSegmentFS);
  ck_assert_uint_eq(plan.addressSize, 8);
  ck_assert_int_eq(plan.displacement, -128);
  ck_assert_uint_eq(plan.flags, 0);
}
END_TEST

START_TEST(a_load_in_32_bit_mode_has_all_its_parts) {
  PlanStruct plan = PLAN(0x64, 0x66, 0x8b, 0x94, 0xc8, 0x80, 0xff, 0xff, 0xff); /* mov dx, fs:[eax + ecx * 8 - 128] */
  ck_assert_str_eq(mutatorOpcodeRows[plan.row].name, "MOV r, r/m");
  ck_assert_uint_eq(plan.length, 9);
  ck_assert_uint_eq(plan.width, 2);
  ck_assert_uint_eq(plan.size, 2);
  ck_assert_uint_eq(plan.reg, 2);
  ck_assert_uint_eq(plan.base, 0);
  ck_assert_uint_eq(plan.index, 1);
  ck_assert_uint_eq(plan.scale, 3);
  ck_assert_uint_eq(plan.segment, MachineSegmentFS);
  ck_assert_uint_eq(plan.addressSize, 4);
  ck_assert_int_eq(plan.displacement, -128);
  ck_assert_uint_eq(plan.flags, 0);
}
END_TEST

START_TEST(an_address_of_16_bits_is_planned) {
  PlanStruct plan = PLAN(0x67, 0x8b, 0x42, 0x80); /* mov eax, [bp + si - 128] */
  ck_assert_uint_eq(plan.length, 4);
  ck_assert_uint_eq(plan.width, 4);
  ck_assert_uint_eq(plan.base, 5);
  ck_assert_uint_eq(plan.index, 6);
  ck_assert_uint_eq(plan.scale, 0);
  ck_assert_uint_eq(plan.segment, MachineSegmentSS);
  ck_assert_uint_eq(plan.addressSize, 2);
  ck_assert_int_eq(plan.displacement, -128);
}
END_TEST

/* Without a prefix, what ESP and EBP are the base of is in SS (Intel SDM volume 1, section 3.7.4). */
START_TEST(every_operand_has_a_segment_in_32_bit_mode) {
  ck_assert_uint_eq(PLAN(0x8b, 0x00).segment, MachineSegmentDS);
  ck_assert_uint_eq(PLAN(0x8b, 0x45, 0x00).segment, MachineSegmentSS);
  ck_assert_uint_eq(PLAN(0x8b, 0x04, 0x24).segment, MachineSegmentSS);
  ck_assert_uint_eq(PLAN(0x8b, 0x04, 0x28).segment, MachineSegmentDS);             /* EBP as an index */
  ck_assert_uint_eq(PLAN(0x8b, 0x04, 0x2d, 0, 0, 0, 0).segment, MachineSegmentDS); /* likewise, alone */
  ck_assert_uint_eq(PLAN(0xa1, 0, 0, 0, 0).segment, MachineSegmentDS);
  ck_assert_uint_eq(PLAN(0x3e, 0x8b, 0x45, 0x00).segment, MachineSegmentDS);
  ck_assert_uint_eq(PLAN(0x2e, 0x8b, 0x00).segment, MachineSegmentCS);
  ck_assert_uint_eq(PLAN(0x26, 0x8b, 0x00).segment, MachineSegmentES);
  ck_assert_uint_eq(PLAN(0x65, 0xa1, 0, 0, 0, 0).segment, MachineSegmentGS);
}
END_TEST

START_TEST(a_displacement_alone_is_absolute_in_32_bit_mode) {
  PlanStruct plan = PLAN(0xc7, 0x05, 0x10, 0x00, 0x00, 0x80, 0x01, 0x00, 0x00, 0x00);
  ck_assert_uint_eq(plan.base, RawNONE);
  ck_assert_uint_eq(plan.length, 10);
  ck_assert_int_eq((int32_t)plan.displacement, (int32_t)0x80000010);
}
END_TEST

/* 40 to 4F are INC and DEC. */
START_TEST(rex_is_no_prefix_in_32_bit_mode) {
  ck_assert_int_eq(DECLINE(0x48, 0x8b, 0x00), MutatorDeclineOPCODE);
  ck_assert_int_eq(DECLINE(0x40, 0x88, 0x38), MutatorDeclineOPCODE);
}
END_TEST

START_TEST(bytes_after_the_instruction_do_not_matter) {
  PlanStruct plan =
      PLAN(0x8b, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  ck_assert_uint_eq(plan.length, 2);
}
END_TEST

START_TEST(operand_size_is_by_66_and_rex_w) {
  ck_assert_uint_eq(PLAN(0x8b, 0x00).width, 4);
  ck_assert_uint_eq(PLAN(0x66, 0x8b, 0x00).width, 2);
  if (RawMode64)
    ck_assert_uint_eq(PLAN(0x48, 0x8b, 0x00).width, 8);
  ck_assert_uint_eq(PLAN(0x8a, 0x00).width, 1);
  ck_assert_uint_eq(PLAN(0x66, 0x8a, 0x00).width, 1);
}
END_TEST

START_TEST(extending_moves_have_two_sizes) {
  PlanStruct plan = PLAN(0x66, 0x0f, 0xb6, 0x00);
  ck_assert_uint_eq(plan.width, 2);
  ck_assert_uint_eq(plan.size, 1);
  plan = PLAN(0x0f, 0xbf, 0x00);
  ck_assert_uint_eq(plan.width, 4);
  ck_assert_uint_eq(plan.size, 2);
  if (!RawMode64)
    return;
  plan = PLAN(0x48, 0x0f, 0xb6, 0x00);
  ck_assert_uint_eq(plan.width, 8);
  ck_assert_uint_eq(plan.size, 1);
  plan = PLAN(0x48, 0x63, 0x00);
  ck_assert_uint_eq(plan.width, 8);
  ck_assert_uint_eq(plan.size, 4);
}
END_TEST

/* Table 3-1: without REX 4 to 7 are AH, CH, DH, BH; with any REX they are SPL, BPL, SIL, DIL. */
START_TEST(high_bytes_only_without_rex) {
  PlanStruct plan = PLAN(0x88, 0x38); /* mov [rax], bh */
  ck_assert_uint_eq(plan.reg, 3);
  ck_assert_uint_eq(plan.flags, PlanHIGH);
  plan = PLAN(0x88, 0x18); /* mov [rax], bl */
  ck_assert_uint_eq(plan.reg, 3);
  ck_assert_uint_eq(plan.flags, 0);
  if (!RawMode64)
    return;
  plan = PLAN(0x40, 0x88, 0x38); /* mov [rax], dil */
  ck_assert_uint_eq(plan.reg, 7);
  ck_assert_uint_eq(plan.flags, 0);
}
END_TEST

/* MOVZX names a byte in memory; its register is not one. */
START_TEST(extending_moves_have_no_high_byte) {
  PlanStruct plan = PLAN(0x0f, 0xb6, 0x38);
  ck_assert_uint_eq(plan.reg, 7);
  ck_assert_uint_eq(plan.flags, 0);
}
END_TEST

START_TEST(immediates_have_the_operands_size) {
  PlanStruct plan = PLAN(0xc7, 0x00, 0x01, 0x02, 0x03, 0x84);
  ck_assert_uint_eq(plan.length, 6);
  ck_assert_int_eq(plan.immediate, -(INT64_C(0x80000000) - 0x04030201));
  ck_assert_uint_eq(plan.flags, PlanIMMEDIATE);
  ck_assert_uint_eq(PLAN(0x66, 0xc7, 0x00, 0x01, 0x02).length, 5);
  ck_assert_uint_eq(PLAN(0xc6, 0x00, 0x01).length, 3);
  ck_assert_int_eq(PLAN(0x83, 0x38, 0xff).immediate, -1);
  if (!RawMode64)
    return;
  ck_assert_uint_eq(PLAN(0x48, 0xc7, 0x00, 0x01, 0x02, 0x03, 0x04).length, 7);
  ck_assert_int_eq(PLAN(0x48, 0x83, 0x38, 0xff).immediate, -1);
}
END_TEST

START_TEST(relative_operands_are_relative_to_the_next_instruction) {
  PlanStruct plan = PLAN(0x48, 0xc7, 0x05, 0x10, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00);
  ck_assert_uint_eq(plan.base, MutatorRegisterPC);
  ck_assert_uint_eq(plan.length, 11);
  ck_assert_int_eq(plan.displacement, 0x10);
}
END_TEST

START_TEST(flat_segments_change_nothing) {
  ck_assert_uint_eq(PLAN(0x3e, 0x8b, 0x00).segment, RawNONE);
  ck_assert_uint_eq(PLAN(0x36, 0x8b, 0x45, 0x00).segment, RawNONE);
  ck_assert_uint_eq(PLAN(0x65, 0x8b, 0x00).segment, MachineSegmentGS);
}
END_TEST

START_TEST(register_operands_are_declined) {
  ck_assert_int_eq(DECLINE(0x8b, 0xc0), MutatorDeclineOPCODE);
  ck_assert_int_eq(DECLINE(0x0f, 0xb6, 0xc0), MutatorDeclineOPCODE);
  ck_assert_int_eq(DECLINE(0x81, 0xf8, 0x00, 0x00, 0x00, 0x00), MutatorDeclineOPCODE);
}
END_TEST

START_TEST(other_instructions_are_declined) {
  ck_assert_int_eq(DECLINE(0x90), MutatorDeclineOPCODE);
  ck_assert_int_eq(DECLINE(0x8d, 0x00), MutatorDeclineOPCODE);
  ck_assert_int_eq(DECLINE(0x8c, 0x00), MutatorDeclineOPCODE);             /* MOV m, segment register */
  ck_assert_int_eq(DECLINE(0xff, 0x18), MutatorDeclineOPCODE);             /* CALL m16:32 */
  ck_assert_int_eq(DECLINE(0x9d), MutatorDeclineOPCODE);                   /* POPF */
  ck_assert_int_eq(DECLINE(0xc7, 0x08, 0, 0, 0, 0), MutatorDeclineOPCODE); /* C7 /1 */
  ck_assert_int_eq(DECLINE(0x0f, 0x0b), MutatorDeclineOPCODE);
  ck_assert_int_eq(DECLINE(0x0f, 0xff, 0x00), MutatorDeclineOPCODE);
  ck_assert_int_eq(DECLINE(0xc5, 0xf8, 0x04, 0x00), MutatorDeclineOPCODE);
  ck_assert_int_eq(DECLINE(0xc5, 0xf8, 0x8b, 0x00), MutatorDeclineOPCODE); /* 8B, but not in the one-byte map */
}
END_TEST

/* decoding.md, "Refuse (decline) until proven". */
START_TEST(unproven_prefixes_are_declined) {
  ck_assert_int_eq(DECLINE(0xf0, 0x8b, 0x00), MutatorDeclinePREFIX);
  ck_assert_int_eq(DECLINE(0xf0, 0x39, 0x00), MutatorDeclinePREFIX);       /* LOCK CMP */
  ck_assert_int_eq(DECLINE(0xf0, 0x03, 0x00), MutatorDeclinePREFIX);       /* LOCK ADD r, m */
  ck_assert_int_eq(DECLINE(0xf0, 0xa4), MutatorDeclinePREFIX);             /* LOCK MOVS */
  ck_assert_int_eq(DECLINE(0xf2, 0xf0, 0x01, 0x00), MutatorDeclinePREFIX); /* XACQUIRE */
  ck_assert_int_eq(DECLINE(0x66, 0xff, 0x10), MutatorDeclinePREFIX);       /* CALL m16 */
  ck_assert_int_eq(DECLINE(0x66, 0xc3), MutatorDeclinePREFIX);
  ck_assert_int_eq(DECLINE(0x64, 0x50), MutatorDeclinePREFIX); /* a segment on PUSH r */
  ck_assert_int_eq(DECLINE(0x67, 0xc3), MutatorDeclinePREFIX);
  ck_assert_int_eq(DECLINE(0xf3, 0xf3, 0xa4), MutatorDeclinePREFIX);
  ck_assert_int_eq(DECLINE(0xf0, 0x89, 0x00), MutatorDeclinePREFIX);
  ck_assert_int_eq(DECLINE(0xf2, 0x8b, 0x00), MutatorDeclinePREFIX);
  ck_assert_int_eq(DECLINE(0xf3, 0x89, 0x00), MutatorDeclinePREFIX);
  ck_assert_int_eq(DECLINE(0x66, 0xf3, 0x8b, 0x00), MutatorDeclinePREFIX);
  if (RawMode64)
    ck_assert_int_eq(DECLINE(0x66, 0x48, 0x8b, 0x00), MutatorDeclinePREFIX);
  ck_assert_int_eq(DECLINE(0x64, 0x3e, 0x8b, 0x00), MutatorDeclinePREFIX);
  ck_assert_int_eq(DECLINE(0x3e, 0x64, 0x8b, 0x00), MutatorDeclinePREFIX);
  if (RawMode64)
    ck_assert_int_eq(DECLINE(0x48, 0x64, 0x8b, 0x00), MutatorDeclinePREFIX);
}
END_TEST

START_TEST(what_the_cpu_lacks_is_declined) {
  const uint64_t features = mutatorFeatures;
  mutatorFeatures = 0;
  ck_assert_int_eq(DECLINE(0x8b, 0x00), MutatorDeclineNONE);
  ck_assert_int_eq(DECLINE(0x0f, 0x44, 0x00), MutatorDeclineFEATURE);                   /* CMOVE */
  ck_assert_int_eq(DECLINE(0xf0, 0x0f, 0xc7, 0x08), MutatorDeclineFEATURE);             /* CMPXCHG8B */
  ck_assert_int_eq(DECLINE(0xf3, 0x0f, 0xb8, 0x00), MutatorDeclineFEATURE);             /* POPCNT */
  ck_assert_int_eq(DECLINE(0xd9, 0x00), MutatorDeclineFEATURE);                         /* FLD */
  ck_assert_int_eq(DECLINE(0x0f, 0x10, 0x00), MutatorDeclineFEATURE);                   /* MOVUPS */
  ck_assert_int_eq(DECLINE(0xc5, 0xfe, 0x6f, 0x00), MutatorDeclineFEATURE);             /* VMOVDQU */
  ck_assert_int_eq(DECLINE(0x62, 0xf1, 0x7e, 0x48, 0x6f, 0x00), MutatorDeclineFEATURE); /* VMOVDQU32 */
  mutatorFeatures = (uint64_t)1 << OpcodeFeatureAVX512F;
  ck_assert_int_eq(DECLINE(0x62, 0xf1, 0x7e, 0x48, 0x6f, 0x00), MutatorDeclineNONE);
  ck_assert_int_eq(DECLINE(0x62, 0xf1, 0x7e, 0x08, 0x6f, 0x00), MutatorDeclineFEATURE); /* of 128 bits: VL */
  mutatorFeatures = features;
}
END_TEST

/* CPUs disagree about how much of memory it reads with 66. */
START_TEST(movsxd_with_66_is_declined) {
  ck_assert_uint_eq(PLAN(0x63, 0x00).width, 4);
  ck_assert_uint_eq(PLAN(0x63, 0x00).size, 4);
  ck_assert_int_eq(DECLINE(0x66, 0x63, 0x00), MutatorDeclineOPCODE);
}
END_TEST

/* C6: at the end of what can be read. */
START_TEST(every_beginning_is_truncated) {
  static const unsigned char bytes[] = {
      0x65, RawMode64 ? 0x67 : 0x66, RawMode64 ? 0x41 : 0x66, 0xc7, 0x84, 0x88, 1, 2, 3, 4, 5, 6, 7, 8};
  size_t count;
  const size_t length = RawMode64 ? sizeof bytes : sizeof bytes - 2; /* 66 makes the immediate shorter */
  for (count = 1; count < length; ++count)
    ck_assert_int_eq(decline_of(bytes, count), MutatorDeclineTRUNCATED);
  ck_assert_uint_eq(plan_of(bytes, sizeof bytes).length, length);
}
END_TEST

/* The longest there is, and one byte more, on which the CPU faults. */
START_TEST(fifteen_bytes_are_the_limit) {
  unsigned char bytes[16];
  memset(bytes, 0x66, sizeof bytes);
  bytes[12] = 0x8b;
  bytes[13] = 0x40;
  ck_assert_uint_eq(plan_of(bytes, sizeof bytes).length, 15);
  bytes[12] = 0x66;
  bytes[13] = 0x8b;
  bytes[14] = 0x40;
  ck_assert_int_eq(decline_of(bytes, sizeof bytes), MutatorDeclineTRUNCATED);
}
END_TEST

/* The vote: what our table says wrongly, Capstone notices. */
START_TEST(capstone_contradicts_a_wrong_plan) {
  static const unsigned char bytes[] = {RawMode64 ? 0x48 : 0x66, 0x8b, 0x44, 0x8b,
                                        0x10}; /* mov rax, [rbx + rcx * 4 + 16] */
  PlanStruct right, wrong;
  ck_assert_int_eq(mutatorPlanMake(&right, bytes, sizeof bytes), MutatorDeclineNONE);
  ck_assert_int_eq(mutatorDecodeVote(&right, bytes, 0), MutatorDeclineNONE);
#define WRONG(field, value)                                                                         \
  do {                                                                                              \
    wrong = right;                                                                                  \
    wrong.field = value;                                                                            \
    ck_assert_msg(mutatorDecodeVote(&wrong, bytes, 0) == MutatorDeclineDECODER, "a wrong " #field); \
  } while (0)
  WRONG(displacement, 17);
  WRONG(length, 4);
  WRONG(width, 4);
  WRONG(size, 4);
  WRONG(reg, 1);
  WRONG(base, 11);
  WRONG(base, RawNONE);
  WRONG(index, 9);
  WRONG(index, RawNONE);
  WRONG(scale, 3);
  WRONG(segment, MachineSegmentFS);
  WRONG(addressSize, sizeof(MutatorWord) / 2);
  WRONG(flags, PlanHIGH);
  WRONG(flags, PlanIMMEDIATE);
  WRONG(row, 0); /* CMP */
}
END_TEST

START_TEST(capstone_contradicts_a_wrong_immediate) {
  static const unsigned char bytes[] = {0x81, 0x78, 0x10, 1, 2, 3, 4}; /* cmp dword [rax + 16], 0x04030201 */
  PlanStruct plan;
  ck_assert_int_eq(mutatorPlanMake(&plan, bytes, sizeof bytes), MutatorDeclineNONE);
  ck_assert_int_eq(mutatorDecodeVote(&plan, bytes, 0), MutatorDeclineNONE);
  plan.immediate ^= 0x80;
  ck_assert_int_eq(mutatorDecodeVote(&plan, bytes, 0), MutatorDeclineDECODER);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("plan");
  TCase *tests = tcase_create("plan");

  tcase_add_unchecked_fixture(tests, set_up, NULL);
  tcase_add_test(tests, bytes_after_the_instruction_do_not_matter);
  tcase_add_test(tests, operand_size_is_by_66_and_rex_w);
  tcase_add_test(tests, extending_moves_have_two_sizes);
  tcase_add_test(tests, high_bytes_only_without_rex);
  tcase_add_test(tests, extending_moves_have_no_high_byte);
  tcase_add_test(tests, immediates_have_the_operands_size);
  tcase_add_test(tests, register_operands_are_declined);
  tcase_add_test(tests, other_instructions_are_declined);
  tcase_add_test(tests, unproven_prefixes_are_declined);
  tcase_add_test(tests, what_the_cpu_lacks_is_declined);
  tcase_add_test(tests, every_beginning_is_truncated);
  tcase_add_test(tests, fifteen_bytes_are_the_limit);
  tcase_add_test(tests, capstone_contradicts_a_wrong_plan);
  tcase_add_test(tests, capstone_contradicts_a_wrong_immediate);
  if (RawMode64) {
    tcase_add_test(tests, a_load_has_all_its_parts);
    tcase_add_test(tests, movsxd_with_66_is_declined);
    tcase_add_test(tests, relative_operands_are_relative_to_the_next_instruction);
    tcase_add_test(tests, flat_segments_change_nothing);
  } else {
    tcase_add_test(tests, a_load_in_32_bit_mode_has_all_its_parts);
    tcase_add_test(tests, an_address_of_16_bits_is_planned);
    tcase_add_test(tests, every_operand_has_a_segment_in_32_bit_mode);
    tcase_add_test(tests, a_displacement_alone_is_absolute_in_32_bit_mode);
    tcase_add_test(tests, rex_is_no_prefix_in_32_bit_mode);
  }
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
