/* SPDX-License-Identifier: BSD-2-Clause
 *
 * harness.c -- run one instruction with any registers, and catch what it leaves
 *
 * A breakpoint enters: its handler writes the case's state into the system's
 * record, and returning from the handler runs the instruction.  The breakpoint
 * after it (or the page that is not mapped after it) leaves: the handler reads
 * the state and puts back the harness's own.  Stepped, the instruction faults
 * in between, and the library goes past it.
 *
 * The registers are the case's own, RSP too: all handlers run on an alternate stack.
 */

#include "differential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/registers.h"
#include "support/native.h"

#define BREAKPOINT 0xcc

/* General registers of this CPU; a case has words for sixteen. */
enum { GENERAL = MutatorRegisterPC };

typedef struct LayoutStruct {
  unsigned char *data;  /* what cases address */
  unsigned char *alias; /* always open */
  unsigned char *code;  /* the alias of the code */
  MutatorWindowStruct window;
} LayoutStruct;

static LayoutStruct layouts[LayoutLIMIT];
unsigned long harnessRefusals;

static uint64_t hash(uint64_t sum, const unsigned char *bytes, size_t size) {
  size_t i;
  for (i = 0; i < size; ++i)
    sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
  return sum;
}

/* vector state ---------------------------------------------------------------- */

enum { PartMAX = 1024, WORDS = PartMAX / 8 };

/* What this case starts with; the parts that the system saves. */
static struct {
  uint64_t image[NativePartLIMIT][WORDS];
  size_t size[NativePartLIMIT]; /* 0: the system does not save it */
  uint64_t all;                 /* XSTATE_BV, of all of these */
  uint64_t present;             /* of those that are not initial in this case */
  uint64_t seed;
} vector;

static void findParts(const NativeStopStruct *stop) {
  unsigned part;
  for (part = 0; part < NativePartLIMIT; ++part) {
    size_t size = 0;
    const unsigned char *bytes = nativePart(stop, (NativePart)part, &size);
    if (bytes == NULL || size > PartMAX)
      continue;
    vector.size[part] = size;
    vector.all |= nativePartBit((NativePart)part);
  }
}

MutatorBool harnessHoldsVectors(void) {
  unsigned part;
  for (part = 0; part < NativePartLIMIT; ++part)
    if (vector.size[part] == 0)
      return 0;
  return 1;
}

/* Numbers of all kinds: bit patterns, doubles and singles near one, small integers. */
static uint64_t numberOf(unsigned style, Random random) {
  const uint64_t word = randomNext(random);
  switch (style) {
  case 0: return (word & UINT64_C(0x801fffffffffffff)) | UINT64_C(0x3fe0000000000000);
  case 1: return (word & UINT64_C(0x80ffffff80ffffff)) | UINT64_C(0x3f0000003f000000);
  case 2: return word & UINT64_C(0xff00ff00ff);
  default: return word;
  }
}

/* Masks that select all, nothing, few, all but few, or the first ones. */
static uint64_t maskOf(Random random) {
  const uint64_t word = randomNext(random);
  switch (randomBelow(random, 8)) {
  case 0: return 0;
  case 1: return ~(uint64_t)0;
  case 2: return word & randomNext(random) & randomNext(random);
  case 3: return word | randomNext(random) | randomNext(random);
  case 4: return ((uint64_t)1 << randomBelow(random, 64)) - 1;
  case 5: return word & 15;
  default: return word;
  }
}

/* Exceptions masked, but for a few cases; none waits. */
static void fillControl(Random random) {
  static const unsigned char precisions[] = {0, 2, 3};
  const unsigned unmasked = randomOneIn(random, 64) ? (unsigned)randomBelow(random, 64) : 0;
  const unsigned control = (0x40 | (0x3f & ~unmasked)) | (unsigned)precisions[randomBelow(random, 3)] << 8 |
                           (unsigned)randomBelow(random, 4) << 10;
  const unsigned status = (unsigned)randomNext(random) & 0x7f7f & ~unmasked;
  vector.image[NativePartCONTROL][0] = control | status << 16;
  vector.image[NativePartTAGS][0] = randomOneIn(random, 4) ? 0 : randomNext(random) & 0xff;
}

