/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C5_bad_arguments.c -- arguments that are bad: the documented result, nothing changed
 *
 * Bad input, every public function: NULL, misaligned, garbage, unknown, in the wrong state.
 */

#include "support/fault_test.h"

#include <string.h>

static MutatorRes scan(void *base, void *limit, void *closure) {
  (void)base;
  (void)limit;
  (void)closure;
  CHECK(0, "called for a bad context");
  return MutatorResOK;
}

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  return MutatorFaultDECLINED;
}

/* Nothing that is not a context has an answer. */
static void badContext(MutatorContext context) {
  MutatorInstructionStruct instruction;
  MutatorWord value = 77;
  void *address = &address;
  memset(&instruction, 0xee, sizeof instruction);
  CHECK(!MutatorContextCheck(context), "Check");
  CHECK(MutatorContextVariety(context) == MutatorContextNONE, "Variety");
  CHECK(MutatorContextKind(context) == MutatorFaultKindNONE, "Kind");
  CHECK(MutatorContextAddress(context, &address) == MutatorResPARAM && address == &address, "Address");
  CHECK(MutatorContextAccess(context) == MutatorAccessNONE, "Access");
  CHECK(MutatorContextAccessSource(context) == MutatorSourceNONE, "AccessSource");
  CHECK(MutatorContextErrorCode(context, &value) == MutatorResPARAM && value == 77, "ErrorCode");
  CHECK(!MutatorContextCanStepInstruction(context), "CanStep");
  CHECK(MutatorContextDecline(context) == MutatorDeclineNONE, "Decline");
  CHECK(MutatorContextStepInstruction(context) == MutatorResPARAM, "Step");
  CHECK(MutatorContextStepInstructionWith(context, MutatorMemoryDirect()) == MutatorResPARAM, "StepWith");
  CHECK(MutatorContextDecode(context, &instruction) == MutatorResPARAM, "Decode");
  CHECK(instruction.length == 0xee, "Decode");
  CHECK(MutatorContextScan(context, scan, NULL) == MutatorResPARAM, "Scan");
  CHECK(MutatorContextSP(context) == NULL && MutatorContextPC(context) == NULL, "SP, PC");
  CHECK(MutatorContextStackHot(context) == NULL, "StackHot");
  CHECK(MutatorContextGetRegister(context, FaultTestAX, &value) == MutatorResPARAM && value == 77, "Get");
  CHECK(MutatorContextSetRegister(context, FaultTestAX, 1) == MutatorResPARAM, "Set");
  CHECK(MutatorContextCommit(context) == MutatorResPARAM, "Commit");
  CHECK(MutatorFaultStep(context) == MutatorResPARAM, "FaultStep");
}

static void contexts(void) {
  NativeStopStruct stop;
  MutatorContextStruct context, before;
  MutatorWord storage[sizeof(MutatorContextStruct) / sizeof(MutatorWord) + 1];
  MutatorContext misaligned = (MutatorContext)(void *)((unsigned char *)storage + 1);
  uint64_t seed = 4711;
  unsigned i, j;
  memset(storage, 0, sizeof storage);
  badContext(NULL);
  badContext(misaligned);
  memset(&context, 0, sizeof context);
  badContext(&context);
  for (i = 0; i < 1000; i++) {
    for (j = 0; j < sizeof context; j++)
      ((unsigned char *)&context)[j] = (unsigned char)faultTestRandom(&seed);
    badContext(&context);
  }
  memset(&context, 0xee, sizeof context);
  before = context;
  nativeFake(&stop);
  CHECK(nativeInit(NULL, &stop) == MutatorResPARAM, "InitFault");
  CHECK(nativeInit(misaligned, &stop) == MutatorResPARAM, "InitFault");
  CHECK(memcmp(&context, &before, sizeof context) == 0, "nothing changed");
  CHECK(nativeInit(&context, &stop) == MutatorResOK, "InitFault");
  /* Each word of an initialised one that says what it is. */
  before = context;
  context.signature ^= 1;
  badContext(&context);
  context = before;
  context.size ^= 1;
  badContext(&context);
  context = before;
  context.var = 3;
  badContext(&context);
}

