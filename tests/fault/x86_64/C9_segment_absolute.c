/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_segment_absolute.c -- GS with a displacement alone, and with a 32-bit address, which is cut before the base is added
 */

#include "support/fault_test.h"

#include <string.h>

/* The last four bytes are the displacement. */
SNIPPET(codeAbsolute, "mov %gs:0x7fffff0, " rAX);
SNIPPET(code32, "mov %gs:(%edi), " rAX "; mov " rAX ", %gs:24(%edi)");

int main(void) {
  static MutatorWindowStruct window;
  FaultTestRegisters registers = {{0}};
  const size_t size = nativePageSize();
  unsigned char code[16];
  MutatorWord gs;
  int32_t displacement;
  void *place, *alias;
  faultTestSetup();
  if (!nativeSegmentGS(&gs))
    faultTestSkip("the system lets a program not use GS");
  place = (void *)((gs + 0x10000000) & ~(MutatorWord)0xffff);
  place = nativeMapTwice(place, size, NativeREADWRITE, &alias);
  CHECK(MutatorWindowAdopt(&window, place, alias, size, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  displacement = (int32_t)((MutatorWord)place + 64 - gs);
  memcpy(code, codeAbsolute, SNIPPET_SIZE(codeAbsolute));
  memcpy(code + SNIPPET_SIZE(codeAbsolute) - 4, &displacement, 4);
  registers.word[MutatorRegisterFLAGS] = 0x202;
  faultTestCompare("absolute", code, SNIPPET_SIZE(codeAbsolute), &registers, &window, 1);
  registers.word[FaultTestDI] = 0xffffffff00000000 | (uint32_t)((MutatorWord)place + 128 - gs);
  FAULT_TEST_COMPARE(code32, &registers, &window, 2);
  return 0;
}
