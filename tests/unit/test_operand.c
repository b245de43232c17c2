/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_operand.c -- what any instruction's operand names, and the alignment the CPU wants (C2)
 */

#include <Zydis/Zydis.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/x86/raw.h"
#include "support/unit.h"

#define BYTES(...) (const unsigned char[]){__VA_ARGS__}, sizeof((const unsigned char[]){__VA_ARGS__})

static MutatorWord registers[MutatorRegisterLIMIT];
static const MutatorWord baseFS = (MutatorWord)UINT64_C(0x7f0000001000), baseGS = (MutatorWord)UINT64_C(0x123456789);

static MutatorBool segment_base(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  (void)machine;
  *baseReturn = segment == MachineSegmentFS ? baseFS : segment == MachineSegmentGS ? baseGS : 0;
  return !RawMode64 || segment == MachineSegmentFS || segment == MachineSegmentGS;
}

static MachineStruct machine_of_registers(void) {
  static uint16_t offsets[MutatorRegisterLIMIT];
  MachineStruct machine = {.base = (unsigned char *)registers, .offset = offsets, .segmentBase = segment_base};
  unsigned i;
  for (i = 0; i < MutatorRegisterLIMIT; ++i)
    offsets[i] = (uint16_t)(i * sizeof(MutatorWord));
  return machine;
}

