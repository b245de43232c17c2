/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_window.c -- memory mapped twice (C13)
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mutator.h>

#include "os/os.h"
#include "support/native.h"
#include "support/unit.h"

static size_t page_size(void) { return nativePageSize(); }

/* Windows that a test leaves behind, in whatever state; teardown destroys those that live. */
static MutatorWindowStruct window, more[3];

static void teardown(void) {
  size_t i;
  (void)MutatorWindowDestroy(&window);
  for (i = 0; i < sizeof more / sizeof more[0]; ++i)
    (void)MutatorWindowDestroy(&more[i]);
}

static void setup(void) { ck_assert_int_eq(MutatorSetup(NULL), MutatorResOK); }

static unsigned char *create(size_t count) {
  setup();
  ck_assert_int_eq(MutatorWindowCreate(&window, count * page_size(), MutatorWindowForkREFUSE), MutatorResOK);
  return MutatorWindowBase(&window);
}

static unsigned char *alias_of(void *address) {
  void *alias = NULL;
  ck_assert_int_eq(MutatorWindowAlias(&window, address, 1, &alias), MutatorResOK);
  return alias;
}

/* Two mappings of the same memory, the client's own. */
static void map_twice(size_t size, void **base, void **alias) {
  *base = nativeMapTwice(NULL, size, NativeREADWRITE, alias);
}

/* before set-up: must come first, set-up is never undone */

START_TEST(nothing_before_setup) {
  void *base, *alias;
  map_twice(page_size(), &base, &alias);
  ck_assert_int_eq(MutatorWindowCreate(&window, page_size(), MutatorWindowForkREFUSE), MutatorResSTATE);
  ck_assert_int_eq(MutatorWindowAdopt(&window, base, alias, page_size(), MutatorWindowForkREFUSE), MutatorResSTATE);
}
END_TEST

/* creating */

START_TEST(create_refuses_bad_arguments_and_changes_nothing) {
  MutatorWindowStruct wanted[2], before[2];
  setup();
  memset(wanted, 0x5a, sizeof wanted);
  memcpy(before, wanted, sizeof wanted);
  ck_assert_int_eq(MutatorWindowCreate(NULL, 1, MutatorWindowForkREFUSE), MutatorResPARAM);
  ck_assert_int_eq(MutatorWindowCreate((MutatorWindow)(void *)((char *)wanted + 1), 1, MutatorWindowForkREFUSE),
                   MutatorResPARAM);
  ck_assert_int_eq(MutatorWindowCreate(wanted, 0, MutatorWindowForkREFUSE), MutatorResPARAM);
  ck_assert_int_eq(MutatorWindowCreate(wanted, SIZE_MAX, MutatorWindowForkREFUSE), MutatorResPARAM);
  ck_assert_int_eq(MutatorWindowCreate(wanted, PTRDIFF_MAX, MutatorWindowForkREFUSE), MutatorResPARAM);
  ck_assert_int_eq(MutatorWindowCreate(wanted, 1, MutatorWindowForkLIMIT), MutatorResPARAM);
  ck_assert_int_eq(MutatorWindowCreate(wanted, 1, (MutatorWindowFork)-1), MutatorResPARAM);
  ck_assert_mem_eq(wanted, before, sizeof wanted);
}
END_TEST

START_TEST(create_without_memory_changes_nothing) {
  MutatorWindowStruct before;
  setup();
  memset(&window, 0x5a, sizeof window);
  memcpy(&before, &window, sizeof window);
  ck_assert_int_eq(MutatorWindowCreate(&window, (size_t)PTRDIFF_MAX - 65535, MutatorWindowForkCOPY), MutatorResMEMORY);
  ck_assert_mem_eq(&window, &before, sizeof window);
}
END_TEST

START_TEST(size_is_rounded_up_to_pages) {
  static const struct { size_t asked, pages; } rows[] = {{1, 1}, {4095, 1}, {4096, 1}, {4097, 2}, {3 * 4096, 3}};
  size_t i;
  setup();
  if (page_size() != 4096)
    return;
  for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    ck_assert_int_eq(MutatorWindowCreate(&window, rows[i].asked, MutatorWindowForkREFUSE), MutatorResOK);
    ck_assert_uint_eq(MutatorWindowSize(&window), rows[i].pages * 4096);
    ck_assert_int_eq(MutatorWindowDestroy(&window), MutatorResOK);
  }
}
END_TEST

START_TEST(memory_is_zeroed) {
  unsigned char *base = create(4);
  size_t i;
  for (i = 0; i < MutatorWindowSize(&window); ++i)
    ck_assert_uint_eq(base[i], 0);
}
END_TEST

