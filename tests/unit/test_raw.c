/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_raw.c -- an instruction's bytes taken apart (C4, C6)
 *
 * The expected values are from the Intel SDM, volume 2, chapter 2.
 */

#include <stdlib.h>
#include <string.h>

#include "arch/x86/raw.h"
#include "support/unit.h"

/* Opcode and ModR/M of those bytes. */
static RawStruct taken(const unsigned char *bytes, size_t count) {
  RawStruct raw;
  ck_assert_int_eq(mutatorRawOpcode(&raw, bytes, count), MutatorDeclineNONE);
  ck_assert_int_eq(mutatorRawModRM(&raw), MutatorDeclineNONE);
  return raw;
}

#define BYTES(...) (const unsigned char[]){__VA_ARGS__}, sizeof((const unsigned char[]){__VA_ARGS__})
#define TAKE(...) taken(BYTES(__VA_ARGS__))

/* REX is there in 64-bit mode only: what begins with one begins one byte later otherwise. */
enum { REX = RawMode64 ? 1 : 0, NO_REX = 1 - REX };

static MutatorDecline opcode_result(Raw raw, const unsigned char *bytes, size_t count) {
  return mutatorRawOpcode(raw, bytes, count);
}

START_TEST(prefixes_are_noted) {
  RawStruct raw = TAKE(0x66, 0x67, 0x64, 0xf0, 0xf3, 0x48, 0x8b, 0x00);
  ck_assert(raw.operand && raw.address && raw.lock);
  ck_assert_uint_eq(raw.repeat, 0xf3);
  ck_assert_uint_eq(raw.repeats, 1);
  ck_assert_uint_eq(raw.segment, MachineSegmentFS);
  ck_assert_uint_eq(raw.segments, 1);
  ck_assert_uint_eq(raw.rex, 0x48);
  ck_assert_uint_eq(raw.w, 1);
  ck_assert_uint_eq(raw.opcode, 0x8b);
  ck_assert_uint_eq(raw.at, 8);
}
END_TEST

START_TEST(prefixes_are_noted_in_32_bit_mode) {
  RawStruct raw = TAKE(0x66, 0x67, 0x64, 0xf0, 0xf3, 0x8b, 0x00);
  ck_assert(raw.operand && raw.address && raw.lock);
  ck_assert_uint_eq(raw.repeat, 0xf3);
  ck_assert_uint_eq(raw.segment, MachineSegmentFS);
  ck_assert_uint_eq(raw.rex, 0);
  ck_assert_uint_eq(raw.w, 0);
  ck_assert_uint_eq(raw.opcode, 0x8b);
  ck_assert_uint_eq(raw.addressSize, 2);
  ck_assert_uint_eq(raw.at, 7);
}
END_TEST

/* 40 to 4F are INC and DEC, without ModR/M. */
START_TEST(there_is_no_rex_in_32_bit_mode) {
  unsigned opcode;
  for (opcode = 0x40; opcode < 0x50; ++opcode) {
    const unsigned char bytes[] = {(unsigned char)opcode, 0x8b, 0x00};
    RawStruct raw;
    ck_assert_int_eq(mutatorRawOpcode(&raw, bytes, sizeof bytes), MutatorDeclineNONE);
    ck_assert_uint_eq(raw.opcode, opcode);
    ck_assert_uint_eq(raw.rex, 0);
    ck_assert_uint_eq(raw.at, 1);
  }
}
END_TEST

/* C4, C5 and 62 are LES, LDS and BOUND where the next byte names memory. */
START_TEST(vector_prefixes_name_a_register_in_32_bit_mode) {
  static const unsigned char firsts[] = {0xc4, 0xc5, 0x62};
  unsigned modrm;
  size_t i;
  for (i = 0; i < sizeof firsts; ++i)
    for (modrm = 0; modrm < 256; ++modrm) {
      const unsigned char bytes[] = {firsts[i], (unsigned char)modrm, 0x7c, 0x48, 0x28, 0x00};
      RawStruct raw;
      MutatorDecline decline = mutatorRawOpcode(&raw, bytes, sizeof bytes);
      if (modrm < 0xc0) {
        ck_assert_int_eq(decline, MutatorDeclineNONE);
        ck_assert_uint_eq(raw.space, RawSpaceLEGACY);
        ck_assert_uint_eq(raw.opcode, firsts[i]);
      } else
        ck_assert(decline != MutatorDeclineNONE || raw.space != RawSpaceLEGACY);
    }
}
END_TEST