static uint64_t seed = 1;
static uint64_t next_word(void) {
  uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static void fill_registers(void) {
  unsigned i;
  for (i = 0; i < MutatorRegisterLIMIT; ++i)
    registers[i] = (MutatorWord)next_word();
}

static MutatorBool operand_of(const unsigned char *bytes, size_t count, MutatorWord *address, size_t *align) {
  MachineStruct machine = machine_of_registers();
  return mutatorArchOperand(bytes, count, &machine, address, align);
}

static size_t align_of(const unsigned char *bytes, size_t count) {
  MutatorWord address;
  size_t align;
  ck_assert_msg(operand_of(bytes, count, &address, &align), "no operand");
  return align;
}

#define ALIGN(...) align_of(BYTES(__VA_ARGS__))

START_TEST(aligned_moves_want_their_vector) {
  ck_assert_uint_eq(ALIGN(0x0f, 0x28, 0x00), 16);                   /* movaps xmm, m */
  ck_assert_uint_eq(ALIGN(0x0f, 0x29, 0x00), 16);                   /* movaps m, xmm */
  ck_assert_uint_eq(ALIGN(0x66, 0x0f, 0x6f, 0x00), 16);             /* movdqa */
  ck_assert_uint_eq(ALIGN(0x66, 0x0f, 0xe7, 0x00), 16);             /* movntdq */
  ck_assert_uint_eq(ALIGN(0x0f, 0x2b, 0x00), 16);                   /* movntps */
  ck_assert_uint_eq(ALIGN(0x66, 0x0f, 0x38, 0x2a, 0x00), 16);       /* movntdqa */
  ck_assert_uint_eq(ALIGN(0xc5, 0xf8, 0x28, 0x00), 16);             /* vmovaps xmm */
  ck_assert_uint_eq(ALIGN(0xc5, 0xfc, 0x28, 0x00), 32);             /* vmovaps ymm */
  ck_assert_uint_eq(ALIGN(0xc5, 0xfd, 0x7f, 0x00), 32);             /* vmovdqa ymm */
  ck_assert_uint_eq(ALIGN(0x62, 0xf1, 0x7c, 0x48, 0x28, 0x00), 64); /* vmovaps zmm */
  ck_assert_uint_eq(ALIGN(0x62, 0xf1, 0xfd, 0x48, 0x6f, 0x00), 64); /* vmovdqa64 zmm */
  ck_assert_uint_eq(ALIGN(0x62, 0xf1, 0x7d, 0x28, 0xe7, 0x00), 32); /* vmovntdq ymm */
}
END_TEST

START_TEST(unaligned_moves_want_nothing) {
  ck_assert_uint_eq(ALIGN(0x0f, 0x10, 0x00), 1);       /* movups */
  ck_assert_uint_eq(ALIGN(0xf3, 0x0f, 0x6f, 0x00), 1); /* movdqu */
  ck_assert_uint_eq(ALIGN(0xf3, 0x0f, 0x10, 0x00), 1); /* movss */
  ck_assert_uint_eq(ALIGN(0x66, 0x0f, 0x12, 0x00), 1); /* movlpd */
  ck_assert_uint_eq(ALIGN(0xf2, 0x0f, 0xf0, 0x00), 1); /* lddqu */
  ck_assert_uint_eq(ALIGN(0xc5, 0xfe, 0x6f, 0x00), 1); /* vmovdqu ymm */
  ck_assert_uint_eq(ALIGN(0x0f, 0x6f, 0x00), 1);       /* movq mm */
  ck_assert_uint_eq(ALIGN(0x8b, 0x00), 1);
}
END_TEST

START_TEST(legacy_arithmetic_is_aligned_and_vex_is_not) {
  ck_assert_uint_eq(ALIGN(0x0f, 0x58, 0x00), 16);             /* addps */
  ck_assert_uint_eq(ALIGN(0xc5, 0xf8, 0x58, 0x00), 1);        /* vaddps */
  ck_assert_uint_eq(ALIGN(0xf3, 0x0f, 0x58, 0x00), 1);        /* addss */
  ck_assert_uint_eq(ALIGN(0x66, 0x0f, 0xef, 0x00), 16);       /* pxor */
  ck_assert_uint_eq(ALIGN(0x66, 0x0f, 0x70, 0x00, 0x00), 16); /* pshufd */
}
END_TEST

START_TEST(compare_exchange_16_is_aligned) {
  ck_assert_uint_eq(ALIGN(0x48, 0x0f, 0xc7, 0x08), 16);
  ck_assert_uint_eq(ALIGN(0x0f, 0xc7, 0x08), 1);
}
END_TEST

START_TEST(instructions_without_modrm_have_no_operand) {
  MutatorWord address;
  size_t align;
  ck_assert(!operand_of(BYTES(0x90), &address, &align));
  ck_assert(!operand_of(BYTES(0xe8, 0, 0, 0, 0), &address, &align));
  ck_assert(!operand_of(BYTES(0x0f, 0x0b), &address, &align));
  ck_assert(!operand_of(BYTES(0xc5, 0xf8, 0x77), &address, &align)); /* vzeroupper */
}
END_TEST

START_TEST(register_operands_are_none) {
  MutatorWord address;
  size_t align;
  ck_assert(!operand_of(BYTES(0x0f, 0x28, 0xc0), &address, &align));
}
END_TEST

/* EVEX.L'L 11 is undefined with an operand in memory. */
START_TEST(undefined_vector_lengths_have_no_operand) {
  MutatorWord address;
  size_t align;
  ck_assert(operand_of(BYTES(0x62, 0xf1, 0xfd, 0x48, 0x28, 0x7f, 0x44), &address, &align));
  ck_assert(!operand_of(BYTES(0x62, 0xf1, 0xfd, 0x68, 0x28, 0x7f, 0x44), &address, &align));
}
END_TEST

/* 8F with another ModR/M.reg than 0 is no POP: AMD's XOP. */
START_TEST(xop_is_not_pop) {
  MutatorWord address;
  size_t align;
  ck_assert(operand_of(BYTES(0x8f, 0x00), &address, &align));
  ck_assert(!operand_of(BYTES(0x8f, 0x28, 0x20, 0x8f, 0x97), &address, &align));
}
END_TEST

START_TEST(truncated_instructions_have_no_operand) {
  static const unsigned char bytes[] = {0x62, 0xf1, 0xfd, 0x48, 0x6f, 0x84, 0x88, 1, 2, 3, 4};
  MutatorWord address;
  size_t count, align;
  for (count = 0; count < sizeof bytes; ++count)
    ck_assert(!operand_of(bytes, count, &address, &align));
  ck_assert(operand_of(bytes, sizeof bytes, &address, &align));
}
END_TEST

START_TEST(a_flat_segment_does_not_take_back_fs) {
  MutatorWord address;
  size_t align;
  registers[0] = 0x1000;
  ck_assert(operand_of(BYTES(0x64, 0x3e, 0x0f, 0x28, 0x00), &address, &align));
  ck_assert_uint_eq(address, baseFS + 0x1000);
}
END_TEST

/* Every address is one in 32-bit mode. */
START_TEST(canonical_addresses) {
  static const struct {
    uint64_t address;
    size_t size;
    MutatorBool canonical;
  } cases[] = {
      {0, 1, 1},
      {UINT64_C(0x7fffffffffff), 1, 1},
      {UINT64_C(0x7fffffffffff), 2, 0},
      {UINT64_C(0x800000000000), 1, 0},
      {UINT64_C(0xffff7fffffffffff), 1, 0},
      {UINT64_C(0xffff800000000000), 8, 1},
      {UINT64_C(0xffffffffffffffff), 1, 1},
  };
  size_t i;
  for (i = 0; i < sizeof cases / sizeof cases[0]; ++i)
    ck_assert_int_eq(mutatorArchCanonical((MutatorWord)cases[i].address, cases[i].size),
                     !RawMode64 || cases[i].canonical);
}
END_TEST

START_TEST(the_last_segment_counts_in_32_bit_mode) {
  MutatorWord address;
  size_t align;
  registers[0] = 0x1000;
  ck_assert(operand_of(BYTES(0x64, 0x3e, 0x0f, 0x28, 0x00), &address, &align));
  ck_assert_uint_eq(address, 0x1000);
  ck_assert(operand_of(BYTES(0x3e, 0x64, 0x0f, 0x28, 0x00), &address, &align));
  ck_assert_uint_eq(address, baseFS + 0x1000);
}
END_TEST

/* against Zydis --------------------------------------------------------------- */

static MutatorWord zydis_register(ZydisRegister reg) {
  return registers[ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg) - ZYDIS_REGISTER_RAX];
}

