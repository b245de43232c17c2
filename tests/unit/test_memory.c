/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_memory.c -- the memories that are built in, and access through any (C13, C10)
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mutator.h>

#include "core/core.h"
#include "os/os.h"
#include "support/unit.h"

static const size_t operandSizes[] = {1, 2, 4, 8, 16};
#define OPERAND_SIZES (sizeof operandSizes / sizeof operandSizes[0])

/* a memory of the client's own, which notes how it was used */

typedef struct Client {
  MutatorMemoryStruct memory;
  unsigned char bytes[64]; /* where address n of the client's own space is */
  MutatorRes translateResult;
  MutatorRes result; /* of the three others */
  size_t translations, loads, stores, swaps;
  MutatorAccess access;
} Client;

static MutatorRes client_translate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                                   void **pointerReturn) {
  Client *client = MutatorMemoryClosure(memory);
  (void)size;
  ++client->translations;
  client->access = access;
  *pointerReturn = client->bytes + (uintptr_t)address;
  return client->translateResult;
}

static MutatorRes client_load(MutatorMemory memory, void *buffer, void *address, size_t size) {
  Client *client = MutatorMemoryClosure(memory);
  ++client->loads;
  memcpy(buffer, client->bytes + (uintptr_t)address, size);
  return client->result;
}

static MutatorRes client_store(MutatorMemory memory, void *address, const void *buffer, size_t size) {
  Client *client = MutatorMemoryClosure(memory);
  ++client->stores;
  memcpy(client->bytes + (uintptr_t)address, buffer, size);
  return client->result;
}

static MutatorRes client_swap(MutatorMemory memory, void *address, void *expected, const void *desired, size_t size) {
  Client *client = MutatorMemoryClosure(memory);
  (void)address;
  (void)expected;
  (void)desired;
  (void)size;
  ++client->swaps;
  return client->result;
}

static void client_init(Client *client, MutatorRes translateResult) {
  size_t i;
  memset(client, 0, sizeof *client);
  for (i = 0; i < sizeof client->bytes; ++i)
    client->bytes[i] = (unsigned char)(i + 1);
  client->translateResult = translateResult;
  ck_assert_int_eq(MutatorMemoryInit(&client->memory, client_translate, client_load, client_store, client_swap, client),
                   MutatorResOK);
}

/* before set-up: must come first, set-up is never undone */

START_TEST(process_is_null_before_setup) { ck_assert_ptr_null(MutatorMemoryProcess()); }
END_TEST

/* initialising */

START_TEST(init_refuses_bad_arguments_and_changes_nothing) {
  MutatorMemoryStruct memory[2], before[2];
  memset(memory, 0x5a, sizeof memory);
  memcpy(before, memory, sizeof memory);
  ck_assert_int_eq(MutatorMemoryInit(NULL, client_translate, NULL, NULL, NULL, NULL), MutatorResPARAM);
  ck_assert_int_eq(
      MutatorMemoryInit((MutatorMemory)(void *)((char *)memory + 1), client_translate, NULL, NULL, NULL, NULL),
      MutatorResPARAM);
  ck_assert_int_eq(MutatorMemoryInit(memory, NULL, NULL, client_store, client_swap, NULL), MutatorResPARAM);
  ck_assert_mem_eq(memory, before, sizeof memory);
}
END_TEST

START_TEST(check_wants_a_memory) {
  Client client;
  MutatorMemoryStruct damaged;
  client_init(&client, MutatorResOK);
  ck_assert_int_eq(MutatorMemoryCheck(&client.memory), 1);
  ck_assert_int_eq(MutatorMemoryCheck(NULL), 0);
  ck_assert_int_eq(MutatorMemoryCheck((MutatorMemory)(void *)((char *)&client.memory + 4)), 0);
  damaged = client.memory;
  damaged.signature ^= 1;
  ck_assert_int_eq(MutatorMemoryCheck(&damaged), 0);
  damaged = client.memory;
  damaged.size += sizeof(void *);
  ck_assert_int_eq(MutatorMemoryCheck(&damaged), 0);
}
END_TEST

START_TEST(closure_is_handed_back) {
  Client client;
  client_init(&client, MutatorResOK);
  ck_assert_ptr_eq(MutatorMemoryClosure(&client.memory), &client);
  client.memory.signature = 0;
  ck_assert_ptr_null(MutatorMemoryClosure(&client.memory));
  ck_assert_ptr_null(MutatorMemoryClosure(NULL));
}
END_TEST

/* through any memory */

