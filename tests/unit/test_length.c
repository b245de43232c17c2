/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_length.c -- how long any instruction is, against Zydis (B1)
 */

#include <stdio.h>

#include <Zydis/Zydis.h>

#include "arch/arch.h"
#include "support/unit.h"

static uint64_t seed = 0x1821;

static uint64_t random64(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

/* Random bytes, with the escape to other maps more often than chance would have it. */
static void make(unsigned char bytes[ARCH_FETCH_MAX]) {
  static const unsigned char openings[] = {0x0f, 0x66, 0xf2, 0xf3, 0x48, 0xc4, 0xc5, 0x62, 0x67, 0xff, 0xf6, 0xf7};
  size_t i;
  for (i = 0; i < ARCH_FETCH_MAX; i++)
    bytes[i] = (unsigned char)(random64() >> 32);
  for (i = 0; i < random64() % 3; i++)
    bytes[i] = openings[random64() % sizeof openings];
  if (bytes[i == 0 ? 0 : i - 1] == 0x0f && random64() % 3 == 0)
    bytes[i] = random64() % 2 == 0 ? 0x38 : 0x3a;
}

/* What Zydis takes for an instruction we measure alike, or not at all; and we measure nearly all. */
START_TEST(lengths_are_those_of_zydis) {
  enum { Count = 3000000 };
  unsigned long valid = 0, measured = 0, wrong = 0;
  unsigned char bytes[ARCH_FETCH_MAX];
  ZydisDecodedInstruction instruction;
  ZydisDecoder decoder;
  unsigned i;
  ZydisDecoderInit(&decoder, sizeof(void *) == 8 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                   sizeof(void *) == 8 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
  for (i = 0; i < Count; i++) {
    size_t length;
    make(bytes);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, ZYAN_NULL, bytes, sizeof bytes, &instruction)))
      continue;
    valid++;
    length = mutatorArchLength(bytes, sizeof bytes);
    measured += length != 0;
    if (length != 0 && length != instruction.length && wrong++ < 10)
      printf("%02x %02x %02x %02x %02x %02x: %u, not %u\n", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5],
             (unsigned)length, instruction.length);
  }
  printf("%lu instructions, %lu measured, %lu wrong\n", valid, measured, wrong);
  ck_assert_uint_eq(wrong, 0);
  ck_assert_uint_gt(measured, valid * 8 / 10);
}
END_TEST

/* Cut short, none is measured. */
START_TEST(truncated_ones_have_none) {
  unsigned char bytes[ARCH_FETCH_MAX];
  unsigned i;
  for (i = 0; i < 100000; i++) {
    size_t length, count;
    make(bytes);
    length = mutatorArchLength(bytes, sizeof bytes);
    for (count = 0; count < length; count++)
      ck_assert_uint_eq(mutatorArchLength(bytes, count), 0);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("length");
  TCase *tests = tcase_create("length");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, lengths_are_those_of_zydis);
  tcase_add_test(tests, truncated_ones_have_none);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
