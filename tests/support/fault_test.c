/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/fault_test.c -- tiny support for programs that take real faults
 */

#include "support/fault_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* May be called in a handler: nothing of stdio's is locked or allocated. */
void faultTestFail(const char *file, int line, const char *condition, const char *format, ...) {
  char text[512];
  va_list arguments;
  int size;
  va_start(arguments, format);
  size = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  (void)dprintf(STDERR_FILENO, "%s:%d: not true: %s: %.*s\n", file, line, condition, size < 500 ? size : 500, text);
  _exit(1);
}

void faultTestSkip(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)printf("skipped: ");
  (void)vprintf(format, arguments);
  (void)printf("\n");
  va_end(arguments);
  exit(77);
}

/* pages --------------------------------------------------------------------- */

size_t faultTestPageSize(void) { return (size_t)sysconf(_SC_PAGESIZE); }

const char *faultTestPageName(FaultTestPage page) {
  static const char *const names[] = {"open", "no access", "read-only", "no-execute", "unmapped", "file hole"};
  return page < FaultTestPageLIMIT ? names[page] : "?";
}

static void fill(unsigned char *base, size_t size) {
  size_t i;
  for (i = 0; i < size; i++)
    base[i] = (unsigned char)(i % 251);
}

void faultTestProtect(void *base, size_t size, int protection) {
  CHECK(mprotect(base, size, protection) == 0, "mprotect(%p, %zu, %d)", base, size, protection);
}

static unsigned char *map(void *at, size_t size, int flags, int file) {
  unsigned char *base = mmap(at, size, PROT_READ | PROT_WRITE | PROT_EXEC, flags, file, 0);
  CHECK(base != MAP_FAILED, "mmap of %zu bytes", size);
  return base;
}

/* Where the system maps nothing unasked, so that what is not mapped stays so. */
static void *newPlace(size_t size) {
  static uintptr_t next = (uintptr_t)0x200000000000;
  uintptr_t place = next;
  next += size + ((uintptr_t)1 << 20);
  return (void *)place;
}

/* The file has one page: the second is a hole. */
static unsigned char *newHole(size_t page) {
  int file = memfd_create("hole", 0);
  unsigned char *base;
  CHECK(file >= 0 && ftruncate(file, (off_t)page) == 0, "a file of one page");
  base = map(newPlace(3 * page), 3 * page, MAP_SHARED | MAP_FIXED_NOREPLACE, file);
  map(base + 2 * page, page, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1);
  fill(base, page);
  fill(base + 2 * page, page);
  (void)close(file);
  return base + page;
}