static void fillMxcsr(Random random) {
  const uint64_t unmasked = randomOneIn(random, 64) ? randomNext(random) & 0x1f80 : 0;
  vector.image[NativePartMXCSR][0] = (0x1f80 | (randomNext(random) & 0xe07f)) & ~unmasked & ~(unmasked >> 7);
}

/* In one case of three some components are in their initial state.  In 32-bit mode the upper halves of
 * YMM registers are not while those of ZMM registers are in use: Linux restores a 32-bit record by way of
 * a buffer of its own, and on an AMD CPU a thread that was preempted afterwards got back what the buffer
 * had held before, one in some 100,000 times. */
static uint64_t choosePresent(Random random) {
  uint64_t present = randomOneIn(random, 3) ? vector.all & randomNext(random) : vector.all;
  if (!RawMode64 && (present & nativePartBit(NativePartZMM)) != 0)
    present |= vector.all & nativePartBit(NativePartYMM);
  return present;
}

/* Of x87's slots the CPU keeps ten bytes; what it keeps of pointers depends on exceptions. */
static void fillX87(void) {
  unsigned slot;
  for (slot = 0; slot < 8; ++slot)
    vector.image[NativePartX87][2 * slot + 1] &= 0xffff;
  memset(vector.image[NativePartPOINTERS], 0, sizeof vector.image[NativePartPOINTERS]);
}

static void fillImage(uint64_t seed) {
  RandomStruct random = {seed ^ UINT64_C(0x5851f42d4c957f2d)};
  const unsigned style = (unsigned)randomBelow(&random, 8);
  unsigned part;
  size_t at;
  if (vector.seed == seed)
    return;
  vector.seed = seed;
  for (part = 0; part < NativePartLIMIT; ++part)
    for (at = 0; at < (vector.size[part] + 7) / 8; ++at)
      vector.image[part][at] = part == NativePartMASK ? maskOf(&random) : numberOf(style, &random);
  fillX87();
  fillControl(&random);
  fillMxcsr(&random);
  vector.present = choosePresent(&random);
}

/* Of an initial component the record's bytes are garbage, which nobody may look at. */
static void loadVector(NativeStop stop) {
  unsigned part;
  size_t size;
  for (part = 0; part < NativePartLIMIT; ++part)
    if (vector.size[part] != 0)
      memcpy(nativePart(stop, (NativePart)part, &size), vector.image[part], vector.size[part]);
  nativePresentSet(stop, (nativePresent(stop) & ~vector.all) | vector.present);
}

/* The state of a component that is not present: zero, but for the x87 control word. */
static const unsigned char *partBytes(const NativeStopStruct *stop, NativePart part) {
  static const unsigned char zero[PartMAX];
  static const unsigned char control[4] = {0x7f, 0x03, 0, 0};
  size_t size;
  if (part == NativePartMXCSR || (nativePresent(stop) & nativePartBit(part)) != 0)
    return nativePart(stop, part, &size);
  return part == NativePartCONTROL ? control : zero;
}

static void hashVector(const NativeStopStruct *stop, Outcome outcome) {
  unsigned part;
  for (part = 0; part < NativePartLIMIT; ++part)
    outcome->vector[part] = vector.size[part] == 0 ? 0
                                                   : hash(UINT64_C(0xcbf29ce484222325),
                                                          partBytes(stop, (NativePart)part), vector.size[part]);
}

/* running --------------------------------------------------------------------- */

/* Of a repeated instruction on two pages; of any other, one. */
enum { FaultsMAX = 16 };

typedef enum State { StateIDLE = 0, StateMEASURE, StateENTERING, StateRUNNING } State;

static struct {
  volatile State state;
  MutatorBool stepping;
  const CaseStruct *theCase;
  Outcome outcome;
  unsigned char data[DATA_SIZE]; /* what the data pages held to begin with */
  NativePictureStruct own;       /* the harness's own state */
} run;

