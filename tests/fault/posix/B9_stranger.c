/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B9_stranger.c -- a region is unmapped behind the library's back, and others live there when its breakpoints are cleared
 */

#include "support/jit_test.h"

#include <string.h>

int main(void) {
  static MutatorCodeStruct region;
  static MutatorBreakStruct breaks[2];
  const size_t page = nativePageSize();
  unsigned char *memory = nativeMap(NULL, 2 * page, NativeALL);
  MutatorRes res;
  jitSetup();
  memset(memory, 0xc3, 2 * page);
  res = MutatorCodeAdd(&region, memory, memory + 2 * page, NULL);
  if (res == MutatorResACCESS)
    faultTestSkip("the system does not say what is mapped");
  CHECK(res == MutatorResOK, "add: %s", MutatorResName(res));
  CHECK(MutatorBreakSet(&breaks[0], memory, NULL) == MutatorResOK, "set");
  CHECK(MutatorBreakSet(&breaks[1], memory + page, NULL) == MutatorResOK, "set");
  nativeUnmap(memory, 2 * page);
  CHECK(nativeMap(memory, 2 * page, NativeREADWRITE) == memory, "another place");
  memset(memory, 0x55, 2 * page);
  (void)MutatorBreakClear(&breaks[0]);
  CHECK(MutatorCodeRemove(&region) == MutatorResOK, "remove");
  CHECK(memory[0] == 0x55 && memory[page] == 0x55, "wrote to somebody else's memory");
  memory[page] = memory[0] = 1; /* and they may still write to it */
  nativeUnmap(memory, 2 * page);
  return 0;
}
