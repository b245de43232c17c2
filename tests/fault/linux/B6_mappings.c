/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B6_mappings.c -- planting never parts one mapping of a page from another, and undeclared aliases are found
 */

#include "support/jit_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static MutatorCodeStruct region;
static MutatorCodeAliasStruct alias;
static MutatorBreakStruct breakpoint;

static unsigned call(const unsigned char *code) {
  unsigned (*function)(void);
  memcpy(&function, &code, sizeof function);
  return function();
}

/* Still one page: what goes in at one mapping comes out at the other. */
static void oneMemory(unsigned char *code, unsigned char *write, const char *when) {
  write[600] = (unsigned char)(write[600] + 1);
  CHECK(code[600] == write[600], "%s: two pages", when);
}

static void dual(size_t page) {
  void *pointer = NULL, *base, *target;
  unsigned char *code = nativeMapTwice(NULL, 3 * page, NativeREADEXECUTE, &pointer), *write = pointer;
  unsigned char function[JitReturnSIZE];
  size_t size;
  CHECK(MutatorCodeAdd(&region, code, code + 3 * page, NULL) == MutatorResOK, "add");
  CHECK(MutatorCodeAliasFind(&region, 0, &base, &target, &size) == MutatorResOK, "find");
  CHECK(base == write && target == code && size == 3 * page, "found %p for %p, %u bytes", base, target, (unsigned)size);
  CHECK(MutatorCodeAliasFind(&region, 1, &base, &target, &size) == MutatorResFAIL, "found another, %p", base);
  jitReturn(function, 1);
  memcpy(write + page, function, sizeof function);
  /* An alias that is declared while there is a breakpoint, of a part. */
  CHECK(MutatorBreakSet(&breakpoint, code + page, NULL) == MutatorResOK, "set");
  CHECK(write[page] == 0xcc && code[page] == 0xcc, "planted in one mapping alone");
  oneMemory(code + page, write + page, "set");
  CHECK(MutatorCodeAliasAdd(&alias, &region, write + page, code + page, page) == MutatorResOK, "alias");
  jitReturn(function, 2);
  memcpy(write + page, function, sizeof function);
  CHECK(call(code + page) == 2 && write[page] == 0xcc, "the store took the trap byte away");
  CHECK(MutatorCodeAliasRemove(&alias) == MutatorResOK, "remove");
  write[page] = 0xc3; /* not seen by anybody */
  CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK, "clear");
  CHECK(write[page] == 0xc3 && code[page] == 0xc3, "a stale byte came back");
  oneMemory(code + page, write + page, "cleared");
  CHECK(MutatorCodeRemove(&region) == MutatorResOK, "remove");
  nativeUnmap(code, 3 * page);
  nativeUnmap(write, 3 * page);
}

/* A private mapping of a file shows the file until it is written to. */
static void privateFile(size_t page) {
  int file = memfd_create("code", MFD_CLOEXEC);
  unsigned char *code, *write;
  CHECK(file >= 0 && ftruncate(file, (off_t)page) == 0, "memfd");
  write = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  CHECK(write != MAP_FAILED, "mmap");
  memset(write, 0xc3, page);
  code = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  CHECK(code != MAP_FAILED, "mmap");
  CHECK(MutatorCodeAdd(&region, code, code + page, NULL) == MutatorResOK, "add");
  CHECK(MutatorBreakSet(&breakpoint, code, NULL) == MutatorResACCESS, "planted by copy-on-write");
  oneMemory(code, write, "refused");
  CHECK(MutatorCodeAliasAdd(&alias, &region, write, code, page) == MutatorResOK, "alias");
  CHECK(MutatorBreakSet(&breakpoint, code, NULL) == MutatorResOK, "set");
  oneMemory(code, write, "set");
  CHECK(code[0] == 0xcc, "not planted");
  CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK && code[0] == 0xc3, "clear");
  oneMemory(code, write, "cleared");
  CHECK(MutatorCodeRemove(&region) == MutatorResOK, "remove");
  (void)munmap(code, page);
  (void)munmap(write, page);
  (void)close(file);
}

/* Alone, it is as good as private memory. */
static void loneFile(size_t page) {
  char name[] = "/tmp/mutator-code-XXXXXX";
  int file = mkstemp(name);
  unsigned char *code;
  CHECK(file >= 0 && ftruncate(file, (off_t)page) == 0, "file");
  code = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  CHECK(code != MAP_FAILED, "mmap");
  CHECK(MutatorCodeAdd(&region, code, code + page, NULL) == MutatorResOK, "add");
  CHECK(MutatorBreakSet(&breakpoint, code, NULL) == MutatorResOK && code[0] == 0xcc, "set");
  CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK && code[0] == 0, "clear");
  CHECK(MutatorCodeRemove(&region) == MutatorResOK, "remove");
  (void)munmap(code, page);
  (void)close(file);
  (void)unlink(name);
}

int main(void) {
  const size_t page = nativePageSize();
  jitSetup();
  dual(page);
  privateFile(page);
  loneFile(page);
  return 0;
}