static void enter(NativeStop stop) {
  unsigned reg;
  nativePictureTake(&run.own, stop);
  for (reg = 0; reg < GENERAL; ++reg)
    nativeSet(stop, reg, (MutatorWord)run.theCase->gpr[reg]);
  nativeSet(stop, MutatorRegisterPC, (MutatorWord)run.theCase->pc);
  nativeSet(stop, MutatorRegisterFLAGS, (MutatorWord)run.theCase->flags);
  loadVector(stop);
  run.state = StateRUNNING;
}

static void leave(NativeStop stop, int signal, uint64_t pc) {
  unsigned reg;
  for (reg = 0; reg < GENERAL; ++reg)
    run.outcome->gpr[reg] = nativeGet(stop, reg);
  run.outcome->pc = pc;
  run.outcome->flags = nativeGet(stop, MutatorRegisterFLAGS);
  run.outcome->signal = signal;
  hashVector(stop, run.outcome);
  nativePictureResume(&run.own, stop);
  run.state = StateIDLE;
}

static void unexpected(const NativeStopStruct *stop) {
  fprintf(stderr, "differential: unexpected stop %#x, address %#llx, pc %#llx\n", (unsigned)nativeStopNumber(stop),
          (unsigned long long)nativeStopAddress(stop), (unsigned long long)nativeGet(stop, MutatorRegisterPC));
  _Exit(1);
}

static void onTrap(NativeStop stop) {
  switch (run.state) {
  case StateMEASURE:
    findParts(stop);
    nativePictureTake(&run.own, stop);
    nativePictureResume(&run.own, stop);
    run.state = StateIDLE;
    break;
  case StateENTERING: enter(stop); break;
  case StateRUNNING: leave(stop, 0, nativeBreakpoint(stop)); break;
  default: unexpected(stop);
  }
}

/* stepping -------------------------------------------------------------------- */

/* Everything that a step which does not happen must leave alone (C5). */
static struct {
  NativePictureStruct picture;
  unsigned char data[DATA_SIZE]; /* SIDT across two pages has written to the first when it faults on the second */
} before;

static void remember(const NativeStopStruct *stop) {
  nativePictureTake(&before.picture, stop);
  memcpy(before.data, layouts[run.theCase->layout].alias, DATA_SIZE);
}

static void broken(const char *promise) {
  if (run.outcome->broken == NULL)
    run.outcome->broken = promise;
}

static void expectUnchanged(const NativeStopStruct *stop, const char *promise) {
  if (!nativePictureSame(&before.picture, stop) ||
      memcmp(layouts[run.theCase->layout].alias, before.data, DATA_SIZE) != 0)
    broken(promise);
}

static MutatorRes translateAccess(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                                  void **pointerReturn) {
  (void)memory, (void)address, (void)size, (void)access, (void)pointerReturn;
  return MutatorResACCESS;
}

static MutatorRes loadAccess(MutatorMemory memory, void *buffer, void *address, size_t size) {
  (void)memory, (void)address;
  memset(buffer, 0x5a, size); /* undefined, says the contract: let it be something */
  return MutatorResACCESS;
}

static MutatorRes storeRefused(MutatorMemory memory, void *address, const void *buffer, size_t size) {
  (void)memory, (void)address, (void)buffer, (void)size;
  return MutatorResUNIMPL;
}

/* Through the alias, by copying: a client's own memory that does not translate. */
static unsigned char *aliasOf(const void *address, size_t size) {
  const LayoutStruct *layout = &layouts[run.theCase->layout];
  const size_t offset = (size_t)((uintptr_t)address - (uintptr_t)layout->data);
  return size <= DATA_SIZE && offset <= DATA_SIZE - size ? layout->alias + offset : NULL;
}

static MutatorRes loadCopy(MutatorMemory memory, void *buffer, void *address, size_t size) {
  const unsigned char *alias = aliasOf(address, size);
  (void)memory;
  if (alias == NULL)
    return MutatorResACCESS;
  memcpy(buffer, alias, size);
  return MutatorResOK;
}

static MutatorRes storeCopy(MutatorMemory memory, void *address, const void *buffer, size_t size) {
  unsigned char *alias = aliasOf(address, size);
  (void)memory;
  if (alias == NULL)
    return MutatorResACCESS;
  memcpy(alias, buffer, size);
  return MutatorResOK;
}

