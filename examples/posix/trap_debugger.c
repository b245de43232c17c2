/* SPDX-License-Identifier: BSD-2-Clause
 *
 * examples/trap_debugger.c -- stop generated code at its traps, look around, and go on
 *
 * A function is generated that sums vectors in YMM registers; on its way it
 * divides by zero, runs into an undefined instruction, and stores through a
 * null pointer.  At each trap the handler injects a call of `debug`, which
 * is ordinary code: it prints, allocates, reads from the terminal, and changes
 * registers.  The vectors that the function holds meanwhile are untouched.
 *
 * usage: trap_debugger [--batch]
 */

#include <execinfo.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mutator.h>

#include "trap_debugger_code.h"
#include "trap_debugger_cpu.h"

enum { Blocks = 1000, Depth = 2 };

static unsigned batchNext;
static int batch;

static uint32_t scratch;
static unsigned stops;
static jmp_buf left;

static void printRegisters(MutatorContext context) {
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++) {
    MutatorWord value = 0;
    (void)MutatorContextGetRegister(context, (MutatorRegister)reg, &value);
    printf("  %-6s %0*llx%s", cpu.registers[reg], (int)(2 * sizeof value), (unsigned long long)value,
           reg % 3 == 2 || reg + 1 == MutatorRegisterLIMIT ? "\n" : "");
  }
}

/* From the interrupted instruction outward: what comes before is the injection itself. */
static void printBacktrace(MutatorContext context) {
  void *frames[32];
  const int count = backtrace(frames, 32);
  char **symbols = backtrace_symbols(frames, count);
  int i = 0;
  while (i < count && frames[i] != MutatorContextPC(context))
    i++;
  for (; symbols != NULL && i < count; i++)
    printf("  %s%s\n", symbols[i], codeHolds(frames[i]) ? " generated code" : "");
  free(symbols);
}

static void printInstruction(MutatorContext context) {
  const unsigned char *bytes = MutatorContextPC(context);
  MutatorInstructionStruct instruction;
  unsigned i;
  printf("  %p:", (const void *)bytes);
  for (i = 0; i < 8; i++)
    printf(" %02x", bytes[i]);
  if (MutatorContextDecode(context, &instruction) == MutatorResOK)
    printf("   %s, %u bytes, %s %u bytes at %p", instruction.name, instruction.length,
           (instruction.access[0].access & MutatorAccessWRITE) != 0 ? "writes" : "reads",
           (unsigned)instruction.access[0].size, instruction.access[0].address);
  printf("\n");
}

static const char *kindName(MutatorFaultKind kind) {
  switch (kind) {
  case MutatorFaultKindDIVIDE: return "divide error";
  case MutatorFaultKindILLEGAL: return "illegal instruction";
  case MutatorFaultKindUNMAPPED:
  case MutatorFaultKindPROTECTION: return "memory fault";
  default: return "trap";
  }
}

/* One line, without its end; false at the end of input. */
static int answer(char *line, int size) {
  printf("skip, set REGISTER VALUE, retry, leave? ");
  if (batch) {
    snprintf(line, (size_t)size, "%s", batchNext < CpuAnswers ? cpu.answers[batchNext++] : "leave");
    printf("%s\n", line);
    return 1;
  }
  fflush(stdout);
  if (fgets(line, size, stdin) == NULL)
    return 0;
  line[strcspn(line, "\n")] = 0;
  return 1;
}

static int setRegister(MutatorContext context, const char *name, const char *text) {
  const MutatorWord value = strcmp(text, "scratch") == 0 ? (MutatorWord)&scratch : (MutatorWord)strtoull(text, NULL, 0);
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    if (strcmp(cpu.registers[reg], name) == 0)
      return MutatorContextSetRegister(context, (MutatorRegister)reg, value) == MutatorResOK;
  return 0;
}

