/* SPDX-License-Identifier: BSD-2-Clause
 *
 * harness.c -- run one instruction with any registers, and catch what it leaves
 *
 * A breakpoint enters: its handler writes the case's state into the signal
 * frame, and returning from the handler runs the instruction.  The breakpoint
 * after it (or the page that is not mapped after it) leaves: the handler reads
 * the state and puts back the harness's own.  Stepped, the instruction faults
 * in between, and the library goes past it.
 *
 * The registers are the case's own, RSP too: all handlers run on an alternate stack.
 */

#include "differential.h"

#include <asm/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "arch/x86/registers.h"
#include "cc/cpuid.h"

#define ALTERNATE_SIZE ((size_t)1 << 20)
#define VECTOR_MAX 16384
#define BREAKPOINT 0xcc

/* Where the kernel puts registers, in the order of their encoding. */
static const int gregs[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

typedef struct LayoutStruct {
  unsigned char *data;  /* what cases address */
  unsigned char *alias; /* always open */
  unsigned char *code;  /* the alias of the code */
  MutatorWindowStruct window;
} LayoutStruct;

static LayoutStruct layouts[LayoutLIMIT];
unsigned long harnessRefusals;

static void stop(const char *what) {
  perror(what);
  exit(1);
}

/* vector state ---------------------------------------------------------------- */

typedef struct RegionStruct {
  size_t offset, size;
} RegionStruct;

/* What every case starts with, in the kernel's layout (Intel SDM volume 1, chapter 13). */
static struct {
  unsigned char image[VECTOR_MAX];
  size_t size;
  uint64_t present; /* XSTATE_BV */
  RegionStruct regions[8];
  unsigned count;
} vector;

enum { MxcsrAT = 24, TagsAT = 4, X87AT = 32, XmmAT = 160, SoftwareAT = 464, PresentAT = 512 };

static void addRegion(size_t offset, size_t size, unsigned component) {
  RegionStruct region = {offset, size};
  if (offset + size > vector.size)
    return;
  vector.regions[vector.count++] = region;
  vector.present |= (uint64_t)1 << component;
}

static void findRegions(const unsigned char *state) {
  static const unsigned char components[] = {2, 5, 6, 7}; /* YMM, masks, ZMM upper halves, ZMM 16 to 31 */
  uint64_t features;
  uint32_t size;
  unsigned i;
  memcpy(&features, state + SoftwareAT + 8, sizeof features);
  memcpy(&size, state + SoftwareAT + 16, sizeof size);
  vector.size = size < VECTOR_MAX ? size : VECTOR_MAX;
  memcpy(vector.image, state, vector.size);
  addRegion(X87AT, 128, 0);
  addRegion(XmmAT, 256, 1);
  for (i = 0; i < sizeof components; ++i) {
    CpuidStruct answer = cpuidRead(0xd, components[i]);
    if ((features >> components[i] & 1) != 0 && answer.eax != 0)
      addRegion(answer.ebx, answer.eax, components[i]);
  }
}

/* Random, with floating-point exceptions masked; of x87's slots the CPU keeps ten bytes. */
static void fillImage(uint64_t seed) {
  RandomStruct random = {seed};
  uint32_t mxcsr = 0x1f80 | (randomNext(&random) & 0x603f);
  unsigned i;
  size_t at;
  for (i = 0; i < vector.count; ++i)
    for (at = 0; at < vector.regions[i].size; ++at)
      if (i > 0 || at % 16 < 10)
        vector.image[vector.regions[i].offset + at] = (unsigned char)randomNext(&random);
  memcpy(vector.image + MxcsrAT, &mxcsr, sizeof mxcsr);
  vector.image[TagsAT] = 0xff;
}

static void loadVector(unsigned char *state) {
  uint64_t present;
  unsigned i;
  for (i = 0; i < vector.count; ++i)
    memcpy(state + vector.regions[i].offset, vector.image + vector.regions[i].offset, vector.regions[i].size);
  memcpy(state + MxcsrAT, vector.image + MxcsrAT, 4);
  state[TagsAT] = vector.image[TagsAT];
  memcpy(&present, state + PresentAT, sizeof present);
  present |= vector.present;
  memcpy(state + PresentAT, &present, sizeof present);
}

static MutatorBool vectorKept(const unsigned char *state) {
  uint64_t present;
  unsigned i;
  memcpy(&present, state + PresentAT, sizeof present);
  if ((present & vector.present) != vector.present || memcmp(state + MxcsrAT, vector.image + MxcsrAT, 4) != 0 ||
      state[TagsAT] != vector.image[TagsAT])
    return 0;
  for (i = 0; i < vector.count; ++i)
    if (memcmp(state + vector.regions[i].offset, vector.image + vector.regions[i].offset, vector.regions[i].size) != 0)
      return 0;
  return 1;
}

static uint64_t hash(uint64_t sum, const unsigned char *bytes, size_t size) {
  size_t i;
  for (i = 0; i < size; ++i)
    sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
  return sum;
}

static uint64_t vectorHash(const unsigned char *state) {
  uint64_t sum = hash(UINT64_C(0xcbf29ce484222325), state + MxcsrAT, 4);
  unsigned i;
  if (vectorKept(state))
    return 0;
  sum = hash(sum, state + PresentAT, 8);
  for (i = 0; i < vector.count; ++i)
    sum = hash(sum, state + vector.regions[i].offset, vector.regions[i].size);
  return sum | 1;
}

/* running --------------------------------------------------------------------- */

typedef enum State { StateIDLE = 0, StateMEASURE, StateENTERING, StateRUNNING } State;

static struct {
  volatile State state;
  MutatorBool stepping;
  const CaseStruct *theCase;
  Outcome outcome;
  unsigned char data[DATA_SIZE]; /* what the data pages held to begin with */
  gregset_t gregs;               /* the harness's own state */
  unsigned char vector[VECTOR_MAX];
} run;

static unsigned char *stateOf(ucontext_t *ucontext) { return (unsigned char *)ucontext->uc_mcontext.fpregs; }

static void enter(ucontext_t *ucontext) {
  greg_t *target = ucontext->uc_mcontext.gregs;
  unsigned i;
  memcpy(run.gregs, target, sizeof run.gregs);
  memcpy(run.vector, stateOf(ucontext), vector.size);
  for (i = 0; i < 16; ++i)
    target[gregs[i]] = (greg_t)run.theCase->gpr[i];
  target[REG_RIP] = (greg_t)run.theCase->pc;
  target[REG_EFL] = (greg_t)run.theCase->flags;
  loadVector(stateOf(ucontext));
  run.state = StateRUNNING;
}

static void leave(ucontext_t *ucontext, int signal, uint64_t pc) {
  greg_t *source = ucontext->uc_mcontext.gregs;
  unsigned i;
  for (i = 0; i < 16; ++i)
    run.outcome->gpr[i] = (uint64_t)source[gregs[i]];
  run.outcome->pc = pc;
  run.outcome->flags = (uint64_t)source[REG_EFL];
  run.outcome->signal = signal;
  run.outcome->vector = vectorHash(stateOf(ucontext));
  memcpy(source, run.gregs, sizeof run.gregs);
  memcpy(stateOf(ucontext), run.vector, vector.size);
  run.state = StateIDLE;
}

static void unexpected(int signal, const siginfo_t *info, const ucontext_t *ucontext) {
  fprintf(stderr, "differential: unexpected signal %d, address %p, pc %#llx\n", signal, info->si_addr,
          (unsigned long long)ucontext->uc_mcontext.gregs[REG_RIP]);
  _exit(1);
}

static void onTrap(int signal, siginfo_t *info, void *closure) {
  ucontext_t *ucontext = closure;
  switch (run.state) {
  case StateMEASURE:
    findRegions(stateOf(ucontext));
    run.state = StateIDLE;
    break;
  case StateENTERING: enter(ucontext); break;
  case StateRUNNING: leave(ucontext, 0, (uint64_t)ucontext->uc_mcontext.gregs[REG_RIP] - 1); break;
  default: unexpected(signal, info, ucontext);
  }
}

/* stepping -------------------------------------------------------------------- */

/* Everything that a step which does not happen must leave alone (C5). */
static struct {
  ucontext_t ucontext;
  unsigned char vector[VECTOR_MAX];
  unsigned char data[DATA_SIZE]; /* SIDT across two pages has written to the first when it faults on the second */
} before;

static void remember(ucontext_t *ucontext) {
  memcpy(&before.ucontext, ucontext, sizeof before.ucontext);
  memcpy(before.vector, stateOf(ucontext), vector.size);
  memcpy(before.data, layouts[run.theCase->layout].alias, DATA_SIZE);
}

static void broken(const char *promise) {
  if (run.outcome->broken == NULL)
    run.outcome->broken = promise;
}

static void expectUnchanged(ucontext_t *ucontext, const char *promise) {
  if (memcmp(&before.ucontext, ucontext, sizeof before.ucontext) != 0 ||
      memcmp(before.vector, stateOf(ucontext), vector.size) != 0 ||
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
static unsigned char *aliasOf(const void *address) {
  const LayoutStruct *layout = &layouts[run.theCase->layout];
  return layout->alias + ((const unsigned char *)address - layout->data);
}

static MutatorRes loadCopy(MutatorMemory memory, void *buffer, void *address, size_t size) {
  (void)memory;
  memcpy(buffer, aliasOf(address), size);
  return MutatorResOK;
}

static MutatorRes storeCopy(MutatorMemory memory, void *address, const void *buffer, size_t size) {
  (void)memory;
  memcpy(aliasOf(address), buffer, size);
  return MutatorResOK;
}

static MutatorMemoryStruct accessMemory, refusingMemory, copyingMemory;

/* A step refused by its memory, three ways; the direct one faults in the handler and recovers. */
static void refuse(MutatorContext context, ucontext_t *ucontext) {
  const MutatorBool writes = (run.theCase->access & MutatorAccessWRITE) != 0;
  MutatorRes res, expected = MutatorResACCESS;
  switch (run.theCase->seed % 3) {
  case 0: res = MutatorContextStepInstructionWith(context, &accessMemory); break;
  case 1: res = MutatorContextStepInstruction(context); break;
  default:
    res = MutatorContextStepInstructionWith(context, &refusingMemory);
    if (writes)
      expected = MutatorResUNIMPL;
    break;
  }
  ++harnessRefusals;
  if (res != expected)
    broken("a step that its memory refuses has another result");
  expectUnchanged(ucontext, "a step that its memory refused changed something (C5)");
}

static void checkDecode(MutatorContext context) {
  const CaseStruct *theCase = run.theCase;
  MutatorInstructionStruct instruction;
  if (MutatorContextDecode(context, &instruction) != MutatorResOK) {
    broken("CanStep and Decode disagree");
    return;
  }
  run.outcome->row = instruction.row;
  if (instruction.length != theCase->length || memcmp(instruction.bytes, theCase->bytes, theCase->length) != 0)
    broken("Decode's length or bytes are not Zydis's");
  if (instruction.count != 1 || (uint64_t)instruction.access[0].address != theCase->address ||
      instruction.access[0].size != theCase->size || instruction.access[0].access != theCase->access)
    broken("Decode's address, size or direction is not Zydis's");
  if (MutatorContextAccess(context) != theCase->access)
    broken("the context's access is not Zydis's");
}

/* The first byte of the operand on a protected page. */
static uint64_t expectedFault(void) {
  const CaseStruct *theCase = run.theCase;
  uint64_t middle = caseDataBase(theCase->layout) + DATA_PAGE;
  return theCase->protection == ProtectionSECOND && theCase->address < middle ? middle : theCase->address;
}

static void stepAccepted(MutatorContext context, const siginfo_t *info, ucontext_t *ucontext) {
  MutatorMemory memory = MutatorWindowMemory(&layouts[run.theCase->layout].window);
  if ((uint64_t)info->si_addr != expectedFault())
    broken("the CPU's fault address is not where Zydis says");
  checkDecode(context);
  refuse(context, ucontext);
  if (run.theCase->seed % 5 == 0)
    memory = &copyingMemory;
  if (MutatorContextStepInstructionWith(context, memory) == MutatorResOK) {
    run.outcome->stepped = 1;
    if ((ucontext->uc_mcontext.gregs[REG_EFL] & MachineFlagRF) != 0)
      broken("Step leaves RF set (C9)");
    return;
  }
  broken("CanStep said yes, Step did not do it (C12)");
  leave(ucontext, 0, 0);
}

static void stepFault(siginfo_t *info, ucontext_t *ucontext) {
  MutatorContextStruct context;
  remember(ucontext);
  ++run.outcome->faults;
  if (MutatorContextInitFault(&context, info, ucontext) != MutatorResOK)
    broken("InitFault");
  if (MutatorContextCanStepInstruction(&context)) {
    expectUnchanged(ucontext, "CanStep changed something");
    stepAccepted(&context, info, ucontext);
    return;
  }
  run.outcome->decline = MutatorContextDecline(&context);
  if (run.outcome->decline == MutatorDeclineNONE)
    broken("declined without a reason");
  if (MutatorContextStepInstructionWith(&context, MutatorWindowMemory(&layouts[run.theCase->layout].window)) !=
      MutatorResUNIMPL)
    broken("CanStep said no, Step did not give UNIMPL");
  expectUnchanged(ucontext, "a declined step changed something (C5)");
  leave(ucontext, 0, 0);
}

/* Nothing is mapped after the code: fetching there is how some cases end. */
static MutatorBool ranOff(const siginfo_t *info, const ucontext_t *ucontext) {
  uint64_t pc = (uint64_t)ucontext->uc_mcontext.gregs[REG_RIP];
  return pc == caseCodeBase(run.theCase->layout) + CODE_SIZE && (uint64_t)info->si_addr == pc;
}

static void onFault(int signal, siginfo_t *info, void *closure) {
  ucontext_t *ucontext = closure;
  if (MutatorFaultRecover(info, ucontext))
    return;
  if (run.state != StateRUNNING)
    unexpected(signal, info, ucontext);
  if (signal == SIGSEGV && ranOff(info, ucontext))
    leave(ucontext, 0, (uint64_t)info->si_addr);
  else if (run.stepping && signal == SIGSEGV && run.outcome->faults == 0)
    stepFault(info, ucontext);
  else
    leave(ucontext, signal, (uint64_t)ucontext->uc_mcontext.gregs[REG_RIP]);
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

static void breakpoint(void) { __asm__ volatile("int3" ::: "memory", "cc"); }

void harnessRun(const CaseStruct *theCase, MutatorBool stepping, Outcome outcome) {
  LayoutStruct *layout = &layouts[theCase->layout];
  memset(outcome, 0, sizeof *outcome);
  caseData(theCase, run.data);
  memcpy(layout->alias, run.data, DATA_SIZE);
  writeCode(theCase);
  run.theCase = theCase;
  run.outcome = outcome;
  run.stepping = stepping;
  run.state = StateENTERING;
  breakpoint();
  noteChanges(outcome, layout->alias);
}

/* set-up ---------------------------------------------------------------------- */

static void protectPages(Layout layout, int first, int second) {
  unsigned char *data = layouts[layout].data;
  if (mprotect(data, DATA_PAGE, first) != 0 || mprotect(data + DATA_PAGE, DATA_PAGE, second) != 0)
    stop("mprotect");
}

void harnessProtect(Layout layout, Protection protection) {
  static const int pages[ProtectionLIMIT][2] = {{PROT_NONE, PROT_NONE},
                                                {PROT_NONE, PROT_READ | PROT_WRITE},
                                                {PROT_READ | PROT_WRITE, PROT_NONE},
                                                {PROT_READ, PROT_READ}};
  protectPages(layout, pages[protection][0], pages[protection][1]);
}

void harnessOpen(void) {
  unsigned layout;
  for (layout = 0; layout < LayoutLIMIT; ++layout)
    protectPages((Layout)layout, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE);
}

static unsigned char *mapAt(uint64_t address, size_t size, int protection, int file, off_t offset) {
  void *wanted = (void *)address;
  void *result = mmap(wanted, size, protection, MAP_SHARED | (address != 0 ? MAP_FIXED_NOREPLACE : 0), file, offset);
  if (result == MAP_FAILED || (address != 0 && result != wanted))
    stop("mmap");
  return result;
}

static void makeLayout(Layout which) {
  LayoutStruct *layout = &layouts[which];
  int file = memfd_create("differential", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, DATA_SIZE + CODE_SIZE) != 0)
    stop("memfd");
  layout->data = mapAt(caseDataBase(which), DATA_SIZE, PROT_READ | PROT_WRITE, file, 0);
  layout->alias = mapAt(0, DATA_SIZE, PROT_READ | PROT_WRITE, file, 0);
  (void)mapAt(caseCodeBase(which), CODE_SIZE, PROT_READ | PROT_EXEC, file, DATA_SIZE);
  layout->code = mapAt(0, CODE_SIZE, PROT_READ | PROT_WRITE, file, DATA_SIZE);
  (void)close(file);
  memset(layout->code, BREAKPOINT, CODE_SIZE);
  if (MutatorWindowAdopt(&layout->window, layout->data, layout->alias, DATA_SIZE, MutatorWindowForkREFUSE) !=
      MutatorResOK)
    stop("MutatorWindowAdopt");
}

static void install(int signal, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  if (sigaction(signal, &action, NULL) != 0)
    stop("sigaction");
}

static void installAll(void) {
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_sp = mmap(NULL, ALTERNATE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack.ss_size = ALTERNATE_SIZE;
  if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) != 0)
    stop("sigaltstack");
  install(SIGTRAP, onTrap);
  install(SIGSEGV, onFault);
  install(SIGBUS, onFault);
  install(SIGILL, onFault);
  install(SIGFPE, onFault);
}

/* GS's base is free for programs to use; an odd one, below the low layout. */
static void setSegments(void) {
  const uint64_t gs = UINT64_C(0x30001235);
  uint64_t fs = 0;
  if (syscall(SYS_arch_prctl, ARCH_SET_GS, gs) != 0 || syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) != 0)
    stop("arch_prctl");
  caseSegmentBases(fs, gs);
}

void harnessSetup(uint64_t seed) {
  unsigned layout;
  if (MutatorSetup(NULL) != MutatorResOK)
    stop("MutatorSetup");
  for (layout = 0; layout < LayoutLIMIT; ++layout)
    makeLayout((Layout)layout);
  (void)MutatorMemoryInit(&accessMemory, translateAccess, NULL, NULL, NULL, NULL);
  (void)MutatorMemoryInit(&refusingMemory, NULL, loadAccess, storeRefused, NULL, NULL);
  (void)MutatorMemoryInit(&copyingMemory, NULL, loadCopy, storeCopy, NULL, NULL);
  setSegments();
  installAll();
  run.state = StateMEASURE;
  breakpoint();
  fillImage(seed);
}