/* Table 2-1: every r/m with mod 00, 01 and 10. */
START_TEST(addresses_of_16_bits_name_two_registers) {
  enum { BX = 3, BP = 5, SI = 6, DI = 7 };
  static const unsigned char bases[] = {BX, BX, BP, BP, SI, DI, BP, BX};
  static const unsigned char indexes[] = {SI, DI, SI, DI, RawNONE, RawNONE, RawNONE, RawNONE};
  unsigned mod, rm;
  for (mod = 0; mod < 3; ++mod)
    for (rm = 0; rm < 8; ++rm) {
      const unsigned char bytes[] = {0x67, 0x8b, (unsigned char)(mod << 6 | rm), 0xfe, 0xff, 0x11};
      const MutatorBool alone = mod == 0 && rm == 6;
      RawStruct raw = taken(bytes, sizeof bytes);
      ck_assert_uint_eq(raw.base, alone ? RawNONE : bases[rm]);
      ck_assert_uint_eq(raw.index, alone ? RawNONE : indexes[rm]);
      ck_assert_uint_eq(raw.scale, 0);
      ck_assert_uint_eq(raw.at, 3 + (alone ? 2 : mod));
      ck_assert_int_eq(raw.displacement, alone || mod > 0 ? -2 : 0);
    }
}
END_TEST

START_TEST(absolute_address_of_32_bits_or_16) {
  static const unsigned char bytes[] = {0xa1, 1, 2, 3, 0x84}, narrow[] = {0x67, 0xa1, 1, 2};
  RawStruct raw;
  ck_assert_int_eq(mutatorRawOpcode(&raw, bytes, sizeof bytes), MutatorDeclineNONE);
  ck_assert_int_eq(mutatorRawOffset(&raw), MutatorDeclineNONE);
  ck_assert_int_eq(raw.displacement, (int32_t)0x84030201);
  ck_assert_uint_eq(raw.at, 5);
  ck_assert_int_eq(mutatorRawOpcode(&raw, narrow, sizeof narrow), MutatorDeclineNONE);
  ck_assert_int_eq(mutatorRawOffset(&raw), MutatorDeclineNONE);
  ck_assert_int_eq(raw.displacement, 0x0201);
  ck_assert_uint_eq(raw.at, 4);
}
END_TEST

START_TEST(the_last_segment_counts_in_32_bit_mode) {
  ck_assert_uint_eq(TAKE(0x64, 0x3e, 0x8b, 0x00).segment, MachineSegmentDS);
  ck_assert_uint_eq(TAKE(0x36, 0x64, 0x8b, 0x00).segment, MachineSegmentFS);
}
END_TEST

START_TEST(vex_in_32_bit_mode) {
  RawStruct raw = TAKE(0xc5, 0xfd, 0x6f, 0x00); /* vmovdqa ymm0, [eax] */
  ck_assert_uint_eq(raw.space, RawSpaceVEX);
  ck_assert_uint_eq(raw.map, RawMap0F);
  ck_assert_uint_eq(raw.pp, RawPrefix66);
  ck_assert_uint_eq(raw.length, 1);
  ck_assert_uint_eq(raw.reg, 0);
  raw = TAKE(0xc4, 0xe2, 0x79, 0x2a, 0x04, 0x08); /* vmovntdqa xmm0, [eax + ecx] */
  ck_assert_uint_eq(raw.map, RawMap0F38);
  ck_assert_uint_eq(raw.index, 1);
  ck_assert_uint_eq(raw.base, 0);
}
END_TEST