unsigned char *faultTestPageNew(FaultTestPage kind) {
  static const int protections[] = {PROT_READ | PROT_WRITE | PROT_EXEC, PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
  size_t page = faultTestPageSize();
  unsigned char *base;
  if (kind == FaultTestPageHOLE)
    return newHole(page);
  base = map(newPlace(3 * page), 3 * page, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1);
  fill(base, 3 * page);
  if (kind == FaultTestPageUNMAPPED)
    CHECK(munmap(base + page, page) == 0, "munmap");
  else
    faultTestProtect(base + page, page, protections[kind]);
  return base + page;
}

/* in and out of a snippet ------------------------------------------------------ */

/* Every register is loaded, so what is saved must be at known addresses. */
MutatorWord faultTestIn[MutatorRegisterLIMIT];
MutatorWord faultTestOut[MutatorRegisterLIMIT];
MutatorWord faultTestSavedStack;
void faultTestEnter(void);

__asm__(".text\n"
        ".globl faultTestEnter, faultTestExit\n"
        ".type faultTestEnter, @function\n"
        "faultTestEnter:\n"
        "  push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
        "  mov %rsp, faultTestSavedStack(%rip)\n"
        "  cmpq $0, faultTestIn+4*8(%rip)\n"
        "  jne 1f\n"
        "  lea -1024(%rsp), %rax\n"
        "  and $-64, %rax\n"
        "  mov %rax, faultTestIn+4*8(%rip)\n"
        "1: pushq faultTestIn+17*8(%rip)\n"
        "  popfq\n"
        "  mov faultTestIn+0*8(%rip), %rax\n"
        "  mov faultTestIn+1*8(%rip), %rcx\n"
        "  mov faultTestIn+2*8(%rip), %rdx\n"
        "  mov faultTestIn+3*8(%rip), %rbx\n"
        "  mov faultTestIn+4*8(%rip), %rsp\n"
        "  mov faultTestIn+5*8(%rip), %rbp\n"
        "  mov faultTestIn+6*8(%rip), %rsi\n"
        "  mov faultTestIn+7*8(%rip), %rdi\n"
        "  mov faultTestIn+8*8(%rip), %r8\n"
        "  mov faultTestIn+9*8(%rip), %r9\n"
        "  mov faultTestIn+10*8(%rip), %r10\n"
        "  mov faultTestIn+11*8(%rip), %r11\n"
        "  mov faultTestIn+12*8(%rip), %r12\n"
        "  mov faultTestIn+13*8(%rip), %r13\n"
        "  mov faultTestIn+14*8(%rip), %r14\n"
        "  mov faultTestIn+15*8(%rip), %r15\n"
        "  jmp *faultTestIn+16*8(%rip)\n"
        ".size faultTestEnter, . - faultTestEnter\n"
        ".type faultTestExit, @function\n"
        "faultTestExit:\n"
        "  mov %rax, faultTestOut+0*8(%rip)\n"
        "  mov %rcx, faultTestOut+1*8(%rip)\n"
        "  mov %rdx, faultTestOut+2*8(%rip)\n"
        "  mov %rbx, faultTestOut+3*8(%rip)\n"
        "  mov %rsp, faultTestOut+4*8(%rip)\n"
        "  mov %rbp, faultTestOut+5*8(%rip)\n"
        "  mov %rsi, faultTestOut+6*8(%rip)\n"
        "  mov %rdi, faultTestOut+7*8(%rip)\n"
        "  mov %r8, faultTestOut+8*8(%rip)\n"
        "  mov %r9, faultTestOut+9*8(%rip)\n"
        "  mov %r10, faultTestOut+10*8(%rip)\n"
        "  mov %r11, faultTestOut+11*8(%rip)\n"
        "  mov %r12, faultTestOut+12*8(%rip)\n"
        "  mov %r13, faultTestOut+13*8(%rip)\n"
        "  mov %r14, faultTestOut+14*8(%rip)\n"
        "  mov %r15, faultTestOut+15*8(%rip)\n"
        "  mov faultTestSavedStack(%rip), %rsp\n"
        "  pushfq\n"
        "  popq faultTestOut+17*8(%rip)\n"
        "  pushq $0x202\n"
        "  popfq\n"
        "  emms\n"
        "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n"
        "  ret\n"
        ".size faultTestExit, . - faultTestExit\n");

/* Where the system keeps general register n (sys/ucontext.h). */
static const int slots[MutatorRegisterLIMIT] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                                REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                                REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP, REG_EFL};

MutatorWord faultTestGet(const ucontext_t *ucontext, unsigned reg) {
  return (MutatorWord)ucontext->uc_mcontext.gregs[slots[reg]];
}

void faultTestSet(ucontext_t *ucontext, unsigned reg, MutatorWord value) {
  ucontext->uc_mcontext.gregs[slots[reg]] = (greg_t)value;
}

/* code ------------------------------------------------------------------------ */

enum { CodeSize = 4096 };

/* A jump through the eight bytes behind it. */
static unsigned char *addExit(unsigned char *at) {
  static const unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0};
  uintptr_t target = (uintptr_t)faultTestExit;
  memcpy(at, jump, sizeof jump);
  memcpy(at + sizeof jump, &target, sizeof target);
  return at;
}