START_TEST(both_mappings_are_the_same_memory) {
  unsigned char *base = create(3);
  size_t i;
  for (i = 0; i < MutatorWindowSize(&window); i += 509) {
    unsigned char *alias = alias_of(base + i);
    ck_assert_ptr_ne(alias, base + i);
    base[i] = (unsigned char)(i + 1);
    ck_assert_uint_eq(*alias, (unsigned char)(i + 1));
    *alias = (unsigned char)(i + 2);
    ck_assert_uint_eq(base[i], (unsigned char)(i + 2));
  }
}
END_TEST

START_TEST(alias_is_open_where_the_base_is_not) {
  unsigned char *base = create(1);
  *alias_of(base) = 1;
  nativeProtect(base, page_size(), NativeNONE);
  ck_assert_uint_eq(*alias_of(base), 1);
  *alias_of(base) = 2;
  nativeProtect(base, page_size(), NativeREAD);
  ck_assert_uint_eq(*base, 2);
}
END_TEST

START_TEST(live_window_is_not_made_again) {
  MutatorWindowStruct before;
  void *base, *alias;
  create(1);
  before = window;
  map_twice(page_size(), &base, &alias);
  ck_assert_int_eq(MutatorWindowCreate(&window, page_size(), MutatorWindowForkREFUSE), MutatorResSTATE);
  ck_assert_int_eq(MutatorWindowAdopt(&window, base, alias, page_size(), MutatorWindowForkREFUSE), MutatorResSTATE);
  ck_assert_mem_eq(&window, &before, sizeof window);
}
END_TEST

/* asking */

START_TEST(check_wants_a_live_window) {
  MutatorWindowStruct copy;
  create(1);
  copy = window;
  ck_assert_int_eq(MutatorWindowCheck(&window), 1);
  ck_assert_int_eq(MutatorWindowCheck(NULL), 0);
  ck_assert_int_eq(MutatorWindowCheck((MutatorWindow)(void *)((char *)&window + 4)), 0);
  ck_assert_int_eq(MutatorWindowCheck(&copy), 0);
  copy.memory.closure = &copy;
  copy.signature ^= 1;
  ck_assert_int_eq(MutatorWindowCheck(&copy), 0);
}
END_TEST

START_TEST(no_answers_without_a_window) {
  void *alias = &window;
  memset(&window, 0, sizeof window);
  ck_assert_ptr_null(MutatorWindowBase(&window));
  ck_assert_uint_eq(MutatorWindowSize(&window), 0);
  ck_assert_ptr_null(MutatorWindowMemory(&window));
  ck_assert_int_eq(MutatorWindowAlias(&window, NULL, 1, &alias), MutatorResPARAM);
  ck_assert_int_eq(MutatorWindowDestroy(&window), MutatorResPARAM);
  ck_assert_ptr_null(MutatorWindowMemory(NULL));
  ck_assert_int_eq(MutatorWindowDestroy(NULL), MutatorResPARAM);
  ck_assert_ptr_eq(alias, &window);
}
END_TEST

START_TEST(alias_holds_the_whole_stretch_or_none) {
  unsigned char *base = create(2);
  const size_t size = MutatorWindowSize(&window);
  void *alias, *first;
  ck_assert_int_eq(MutatorWindowAlias(&window, base, 1, NULL), MutatorResPARAM);
  ck_assert_int_eq(MutatorWindowAlias(&window, base, size, &first), MutatorResOK);
  ck_assert_int_eq(MutatorWindowAlias(&window, base + size - 1, 1, &alias), MutatorResOK);
  ck_assert_ptr_eq(alias, (char *)first + size - 1);
  alias = &window;
  ck_assert_int_eq(MutatorWindowAlias(&window, base, size + 1, &alias), MutatorResACCESS);
  ck_assert_int_eq(MutatorWindowAlias(&window, base + size, 1, &alias), MutatorResACCESS);
  ck_assert_int_eq(MutatorWindowAlias(&window, base + size - 1, 2, &alias), MutatorResACCESS);
  ck_assert_int_eq(MutatorWindowAlias(&window, base - 1, 1, &alias), MutatorResACCESS);
  ck_assert_int_eq(MutatorWindowAlias(&window, base - 1, 2, &alias), MutatorResACCESS);
  ck_assert_int_eq(MutatorWindowAlias(&window, base + 8, SIZE_MAX, &alias), MutatorResACCESS);
  ck_assert_ptr_eq(alias, &window);
}
END_TEST

/* stepping's view */