START_TEST(no_prefix_is_none) {
  RawStruct raw = TAKE(0x8b, 0x00);
  ck_assert(!raw.operand && !raw.address && !raw.lock);
  ck_assert_uint_eq(raw.repeat, 0);
  ck_assert_uint_eq(raw.segment, RawNONE);
  ck_assert_uint_eq(raw.rex, 0);
  ck_assert_uint_eq(raw.addressSize, sizeof(MutatorWord));
}
END_TEST

START_TEST(each_segment_prefix_is_counted) {
  static const unsigned char prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
  unsigned char bytes[8] = {0};
  memcpy(bytes, prefixes, sizeof prefixes);
  bytes[6] = 0x8b;
  ck_assert_uint_eq(taken(bytes, sizeof bytes).segments, 6);
}
END_TEST

START_TEST(flat_segments_do_not_take_back_fs) {
  ck_assert_uint_eq(TAKE(0x64, 0x3e, 0x8b, 0x00).segment, MachineSegmentFS);
  ck_assert_uint_eq(TAKE(0x64, 0x65, 0x8b, 0x00).segment, MachineSegmentGS);
}
END_TEST

/* Such a REX is ignored by the CPU: not proven, so refused. */
START_TEST(rex_before_a_legacy_prefix_is_refused) {
  RawStruct raw;
  ck_assert_int_eq(opcode_result(&raw, BYTES(0x48, 0x66, 0x8b, 0x00)), MutatorDeclinePREFIX);
}
END_TEST

START_TEST(two_rex_are_refused) {
  RawStruct raw;
  ck_assert_int_eq(opcode_result(&raw, BYTES(0x48, 0x48, 0x8b, 0x00)), MutatorDeclinePREFIX);
}
END_TEST

START_TEST(rex_bits_extend_their_registers) {
  RawStruct raw = TAKE(0x44, 0x8b, 0x0c, 0x1a); /* R */
  ck_assert_uint_eq(raw.reg, 9);
  ck_assert_uint_eq(raw.index, 3);
  ck_assert_uint_eq(raw.base, 2);
  raw = TAKE(0x42, 0x8b, 0x0c, 0x1a); /* X */
  ck_assert_uint_eq(raw.reg, 1);
  ck_assert_uint_eq(raw.index, 11);
  ck_assert_uint_eq(raw.base, 2);
  raw = TAKE(0x41, 0x8b, 0x0c, 0x1a); /* B */
  ck_assert_uint_eq(raw.reg, 1);
  ck_assert_uint_eq(raw.index, 3);
  ck_assert_uint_eq(raw.base, 10);
}
END_TEST

START_TEST(maps_are_told_apart) {
  ck_assert_uint_eq(TAKE(0x8b, 0x00).map, RawMapONE);
  ck_assert_uint_eq(TAKE(0x0f, 0xb6, 0x00).map, RawMap0F);
  ck_assert_uint_eq(TAKE(0x0f, 0x38, 0xf0, 0x00).map, RawMap0F38);
  ck_assert_uint_eq(TAKE(0x0f, 0x3a, 0x0f, 0x00).map, RawMap0F3A);
}
END_TEST

/* Table 2-2: mod 00, 01, 10 and every r/m; base and displacement. */
START_TEST(every_modrm_names_its_base) {
  static const size_t displacements[] = {0, 1, 4};
  unsigned mod, rm, extended;
  for (mod = 0; mod < 3; ++mod)
    for (rm = 0; rm < 8; ++rm)
      for (extended = 0; extended < (RawMode64 ? 2 : 1); ++extended) {
        unsigned char bytes[7] = {
            (unsigned char)(0x40 | extended), 0x8b, (unsigned char)(mod << 6 | rm), 0xfe, 0xff, 0xff, 0xff};
        RawStruct raw;
        if (rm == 4)
          continue;
        raw = taken(bytes + NO_REX, sizeof bytes - NO_REX);
        ck_assert_uint_eq(raw.index, RawNONE);
        if (mod == 0 && rm == 5) {
          ck_assert_uint_eq(raw.base, RawMode64 ? (unsigned)MutatorRegisterPC : RawNONE); /* whatever REX.B is */
          ck_assert_uint_eq(raw.at, 6 + REX);
          continue;
        }
        ck_assert_uint_eq(raw.base, rm + 8 * extended);
        ck_assert_uint_eq(raw.at, 2 + REX + displacements[mod]);
        ck_assert_int_eq(raw.displacement, mod == 0 ? 0 : -2);
      }
}
END_TEST

