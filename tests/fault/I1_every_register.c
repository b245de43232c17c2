/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I1, I4, I7: random registers, a trap, a callback that makes something else
 * of all of them, and everything is as it was, but for what it edited; on
 * every system, both ways back, on the thread's stack and on a private one
 */

#include <stdio.h>
#include <string.h>

#include "support/fault_test.h"
#include "support/inject.h"

enum { Rounds = 3000, StackSIZE = 1 << 18, PartBYTES = 1024 };

/* A breakpoint and its return; the trap; a breakpoint. */
static const unsigned char bytes[] = {0xcc, 0xc3, 0x0f, 0x0b, 0xcc};
enum { TrapAT = 2, TrapSIZE = 2, LeaveAT = 4 };

static unsigned char *code, *stack, *redZone;
static const size_t redZoneSize = MUTATOR_RED_ZONE; /* 0 on some systems */
static uint64_t seed = 20261127;
static unsigned long called, entered, left, seconds;
static MutatorWord registers[MutatorRegisterLIMIT];
static unsigned char parts[NativePartLIMIT][PartBYTES];
static NativePictureStruct picture;

static uint64_t next(void) { return injectNext(&seed); }

/* Of x87's slots the CPU keeps ten bytes; MXCSR with every exception masked. */
static void fillPart(unsigned char *part, NativePart which, size_t size) {
  const uint32_t mxcsr = 0x1f80 | (uint32_t)(next() & 0xe03f);
  size_t i;
  for (i = 0; i < size; i++)
    if (which != NativePartX87 || i % 16 < 10)
      part[i] = (unsigned char)next();
  if (which == NativePartMXCSR)
    memcpy(part, &mxcsr, sizeof mxcsr);
  if (which == NativePartTAGS && next() % 2 == 0)
    part[0] = 0xff;
}

static void enter(NativeStop stop) {
  uint64_t present = nativePresent(stop);
  unsigned part, reg;
  size_t i;
  nativePictureTake(&picture, stop);
  for (part = 0; part < NativePartLIMIT; part++) {
    size_t size = 0;
    unsigned char *at = nativePart(stop, (NativePart)part, &size);
    CHECK(size <= PartBYTES, "part %u has %u bytes", part, (unsigned)size);
    if (at == NULL)
      continue;
    fillPart(at, (NativePart)part, size);
    present |= nativePartBit((NativePart)part);
  }
  nativePresentSet(stop, present);
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    registers[reg] = (MutatorWord)next();
  registers[MutatorRegisterSP] = (MutatorWord)(stack + StackSIZE - 8192) + (MutatorWord)(next() & 0xff8);
  registers[MutatorRegisterPC] = (MutatorWord)(code + TrapAT);
  registers[MutatorRegisterFLAGS] = 0x202 | (MutatorWord)(next() & 0xcd5);
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    nativeSet(stop, reg, registers[reg]);
  redZone = (unsigned char *)registers[MutatorRegisterSP] - MUTATOR_RED_ZONE;
  for (i = 0; i < redZoneSize; i++)
    redZone[i] = (unsigned char)entered;
  entered++;
}

/* What the thread really had: some systems keep two copies of a part, and load the other. */
static void note(NativeStop stop) {
  unsigned part;
  for (part = 0; part < NativePartLIMIT; part++) {
    size_t size = 0;
    const unsigned char *at = nativePart(stop, (NativePart)part, &size);
    if (at != NULL)
      memcpy(parts[part], at, size);
  }
}

/* In 32-bit mode the upper eight of sixteen registers, and the sixteen beyond,
 * do not exist, though the kernel keeps something in their place.  What an x87
 * register that is empty holds nobody can see. */
static size_t sizeToCompare(NativePart part, size_t size) {
  const MutatorBool small = sizeof(void *) == 4;
  switch (part) {
  case NativePartX87: return parts[NativePartTAGS][0] == 0xff ? size : 0;
  case NativePartYMM:
  case NativePartZMM: return small ? size / 2 : size;
  case NativePartHIGH: return small ? 0 : size;
  default: return size;
  }
}

