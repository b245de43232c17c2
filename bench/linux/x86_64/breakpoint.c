/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/breakpoint.c -- what breakpoints cost a JIT, beside the bare signals that the system charges anyway
 *
 * First part: one store to a page with a breakpoint, stepped and merged, beside a fault whose handler does
 * nothing but go on behind the store.  Second: one hit, beside a trap whose handler does
 * nothing.  Third: a mebibyte of code, emitted by stores of eight bytes, with no
 * breakpoint, with one on its last page, and with that page handled by opening it,
 * single-stepping the store and closing it.
 *
 * All ways in turn in each round; ratios are taken within a round.  Medians, and in
 * brackets the 10th to the 90th percentile.  What is measured twice shows the noise.
 *
 * usage: bench_breakpoint [ROUNDS]
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <mutator.h>

enum { RoundsMost = 1000, Events = 2000, Mebibyte = 1 << 20, Page = 4096 };
enum { TrapFLAG = 0x100, All = PROT_READ | PROT_WRITE | PROT_EXEC };

static void need(int condition, const char *what) {
  if (condition)
    return;
  perror(what);
  abort();
}

static double now(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* memory ------------------------------------------------------------------------------ */

typedef struct Memory {
  unsigned char *code, *write;
  MutatorCodeStruct region;
  MutatorCodeAliasStruct alias;
  MutatorBreakStruct breakpoint;
} Memory;

static void mapPrivate(Memory *memory, size_t size) {
  memory->code = memory->write = mmap(NULL, size, All, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  need(memory->code != MAP_FAILED, "mmap");
  memset(memory->code, 0x90, size);
}

static void mapTwice(Memory *memory, size_t size) {
  const int file = memfd_create("code", MFD_CLOEXEC);
  need(file >= 0 && ftruncate(file, (off_t)size) == 0, "memfd_create");
  memory->code = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_POPULATE, file, 0);
  memory->write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
  need(memory->code != MAP_FAILED && memory->write != MAP_FAILED, "mmap");
  memset(memory->write, 0x90, size);
  (void)close(file);
}

static void declare(Memory *memory, size_t size) {
  need(MutatorCodeAdd(&memory->region, memory->code, memory->code + size, NULL) == MutatorResOK, "MutatorCodeAdd");
  if (memory->write != memory->code)
    need(MutatorCodeAliasAdd(&memory->alias, &memory->region, memory->write, memory->code, size) == MutatorResOK,
         "MutatorCodeAliasAdd");
}

static void plant(Memory *memory, size_t at) {
  need(MutatorBreakSet(&memory->breakpoint, memory->code + at, NULL) == MutatorResOK, "MutatorBreakSet");
}

/* handlers of the ways without the library ---------------------------------------------- */

static unsigned char *stepped; /* the page of openAndStep */
enum { StoreLENGTH = 3 };      /* MOV [RDI], RAX */

static void bare(int signal, siginfo_t *info, void *pointer) {
  ucontext_t *ucontext = pointer;
  (void)info;
  if (signal == SIGSEGV)
    ucontext->uc_mcontext.gregs[REG_RIP] += StoreLENGTH;
}

/* Open, single-step, close: as debuggers do it. */
static void openAndStep(int signal, siginfo_t *info, void *pointer) {
  ucontext_t *ucontext = pointer;
  (void)info;
  if (signal == SIGSEGV) {
    (void)mprotect(stepped, Page, PROT_READ | PROT_WRITE);
    ucontext->uc_mcontext.gregs[REG_EFL] |= TrapFLAG;
  } else {
    (void)mprotect(stepped, Page, PROT_READ | PROT_EXEC);
    ucontext->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TrapFLAG;
  }
}

static struct sigaction library[2];

static void install(void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  need(sigaction(SIGSEGV, handler == NULL ? &library[0] : &action, NULL) == 0 &&
           sigaction(SIGTRAP, handler == NULL ? &library[1] : &action, NULL) == 0,
       "sigaction");
}

/* ways -------------------------------------------------------------------------------- */

typedef struct Way {
  const char *name, *target;
  void (*run)(unsigned char *at, unsigned count);
  unsigned char *at;
  unsigned count;
  void (*handler)(int, siginfo_t *, void *);
  double ns[RoundsMost], ratio[RoundsMost];
} Way;

static void storeWords(unsigned char *at, unsigned count) {
  unsigned i;
  for (i = 0; i < count; i++)
    __asm__ volatile(".byte 0x48, 0x89, 0x07" : : "D"(at), "a"((uint64_t)i) : "memory");
}

static void call(unsigned char *at, unsigned count) {
  void (*function)(void);
  unsigned i;
  memcpy(&function, &at, sizeof function);
  for (i = 0; i < count; i++)
    function();
}

static void emit(unsigned char *at, unsigned count) {
  unsigned i;
  for (i = 0; i < count; i++)
    __asm__ volatile(".byte 0x48, 0x89, 0x07" : : "D"(at + 8 * i), "a"((uint64_t)i) : "memory");
}

static int compare(const void *one, const void *other) {
  const double a = *(const double *)one, b = *(const double *)other;
  return (a > b) - (a < b);
}

static void measure(Way *ways, unsigned count, unsigned rounds, const char *title) {
  unsigned round, i;
  for (round = 0; round < rounds; round++) {
    for (i = 0; i < count; i++) {
      double start;
      install(ways[i].handler);
      start = now();
      ways[i].run(ways[i].at, ways[i].count);
      ways[i].ns[round] = (now() - start) / ways[i].count;
      install(NULL);
    }
    for (i = 0; i < count; i++)
      ways[i].ratio[round] = ways[i].ns[round] / ways[0].ns[round];
  }
  printf("%s\n", title);
  for (i = 0; i < count; i++) {
    qsort(ways[i].ns, rounds, sizeof ways[i].ns[0], compare);
    qsort(ways[i].ratio, rounds, sizeof ways[i].ratio[0], compare);
    printf("  %-58s %9.1f ns  %7.3f [%.3f to %.3f]  %s\n", ways[i].name, ways[i].ns[rounds / 2],
           ways[i].ratio[rounds / 2], ways[i].ratio[rounds / 10], ways[i].ratio[rounds * 9 / 10], ways[i].target);
  }
}

/* parts ------------------------------------------------------------------------------- */

static void stores(unsigned rounds) {
  static Memory closed, open, twice;
  static Way ways[5];
  mapPrivate(&closed, Page);
  need(mprotect(closed.code, Page, PROT_READ | PROT_EXEC) == 0, "mprotect");
  mapPrivate(&open, Page);
  mapTwice(&twice, Page);
  declare(&open, Page);
  declare(&twice, Page);
  plant(&open, 128);
  plant(&twice, 128);
  ways[0] = (Way){.name = "fault, handler goes on behind the store", .target = "", .at = closed.code, .handler = bare};
  ways[1] = (Way){.name = "stepped and merged, two mappings", .target = "at most 2", .at = twice.write};
  ways[2] = (Way){.name = "stepped and merged, one private mapping", .target = "at most 2", .at = open.write};
  ways[3] = (Way){.name = "page opened, single step, page closed", .at = closed.code, .handler = openAndStep};
  ways[4] = (Way){.name = "fault, again", .target = "noise", .at = closed.code, .handler = bare};
  stepped = closed.code;
  for (unsigned i = 0; i < 5; i++) {
    ways[i].run = storeWords;
    ways[i].count = Events;
    if (ways[i].target == NULL)
      ways[i].target = "";
  }
  measure(ways, 5, rounds, "a store to a page with a breakpoint");
}

static void put(Memory *memory, size_t at, const char *bytes, size_t size) { memcpy(memory->write + at, bytes, size); }

static void hits(unsigned rounds) {
  static Memory bareCode, jump, step, slot;
  static Way ways[5];
  Memory *memories[4] = {&bareCode, &jump, &step, &slot};
  unsigned i;
  for (i = 0; i < 4; i++)
    mapPrivate(memories[i], Page);
  put(&bareCode, 0, "\xcc\xc3", 2);
  put(&jump, 0, "\xeb\x00\xc3", 3);
  put(&step, 0, "\x48\x8b\x04\x24\xc3", 5);
  put(&slot, 0, "\x89\xc8\xc3", 3);
  for (i = 1; i < 4; i++) {
    declare(memories[i], Page);
    plant(memories[i], 0);
  }
  ways[0] = (Way){.name = "INT3, empty handler", .target = "", .at = bareCode.code, .handler = bare};
  ways[1] = (Way){.name = "hit, instruction done on the registers (JMP)", .target = "", .at = jump.code};
  ways[2] = (Way){.name = "hit, instruction stepped (MOV RAX, [RSP])", .target = "", .at = step.code};
  ways[3] = (Way){.name = "hit, instruction run in a slot (MOV EAX, ECX)", .target = "", .at = slot.code};
  ways[4] = (Way){.name = "INT3, again", .target = "noise", .at = bareCode.code, .handler = bare};
  for (i = 0; i < 5; i++) {
    ways[i].run = call;
    ways[i].count = Events;
  }
  measure(ways, 5, rounds, "a hit");
}

static void mebibyte(unsigned rounds) {
  static Memory plain, declared, one, debugger;
  static Way ways[5];
  unsigned i;
  mapPrivate(&plain, Mebibyte);
  mapPrivate(&declared, Mebibyte);
  mapPrivate(&one, Mebibyte);
  mapPrivate(&debugger, Mebibyte);
  declare(&declared, Mebibyte);
  declare(&one, Mebibyte);
  plant(&one, Mebibyte - 64);
  stepped = debugger.code + Mebibyte - Page;
  need(mprotect(stepped, Page, PROT_READ | PROT_EXEC) == 0, "mprotect");
  ways[0] = (Way){.name = "no region", .target = "", .at = plain.code};
  ways[1] = (Way){.name = "a region, no breakpoint", .target = "1, costs nothing", .at = declared.code};
  ways[2] = (Way){.name = "one breakpoint", .target = "", .at = one.code};
  ways[3] = (Way){.name = "that page opened, stepped and closed for each store",
                  .target = "",
                  .at = debugger.code,
                  .handler = openAndStep};
  ways[4] = (Way){.name = "no region, again", .target = "noise", .at = plain.code};
  for (i = 0; i < 5; i++) {
    ways[i].run = emit;
    ways[i].count = Mebibyte / 8;
  }
  measure(ways, 5, rounds, "a store, of 131,072 that emit a mebibyte");
}

int main(int argc, char **argv) {
  const int asked = argc > 1 ? atoi(argv[1]) : 31;
  const unsigned rounds = asked > 0 && asked <= RoundsMost ? (unsigned)asked : 31;
  MutatorFaultOptionsStruct options;
  need(MutatorFaultOptionsInit(&options) == MutatorResOK, "options");
  options.hook = MutatorFaultHookTRAP;
  need(MutatorFaultSetupWith(NULL, &options) == MutatorResOK, "MutatorFaultSetupWith");
  need(sigaction(SIGSEGV, NULL, &library[0]) == 0 && sigaction(SIGTRAP, NULL, &library[1]) == 0, "sigaction");
  printf("%u rounds; median, and ratio to the first [10th to 90th percentile]\n", rounds);
  stores(rounds);
  hits(rounds);
  mebibyte(rounds);
  return 0;
}
