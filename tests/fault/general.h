/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/fault/general.h -- general protection faults, one by one
 *
 * C2: their kind is told by decoding, they have no address, are not stepped, and asking changes nothing.
 */

#ifndef mutator_tests_fault_general_h
#define mutator_tests_fault_general_h

#include "support/fault_test.h"

typedef struct GeneralCase {
  const char *name;
  const unsigned char *code, *end;
  uint64_t address; /* or where in an open page, for those below 4096 */
  MutatorFaultKind kind;
  int number; /* of the signal or exception */
  int feature;
  MutatorBool stack; /* by a stack pointer or frame pointer, which is a fault of its own */
} GeneralCase;

enum { GeneralAlways = -1 };
#define GENERAL_CASE(code, address, kind, number, feature)                                              \
  {                                                                                                     \
#code " at " #address, code, code##_end, address, MutatorFaultKind##kind, NATIVE_##number, feature, \
        NATIVE_##number == NATIVE_STACK_SEGMENT &&NATIVE_##number != NATIVE_MEMORY                      \
  }

static MutatorBool generalProbe(FaultTestStop stop) {
  const GeneralCase *c = stop->closure;
  MutatorContext context = &stop->context;
  NativePictureStruct picture;
  void *address = &address;
  MutatorWord code = 77;
  CHECK(nativeStopNumber(&stop->native) == c->number, "%s: %#x", c->name, (unsigned)nativeStopNumber(&stop->native));
  nativePictureTake(&picture, &stop->native);
  CHECK(MutatorContextKind(context) == c->kind, "%s: kind %d", c->name, (int)MutatorContextKind(context));
  CHECK(MutatorContextAddress(context, &address) == MutatorResFAIL && address == &address, "%s", c->name);
  CHECK(MutatorContextErrorCode(context, &code) == MutatorResFAIL && code == 77, "%s", c->name);
  CHECK(MutatorContextAccess(context) == MutatorAccessNONE, "%s", c->name);
  CHECK(MutatorContextAccessSource(context) == MutatorSourceNONE, "%s", c->name);
  CHECK(!MutatorContextCanStepInstruction(context), "%s", c->name);
  CHECK(MutatorContextDecline(context) == MutatorDeclineKIND, "%s", c->name);
  CHECK(MutatorContextStepInstruction(context) == MutatorResUNIMPL, "%s", c->name);
  CHECK(nativePictureSame(&picture, &stop->native), "%s", c->name);
  return 0;
}

static void generalRun(const GeneralCase *cases, size_t count) {
  const unsigned char *page = faultTestPageNew(FaultTestPageOPEN);
  FaultTestRegisters registers = {{0}};
  const GeneralCase *c;
  for (c = cases; c < cases + count; c++) {
    if (c->feature != GeneralAlways && !faultTestFeature((FaultTestFeature)c->feature))
      continue;
    if (c->stack && nativeFrameSize() != 0) /* the system could not write its record */
      continue;
    registers.word[FaultTestDI] = (MutatorWord)(c->address < 4096 ? (uintptr_t)page + c->address : c->address);
    (void)faultTestRun(&registers, faultTestCode(c->code, (size_t)(c->end - c->code)), generalProbe,
                       (void *)(uintptr_t)c);
    CHECK(faultTestStops() == 1, "%s: %u faults", c->name, faultTestStops());
  }
}

#endif
