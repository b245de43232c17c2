/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_stack_pointer.c -- a stack pointer with which no handler can return is not loaded
 *
 * MOV RSP, m leaves whatever was in memory in RSP, and the CPU goes on.  A
 * handler that returned with a value that is not canonical would be killed on
 * its way, so the step gives ACCESS and changes nothing.
 */

#include "support/fault_test.h"

#include <sys/mman.h>

static MutatorWindowStruct window;
static MutatorRes stepped;
static MutatorWord before, after;

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  MutatorWord pc;
  (void)range, (void)address, (void)access, (void)closure;
  CHECK(MutatorContextCanStepInstruction(context), "can step");
  CHECK(MutatorContextGetRegister(context, MutatorRegisterSP, &before) == MutatorResOK, "before");
  CHECK(MutatorContextGetRegister(context, MutatorRegisterPC, &pc) == MutatorResOK, "pc");
  stepped = MutatorFaultStep(context);
  CHECK(MutatorContextGetRegister(context, MutatorRegisterSP, &after) == MutatorResOK, "after");
  if (stepped != MutatorResOK)
    CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, pc + 3) == MutatorResOK, "skip");
  return MutatorFaultHANDLED;
}

/* 48 8b 20 is three bytes: MOV RSP, [RAX]. */
static void loadStackPointer(MutatorWord *word) {
  __asm__ volatile("mov %%rsp, %%rbx; .byte 0x48, 0x8b, 0x20; mov %%rbx, %%rsp" : : "a"(word) : "rbx", "memory");
}

int main(void) {
  static MutatorFaultRangeStruct range;
  MutatorWord *word;
  void *alias;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set up");
  CHECK(MutatorWindowCreate(&window, 4096, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  word = MutatorWindowBase(&window);
  CHECK(MutatorFaultRangeAdd(&range, word, word + 512, callback, NULL, &window) == MutatorResOK, "range");
  CHECK(MutatorWindowAlias(&window, word, 8, &alias) == MutatorResOK, "alias");
  CHECK(mprotect(word, 4096, PROT_NONE) == 0, "protect");

  *(MutatorWord *)alias = 0x1234567812345678;
  loadStackPointer(word);
  CHECK(stepped == MutatorResACCESS, "not canonical: %s", MutatorResName(stepped));
  CHECK(after == before, "the stack pointer changed");

  *(MutatorWord *)alias = 0x7ffffffff000;
  loadStackPointer(word);
  CHECK(stepped == MutatorResOK, "canonical: %s", MutatorResName(stepped));
  CHECK(after == 0x7ffffffff000, "the stack pointer did not change");
  return 0;
}
