/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_native.c -- operations in assembly: operands, results and flags (C9)
 */

#include <stdlib.h>

#include "arch/x86/operation.h"
#include "arch/x86/registers.h"
#include "support/unit.h"

/* The families are named by the list of operations. */
#define DECLARE(name) NATIVE_FAMILY(mutatorNative##name);
OPERATIONS(DECLARE)

#define ALL (~(MutatorWord)0)
#define CF ((MutatorWord)MachineFlagCF)
#define PF ((MutatorWord)MachineFlagPF)
#define AF ((MutatorWord)MachineFlagAF)
#define ZF ((MutatorWord)MachineFlagZF)
#define SF ((MutatorWord)MachineFlagSF)
#define OF ((MutatorWord)MachineFlagOF)

/* Known answers, worked out by hand from the manual's definitions; `defined` are
 * the flags that the instruction defines. */
typedef struct CaseStruct {
  const char *name;
  const NativeOperation *family;
  size_t bytes;
  NativeOperandsStruct given;
  NativeOperandsStruct left;
  MutatorWord defined;
} CaseStruct;

#define EVERY (CF | PF | AF | ZF | SF | OF)
static const CaseStruct cases[] = {
    {"cmp equal", mutatorNativeCompare, 4, {5, 5, 9, EVERY}, {5, 5, 9, ZF | PF}, EVERY},
    {"cmp below", mutatorNativeCompare, 1, {0x7f, 0x80, 9, 0}, {0x7f, 0x80, 9, CF | SF | OF | PF}, EVERY},
    {"cmp of words", mutatorNativeCompare, 2, {0x10000, 0x20000, 0, 0}, {0x10000, 0x20000, 0, ZF | PF}, EVERY},
    {"test sign", mutatorNativeTest, 2, {0x8001, 0xff00, 0, EVERY}, {0x8001, 0xff00, 0, SF | PF}, EVERY & ~AF},
    {"adc takes the carry", mutatorNativeAdc, 1, {0xff, 0, 0, CF}, {0, 0, 0, CF | ZF | PF | AF}, EVERY},
    {"adc without a carry", mutatorNativeAdc, 1, {0xff, 0, 0, 0}, {0xff, 0, 0, SF | PF}, EVERY},
    {"adc merges bytes", mutatorNativeAdc, 1, {0x1234, 1, 0, 0}, {0x1235, 1, 0, PF}, EVERY},
    {"shl by cl", mutatorNativeShl, 4, {1, 7, 4, 0}, {16, 7, 4, 0}, CF | PF | ZF | SF},
    {"shl by nothing keeps flags", mutatorNativeShl, 4, {1, 7, 32, EVERY}, {1, 7, 32, EVERY}, EVERY},
    {"neg", mutatorNativeNeg, 2, {1, 7, 8, 0}, {0xffff, 7, 8, CF | AF | SF | PF}, EVERY},
    {"mul of bytes", mutatorNativeMul, 1, {0x10, 7, 0x20, 0}, {0x200, 7, 0x20, CF | OF}, CF | OF},
    {"mul into both", mutatorNativeMul, 4, {0x80000000, 7, 6, 0}, {0, 3, 6, CF | OF}, CF | OF},
    {"mul into one", mutatorNativeMul, 4, {7, 7, 6, CF | OF}, {42, 0, 6, 0}, CF | OF},
};

START_TEST(operations_leave_what_the_manual_says) {
  NativeOperandsStruct operands = cases[_i].given;
  const NativeOperandsStruct *left = &cases[_i].left;
  nativeOf(cases[_i].family, cases[_i].bytes)(&operands);
  ck_assert_msg(operands.a == left->a && operands.b == left->b && operands.c == left->c, "%s", cases[_i].name);
  ck_assert_msg((operands.flags & cases[_i].defined) == (left->flags & cases[_i].defined), "%s: flags %lx",
                cases[_i].name, (unsigned long)operands.flags);
}
END_TEST

/* The sign bit of every operand size that the CPU has is where it should be. */
START_TEST(each_member_has_its_own_size) {
  unsigned size;
  for (size = 0; size < NativeSIZES; ++size) {
    const size_t bytes = (size_t)1 << size;
    NativeOperandsStruct operands = {.a = ALL, .b = 0, .c = 0, .flags = CF};
    if (bytes > sizeof(MutatorWord)) {
      ck_assert_ptr_null((void *)(uintptr_t)mutatorNativeAdc[size]);
      continue;
    }
    mutatorNativeAdc[size](&operands);
    ck_assert_uint_eq(operands.a, bytes == 4 || bytes == sizeof(MutatorWord) ? 0 : ALL << (8 * bytes));
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("native");
  TCase *tests = tcase_create("native");

  tcase_add_loop_test(tests, operations_leave_what_the_manual_says, 0, (int)(sizeof cases / sizeof cases[0]));
  tcase_add_test(tests, each_member_has_its_own_size);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