/* UD2 has two bytes. */
static void skip(MutatorContext context) {
  MutatorWord pc = 0;
  const unsigned length = MutatorContextKind(context) == MutatorFaultKindILLEGAL ? 2 : cpu.length;
  (void)MutatorContextGetRegister(context, MutatorRegisterPC, &pc);
  (void)MutatorContextSetRegister(context, MutatorRegisterPC, pc + length);
}

/* True when the thread shall go on. */
static int obey(MutatorContext context, const char *line) {
  char name[16], value[32];
  if (strcmp(line, "retry") == 0)
    return 1;
  if (strcmp(line, "skip") == 0) {
    skip(context);
    return 1;
  }
  if (sscanf(line, "set %15s %31s", name, value) == 2 && setRegister(context, name, value))
    return 0;
  printf("?  Registers are %s; a value is a number, or \"scratch\", the address of a word.\n", cpu.choice);
  return 0;
}

static void debug(MutatorContext context, void *closure) {
  char line[80];
  (void)closure;
  stops++;
  printf("\nstop %u: %s\n", stops, kindName(MutatorContextKind(context)));
  printInstruction(context);
  printRegisters(context);
  printBacktrace(context);
  for (;;) {
    if (!answer(line, sizeof line) || strcmp(line, "leave") == 0) {
      (void)MutatorInjectAbandon();
      longjmp(left, 1);
    }
    if (obey(context, line))
      return;
  }
}

/* In the signal handler: what is in generated code is the debugger's. */
static MutatorFaultResult onTrap(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  (void)handler, (void)closure;
  if (!codeHolds(MutatorContextPC(context)))
    return MutatorFaultDECLINED;
  return MutatorInject(context, debug, NULL, NULL) == MutatorResOK ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

static int prepare(void) {
  static MutatorFaultHandlerStruct handler;
  MutatorFaultOptionsStruct options;
  const size_t size = MutatorInjectAreaSize(Depth);
  void *area = aligned_alloc(64, size);
  if (area == NULL || MutatorFaultOptionsInit(&options) != MutatorResOK)
    return 0;
  memset(area, 0, size);
  options.hook = MutatorFaultHookILLEGAL | MutatorFaultHookFLOAT;
  return MutatorFaultSetupWith(NULL, &options) == MutatorResOK &&
         MutatorFaultHandlerAdd(&handler, 10, onTrap, NULL) == MutatorResOK &&
         MutatorInjectAttach(area, size, NULL) == MutatorResOK;
}

static void fill(uint32_t words[Blocks * CodeLanes]) {
  uint32_t word = 1;
  unsigned i;
  for (i = 0; i < Blocks * CodeLanes; i++)
    words[i] = word = word * 1664525 + 1013904223;
}

static void printSums(const char *name, const uint32_t sums[CodeLanes]) {
  unsigned i;
  printf("%s", name);
  for (i = 0; i < CodeLanes; i++)
    printf(" %08x", sums[i]);
  printf("\n");
}

int main(int argc, char **argv) {
  static uint32_t words[Blocks * CodeLanes];
  static uint32_t plain[CodeLanes], trapped[CodeLanes];
  const CodeArguments good = {3, &scratch}, bad = {0, NULL};
  const CodeFunction calm = codeMake(0), wild = codeMake(1);
  batch = argc > 1 && strcmp(argv[1], "--batch") == 0;
  if (calm == NULL || wild == NULL) {
    printf("trap_debugger: this CPU has no AVX2, which the generated code uses\n");
    return 77;
  }
  if (!prepare()) {
    fprintf(stderr, "trap_debugger: the library could not be set up\n");
    return 1;
  }
  fill(words);
  calm(words, Blocks, plain, &good);
  if (setjmp(left) != 0) {
    printf("\nleft after %u stops\n", stops);
    return 0;
  }
  wild(words, Blocks, trapped, &bad);
  printf("\n");
  printSums("without traps:", plain);
  printSums("with traps:   ", trapped);
  if (memcmp(plain, trapped, sizeof plain) != 0) {
    printf("they differ\n");
    return 1;
  }
  printf("the same, after %u stops\n", stops);
  return 0;
}