static MutatorRes swapCopy(MutatorMemory memory, void *address, void *expected, const void *desired, size_t size) {
  unsigned char *alias = aliasOf(address, size);
  (void)memory;
  if (alias == NULL)
    return MutatorResACCESS;
  if (memcmp(alias, expected, size) == 0) {
    memcpy(alias, desired, size);
    return MutatorResOK;
  }
  memcpy(expected, alias, size);
  return MutatorResFAIL;
}

/* As the window, which lets other addresses through: nothing else may be touched by a wrong table. */
static MutatorRes translateBounded(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                                   void **pointerReturn) {
  (void)memory, (void)access;
  *pointerReturn = aliasOf(address, size);
  return *pointerReturn != NULL ? MutatorResOK : MutatorResACCESS;
}

MutatorBool harnessBounded;

static MutatorMemoryStruct accessMemory, refusingMemory, copyingMemory, boundedMemory;

static MutatorMemory usualMemory(void) {
  return harnessBounded ? &boundedMemory : MutatorWindowMemory(&layouts[run.theCase->layout].window);
}

/* CMPXCHG8B and 16B with LOCK compare and swap at once, which this memory cannot; the others' load comes first. */
static MutatorBool pairNeedsSwap(const CaseStruct *theCase) {
  return theCase->locked && (theCase->instruction.mnemonic == ZYDIS_MNEMONIC_CMPXCHG8B ||
                             theCase->instruction.mnemonic == ZYDIS_MNEMONIC_CMPXCHG16B);
}

/* A step refused by its memory, three ways; the direct one faults in the handler and recovers. */
static void refuse(MutatorContext context, const NativeStopStruct *stop) {
  const MutatorBool stores = run.theCase->accesses[0].access == MutatorAccessWRITE || pairNeedsSwap(run.theCase);
  MutatorRes res, expected = MutatorResACCESS;
  switch (harnessBounded ? 0 : run.theCase->seed % 3) {
  case 0: res = MutatorContextStepInstructionWith(context, &accessMemory); break;
  case 1: res = MutatorContextStepInstruction(context); break;
  default:
    res = MutatorContextStepInstructionWith(context, &refusingMemory);
    if (stores)
      expected = MutatorResUNIMPL;
    break;
  }
  ++harnessRefusals;
  if (res != expected)
    broken("a step that its memory refuses has another result");
  expectUnchanged(stop, "a step that its memory refused changed something (C5)");
}

/* What remains of an access after that many elements. */
static CaseAccessStruct remaining(const CaseStruct *theCase, unsigned which, uint64_t done) {
  CaseAccessStruct access = theCase->accesses[which];
  const size_t bytes = access.size / (size_t)theCase->elements * (size_t)done;
  access.size -= bytes;
  if (!theCase->backward)
    access.address += bytes;
  return access;
}

static MutatorBool sameAccesses(const MutatorInstructionStruct *instruction, const CaseStruct *theCase, uint64_t done) {
  unsigned i;
  if (instruction->count != theCase->count)
    return 0;
  for (i = 0; i < theCase->count; ++i) {
    const CaseAccessStruct access = remaining(theCase, i, done);
    if ((uint64_t)(uintptr_t)instruction->access[i].address != access.address ||
        instruction->access[i].size != access.size || instruction->access[i].access != access.access)
      return 0;
  }
  return 1;
}

static MutatorAccess accessAt(const CaseStruct *theCase, uint64_t address, uint64_t done) {
  MutatorAccess result = MutatorAccessNONE;
  unsigned i;
  for (i = 0; i < theCase->count; ++i) {
    const CaseAccessStruct access = remaining(theCase, i, done);
    if (address - access.address < access.size)
      result |= access.access;
  }
  return result;
}

static uint64_t maskRegister(unsigned reg) {
  return (vector.present & nativePartBit(NativePartMASK)) != 0 ? vector.image[NativePartMASK][reg] : 0;
}