/* A SIB base of 101 with mod 00 is none; Zydis 4.0.0 sees R13D there with a 32-bit address. */
static MutatorBool has_base(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperandMem *mem) {
  return mem->base != ZYDIS_REGISTER_NONE && !((instruction->attributes & ZYDIS_ATTRIB_HAS_SIB) != 0 &&
                                               instruction->raw.modrm.mod == 0 && instruction->raw.sib.base == 5);
}

static MutatorWord zydis_address(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperandMem *mem) {
  MutatorWord address = (MutatorWord)mem->disp.value;
  if (!has_base(instruction, mem))
    address = (MutatorWord)instruction->raw.disp.value;
  if (mem->base == ZYDIS_REGISTER_RIP || mem->base == ZYDIS_REGISTER_EIP)
    address += registers[MutatorRegisterPC] + instruction->length;
  else if (has_base(instruction, mem))
    address += zydis_register(mem->base);
  if (mem->index != ZYDIS_REGISTER_NONE)
    address += zydis_register(mem->index) * mem->scale;
  if (instruction->address_width < 64)
    address &= ((MutatorWord)2 << (instruction->address_width - 1)) - 1;
  if (mem->segment == ZYDIS_REGISTER_FS)
    address += baseFS;
  if (mem->segment == ZYDIS_REGISTER_GS)
    address += baseGS;
  return address;
}