/* Table 2-3: every SIB byte, with every REX.X and REX.B. */
START_TEST(every_sib_names_base_index_and_scale) {
  unsigned sib, rex, mod;
  for (mod = 0; mod < 3; ++mod)
    for (sib = 0; sib < 256; ++sib)
      for (rex = 0; rex < (RawMode64 ? 4 : 1); ++rex) {
        unsigned char bytes[8] = {(unsigned char)(0x40 | rex),
                                  0x8b,
                                  (unsigned char)(mod << 6 | 4),
                                  (unsigned char)sib,
                                  0x80,
                                  0xff,
                                  0xff,
                                  0xff};
        unsigned index = (sib >> 3 & 7) + (rex & 2) * 4, base = (sib & 7) + (rex & 1) * 8;
        RawStruct raw = taken(bytes + NO_REX, sizeof bytes - NO_REX);
        ck_assert_uint_eq(raw.index, index == 4 ? RawNONE : index);
        ck_assert_uint_eq(raw.base, mod == 0 && (sib & 7) == 5 ? RawNONE : base);
        ck_assert_uint_eq(raw.scale, sib >> 6);
        ck_assert_uint_eq(raw.at, REX + (mod == 1 ? 4 : mod == 2 || (sib & 7) == 5 ? 7 : 3));
      }
}
END_TEST

START_TEST(displacements_are_sign_extended) {
  ck_assert_int_eq(TAKE(0x8b, 0x40, 0x80).displacement, -128);
  ck_assert_int_eq(TAKE(0x8b, 0x40, 0x7f).displacement, 127);
  ck_assert_int_eq(TAKE(0x8b, 0x80, 0x00, 0x00, 0x00, 0x80).displacement, -(INT64_C(1) << 31));
  ck_assert_int_eq(TAKE(0x8b, 0x80, 0x01, 0x00, 0x00, 0x00).displacement, 1);
}
END_TEST

START_TEST(prefix_67_halves_addresses) {
  ck_assert_uint_eq(TAKE(0x67, 0x8b, 0x00).addressSize, sizeof(MutatorWord) / 2);
}
END_TEST

START_TEST(absolute_address_has_the_address_size) {
  static const unsigned char bytes[] = {0xa1, 1, 2, 3, 4, 5, 6, 7, 0x88};
  static const unsigned char narrow[] = {0x67, 0xa1, 1, 2, 3, 4};
  RawStruct raw;
  ck_assert_int_eq(mutatorRawOpcode(&raw, bytes, sizeof bytes), MutatorDeclineNONE);
  ck_assert_int_eq(mutatorRawOffset(&raw), MutatorDeclineNONE);
  ck_assert_int_eq(raw.displacement, (int64_t)UINT64_C(0x8807060504030201));
  ck_assert_int_eq(mutatorRawOpcode(&raw, narrow, sizeof narrow), MutatorDeclineNONE);
  ck_assert_int_eq(mutatorRawOffset(&raw), MutatorDeclineNONE);
  ck_assert_int_eq(raw.displacement, 0x04030201);
  ck_assert_uint_eq(raw.at, 6);
}
END_TEST