/* Bits of the mask for the same element in memory, of `count`, are one: of a repeated operand there are several. */
static uint64_t foldedMask(size_t element, size_t count) {
  const size_t bits = run.theCase->instruction.avx.vector_length / 8 / element;
  const uint64_t mask = maskRegister(run.theCase->instruction.avx.mask.reg - ZYDIS_REGISTER_K0);
  uint64_t folded = 0;
  size_t i;
  for (i = 0; i < bits; i += count)
    folded |= mask >> i;
  return folded;
}

/* As many bytes as the mask selects; too many stretches are not told apart. */
static MutatorBool accessedAsMasked(const MutatorInstructionStruct *instruction) {
  const size_t element = vectorMaskedElement(run.theCase);
  size_t count, i, bytes = 0;
  uint64_t bits;
  if (element == 0 || instruction->count == MUTATOR_INSTRUCTION_ACCESSES)
    return 1;
  for (i = 0; i < instruction->count; ++i)
    bytes += instruction->access[i].size;
  count = run.theCase->accesses[0].size / element;
  bits = vectorIsRepeated(run.theCase) ? foldedMask(element, count)
                                       : maskRegister(run.theCase->instruction.avx.mask.reg - ZYDIS_REGISTER_K0);
  for (i = 0; i < count; ++i)
    bytes -= (bits >> i & 1) != 0 ? element : 0;
  return bytes == 0;
}

/* Elements that a mask selects: parts of Zydis's operand, in order. */
static MutatorBool accessesInside(const MutatorInstructionStruct *instruction) {
  const CaseStruct *theCase = run.theCase;
  uint64_t least = theCase->accesses[0].address;
  unsigned i;
  for (i = 0; i < instruction->count; ++i) {
    const MutatorInstructionAccessStruct *access = &instruction->access[i];
    if ((uint64_t)(uintptr_t)access->address < least || access->size == 0 ||
        access->access != theCase->accesses[0].access)
      return 0;
    least = (uint64_t)(uintptr_t)access->address + access->size;
  }
  return instruction->count > 0 && least <= theCase->accesses[0].address + theCase->accesses[0].size &&
         accessedAsMasked(instruction);
}

static void checkDecode(MutatorContext context, const CaseFaultStruct *fault) {
  const CaseStruct *theCase = run.theCase;
  MutatorInstructionStruct instruction;
  if (MutatorContextDecode(context, &instruction) != MutatorResOK) {
    broken("CanStep and Decode disagree");
    return;
  }
  run.outcome->row = instruction.row;
  if (instruction.length != theCase->length || memcmp(instruction.bytes, theCase->bytes, theCase->length) != 0)
    broken("Decode's length or bytes are not Zydis's");
  if (caseIsPartial(theCase) ? !accessesInside(&instruction) : !sameAccesses(&instruction, theCase, fault->done))
    broken("Decode's addresses, sizes or directions are not Zydis's");
  if (instruction.locked != theCase->locked)
    broken("Decode and Zydis disagree about LOCK");
  if (instruction.backward != ((theCase->flags & MachineFlagDF) != 0))
    broken("Decode's direction is not the flag's");
  if (MutatorContextAccess(context) !=
      (caseIsPartial(theCase) ? theCase->accesses[0].access : accessAt(theCase, fault->address, fault->done)))
    broken("the context's access is not Zydis's");
}

static MutatorBool comparesStrings(const CaseStruct *theCase) {
  return theCase->instruction.meta.category == ZYDIS_CATEGORY_STRINGOP && theCase->count == 2 &&
         theCase->accesses[1].access == MutatorAccessREAD;
}

static MutatorBool coversFault(uint64_t address) {
  return address - run.theCase->accesses[0].address < run.theCase->accesses[0].size;
}

/* The first of a case's faults; the others are of what remains. */
static void checkFirst(MutatorContext context, NativeStop stop) {
  CaseFaultStruct fault = caseFault(run.theCase, 0);
  if (nativeStopAddress(stop) != fault.address && comparesStrings(run.theCase))
    fault = caseFault(run.theCase, 1);
  if (caseIsPartial(run.theCase) ? !coversFault(nativeStopAddress(stop)) : nativeStopAddress(stop) != fault.address)
    broken("the CPU's fault address is not where Zydis says");
  checkDecode(context, &fault);
  refuse(context, stop);
}

