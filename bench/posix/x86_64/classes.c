/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/classes.c -- a warm step of each class of instruction, against a bare trap
 *
 * Each instruction faults on a protected page.  The bare handler only sets the
 * PC behind it and clears the resume flag, as a step does; the other steps it
 * through a window, with its plan in the cache.  Rounds of both alternate;
 * printed is the median over the rounds of the ratio taken within a round, and the median
 * of the bare trap.  Time is the thread's own processor time.
 *
 * usage: bench_classes [--rounds N] [--faults N]
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <mutator.h>

#include "arch/x86/features.h"
#include "measure.h"

#include <bench_registers.h>

enum { RoundsMost = 1000, RF = 0x10000 };

typedef void Code(void *operand);

/* A function of one instruction that faults; a bare trap goes on at its end. */
#define CLASS(name, text)                                                               \
  __asm__(".text\n bench" #name ":\n" text "\n bench" #name "End: ret\n .text\n");      \
  extern Code bench##name __asm__("bench" #name) __attribute__((visibility("hidden"))); \
  extern Code bench##name##End __asm__("bench" #name "End") __attribute__((visibility("hidden")))

CLASS(Load, "mov (%rdi), %rax");
CLASS(Store, "mov %rdi, (%rdi)");
CLASS(Compare, "cmpq $7, (%rdi)");
CLASS(LoadOp, "add (%rdi), %rax");
CLASS(Modify, "add %rax, (%rdi)");
CLASS(Increment, "incl (%rdi)");
CLASS(Locked, "lock add %rax, (%rdi)");
CLASS(ExchangeAdd, "lock xadd %rax, (%rdi)");
CLASS(CompareExchange, "lock cmpxchg %rcx, (%rdi)");
CLASS(CompareExchangePair, "lock cmpxchg8b (%rdi)");
CLASS(Push, "push (%rdi); pop %rax");
CLASS(Move, "mov %rdi, %rsi; movsq");
CLASS(Multiply, "imul (%rdi), %rax");
CLASS(MoveIf, "cmove (%rdi), %rax");
CLASS(Set, "setb (%rdi)");
CLASS(Shift, "shll $3, (%rdi)");
CLASS(Bit, "xor %eax, %eax; bts %rax, (%rdi)");
CLASS(Count, "popcnt (%rdi), %rax");
CLASS(VectorStore, "movups %xmm0, (%rdi)");
CLASS(VectorLoad, "movdqu (%rdi), %xmm0");
CLASS(Scalar, "movsd (%rdi), %xmm0");
CLASS(Logic, "pxor (%rdi), %xmm0");
CLASS(Real, "addsd (%rdi), %xmm0");
CLASS(X87, "flds (%rdi); fstp %st(0)");
CLASS(Wide, "vmovdqu (%rdi), %ymm0");
CLASS(Masked, "kxnorw %k1, %k1, %k1; vmovdqu32 (%rdi), %zmm0{%k1}");

typedef struct Class {
  const char *name;
  Code *code, *end;
  int needs; /* ANY, AVX2 or AVX512 */
} Class;

enum { ANY = 0, AVX2, AVX512 };

static int has(int needs) {
  return needs == ANY || featureHas(needs == AVX2 ? OpcodeFeatureAVX2 : OpcodeFeatureAVX512BW);
}

#define ROW(text, name) ROW_FOR(ANY, text, name)
#define ROW_FOR(needs, text, name) \
  { text, bench##name, bench##name##End, needs }
static const Class classes[] = {
    ROW("MOV r, m", Load),
    ROW("MOV m, r", Store),
    ROW("CMP m, imm8", Compare),
    ROW("ADD r, m", LoadOp),
    ROW("ADD m, r", Modify),
    ROW("INC m", Increment),
    ROW("LOCK ADD m, r", Locked),
    ROW("LOCK XADD m, r", ExchangeAdd),
    ROW("LOCK CMPXCHG m, r", CompareExchange),
    ROW("LOCK CMPXCHG8B m", CompareExchangePair),
    ROW("PUSH m", Push),
    ROW("MOVS m, m", Move),
    ROW("IMUL r, m", Multiply),
    ROW("CMOVE r, m", MoveIf),
    ROW("SETB m", Set),
    ROW("SHL m, imm8", Shift),
    ROW("BTS m, r", Bit),
    ROW("POPCNT r, m", Count),
    ROW("MOVUPS m, xmm", VectorStore),
    ROW("MOVDQU xmm, m", VectorLoad),
    ROW("MOVSD xmm, m", Scalar),
    ROW("PXOR xmm, m", Logic),
    ROW("ADDSD xmm, m", Real),
    ROW("FLD m32", X87),
    ROW_FOR(AVX2, "VMOVDQU ymm, m", Wide),
    ROW_FOR(AVX512, "VMOVDQU32 zmm{k}, m", Masked),
};

static MutatorWindowStruct window;
static const Class *now_;
static volatile int stepping;

static void onFault(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  (void)signal;
  if (!stepping) {
    *benchPC(ucontext) = (MutatorWord)now_->end;
    *benchFlags(ucontext) &= ~(uint32_t)RF;
    return;
  }
  if (benchInit(&context, info, ucontext) != MutatorResOK ||
      MutatorContextStepInstructionWith(&context, MutatorWindowMemory(&window)) != MutatorResOK)
    abort();
}

static double seconds(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Nanoseconds a fault. */
static double measure(const Class *class, int steps, unsigned faults) {
  void *operand = (char *)MutatorWindowBase(&window) + 64;
  double start;
  unsigned i;
  now_ = class;
  stepping = steps;
  class->code(operand);
  start = seconds();
  for (i = 0; i < faults; i++)
    class->code(operand);
  return (seconds() - start) / faults * 1e9;
}

static void report(const Class *class, unsigned rounds, unsigned faults) {
  static double bare[RoundsMost], ratio[RoundsMost];
  unsigned i;
  for (i = 0; i < rounds; i++) {
    bare[i] = measure(class, 0, faults);
    ratio[i] = measure(class, 1, faults) / bare[i];
  }
  printf("%-20s bare %6.0f ns, step %.3f\n", class->name, measurePercentile(bare, rounds, 50),
         measurePercentile(ratio, rounds, 50));
}

static void setUp(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (MutatorSetup(NULL) != MutatorResOK ||
      MutatorWindowCreate(&window, 4096, MutatorWindowForkREFUSE) != MutatorResOK ||
      mprotect(MutatorWindowBase(&window), MutatorWindowSize(&window), PROT_NONE) != 0 ||
      sigaction(BENCH_MEMORY, &action, NULL) != 0) {
    perror("bench_classes");
    exit(1);
  }
}

int main(int argc, char **argv) {
  unsigned rounds = 21, faults = 2000;
  size_t i;
  int argument;
  for (argument = 1; argument + 1 < argc; argument += 2) {
    unsigned value = (unsigned)strtoul(argv[argument + 1], NULL, 0);
    if (strcmp(argv[argument], "--rounds") == 0 && value > 0 && value <= RoundsMost)
      rounds = value;
    else if (strcmp(argv[argument], "--faults") == 0 && value > 0)
      faults = value;
    else
      argc = 0;
  }
  if (argc % 2 == 0) {
    (void)fprintf(stderr, "usage: bench_classes [--rounds N] [--faults N]\n");
    return 2;
  }
  setUp();
  for (i = 0; i < sizeof classes / sizeof classes[0]; i++)
    if (has(classes[i].needs))
      report(&classes[i], rounds, faults);
  return 0;
}