static void leave(NativeStop stop) {
  unsigned part, reg;
  size_t i;
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    if (reg != MutatorRegisterPC)
      CHECK(nativeGet(stop, reg) == registers[reg], "round %lu: register %u is %#llx, not %#llx", left, reg,
            (unsigned long long)nativeGet(stop, reg), (unsigned long long)registers[reg]);
  for (part = 0; part < NativePartLIMIT; part++) {
    size_t size = 0;
    const unsigned char *at = nativePart(stop, (NativePart)part, &size);
    size = at == NULL ? 0 : sizeToCompare((NativePart)part, size);
    if (size == 0)
      continue;
    CHECK((nativePresent(stop) & nativePartBit((NativePart)part)) == nativePartBit((NativePart)part),
          "round %lu: part %u is initial", left, part);
    CHECK(memcmp(at, parts[part], size) == 0, "round %lu: part %u differs", left, part);
  }
  for (i = 0; i < redZoneSize; i++)
    CHECK(redZone[i] == (unsigned char)left, "round %lu: the red zone is written", left);
  left++;
  nativePictureResume(&picture, stop);
}

static void callback(MutatorContext context, void *closure) {
  CHECK(closure == &called, "closure");
  CHECK(MutatorInjectDepth() == 1, "depth %u", MutatorInjectDepth());
  CHECK(MutatorContextKind(context) == MutatorFaultKindILLEGAL, "kind %d", (int)MutatorContextKind(context));
  CHECK(MutatorContextPC(context) == code + TrapAT, "PC");
  called++;
  registers[0] = (MutatorWord)next(); /* an edit */
  CHECK(MutatorContextSetRegister(context, (MutatorRegister)0, registers[0]) == MutatorResOK, "register");
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, (MutatorWord)(code + TrapAT + TrapSIZE)) == MutatorResOK,
        "PC");
  nativeErrorSet();
  injectDirty(&seed);
}

static MutatorBool onTrap(NativeStop stop) {
  MutatorContextStruct context;
  MutatorInjectRefusal refusal = MutatorInjectRefusalNONE;
  const MutatorWord breakpoint = nativeStopKind(stop) == NativeStopTRAP ? nativeBreakpoint(stop) : 0;
  if (nativeRecover(stop))
    return 1;
  if (breakpoint == (MutatorWord)code)
    enter(stop);
  else if (breakpoint == (MutatorWord)(code + LeaveAT))
    leave(stop);
  else {
    CHECK(nativeInit(&context, stop) == MutatorResOK, "context");
    if (MutatorInjectReturn(&context)) {
      seconds++;
      return 1;
    }
    note(stop);
    CHECK(MutatorInject(&context, callback, &called, &refusal) == MutatorResOK, "refused: %d, number %#x, PC %p",
          (int)refusal, (unsigned)nativeStopNumber(stop), MutatorContextPC(&context));
  }
  return 1;
}

static void rounds(MutatorInjectBack back, void *private) {
  MutatorInjectOptionsStruct options = {.size = sizeof options, .back = back};
  void (*run)(void);
  void *area;
  unsigned i;
  options.stack = private;
  options.stackSize = private != NULL ? StackSIZE : 0;
  area = injectAttach(1, &options);
  memcpy(&run, &code, sizeof run);
  called = entered = left = seconds = 0;
  for (i = 0; i < Rounds; i++)
    run();
  CHECK(called == Rounds && left == Rounds, "%lu calls, %lu ends in %d rounds", called, left, Rounds);
  printf("way %d, %s stack: %lu second traps\n", (int)back, private != NULL ? "private" : "own", seconds);
  CHECK(back != MutatorInjectBackTRAP || seconds == Rounds, "%lu second traps", seconds);
  /* The 32-bit trampoline's straight way needs memory below the thread's own stack pointer. */
  CHECK(back == MutatorInjectBackTRAP || seconds == 0 || (private != NULL && sizeof(void *) == 4), "%lu second traps",
        seconds);
  injectDetach(area, 1);
}

int main(void) {
  void *private;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  code = nativeMap(NULL, nativePageSize(), NativeALL);
  stack = nativeMap(NULL, StackSIZE, NativeREADWRITE);
  private = nativeMap(NULL, StackSIZE, NativeREADWRITE);
  memcpy(code, bytes, sizeof bytes);
  nativeHandle(onTrap);
  rounds(MutatorInjectBackAUTO, NULL);
  rounds(MutatorInjectBackTRAP, NULL);
  rounds(MutatorInjectBackAUTO, private);
  rounds(MutatorInjectBackTRAP, private);
  return 0;
}