/* Divide errors, jumps to nowhere and stack pointers with which nobody returns are the CPU's own business. */
static void stepExcepted(NativeStop stop) {
  expectUnchanged(stop, "a step that was left to the CPU changed something (C5)");
  run.outcome->excepted = 1;
  leave(stop, 0, 0);
}

static void stepAccepted(MutatorContext context, NativeStop stop) {
  MutatorMemory memory = usualMemory();
  MutatorRes res;
  if (run.outcome->faults == 1)
    checkFirst(context, stop);
  if (run.theCase->seed % 5 == 0 && !run.theCase->locked)
    memory = &copyingMemory;
  res = MutatorContextStepInstructionWith(context, memory);
  if (res == MutatorResOK) {
    run.outcome->stepped = 1;
    if ((nativeGet(stop, MutatorRegisterFLAGS) & MachineFlagRF) != 0)
      broken("Step leaves RF set (C9)");
    if (!stackAllowed(nativeGet(stop, MutatorRegisterSP))) {
      run.outcome->stackless = 1;
      leave(stop, 0, 0);
    }
    return;
  }
  if (res == MutatorResACCESS && run.outcome->faults == 1) {
    stepExcepted(stop);
    return;
  }
  broken("CanStep said yes, Step did not do it (C12)");
  leave(stop, 0, 0);
}

static void stepFault(NativeStop stop) {
  MutatorContextStruct context;
  remember(stop);
  ++run.outcome->faults;
  if (nativeInit(&context, stop) != MutatorResOK)
    broken("InitFault");
  if (MutatorContextCanStepInstruction(&context)) {
    expectUnchanged(stop, "CanStep changed something");
    stepAccepted(&context, stop);
    return;
  }
  run.outcome->decline = MutatorContextDecline(&context);
  if (run.outcome->decline == MutatorDeclineNONE)
    broken("declined without a reason");
  if (MutatorContextStepInstructionWith(&context, MutatorWindowMemory(&layouts[run.theCase->layout].window)) !=
      MutatorResUNIMPL)
    broken("CanStep said no, Step did not give UNIMPL");
  expectUnchanged(stop, "a declined step changed something (C5)");
  leave(stop, 0, 0);
}

/* Nothing is mapped after the code: fetching there is how some cases end. */
static MutatorBool ranOff(const NativeStopStruct *stop) {
  uint64_t pc = nativeGet(stop, MutatorRegisterPC);
  return pc == caseCodeBase(run.theCase->layout) + CODE_SIZE && nativeStopAddress(stop) == pc;
}

static void onFault(NativeStop stop) {
  const MutatorBool memory = nativeStopKind(stop) == NativeStopMEMORY;
  if (run.state != StateRUNNING)
    unexpected(stop);
  if (memory && ranOff(stop))
    leave(stop, 0, nativeStopAddress(stop));
  else if (run.stepping && memory && run.outcome->faults < (run.theCase->repeated ? FaultsMAX : 1))
    stepFault(stop);
  else
    leave(stop, nativeStopNumber(stop), nativeGet(stop, MutatorRegisterPC));
}

static MutatorBool onStop(NativeStop stop) {
  if (nativeRecover(stop))
    return 1;
  if (nativeStopKind(stop) == NativeStopTRAP)
    onTrap(stop);
  else
    onFault(stop);
  return 1;
}

/* Breakpoints all around, so that nothing else runs if the PC is wrong. */
static void writeCode(const CaseStruct *theCase) {
  unsigned char *code = layouts[theCase->layout].code;
  size_t at = (size_t)(theCase->pc - caseCodeBase(theCase->layout));
  size_t first = at < 16 ? 0 : at - 16, limit = at + theCase->length + 16;
  if (limit > CODE_SIZE)
    limit = CODE_SIZE;
  memset(code + first, BREAKPOINT, limit - first);
  memcpy(code + at, theCase->bytes, theCase->length);
}