START_TEST(access_refuses_bad_arguments) {
  static const size_t sizes[] = {0, 3, 5, 7, 9, 15, 17, 33, 63, 65, 128, (size_t)-1};
  MutatorMemory memory = MutatorMemoryDirect();
  _Alignas(16) unsigned char bytes[32] = {0}, buffer[32] = {0}, other[32] = {0};
  size_t i;
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    ck_assert_int_eq(MutatorMemoryLoad(memory, buffer, bytes, sizes[i]), MutatorResPARAM);
    ck_assert_int_eq(MutatorMemoryStore(memory, bytes, buffer, sizes[i]), MutatorResPARAM);
    ck_assert_int_eq(MutatorMemoryCompareAndSwap(memory, bytes, buffer, other, sizes[i]), MutatorResPARAM);
  }
  ck_assert_int_eq(MutatorMemoryLoad(NULL, buffer, bytes, 4), MutatorResPARAM);
  ck_assert_int_eq(MutatorMemoryLoad(memory, NULL, bytes, 4), MutatorResPARAM);
  ck_assert_int_eq(MutatorMemoryStore(NULL, bytes, buffer, 4), MutatorResPARAM);
  ck_assert_int_eq(MutatorMemoryStore(memory, bytes, NULL, 4), MutatorResPARAM);
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(NULL, bytes, buffer, other, 4), MutatorResPARAM);
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(memory, bytes, NULL, other, 4), MutatorResPARAM);
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(memory, bytes, buffer, NULL, 4), MutatorResPARAM);
}
END_TEST

START_TEST(swap_refuses_a_misaligned_address) {
  _Alignas(16) unsigned char bytes[32] = {0}, before[32];
  unsigned char expected[16] = {0}, desired[16] = {1};
  size_t i, offset;
  memcpy(before, bytes, sizeof bytes);
  for (i = 1; i < OPERAND_SIZES; ++i)
    for (offset = 1; offset < operandSizes[i]; ++offset)
      ck_assert_int_eq(
          MutatorMemoryCompareAndSwap(MutatorMemoryDirect(), bytes + offset, expected, desired, operandSizes[i]),
          MutatorResPARAM);
  ck_assert_mem_eq(bytes, before, sizeof bytes);
}
END_TEST

START_TEST(translated_operand_needs_no_other_function) {
  Client client;
  uint32_t value = 0;
  client_init(&client, MutatorResOK);
  client.result = MutatorResACCESS;
  ck_assert_int_eq(MutatorMemoryLoad(&client.memory, &value, (void *)8, 4), MutatorResOK);
  ck_assert_mem_eq(&value, client.bytes + 8, 4);
  ck_assert_uint_eq(client.access, MutatorAccessREAD);
  ck_assert_int_eq(MutatorMemoryStore(&client.memory, (void *)16, &value, 4), MutatorResOK);
  ck_assert_mem_eq(&value, client.bytes + 16, 4);
  ck_assert_uint_eq(client.access, MutatorAccessWRITE);
  ck_assert_uint_eq(client.loads + client.stores + client.swaps, 0);
}
END_TEST

START_TEST(untranslated_operand_goes_through_the_functions) {
  Client client;
  uint32_t value = 0, other = 7;
  client_init(&client, MutatorResUNIMPL);
  ck_assert_int_eq(MutatorMemoryLoad(&client.memory, &value, (void *)8, 4), MutatorResOK);
  ck_assert_mem_eq(&value, client.bytes + 8, 4);
  ck_assert_int_eq(MutatorMemoryStore(&client.memory, (void *)16, &other, 4), MutatorResOK);
  ck_assert_mem_eq(&other, client.bytes + 16, 4);
  client.result = MutatorResFAIL;
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(&client.memory, (void *)16, &value, &other, 4), MutatorResFAIL);
  ck_assert_uint_eq(client.loads, 1);
  ck_assert_uint_eq(client.stores, 1);
  ck_assert_uint_eq(client.swaps, 1);
}
END_TEST

START_TEST(inaccessible_translation_is_final) {
  Client client;
  uint32_t value = 0;
  client_init(&client, MutatorResACCESS);
  ck_assert_int_eq(MutatorMemoryLoad(&client.memory, &value, (void *)8, 4), MutatorResACCESS);
  ck_assert_int_eq(MutatorMemoryStore(&client.memory, (void *)8, &value, 4), MutatorResACCESS);
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(&client.memory, (void *)8, &value, &value, 4), MutatorResACCESS);
  ck_assert_uint_eq(client.loads + client.stores + client.swaps, 0);
}
END_TEST