/* A random aligned move: prefixes, encoding, any ModR/M, SIB and displacement. */
static void make_move(unsigned char *bytes) {
  static const unsigned char opcodes[] = {0x28, 0x29, 0x2b, 0x6f, 0x7f, 0xe7};
  const unsigned char opcode = opcodes[next_word() % sizeof opcodes];
  const unsigned prefix66 = opcode >= 0x6f || next_word() % 2;
  size_t at = 0, i;
  for (i = 0; i < 15; ++i)
    bytes[i] = (unsigned char)next_word();
  if (next_word() % 4 == 0)
    bytes[at++] = 0x67;
  if (next_word() % 4 == 0)
    bytes[at++] = next_word() % 2 ? 0x64 : 0x65;
  switch (next_word() % 3) {
  case 0: /* legacy */
    if (prefix66)
      bytes[at++] = 0x66;
    if (RawMode64 && next_word() % 2)
      bytes[at++] = (unsigned char)(0x40 | next_word() % 16);
    bytes[at++] = 0x0f;
    break;
  case 1: /* VEX: vvvv is 1111 */
    bytes[at++] = 0xc4;
    bytes[at++] = (unsigned char)((next_word() & 0xe0) | (RawMode64 ? 0 : 0xc0) | 1);
    bytes[at++] = (unsigned char)(0x78 | (next_word() & 0x84) | prefix66);
    break;
  default: /* EVEX, W as the opcode wants, no mask */
    bytes[at++] = 0x62;
    bytes[at++] = (unsigned char)((next_word() & 0xf0) | (RawMode64 ? 0 : 0xc0) | 1);
    bytes[at++] = (unsigned char)(0x7c | (opcode < 0x60 && prefix66 ? 0x80 : 0) | prefix66);
    bytes[at++] = (unsigned char)(0x08 | next_word() % 3 << 5);
    break;
  }
  bytes[at] = opcode;
}

START_TEST(aligned_moves_name_what_zydis_says) {
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  ZydisDecodedInstruction instruction;
  unsigned compared = 0, tries, memory;
  ZydisDecoder decoder;
  (void)ZydisDecoderInit(&decoder, RawMode64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                         RawMode64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
  for (tries = 0; tries < 200000; ++tries) {
    unsigned char bytes[15];
    MutatorWord address;
    size_t align;
    make_move(bytes);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, sizeof bytes, &instruction, operands)))
      continue;
    memory = operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY ? 0 : instruction.operand_count_visible - 1u;
    if (operands[memory].type != ZYDIS_OPERAND_TYPE_MEMORY)
      continue;
    fill_registers();
    ck_assert_msg(operand_of(bytes, sizeof bytes, &address, &align), "%02x%02x%02x%02x%02x%02x: no operand", bytes[0],
                  bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
    ck_assert_msg(address == zydis_address(&instruction, &operands[memory].mem),
                  "%02x%02x%02x%02x%02x%02x%02x: address", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5],
                  bytes[6]);
    ck_assert_msg(align == operands[memory].size / 8u, "%02x%02x%02x%02x%02x%02x%02x: align", bytes[0], bytes[1],
                  bytes[2], bytes[3], bytes[4], bytes[5], bytes[6]);
    ++compared;
  }
  ck_assert_uint_gt(compared, 50000);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("operand");
  TCase *tests = tcase_create("operand");

  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, aligned_moves_want_their_vector);
  tcase_add_test(tests, unaligned_moves_want_nothing);
  tcase_add_test(tests, legacy_arithmetic_is_aligned_and_vex_is_not);
  tcase_add_test(tests, instructions_without_modrm_have_no_operand);
  tcase_add_test(tests, register_operands_are_none);
  tcase_add_test(tests, undefined_vector_lengths_have_no_operand);
  tcase_add_test(tests, xop_is_not_pop);
  tcase_add_test(tests, truncated_instructions_have_no_operand);
  tcase_add_test(tests, canonical_addresses);
  tcase_add_test(tests, aligned_moves_name_what_zydis_says);
  if (RawMode64) {
    tcase_add_test(tests, compare_exchange_16_is_aligned);
    tcase_add_test(tests, a_flat_segment_does_not_take_back_fs);
  } else
    tcase_add_test(tests, the_last_segment_counts_in_32_bit_mode);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