static void noteChanges(Outcome outcome, const unsigned char *data) {
  size_t first = 0, limit = DATA_SIZE;
  if (memcmp(data, run.data, DATA_SIZE) == 0)
    return;
  while (data[first] == run.data[first])
    ++first;
  while (data[limit - 1] == run.data[limit - 1])
    --limit;
  outcome->changedAt = first;
  outcome->changedSize = limit - first;
  outcome->changedHash = hash(1, data + first, limit - first);
  memcpy(outcome->changed, data + first, limit - first < 64 ? limit - first : 64);
}

/* NT and ID first: no signal frame gives those back, and an instruction that was
 * run natively may have set them. */
static void breakpoint(void) { __asm__ volatile("push $0x202\n popf\n int3" ::: "memory", "cc"); }

void harnessRun(const CaseStruct *theCase, MutatorBool stepping, Outcome outcome) {
  LayoutStruct *layout = &layouts[theCase->layout];
  memset(outcome, 0, sizeof *outcome);
  caseData(theCase, run.data);
  memcpy(layout->alias, run.data, DATA_SIZE);
  writeCode(theCase);
  fillImage(theCase->seed);
  run.theCase = theCase;
  run.outcome = outcome;
  run.stepping = stepping;
  run.state = StateENTERING;
  breakpoint();
  noteChanges(outcome, layout->alias);
}

/* set-up ---------------------------------------------------------------------- */

static void protectPages(Layout layout, NativeProtection first, NativeProtection second) {
  nativeProtect(layouts[layout].data, DATA_PAGE, first);
  nativeProtect(layouts[layout].data + DATA_PAGE, DATA_PAGE, second);
}

void harnessProtect(Layout layout, Protection protection) {
  static const NativeProtection pages[ProtectionLIMIT][2] = {
      {NativeNONE, NativeNONE}, {NativeNONE, NativeREADWRITE}, {NativeREADWRITE, NativeNONE}, {NativeREAD, NativeREAD}};
  protectPages(layout, pages[protection][0], pages[protection][1]);
}

void harnessOpen(void) {
  unsigned layout;
  for (layout = 0; layout < LayoutLIMIT; ++layout)
    protectPages((Layout)layout, NativeREADWRITE, NativeREADWRITE);
}

static void makeLayout(Layout which) {
  LayoutStruct *layout = &layouts[which];
  void *alias;
  layout->data = nativeMapTwice((void *)(uintptr_t)caseDataBase(which), DATA_SIZE, NativeREADWRITE, &alias);
  layout->alias = alias;
  (void)nativeMapTwice((void *)(uintptr_t)caseCodeBase(which), CODE_SIZE, NativeREADEXECUTE, &alias);
  layout->code = alias;
  memset(layout->code, BREAKPOINT, CODE_SIZE);
  if (MutatorWindowAdopt(&layout->window, layout->data, layout->alias, DATA_SIZE, MutatorWindowForkREFUSE) !=
      MutatorResOK)
    nativeStopProgram("MutatorWindowAdopt");
}

static void findSegments(void) {
  MutatorWord fs = 0, gs = 0;
  const MutatorBool hasFS = nativeSegmentFS(&fs), hasGS = nativeSegmentGS(&gs);
  const uint64_t base[] = {fs, gs};
  caseSegmentBases(hasFS ? &base[0] : NULL, hasGS ? &base[1] : NULL);
}

void harnessSetup(void) {
  unsigned layout;
  if (MutatorSetup(NULL) != MutatorResOK)
    nativeStopProgram("MutatorSetup");
  for (layout = 0; layout < LayoutLIMIT; ++layout)
    makeLayout((Layout)layout);
  stackSetup();
  (void)MutatorMemoryInit(&accessMemory, translateAccess, NULL, NULL, NULL, NULL);
  (void)MutatorMemoryInit(&refusingMemory, NULL, loadAccess, storeRefused, NULL, NULL);
  (void)MutatorMemoryInit(&boundedMemory, translateBounded, NULL, NULL, NULL, NULL);
  (void)MutatorMemoryInit(&copyingMemory, NULL, loadCopy, storeCopy, swapCopy, NULL);
  findSegments();
  nativeHandle(onStop);
  nativeHandlerStackWhole();
  run.state = StateMEASURE;
  breakpoint();
}
