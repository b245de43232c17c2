/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C12_code_changed.c -- a plan is never used for bytes that it was not made from
 *
 * A JIT rewrites the instruction between CanStep and Step, or between two
 * faults at the same PC.
 */

#include "support/fault_test.h"

#include <string.h>

/* All of them eight bytes long, so that one can replace another. */
#define PAD "; .fill 8 - (. - 1b), 1, 0x90"
SNIPPET(storeRax, "1: mov " rAX ", (" rDI ")" PAD);
SNIPPET(storeRcx, "1: mov " rCX ", (" rDI ")" PAD);
SNIPPET(loadRcx, "1: mov (" rDI "), " rCX PAD);
SNIPPET(storeNext, "1: mov " rAX ", 8(" rDI ")" PAD);
SNIPPET(storeShort, "1: mov %al, (" rDI ")" PAD);
SNIPPET(unlisted, "1: sgdt (" rDI ")" PAD);
SNIPPET(harmless, "nop; nop; nop; nop; nop; nop; nop; nop");

static MutatorWindowStruct window;
static uint64_t *alias;

typedef struct Change {
  const char *name;
  const unsigned char *to;
  MutatorRes res;
  MutatorDecline decline;
  uint64_t first; /* the window's first word afterwards */
} Change;

enum { Before = 0x77, Rax = 0x1111, Rcx = 0x2222, Size = 8 };

static MutatorBool probe(FaultTestStop stop) {
  const Change *change = stop->closure;
  unsigned char *code = (unsigned char *)nativeGet(&stop->native, MutatorRegisterPC);
  NativePictureStruct picture;
  CHECK(MutatorContextCanStepInstruction(&stop->context), "CanStep");
  memcpy(code, change->to, Size);
  nativePictureTake(&picture, &stop->native);
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == change->res, "%s: %s",
        change->name, MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextDecline(&stop->context) == change->decline, "%s: %s", change->name,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(alias[0] == change->first && alias[1] == Before, "%s: memory has %#llx", change->name,
        (unsigned long long)alias[0]);
  if (change->res != MutatorResOK)
    CHECK(nativePictureSame(&picture, &stop->native), "%s: the record has changed", change->name);
  return 0;
}

/* The second fault at a PC, whose bytes are others now; the closure is what they store. */
static MutatorBool probeAgain(FaultTestStop stop) {
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == MutatorResOK, "Step");
  CHECK(alias[0] == *(const uint64_t *)stop->closure, "it stored %#llx", (unsigned long long)alias[0]);
  return 0;
}

int main(void) {
  static const Change changes[] = {
      {"the same", storeRax, MutatorResOK, MutatorDeclineNONE, Rax},
      {"another register", storeRcx, MutatorResOK, MutatorDeclineNONE, Rcx},
      {"a shorter store", storeShort, MutatorResOK, MutatorDeclineNONE, (Before & ~0xff) | (Rax & 0xff)},
      {"a load", loadRcx, MutatorResUNIMPL, MutatorDeclineDIRECTION, Before},
      {"another address", storeNext, MutatorResUNIMPL, MutatorDeclineADDRESS, Before},
      {"not in the table", unlisted, MutatorResUNIMPL, MutatorDeclineOPCODE, Before},
      {"no access at all", harmless, MutatorResUNIMPL, MutatorDeclineOPCODE, Before},
  };
  uint64_t rax = Rax, rcx = Rcx;
  FaultTestRegisters registers = {{0}};
  unsigned i;
  void *pointer = NULL;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  CHECK(MutatorWindowAlias(&window, MutatorWindowBase(&window), 16, &pointer) == MutatorResOK, "alias");
  alias = pointer;
  nativeProtect(MutatorWindowBase(&window), nativePageSize(), NativeNONE);
  registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window);
  registers.word[FaultTestAX] = Rax;
  registers.word[FaultTestCX] = Rcx;
  for (i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    alias[0] = alias[1] = Before;
    (void)FAULT_TEST_RUN(storeRax, &registers, probe, (void *)(uintptr_t)&changes[i]);
    CHECK(faultTestStops() == 1, "%s: %u faults", changes[i].name, faultTestStops());
  }
  for (i = 0; i < 10; i++) { /* at one PC, faultTestCode's */
    (void)FAULT_TEST_RUN(storeRax, &registers, probeAgain, &rax);
    (void)FAULT_TEST_RUN(storeRcx, &registers, probeAgain, &rcx);
  }
  return 0;
}