static void registers(void) {
  static NativePictureStruct before;
  NativeStopStruct stop;
  MutatorContextStruct context;
  MutatorWord value = 77;
  nativeFake(&stop);
  CHECK(nativeInit(&context, &stop) == MutatorResOK, "InitFault");
  nativePictureTake(&before, &stop);
  CHECK(MutatorContextGetRegister(&context, MutatorRegisterLIMIT, &value) == MutatorResPARAM && value == 77, "Get");
  CHECK(MutatorContextGetRegister(&context, (MutatorRegister)-1, &value) == MutatorResPARAM && value == 77, "Get");
  CHECK(MutatorContextGetRegister(&context, FaultTestAX, NULL) == MutatorResPARAM, "Get");
  CHECK(MutatorContextSetRegister(&context, MutatorRegisterLIMIT, 1) == MutatorResPARAM, "Set");
  CHECK(MutatorContextSetRegister(&context, (MutatorRegister)1000000, 1) == MutatorResPARAM, "Set");
  CHECK(MutatorContextAddress(&context, NULL) == MutatorResPARAM, "Address");
  CHECK(MutatorContextErrorCode(&context, NULL) == MutatorResPARAM, "ErrorCode");
  CHECK(MutatorContextDecode(&context, NULL) == MutatorResPARAM, "Decode");
  CHECK(MutatorContextScan(&context, NULL, NULL) == MutatorResPARAM, "Scan");
  CHECK(MutatorContextStepInstructionWith(&context, NULL) == MutatorResPARAM, "StepWith");
  CHECK(nativePictureSame(&before, &stop), "nothing changed");
}

static MutatorRes translate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                            void **pointerReturn) {
  (void)memory;
  (void)address;
  (void)size;
  (void)access;
  (void)pointerReturn;
  return MutatorResUNIMPL;
}

static void badMemory(MutatorMemory memory) {
  uint64_t word = 1, other = 2;
  CHECK(!MutatorMemoryCheck(memory), "Check");
  CHECK(MutatorMemoryClosure(memory) == NULL, "Closure");
  CHECK(MutatorMemoryLoad(memory, &word, &other, 8) == MutatorResPARAM && word == 1, "Load");
  CHECK(MutatorMemoryStore(memory, &word, &other, 8) == MutatorResPARAM && word == 1, "Store");
  CHECK(MutatorMemoryCompareAndSwap(memory, &word, &word, &other, 8) == MutatorResPARAM && word == 1, "Swap");
}

static void memories(void) {
  static const size_t sizes[] = {0, 3, 5, 7, 9, 15, 17, 33, 63, 65, 128, ~(size_t)0};
  MutatorMemory direct = MutatorMemoryDirect();
  MutatorMemoryStruct memory, before;
  uint64_t word[2] = {1, 1}, other[2] = {2, 2};
  size_t i;
  memset(&memory, 0xee, sizeof memory);
  before = memory;
  badMemory(NULL);
  badMemory(&memory);
  badMemory((MutatorMemory)((uintptr_t)direct + 1));
  CHECK(MutatorMemoryInit(NULL, translate, NULL, NULL, NULL, NULL) == MutatorResPARAM, "Init");
  CHECK(MutatorMemoryInit((MutatorMemory)((uintptr_t)&memory + 1), translate, NULL, NULL, NULL, NULL) ==
            MutatorResPARAM,
        "Init");
  CHECK(MutatorMemoryInit(&memory, NULL, NULL, NULL, NULL, NULL) == MutatorResPARAM, "Init");
  CHECK(memcmp(&memory, &before, sizeof memory) == 0, "nothing changed");
  CHECK(MutatorMemoryCheck(direct), "direct");
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    CHECK(MutatorMemoryLoad(direct, word, other, sizes[i]) == MutatorResPARAM, "Load of %zu", sizes[i]);
    CHECK(MutatorMemoryStore(direct, word, other, sizes[i]) == MutatorResPARAM, "Store of %zu", sizes[i]);
    CHECK(MutatorMemoryCompareAndSwap(direct, word, word, other, sizes[i]) == MutatorResPARAM, "Swap of %zu", sizes[i]);
  }
  CHECK(MutatorMemoryLoad(direct, NULL, other, 8) == MutatorResPARAM, "Load");
  CHECK(MutatorMemoryStore(direct, word, NULL, 8) == MutatorResPARAM, "Store");
  CHECK(MutatorMemoryCompareAndSwap(direct, word, NULL, other, 8) == MutatorResPARAM, "Swap");
  CHECK(MutatorMemoryCompareAndSwap(direct, word, other, NULL, 8) == MutatorResPARAM, "Swap");
  CHECK(word[0] == 1 && word[1] == 1 && other[0] == 2, "nothing changed");
  /* A memory that can do nothing after all. */
  CHECK(MutatorMemoryInit(&memory, translate, NULL, NULL, NULL, &word) == MutatorResOK, "Init");
  CHECK(MutatorMemoryClosure(&memory) == word, "Closure");
  CHECK(MutatorMemoryLoad(&memory, word, other, 8) == MutatorResUNIMPL && word[0] == 1, "Load");
  CHECK(MutatorMemoryStore(&memory, word, other, 8) == MutatorResUNIMPL && word[0] == 1, "Store");
}

