/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B9_errors.c -- bad input and wrong states give a clear result, and plant nothing
 */

#include "support/jit_test.h"

#include <string.h>

#define GIVES(call, expected)                                                                      \
  do {                                                                                             \
    const MutatorRes res_ = (call);                                                                \
    CHECK(res_ == (expected), "gives %s, not %s", MutatorResName(res_), MutatorResName(expected)); \
  } while (0)

static MutatorBreakStruct breakpoint, second;
static MutatorCodeStruct region, other;
static MutatorCodeAliasStruct alias;

static void regions(void) {
  const size_t page = nativePageSize();
  unsigned char *memory = nativeMap(NULL, 4 * page, NativeALL);
  unsigned char *gone = nativeMap(NULL, page, NativeALL);
  MutatorCodeOptionsStruct options = {.size = sizeof options};
  nativeUnmap(gone, page);
  GIVES(MutatorCodeAdd(NULL, memory, memory + page, NULL), MutatorResPARAM);
  GIVES(MutatorCodeAdd((MutatorCode)(void *)((char *)&region + 1), memory, memory + page, NULL), MutatorResPARAM);
  GIVES(MutatorCodeAdd(&region, memory + 1, memory + page, NULL), MutatorResPARAM);
  GIVES(MutatorCodeAdd(&region, memory, memory + page - 1, NULL), MutatorResPARAM);
  GIVES(MutatorCodeAdd(&region, memory + page, memory, NULL), MutatorResPARAM);
  GIVES(MutatorCodeAdd(&region, memory, memory, NULL), MutatorResPARAM);
  GIVES(MutatorCodeAdd(&region, gone, gone + page, NULL), MutatorResACCESS);
  options.size = 1;
  GIVES(MutatorCodeAdd(&region, memory, memory + page, &options), MutatorResPARAM);
  GIVES(MutatorCodeRemove(&region), MutatorResPARAM);
  GIVES(MutatorCodeAdd(&region, memory, memory + 2 * page, NULL), MutatorResOK);
  GIVES(MutatorCodeAdd(&region, memory + 2 * page, memory + 4 * page, NULL), MutatorResSTATE);
  GIVES(MutatorCodeAdd(&other, memory + page, memory + 3 * page, NULL), MutatorResPARAM);
  GIVES(MutatorCodeAdd(&other, memory, memory + 2 * page, NULL), MutatorResPARAM);
  GIVES(MutatorCodeAdd(&other, memory + 2 * page, memory + 4 * page, NULL), MutatorResOK);
  GIVES(MutatorCodeRemove(&other), MutatorResOK);
  GIVES(MutatorCodeRemove(&other), MutatorResPARAM);
  GIVES(MutatorCodeRemove(&region), MutatorResOK);
  GIVES(MutatorCodeRemove(NULL), MutatorResPARAM);
  nativeUnmap(memory, 4 * page);
}