unsigned char *faultTestCode(const unsigned char *bytes, size_t size) {
  static unsigned char *place;
  CHECK(size + 14 <= CodeSize, "%zu bytes of code", size);
  if (place == NULL)
    place = map(NULL, CodeSize, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  memcpy(place, bytes, size);
  addExit(place + size);
  return place;
}

unsigned char *faultTestCodeEdge(const unsigned char *bytes, size_t size) {
  static unsigned char *edge;
  CHECK(size <= faultTestPageSize(), "%zu bytes of code", size);
  if (edge == NULL)
    edge = faultTestPageNew(FaultTestPageUNMAPPED);
  return memcpy(edge - size, bytes, size);
}

/* runs ------------------------------------------------------------------------ */

enum { StopsMost = 10 };

static struct {
  volatile MutatorBool running;
  FaultTestProbe probe;
  void *closure;
  unsigned stops;
  MutatorBool left; /* by a probe, with this stack pointer */
  MutatorWord leftStack;
} run;

unsigned faultTestStops(void) { return run.stops; }

/* No thread returns to a stack pointer that is not canonical. */
static void leave(ucontext_t *ucontext) {
  faultTestOut[MutatorRegisterPC] = faultTestGet(ucontext, MutatorRegisterPC);
  run.left = 1;
  run.leftStack = faultTestGet(ucontext, MutatorRegisterSP);
  faultTestSet(ucontext, MutatorRegisterSP, faultTestSavedStack);
  faultTestSet(ucontext, MutatorRegisterPC, (MutatorWord)(uintptr_t)faultTestExit);
}

void faultTestHandler(int signal, siginfo_t *info, void *pointer) {
  ucontext_t *ucontext = pointer;
  FaultTestStopStruct stop;
  if (MutatorFaultRecover(info, ucontext))
    return;
  CHECK(run.running, "signal %d code %d address %p at PC %#zx: nobody expects it", signal, info->si_code, info->si_addr,
        faultTestGet(ucontext, MutatorRegisterPC));
  CHECK(run.stops < StopsMost, "an endless loop at PC %#zx", faultTestGet(ucontext, MutatorRegisterPC));
  memset(&stop, 0, sizeof stop);
  stop.signal = signal;
  stop.info = info;
  stop.ucontext = ucontext;
  stop.number = run.stops++;
  stop.closure = run.closure;
  CHECK(MutatorContextInitFault(&stop.context, info, ucontext) == MutatorResOK, "InitFault");
  if (!run.probe(&stop))
    leave(ucontext);
}

FaultTestRegisters faultTestRun(const FaultTestRegisters *registers, const unsigned char *code, FaultTestProbe probe,
                                void *closure) {
  FaultTestRegisters result;
  memcpy(faultTestIn, registers->word, sizeof faultTestIn);
  faultTestIn[MutatorRegisterPC] = (MutatorWord)code;
  memset(faultTestOut, 0, sizeof faultTestOut);
  run.probe = probe;
  run.closure = closure;
  run.stops = 0;
  run.left = 0;
  run.running = 1;
  faultTestEnter();
  run.running = 0;
  memcpy(result.word, faultTestOut, sizeof result.word);
  if (run.left)
    result.word[MutatorRegisterSP] = run.leftStack;
  return result;
}

void faultTestHandlers(void) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
  struct sigaction action;
  size_t i;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = faultTestHandler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
    CHECK(sigaction(signals[i], &action, NULL) == 0, "sigaction(%d)", signals[i]);
}

void *faultTestStack(size_t size) {
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_sp = map(NULL, size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  stack.ss_size = size;
  CHECK(sigaltstack(&stack, NULL) == 0, "sigaltstack");
  return stack.ss_sp;
}

void faultTestSetup(void) {
  CHECK(MutatorSetup(NULL) == MutatorResOK, "MutatorSetup");
  faultTestStack((size_t)1 << 20);
  faultTestHandlers();
}

/* suspension ------------------------------------------------------------------ */

/* A round is one suspension; the numbers only grow, so that nobody misses one. */
static struct {
  volatile unsigned wanted, parked, released;
  ucontext_t *volatile ucontext;
} suspension;

static void park(int signal, siginfo_t *info, void *ucontext) {
  const unsigned round = suspension.wanted;
  (void)signal;
  (void)info;
  suspension.ucontext = ucontext;
  suspension.parked = round;
  while (suspension.released != round)
    continue;
}

static ucontext_t *suspendOnce(pid_t thread) {
  const unsigned round = ++suspension.wanted;
  CHECK(syscall(SYS_tgkill, getpid(), thread, SIGUSR1) == 0, "tgkill");
  while (suspension.parked != round)
    continue;
  return suspension.ucontext;
}

void faultTestResume(void) { suspension.released = suspension.wanted; }

ucontext_t *faultTestSuspend(pid_t thread, const unsigned char *base, const unsigned char *limit) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = park;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
  for (;;) {
    ucontext_t *ucontext = suspendOnce(thread);
    const MutatorWord pc = faultTestGet(ucontext, MutatorRegisterPC);
    if (pc >= (MutatorWord)base && pc < (MutatorWord)limit)
      return ucontext;
    faultTestResume();
    (void)usleep(1000);
  }
}

/* pictures -------------------------------------------------------------------- */

/* The software-reserved bytes of the FXSAVE area say how long it is (asm/sigcontext.h). */
static size_t vectorSize(const unsigned char *vector) {
  uint32_t magic, size;
  if (vector == NULL)
    return 0;
  memcpy(&magic, vector + 464, sizeof magic);
  memcpy(&size, vector + 468, sizeof size);
  if (magic != 0x46505853)
    return 512;
  return size < sizeof((FaultTestPicture)0)->vector ? size : sizeof((FaultTestPicture)0)->vector;
}