START_TEST(memory_goes_through_the_alias) {
  unsigned char *base = create(2);
  MutatorMemory memory = MutatorWindowMemory(&window);
  const uint64_t mark = 0x1122334455667788u;
  uint64_t value = 0, expected = mark, desired = 99;
  ck_assert_int_eq(MutatorMemoryCheck(memory), 1);
  nativeProtect(base, MutatorWindowSize(&window), NativeNONE);
  /* across the page inside the window, too */
  ck_assert_int_eq(MutatorMemoryStore(memory, base + page_size() - 4, &mark, 8), MutatorResOK);
  ck_assert_int_eq(MutatorMemoryLoad(memory, &value, base + page_size() - 4, 8), MutatorResOK);
  ck_assert_uint_eq(value, mark);
  ck_assert_int_eq(MutatorMemoryStore(memory, base + 64, &mark, 8), MutatorResOK);
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(memory, base + 64, &expected, &desired, 8), MutatorResOK);
  nativeProtect(base, MutatorWindowSize(&window), NativeREAD);
  ck_assert_uint_eq(*(uint64_t *)(void *)(base + 64), 99);
}
END_TEST

START_TEST(memory_goes_direct_outside) {
  MutatorMemory memory;
  uint32_t word = 17, value = 0;
  create(1);
  memory = MutatorWindowMemory(&window);
  ck_assert_int_eq(MutatorMemoryLoad(memory, &value, &word, 4), MutatorResOK);
  ck_assert_uint_eq(value, 17);
  value = 18;
  ck_assert_int_eq(MutatorMemoryStore(memory, &word, &value, 4), MutatorResOK);
  ck_assert_uint_eq(word, 18);
}
END_TEST

START_TEST(memory_has_no_operand_on_the_edge) {
  unsigned char *base = create(1), *limit = base + page_size();
  MutatorMemory memory = MutatorWindowMemory(&window);
  uint64_t value = ~(uint64_t)0;
  size_t inside;
  for (inside = 1; inside < 8; ++inside) {
    ck_assert_int_eq(MutatorMemoryStore(memory, limit - inside, &value, 8), MutatorResACCESS);
    ck_assert_int_eq(MutatorMemoryLoad(memory, &value, base + inside - 8, 8), MutatorResACCESS);
  }
  for (inside = 1; inside < 8; ++inside)
    ck_assert_uint_eq(limit[-(ptrdiff_t)inside], 0);
}
END_TEST

/* destroying */

START_TEST(destroy_unmaps_both) {
  unsigned char *base = create(1), *alias = alias_of(base);
  MutatorMemory memory = MutatorWindowMemory(&window);
  ck_assert_int_eq(MutatorWindowDestroy(&window), MutatorResOK);
  ck_assert_int_eq(nativeIsMapped(base), 0);
  ck_assert_int_eq(nativeIsMapped(alias), 0);
  ck_assert_int_eq(MutatorWindowCheck(&window), 0);
  ck_assert_int_eq(MutatorMemoryCheck(memory), 0);
  ck_assert_int_eq(MutatorWindowDestroy(&window), MutatorResPARAM);
}
END_TEST

START_TEST(windows_leave_in_any_order) {
  static const int order[3] = {1, 2, 0};
  int i, k;
  setup();
  for (i = 0; i < 3; ++i)
    ck_assert_int_eq(MutatorWindowCreate(&more[i], 1, MutatorWindowForkREFUSE), MutatorResOK);
  for (i = 0; i < 3; ++i) {
    ck_assert_int_eq(MutatorWindowDestroy(&more[order[i]]), MutatorResOK);
    for (k = i + 1; k < 3; ++k)
      ck_assert_int_eq(MutatorWindowCheck(&more[order[k]]), 1);
  }
  for (i = 0; i < 3; ++i)
    ck_assert_int_eq(MutatorWindowCreate(&more[i], 1, MutatorWindowForkREFUSE), MutatorResOK);
}
END_TEST

/* adopting */