static void aliases(void) {
  const size_t page = nativePageSize();
  void *pointer = NULL, *base, *target;
  unsigned char *code = nativeMapTwice(NULL, 2 * page, NativeREADEXECUTE, &pointer), *write = pointer;
  unsigned char *stranger = nativeMap(NULL, 2 * page, NativeREADWRITE);
  size_t size;
  memset(write, 0x90, 2 * page);
  memset(stranger, 0xc3, 2 * page);
  GIVES(MutatorCodeAliasAdd(&alias, &region, write, code, 2 * page), MutatorResPARAM);
  GIVES(MutatorCodeAdd(&region, code, code + 2 * page, NULL), MutatorResOK);
  GIVES(MutatorCodeAliasAdd(NULL, &region, write, code, 2 * page), MutatorResPARAM);
  GIVES(MutatorCodeAliasAdd(&alias, NULL, write, code, 2 * page), MutatorResPARAM);
  GIVES(MutatorCodeAliasAdd(&alias, &region, write, code, 3 * page), MutatorResPARAM);
  GIVES(MutatorCodeAliasAdd(&alias, &region, write, code + page, 2 * page), MutatorResPARAM);
  GIVES(MutatorCodeAliasAdd(&alias, &region, write, code, page / 2), MutatorResPARAM);
  GIVES(MutatorCodeAliasAdd(&alias, &region, write + 1, code, page), MutatorResPARAM);
  GIVES(MutatorCodeAliasAdd(&alias, &region, code, code, 2 * page), MutatorResPARAM);
  GIVES(MutatorCodeAliasAdd(&alias, &region, stranger, code, 2 * page), MutatorResACCESS);
  GIVES(MutatorCodeAliasAdd(&alias, &region, write + page, code + page, page), MutatorResOK);
  GIVES(MutatorCodeAliasAdd(&alias, &region, write, code, page), MutatorResSTATE);
  GIVES(MutatorCodeAliasRemove(&alias), MutatorResOK);
  GIVES(MutatorCodeAliasRemove(&alias), MutatorResPARAM);
  GIVES(MutatorCodeAliasRemove(&region.own), MutatorResPARAM);
  GIVES(MutatorCodeAliasFind(&region, 0, NULL, &target, &size), MutatorResPARAM);
  GIVES(MutatorCodeAliasFind(&other, 0, &base, &target, &size), MutatorResPARAM);
  GIVES(MutatorCodeRemove(&region), MutatorResOK);
  nativeUnmap(code, 2 * page);
  nativeUnmap(write, 2 * page);
  nativeUnmap(stranger, 2 * page);
}

static void breakpoints(void) {
  static JitStruct jit;
  static MutatorBreakStruct never;
  MutatorBreakOptionsStruct options = {.size = sizeof options};
  MutatorBreakReportStruct report;
  MutatorBreak found = NULL;
  unsigned char function[JitReturnSIZE];
  jitInit(&jit, JitOPEN, 1, NULL, NULL);
  jitReturn(function, 1);
  jitWrite(&jit, 0, function, sizeof function);
  GIVES(MutatorBreakSet(NULL, jit.code, NULL), MutatorResPARAM);
  GIVES(MutatorBreakSet((MutatorBreak)(void *)((char *)&breakpoint + 1), jit.code, NULL), MutatorResPARAM);
  GIVES(MutatorBreakSet(&breakpoint, NULL, NULL), MutatorResPARAM);
  GIVES(MutatorBreakSet(&breakpoint, jit.code + jit.size, NULL), MutatorResPARAM);
  options.kind = MutatorBreakLIMIT;
  GIVES(MutatorBreakSet(&breakpoint, jit.code, &options), MutatorResPARAM);
  options.kind = MutatorBreakSOFTWARE;
  options.size = 3;
  GIVES(MutatorBreakSet(&breakpoint, jit.code, &options), MutatorResPARAM);
  GIVES(MutatorBreakClear(NULL), MutatorResPARAM);
  GIVES(MutatorBreakClear(&never), MutatorResPARAM);
  GIVES(MutatorBreakQuery(&never, &report), MutatorResPARAM);
  /* Inside an instruction, as far as that can be known. */
  options.size = sizeof options;
  options.from = jit.code;
  GIVES(MutatorBreakSet(&breakpoint, jit.code + 2, &options), MutatorResPARAM);
  CHECK(memcmp(jit.code, function, sizeof function) == 0, "planted all the same");
  GIVES(MutatorBreakSet(&breakpoint, jit.code + 5, &options), MutatorResOK);
  GIVES(MutatorBreakSet(&breakpoint, jit.code + 5, &options), MutatorResSTATE);
  GIVES(MutatorBreakSet(&breakpoint, jit.code, &options), MutatorResSTATE);
  GIVES(MutatorBreakSet(&second, jit.code + 5, &options), MutatorResBUSY);
  GIVES(MutatorBreakFind(jit.code + 5, &found), MutatorResOK);
  CHECK(found == &breakpoint && MutatorBreakAddress(found) == jit.code + 5, "found another");
  GIVES(MutatorBreakFind(jit.code + 4, &found), MutatorResFAIL);
  GIVES(MutatorBreakFind(jit.code + 5, NULL), MutatorResPARAM);
  /* Set in code whose boundaries are seen through the breakpoint. */
  GIVES(MutatorBreakSet(&second, jit.code, &options), MutatorResOK);
  GIVES(MutatorBreakClear(&second), MutatorResOK);
  /* Somebody who copied the structure clears nothing. */
  second = breakpoint;
  GIVES(MutatorBreakClear(&second), MutatorResSTATE);
  CHECK(jit.code[5] == 0xcc, "cleared by a stranger");
  GIVES(MutatorBreakQuery(&breakpoint, NULL), MutatorResPARAM);
  GIVES(MutatorBreakClear(&breakpoint), MutatorResOK);
  GIVES(MutatorBreakClear(&breakpoint), MutatorResSTATE);
  GIVES(MutatorBreakQuery(&breakpoint, &report), MutatorResSTATE);
  CHECK(memcmp(jit.code, function, sizeof function) == 0, "left something");
  jitFinish(&jit);
}