static const unsigned char *vectorOf(const ucontext_t *ucontext) {
  return (const unsigned char *)ucontext->uc_mcontext.fpregs;
}

/* The kernel's frame ends before the C library's structure does. */
static size_t ucontextSize(void) { return offsetof(ucontext_t, __fpregs_mem); }

void faultTestPictureTake(FaultTestPicture picture, const siginfo_t *info, const ucontext_t *ucontext) {
  memset(picture, 0, sizeof *picture);
  picture->info = *info;
  memcpy(&picture->ucontext, ucontext, ucontextSize());
  picture->vectorSize = vectorSize(vectorOf(ucontext));
  if (picture->vectorSize > 0)
    memcpy(picture->vector, vectorOf(ucontext), picture->vectorSize);
}

MutatorBool faultTestPictureSame(const FaultTestPictureStruct *picture, const siginfo_t *info,
                                 const ucontext_t *ucontext) {
  return memcmp(&picture->info, info, sizeof *info) == 0 && memcmp(&picture->ucontext, ucontext, ucontextSize()) == 0 &&
         (picture->vectorSize == 0 || memcmp(picture->vector, vectorOf(ucontext), picture->vectorSize) == 0);
}

/* comparisons ----------------------------------------------------------------- */

enum { WindowMost = 4 * 4096 };

typedef struct Comparison {
  const char *name;
  MutatorWindow window;
} Comparison;

static MutatorBool probeStep(FaultTestStop stop) {
  const Comparison *comparison = stop->closure;
  MutatorRes res = MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(comparison->window));
  CHECK(res == MutatorResOK, "%s: %s, %s at %p", comparison->name, MutatorResName(res),
        MutatorDeclineName(MutatorContextDecline(&stop->context)), stop->info->si_addr);
  return 1;
}

static unsigned char *aliasOf(MutatorWindow window) {
  void *alias = NULL;
  CHECK(MutatorWindowAlias(window, MutatorWindowBase(window), MutatorWindowSize(window), &alias) == MutatorResOK,
        "alias");
  return alias;
}

static void checkRegisters(const char *name, const FaultTestRegisters *one, const FaultTestRegisters *other) {
  unsigned i;
  for (i = 0; i < MutatorRegisterLIMIT; i++)
    CHECK(i == MutatorRegisterPC || one->word[i] == other->word[i], "%s: register %u is %#zx, natively %#zx", name, i,
          other->word[i], one->word[i]);
}

void faultTestCompare(const char *name, const unsigned char *code, size_t size, const FaultTestRegisters *registers,
                      MutatorWindow window, unsigned steps) {
  static unsigned char memory[WindowMost];
  Comparison comparison = {name, window};
  FaultTestRegisters native, stepped;
  size_t windowSize = MutatorWindowSize(window);
  CHECK(windowSize <= WindowMost, "a window of %zu bytes", windowSize);
  faultTestProtect(MutatorWindowBase(window), windowSize, PROT_READ | PROT_WRITE);
  fill(aliasOf(window), windowSize);
  native = faultTestRun(registers, faultTestCode(code, size), probeStep, &comparison);
  CHECK(run.stops == 0, "%s: %u faults natively", name, run.stops);
  memcpy(memory, aliasOf(window), windowSize);
  fill(aliasOf(window), windowSize);
  faultTestProtect(MutatorWindowBase(window), windowSize, PROT_NONE);
  stepped = faultTestRun(registers, faultTestCode(code, size), probeStep, &comparison);
  CHECK(run.stops == steps, "%s: %u faults, not %u", name, run.stops, steps);
  checkRegisters(name, &native, &stepped);
  CHECK(memcmp(memory, aliasOf(window), windowSize) == 0, "%s: memory is not as natively", name);
}

/* others ---------------------------------------------------------------------- */

MutatorBool faultTestFeature(FaultTestFeature feature) {
  switch (feature) {
  case FaultTestFeatureAVX: return __builtin_cpu_supports("avx") != 0;
  case FaultTestFeatureAVX2: return __builtin_cpu_supports("avx2") != 0;
  case FaultTestFeatureAVX512:
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0;
  default: return 0;
  }
}

uint64_t faultTestRandom(uint64_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return *seed;
}