static void badWindow(MutatorWindow window) {
  void *pointer = &pointer;
  CHECK(!MutatorWindowCheck(window), "Check");
  CHECK(MutatorWindowBase(window) == NULL && MutatorWindowSize(window) == 0, "Base, Size");
  CHECK(MutatorWindowMemory(window) == NULL, "Memory");
  CHECK(MutatorWindowAlias(window, &pointer, 1, &pointer) == MutatorResPARAM && pointer == &pointer, "Alias");
  CHECK(MutatorWindowDestroy(window) == MutatorResPARAM, "Destroy");
}

static void windows(void) {
  static MutatorWindowStruct window;
  MutatorWindowStruct copy;
  unsigned char *base;
  void *pointer = &pointer;
  size_t page = nativePageSize();
  badWindow(NULL);
  badWindow(&window);
  badWindow((MutatorWindow)((uintptr_t)&window + 1));
  CHECK(MutatorWindowCreate(NULL, page, MutatorWindowForkREFUSE) == MutatorResPARAM, "Create");
  CHECK(MutatorWindowCreate((MutatorWindow)((uintptr_t)&window + 1), page, MutatorWindowForkREFUSE) == MutatorResPARAM,
        "Create");
  CHECK(MutatorWindowCreate(&window, 0, MutatorWindowForkREFUSE) == MutatorResPARAM, "Create");
  CHECK(MutatorWindowCreate(&window, ~(size_t)0, MutatorWindowForkREFUSE) == MutatorResPARAM, "Create");
  CHECK(MutatorWindowCreate(&window, page, MutatorWindowForkLIMIT) == MutatorResPARAM, "Create");
  CHECK(MutatorWindowCreate(&window, page, (MutatorWindowFork)-1) == MutatorResPARAM, "Create");
  badWindow(&window);
  CHECK(MutatorWindowCreate(&window, page, MutatorWindowForkREFUSE) == MutatorResOK, "Create");
  base = MutatorWindowBase(&window);
  CHECK(MutatorWindowAlias(&window, base - 1, 1, &pointer) == MutatorResACCESS && pointer == &pointer, "below");
  CHECK(MutatorWindowAlias(&window, base + page, 1, &pointer) == MutatorResACCESS && pointer == &pointer, "above");
  CHECK(MutatorWindowAlias(&window, base, page + 1, &pointer) == MutatorResACCESS && pointer == &pointer, "too long");
  CHECK(MutatorWindowAlias(&window, base + 1, ~(size_t)0, &pointer) == MutatorResACCESS && pointer == &pointer,
        "wraps");
  CHECK(MutatorWindowAlias(&window, base, 1, NULL) == MutatorResPARAM, "NULL");
  copy = window;
  badWindow(&copy); /* a copy is not the window */
  CHECK(MutatorWindowAdopt(&copy, base + 1, base + 2 * page, page, MutatorWindowForkSHARE) == MutatorResPARAM, "Adopt");
  CHECK(MutatorWindowAdopt(&copy, base, base, page, MutatorWindowForkSHARE) == MutatorResPARAM, "Adopt");
  CHECK(MutatorWindowAdopt(&copy, base, base + 8 * page, page - 1, MutatorWindowForkSHARE) == MutatorResPARAM, "Adopt");
  CHECK(MutatorWindowAdopt(&copy, base, base + 8 * page, page, MutatorWindowForkCOPY) == MutatorResPARAM, "Adopt");
  CHECK(MutatorWindowAdopt(&copy, NULL, base, page, MutatorWindowForkSHARE) == MutatorResPARAM, "Adopt");
  CHECK(MutatorWindowAdopt(&copy, base, base + page, 0, MutatorWindowForkSHARE) == MutatorResPARAM, "Adopt");
  CHECK(MutatorWindowDestroy(&window) == MutatorResOK, "Destroy");
  badWindow(&window);
}