START_TEST(missing_function_declines) {
  MutatorMemoryStruct memory;
  Client client;
  uint32_t value = 0;
  client_init(&client, MutatorResUNIMPL);
  ck_assert_int_eq(MutatorMemoryInit(&memory, NULL, client_load, NULL, NULL, &client), MutatorResOK);
  ck_assert_int_eq(MutatorMemoryLoad(&memory, &value, (void *)8, 4), MutatorResOK);
  ck_assert_int_eq(MutatorMemoryStore(&memory, (void *)8, &value, 4), MutatorResUNIMPL);
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(&memory, (void *)8, &value, &value, 4), MutatorResUNIMPL);
  ck_assert_int_eq(MutatorMemoryInit(&memory, client_translate, NULL, NULL, NULL, &client), MutatorResOK);
  ck_assert_int_eq(MutatorMemoryLoad(&memory, &value, (void *)8, 4), MutatorResUNIMPL);
}
END_TEST

/* direct */

START_TEST(direct_is_always_there) {
  ck_assert_int_eq(MutatorMemoryCheck(MutatorMemoryDirect()), 1);
  ck_assert_ptr_eq(MutatorMemoryDirect(), MutatorMemoryDirect());
}
END_TEST

START_TEST(direct_moves_every_size_at_every_alignment) {
  _Alignas(16) unsigned char bytes[48], expected[48], buffer[16];
  size_t i, offset, k;
  for (k = 0; k < sizeof bytes; ++k)
    bytes[k] = (unsigned char)(k * 7 + 1);
  memcpy(expected, bytes, sizeof bytes);
  for (i = 0; i < OPERAND_SIZES; ++i)
    for (offset = 0; offset < 16; ++offset) {
      const size_t size = operandSizes[i];
      memset(buffer, 0, sizeof buffer);
      ck_assert_int_eq(MutatorMemoryLoad(MutatorMemoryDirect(), buffer, bytes + offset, size), MutatorResOK);
      ck_assert_mem_eq(buffer, bytes + offset, size);
      for (k = size; k < sizeof buffer; ++k)
        ck_assert_uint_eq(buffer[k], 0);
      for (k = 0; k < size; ++k)
        expected[offset + k] = buffer[k] = (unsigned char)(offset + 31 * k + size);
      ck_assert_int_eq(MutatorMemoryStore(MutatorMemoryDirect(), bytes + offset, buffer, size), MutatorResOK);
      ck_assert_mem_eq(bytes, expected, sizeof bytes);
    }
}
END_TEST

START_TEST(direct_swaps_what_is_expected) {
  uint64_t word = 5, expected = 5, desired = 9;
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(MutatorMemoryDirect(), &word, &expected, &desired, 8), MutatorResOK);
  ck_assert_uint_eq(word, 9);
  ck_assert_uint_eq(expected, 5);
}
END_TEST

START_TEST(direct_swap_that_fails_shows_what_was_there) {
  uint16_t word = 7, expected = 5, desired = 9;
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(MutatorMemoryDirect(), &word, &expected, &desired, 2), MutatorResFAIL);
  ck_assert_uint_eq(word, 7);
  ck_assert_uint_eq(expected, 7);
}
END_TEST

static void add_initialising(TCase *tcase) {
  tcase_add_test(tcase, process_is_null_before_setup);
  tcase_add_test(tcase, init_refuses_bad_arguments_and_changes_nothing);
  tcase_add_test(tcase, check_wants_a_memory);
  tcase_add_test(tcase, closure_is_handed_back);
}

static void add_any(TCase *tcase) {
  tcase_add_test(tcase, access_refuses_bad_arguments);
  tcase_add_test(tcase, swap_refuses_a_misaligned_address);
  tcase_add_test(tcase, translated_operand_needs_no_other_function);
  tcase_add_test(tcase, untranslated_operand_goes_through_the_functions);
  tcase_add_test(tcase, inaccessible_translation_is_final);
  tcase_add_test(tcase, missing_function_declines);
}

static void add_direct(TCase *tcase) {
  tcase_add_test(tcase, direct_is_always_there);
  tcase_add_test(tcase, direct_moves_every_size_at_every_alignment);
  tcase_add_test(tcase, direct_swaps_what_is_expected);
  tcase_add_test(tcase, direct_swap_that_fails_shows_what_was_there);
}

static void add_case(Suite *suite, const char *name, void (*add)(TCase *)) {
  TCase *tcase = tcase_create(name);
  add(tcase);
  suite_add_tcase(suite, tcase);
}

int main(void) {
  Suite *suite = suite_create("memory");
  add_case(suite, "initialising", add_initialising);
  add_case(suite, "any", add_any);
  add_case(suite, "direct", add_direct);
  return unitRun(suite);
}