START_TEST(adopt_refuses_bad_arguments_and_changes_nothing) {
  MutatorWindowStruct wanted[2], before[2];
  const size_t page = page_size();
  void *base, *alias;
  setup();
  map_twice(2 * page, &base, &alias);
  memset(wanted, 0x5a, sizeof wanted);
  memcpy(before, wanted, sizeof wanted);
#define REFUSED(window, base, alias, size, fork) \
  ck_assert_int_eq(MutatorWindowAdopt(window, base, alias, size, fork), MutatorResPARAM)
  REFUSED(NULL, base, alias, page, MutatorWindowForkSHARE);
  REFUSED((MutatorWindow)(void *)((char *)wanted + 1), base, alias, page, MutatorWindowForkSHARE);
  REFUSED(wanted, NULL, alias, page, MutatorWindowForkSHARE);
  REFUSED(wanted, base, NULL, page, MutatorWindowForkSHARE);
  REFUSED(wanted, (char *)base + 8, alias, page, MutatorWindowForkSHARE);
  REFUSED(wanted, base, (char *)alias + 8, page, MutatorWindowForkSHARE);
  REFUSED(wanted, base, alias, 0, MutatorWindowForkSHARE);
  REFUSED(wanted, base, alias, page + 1, MutatorWindowForkSHARE);
  REFUSED(wanted, (void *)~(uintptr_t)(page - 1), alias, 2 * page, MutatorWindowForkSHARE);
  REFUSED(wanted, base, (void *)~(uintptr_t)(page - 1), 2 * page, MutatorWindowForkSHARE);
  REFUSED(wanted, base, base, page, MutatorWindowForkSHARE);
  REFUSED(wanted, base, (char *)base + page, 2 * page, MutatorWindowForkSHARE);
  REFUSED(wanted, (char *)base + page, base, 2 * page, MutatorWindowForkSHARE);
  REFUSED(wanted, base, alias, page, MutatorWindowForkCOPY);
  REFUSED(wanted, base, alias, page, MutatorWindowForkLIMIT);
#undef REFUSED
  ck_assert_mem_eq(wanted, before, sizeof wanted);
}
END_TEST

START_TEST(adopted_mappings_stay_the_clients) {
  void *base, *alias, *found = NULL;
  setup();
  map_twice(page_size(), &base, &alias);
  ck_assert_int_eq(MutatorWindowAdopt(&window, base, alias, page_size(), MutatorWindowForkSHARE), MutatorResOK);
  ck_assert_ptr_eq(MutatorWindowBase(&window), base);
  ck_assert_uint_eq(MutatorWindowSize(&window), page_size());
  ck_assert_int_eq(MutatorWindowAlias(&window, (char *)base + 5, 1, &found), MutatorResOK);
  ck_assert_ptr_eq(found, (char *)alias + 5);
  ck_assert_int_eq(MutatorWindowDestroy(&window), MutatorResOK);
  ck_assert_int_eq(nativeIsMapped(base), 1);
  ck_assert_int_eq(nativeIsMapped(alias), 1);
}
END_TEST

static void add_creating(TCase *tcase) {
  tcase_add_test(tcase, nothing_before_setup);
  tcase_add_test(tcase, create_refuses_bad_arguments_and_changes_nothing);
  tcase_add_test(tcase, create_without_memory_changes_nothing);
  tcase_add_test(tcase, size_is_rounded_up_to_pages);
  tcase_add_test(tcase, memory_is_zeroed);
  tcase_add_test(tcase, both_mappings_are_the_same_memory);
  tcase_add_test(tcase, alias_is_open_where_the_base_is_not);
  tcase_add_test(tcase, live_window_is_not_made_again);
}

static void add_asking(TCase *tcase) {
  tcase_add_test(tcase, check_wants_a_live_window);
  tcase_add_test(tcase, no_answers_without_a_window);
  tcase_add_test(tcase, alias_holds_the_whole_stretch_or_none);
}

static void add_stepping(TCase *tcase) {
  tcase_add_test(tcase, memory_goes_through_the_alias);
  tcase_add_test(tcase, memory_goes_direct_outside);
  tcase_add_test(tcase, memory_has_no_operand_on_the_edge);
}

static void add_destroying(TCase *tcase) {
  tcase_add_test(tcase, destroy_unmaps_both);
  tcase_add_test(tcase, windows_leave_in_any_order);
}

static void add_adopting(TCase *tcase) {
  tcase_add_test(tcase, adopt_refuses_bad_arguments_and_changes_nothing);
  tcase_add_test(tcase, adopted_mappings_stay_the_clients);
}

static void add_case(Suite *suite, const char *name, void (*add)(TCase *)) {
  TCase *tcase = tcase_create(name);
  tcase_add_checked_fixture(tcase, NULL, teardown);
  add(tcase);
  suite_add_tcase(suite, tcase);
}

int main(void) {
  Suite *suite = suite_create("window");
  add_case(suite, "creating", add_creating);
  add_case(suite, "asking", add_asking);
  add_case(suite, "stepping", add_stepping);
  add_case(suite, "destroying", add_destroying);
  add_case(suite, "adopting", add_adopting);
  return unitRun(suite);
}