static void ranges(void) {
  static MutatorFaultRangeStruct range, other;
  unsigned char *page = faultTestPageNew(FaultTestPageOPEN);
  MutatorFaultRange found = &other;
  CHECK(MutatorFaultRangeAdd(NULL, page, page + 1, callback, NULL, NULL) == MutatorResPARAM, "Add");
  CHECK(MutatorFaultRangeAdd((MutatorFaultRange)((uintptr_t)&range + 1), page, page + 1, callback, NULL, NULL) ==
            MutatorResPARAM,
        "Add");
  CHECK(MutatorFaultRangeAdd(&range, page, page, callback, NULL, NULL) == MutatorResPARAM, "empty");
  CHECK(MutatorFaultRangeAdd(&range, page + 1, page, callback, NULL, NULL) == MutatorResPARAM, "backwards");
  CHECK(MutatorFaultRangeAdd(&range, page, page + 1, NULL, NULL, NULL) == MutatorResPARAM, "no callback");
  CHECK(MutatorFaultRangeAdd(&range, page, page + 1, callback, NULL, (MutatorWindow)(void *)page) == MutatorResPARAM,
        "no window");
  CHECK(MutatorFaultRangeRemove(NULL) == MutatorResPARAM && MutatorFaultRangeRemove(&range) == MutatorResPARAM,
        "Remove");
  CHECK(MutatorFaultRangeBase(&range) == NULL && MutatorFaultRangeLimit(&range) == NULL, "Base, Limit");
  CHECK(MutatorFaultRangeAdd(&range, page, page + 100, callback, &found, NULL) == MutatorResOK, "Add");
  CHECK(MutatorFaultRangeAdd(&range, page + 200, page + 300, callback, NULL, NULL) == MutatorResSTATE, "twice");
  CHECK(MutatorFaultRangeAdd(&other, page + 99, page + 101, callback, NULL, NULL) == MutatorResPARAM, "overlap");
  CHECK(MutatorFaultRangeAdd(&other, page - 10, page + 1, callback, NULL, NULL) == MutatorResPARAM, "overlap");
  CHECK(MutatorFaultRangeBase(&range) == page && MutatorFaultRangeClosure(&range) == &found, "as given");
  CHECK(MutatorFaultRangeFind(page, NULL) == MutatorResPARAM, "Find");
  CHECK(MutatorFaultRangeFind(page + 100, &found) == MutatorResFAIL && found == &other, "Find");
  CHECK(MutatorFaultRangeFind(page + 99, &found) == MutatorResOK && found == &range, "Find");
  CHECK(MutatorFaultRangeRemove(&range) == MutatorResOK, "Remove");
  CHECK(MutatorFaultRangeRemove(&range) == MutatorResSTATE, "twice");
}

static void others(void) {
  MutatorOptionsStruct options;
  CHECK(MutatorOptionsInit(NULL) == MutatorResPARAM, "OptionsInit");
  CHECK(MutatorOptionsInit((MutatorOptions)((uintptr_t)&options + 1)) == MutatorResPARAM, "OptionsInit");
  memset(&options, 0, sizeof options);
  CHECK(MutatorSetup(&options) == MutatorResPARAM, "options not initialised");
  CHECK(MutatorOptionsInit(&options) == MutatorResOK && MutatorSetup(&options) == MutatorResOK, "the same sizes");
  options.plans *= 2;
  CHECK(MutatorSetup(&options) == MutatorResSTATE, "other sizes");
  options.plans = 1;
  CHECK(MutatorSetup(&options) == MutatorResPARAM && MutatorFaultSetup(&options) == MutatorResPARAM, "out of bounds");
  CHECK(MutatorCountersGet(NULL) == MutatorResPARAM, "CountersGet");
  CHECK(MutatorCountersGet((MutatorCounters)((uintptr_t)&options + 1)) == MutatorResPARAM, "CountersGet");
  CHECK(strcmp(MutatorResName(MutatorResOK), "MutatorResOK") == 0, "ResName");
  CHECK(strcmp(MutatorResName(-1), "unknown result") == 0, "ResName");
  CHECK(strcmp(MutatorResName(MutatorResLAST), "unknown result") == 0, "ResName");
  CHECK(strcmp(MutatorDeclineName((MutatorDecline)-1), "unknown reason") == 0, "DeclineName");
  CHECK(strcmp(MutatorDeclineName(MutatorDeclineLIMIT), "unknown reason") == 0, "DeclineName");
}

int main(void) {
  faultTestSetup();
  contexts();
  registers();
  memories();
  windows();
  ranges();
  others();
  return 0;
}