START_TEST(immediates_are_sign_extended) {
  static const unsigned char bytes[] = {0x8b, 0x00, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  static const size_t sizes[] = {0, 1, 2, 4, 8};
  static const int64_t values[] = {0, -1, -257, -257, -257};
  size_t i;
  for (i = 0; i < 5; ++i) {
    RawStruct raw = taken(bytes, sizeof bytes);
    ck_assert_int_eq(mutatorRawImmediate(&raw, sizes[i]), MutatorDeclineNONE);
    ck_assert_int_eq(raw.immediate, values[i]);
    ck_assert_uint_eq(raw.at, 2 + sizes[i]);
  }
}
END_TEST

START_TEST(vex_of_two_bytes) {
  RawStruct raw = TAKE(0xc5, 0x7d, 0x6f, 0x00); /* vmovdqa ymm8, [rax] */
  ck_assert_uint_eq(raw.space, RawSpaceVEX);
  ck_assert_uint_eq(raw.map, RawMap0F);
  ck_assert_uint_eq(raw.pp, RawPrefix66);
  ck_assert_uint_eq(raw.length, 1);
  ck_assert_uint_eq(raw.reg, 8);
  ck_assert_uint_eq(raw.vreg, 0);
}
END_TEST

START_TEST(vex_of_three_bytes) {
  RawStruct raw = TAKE(0xc4, 0x82, 0x89, 0x2a, 0x04, 0x08); /* map 0F38, X and B extended, W, vvvv 14 */
  ck_assert_uint_eq(raw.map, RawMap0F38);
  ck_assert_uint_eq(raw.w, 1);
  ck_assert_uint_eq(raw.vreg, 14);
  ck_assert_uint_eq(raw.index, 9);
  ck_assert_uint_eq(raw.base, 8);
  ck_assert_uint_eq(raw.length, 0);
}
END_TEST

START_TEST(evex_has_its_fields) {
  RawStruct raw = TAKE(0x62, 0xe1, 0xfd, 0xcb, 0x6f, 0x40, 0x02); /* vmovdqa64 zmm16{k3}{z}, [rax + 2 * 64] */
  ck_assert_uint_eq(raw.space, RawSpaceEVEX);
  ck_assert_uint_eq(raw.map, RawMap0F);
  ck_assert_uint_eq(raw.pp, RawPrefix66);
  ck_assert_uint_eq(raw.w, 1);
  ck_assert_uint_eq(raw.length, 2);
  ck_assert_uint_eq(raw.reg, 16);
  ck_assert_uint_eq(raw.mask, 3);
  ck_assert(raw.zeroing && !raw.broadcast && raw.shortDisplacement);
  ck_assert_int_eq(raw.displacement, 2);
}
END_TEST

START_TEST(prefixes_before_vex_are_refused) {
  RawStruct raw;
  ck_assert_int_eq(opcode_result(&raw, BYTES(0x66, 0xc5, 0xf9, 0x6f, 0x00)), MutatorDeclinePREFIX);
  ck_assert_int_eq(opcode_result(&raw, BYTES(0xf3, 0xc5, 0xf9, 0x6f, 0x00)), MutatorDeclinePREFIX);
  ck_assert_int_eq(opcode_result(&raw, BYTES(0xf0, 0xc5, 0xf9, 0x6f, 0x00)), MutatorDeclinePREFIX);
  ck_assert_int_eq(opcode_result(&raw, BYTES(0x48, 0xc5, 0xf9, 0x6f, 0x00)),
                   RawMode64 ? MutatorDeclinePREFIX : MutatorDeclineNONE); /* REX, or DEC */
}
END_TEST

/* Whatever the instruction, each of its beginnings is truncated. */
START_TEST(every_beginning_is_truncated) {
  static const unsigned char instructions[][16] = {
      {0x66, RawMode64 ? 0x67 : 0xf3, 0x64, RawMode64 ? 0x44 : 0x66, 0x0f, 0xb7, 0x84, 0x88, 1, 2, 3, 4},
      {0xc4, 0xe1, 0x79, 0x6f, 0x84, 0x88, 1, 2, 3, 4},
      {0x62, 0xf1, 0xfd, 0x48, 0x6f, 0x84, 0x88, 1, 2, 3, 4},
      {RawMode64 ? 0x48 : 0x66, 0x8b, 0x05, 1, 2, 3, 4},
  };
  static const size_t lengths[] = {12, 10, 11, 7};
  size_t i, count;
  for (i = 0; i < 4; ++i) {
    ck_assert_uint_eq(taken(instructions[i], 16).at, lengths[i]);
    for (count = 0; count < lengths[i]; ++count) {
      RawStruct raw;
      MutatorDecline decline = mutatorRawOpcode(&raw, instructions[i], count);
      if (decline == MutatorDeclineNONE)
        decline = mutatorRawModRM(&raw);
      ck_assert_int_eq(decline, MutatorDeclineTRUNCATED);
    }
  }
}
END_TEST

/* A sixteenth byte is never part of an instruction, wherever it is. */
START_TEST(fifteen_prefixes_are_no_instruction) {
  unsigned char bytes[16];
  RawStruct raw;
  memset(bytes, 0x66, sizeof bytes);
  bytes[15] = 0x90;
  ck_assert_int_eq(mutatorRawOpcode(&raw, bytes, sizeof bytes), MutatorDeclineTRUNCATED);
  bytes[14] = 0x90;
  ck_assert_int_eq(mutatorRawOpcode(&raw, bytes, sizeof bytes), MutatorDeclineNONE);
}
END_TEST

START_TEST(displacement_beyond_fifteen_bytes_is_truncated) {
  unsigned char bytes[16] = {0};
  RawStruct raw;
  memset(bytes, 0x66, 10);
  bytes[10] = 0x8b;
  bytes[11] = 0x80; /* four more make 16 */
  ck_assert_int_eq(mutatorRawOpcode(&raw, bytes, sizeof bytes), MutatorDeclineNONE);
  ck_assert_int_eq(mutatorRawModRM(&raw), MutatorDeclineTRUNCATED);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("raw");
  TCase *tests = tcase_create("raw");

  tcase_add_test(tests, no_prefix_is_none);
  tcase_add_test(tests, each_segment_prefix_is_counted);
  tcase_add_test(tests, maps_are_told_apart);
  tcase_add_test(tests, every_modrm_names_its_base);
  tcase_add_test(tests, every_sib_names_base_index_and_scale);
  tcase_add_test(tests, displacements_are_sign_extended);
  tcase_add_test(tests, prefix_67_halves_addresses);
  tcase_add_test(tests, immediates_are_sign_extended);
  tcase_add_test(tests, prefixes_before_vex_are_refused);
  tcase_add_test(tests, every_beginning_is_truncated);
  tcase_add_test(tests, fifteen_prefixes_are_no_instruction);
  tcase_add_test(tests, displacement_beyond_fifteen_bytes_is_truncated);
  if (RawMode64) {
    tcase_add_test(tests, prefixes_are_noted);
    tcase_add_test(tests, flat_segments_do_not_take_back_fs);
    tcase_add_test(tests, rex_before_a_legacy_prefix_is_refused);
    tcase_add_test(tests, two_rex_are_refused);
    tcase_add_test(tests, rex_bits_extend_their_registers);
    tcase_add_test(tests, absolute_address_has_the_address_size);
    tcase_add_test(tests, vex_of_two_bytes);
    tcase_add_test(tests, vex_of_three_bytes);
    tcase_add_test(tests, evex_has_its_fields);
  } else {
    tcase_add_test(tests, prefixes_are_noted_in_32_bit_mode);
    tcase_add_test(tests, there_is_no_rex_in_32_bit_mode);
    tcase_add_test(tests, vector_prefixes_name_a_register_in_32_bit_mode);
    tcase_add_test(tests, addresses_of_16_bits_name_two_registers);
    tcase_add_test(tests, absolute_address_of_32_bits_or_16);
    tcase_add_test(tests, the_last_segment_counts_in_32_bit_mode);
    tcase_add_test(tests, vex_in_32_bit_mode);
  }
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