static void accesses(void) {
  const size_t page = nativePageSize();
  unsigned char *memory = nativeMap(NULL, 4 * page, NativeREADWRITE), byte;
  memset(memory, 0xc3, 4 * page);
  GIVES(MutatorCodeAdd(&region, memory, memory + 4 * page, NULL), MutatorResOK);
  GIVES(MutatorBreakSet(&breakpoint, memory, NULL), MutatorResACCESS);
  CHECK(memory[0] == 0xc3, "planted where nobody executes");
  nativeProtect(memory, 4 * page, NativeALL);
  GIVES(MutatorBreakSet(&breakpoint, memory, NULL), MutatorResOK);
  GIVES(MutatorBreakSet(&second, memory + page, NULL), MutatorResOK);
  GIVES(MutatorCodeRead(memory, NULL, 1), MutatorResPARAM);
  GIVES(MutatorCodeRead(memory + 4 * page - 1, &byte, 2), MutatorResPARAM);
  GIVES(MutatorCodeRead(memory - 1, &byte, 1), MutatorResPARAM);
  GIVES(MutatorCodeWrite(memory, NULL, 1), MutatorResPARAM);
  GIVES(MutatorCodeWrite(memory - 1, &byte, 1), MutatorResPARAM);
  GIVES(MutatorCodeWritten(memory - 1, 1), MutatorResPARAM);
  GIVES(MutatorCodeSync(&other, NULL), MutatorResPARAM);
  GIVES(MutatorCodeProtect(memory + 1, page, MutatorAccessREAD), MutatorResPARAM);
  GIVES(MutatorCodeProtect(memory, page + 1, MutatorAccessREAD), MutatorResPARAM);
  GIVES(MutatorCodeProtect(memory, page, MutatorAccessOPEN), MutatorResPARAM);
  GIVES(MutatorCodeProtect(memory, 5 * page, MutatorAccessREAD), MutatorResPARAM);
  GIVES(MutatorCodeQuery(&region, NULL), MutatorResPARAM);
  /* The region goes, and the library is told afterwards. */
  nativeUnmap(memory, 4 * page);
  GIVES(MutatorCodeRead(memory, &byte, 1), MutatorResACCESS);
  GIVES(MutatorCodeSync(&region, NULL), MutatorResACCESS);
  GIVES(MutatorBreakClear(&breakpoint), MutatorResACCESS);
  GIVES(MutatorBreakClear(&breakpoint), MutatorResSTATE);
  GIVES(MutatorBreakSet(&breakpoint, memory + 2 * page, NULL), MutatorResACCESS);
  (void)MutatorBreakClear(&second);
  GIVES(MutatorCodeRemove(&region), MutatorResOK);
}

int main(void) {
  GIVES(MutatorCodeAdd(&region, (void *)0x10000, (void *)0x20000, NULL), MutatorResSTATE);
  GIVES(MutatorBreakSet(&breakpoint, (void *)0x10000, NULL), MutatorResSTATE);
  jitSetup();
  regions();
  aliases();
  breakpoints();
  accesses();
  return 0;
}
