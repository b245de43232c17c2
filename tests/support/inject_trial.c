/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/inject_trial.c -- a trap with every register known before and after
 */

#include "support/posix/x86_64/inject_trial.h"

#include <cpuid.h>
#include <string.h>
#include <sys/mman.h>

#include "support/fault_test.h"

/* The code's offsets: data from byte 4096 on. */
_Static_assert(offsetof(TrialData, out) == 136, "the trial's assembly");
_Static_assert(offsetof(TrialData, stack) == 272, "the trial's assembly");
_Static_assert(offsetof(TrialData, mask) == 280, "the trial's assembly");
_Static_assert(offsetof(TrialData, inState) == 512, "the trial's assembly");
_Static_assert(offsetof(TrialData, outState) == 512 + TrialSTATE, "the trial's assembly");

enum { CodeSIZE = 4096, TrapSIZE = 4 };

__asm__(".pushsection .rodata\n"
        ".p2align 6\n"
        "trialCode:\n"
        "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  mov %rsp, trialCode+4096+272(%rip)\n"
        "  mov trialCode+4096+280(%rip), %eax\n"
        "  mov trialCode+4096+284(%rip), %edx\n"
        "  lea trialCode+4096+512(%rip), %rdi\n"
        "  xrstor64 (%rdi)\n"
        "  lea trialCode+4096+128(%rip), %rsp\n"
        "  popfq\n"
        "  mov trialCode+4096+0(%rip), %rax\n  mov trialCode+4096+8(%rip), %rcx\n"
        "  mov trialCode+4096+16(%rip), %rdx\n  mov trialCode+4096+24(%rip), %rbx\n"
        "  mov trialCode+4096+32(%rip), %rsp\n  mov trialCode+4096+40(%rip), %rbp\n"
        "  mov trialCode+4096+48(%rip), %rsi\n  mov trialCode+4096+56(%rip), %rdi\n"
        "  mov trialCode+4096+64(%rip), %r8\n  mov trialCode+4096+72(%rip), %r9\n"
        "  mov trialCode+4096+80(%rip), %r10\n  mov trialCode+4096+88(%rip), %r11\n"
        "  mov trialCode+4096+96(%rip), %r12\n  mov trialCode+4096+104(%rip), %r13\n"
        "  mov trialCode+4096+112(%rip), %r14\n  mov trialCode+4096+120(%rip), %r15\n"
        "trialTrap:\n"
        "  nop\n  nop\n  nop\n  nop\n"
        "  mov %rax, trialCode+4096+136(%rip)\n  mov %rcx, trialCode+4096+144(%rip)\n"
        "  mov %rdx, trialCode+4096+152(%rip)\n  mov %rbx, trialCode+4096+160(%rip)\n"
        "  mov %rsp, trialCode+4096+168(%rip)\n  mov %rbp, trialCode+4096+176(%rip)\n"
        "  mov %rsi, trialCode+4096+184(%rip)\n  mov %rdi, trialCode+4096+192(%rip)\n"
        "  mov %r8, trialCode+4096+200(%rip)\n  mov %r9, trialCode+4096+208(%rip)\n"
        "  mov %r10, trialCode+4096+216(%rip)\n  mov %r11, trialCode+4096+224(%rip)\n"
        "  mov %r12, trialCode+4096+232(%rip)\n  mov %r13, trialCode+4096+240(%rip)\n"
        "  mov %r14, trialCode+4096+248(%rip)\n  mov %r15, trialCode+4096+256(%rip)\n"
        "  lea trialCode+4096+272(%rip), %rsp\n"
        "  pushfq\n"
        "  mov trialCode+4096+272(%rip), %rsp\n"
        "  push $0x202\n  popfq\n"
        "  mov trialCode+4096+280(%rip), %eax\n"
        "  mov trialCode+4096+284(%rip), %edx\n"
        "  lea trialCode+4096+512+16384(%rip), %rdi\n"
        "  xsave64 (%rdi)\n"
        "  fninit\n  ldmxcsr trialMxcsr(%rip)\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n"
        "  ret\n"
        "trialMxcsr: .long 0x1f80\n"
        "trialCode_end:\n"
        ".popsection\n");
extern const unsigned char trialCode[], trialTrap[], trialCode_end[];

static const struct {
  unsigned char size, bytes[4];
} traps[TrialTrapLIMIT] = {
    [TrialTrapILLEGAL] = {2, {0x0f, 0x0b}},      [TrialTrapBREAKPOINT] = {1, {0xcc}},
    [TrialTrapDIVIDE] = {3, {0x49, 0xf7, 0xf1}}, [TrialTrapREAD] = {3, {0x4d, 0x8b, 0x19}},
    [TrialTrapWRITE] = {3, {0x4d, 0x89, 0x19}},  [TrialTrapGENERAL] = {1, {0xf4}},
};

static uint64_t next(uint64_t *seed) {
  uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* XCR0 without protection keys, whose register opens and closes memory, and without AMX's tiles. */
static uint64_t components(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32 | low) & ~(UINT64_C(1) << 9 | UINT64_C(3) << 17);
}

/* Where component n lies in the standard format (Intel SDM volume 1, section 13.4). */
static size_t componentAt(unsigned n, size_t *sizeReturn) {
  uint32_t eax = 0, ebx = 0, ecx, edx;
  if (n < 2) {
    *sizeReturn = n == 0 ? 128 : 256;
    return n == 0 ? 32 : 160;
  }
  __cpuid_count(0xd, n, eax, ebx, ecx, edx);
  *sizeReturn = eax;
  return ebx;
}

enum { ControlAT = 0, StatusAT = 2, TagsAT = 4, MxcsrAT = 24, X87AT = 32, PresentAT = 512 };

/* Exceptions masked, none pending; of x87's slots the CPU keeps ten bytes. */
static void fillState(unsigned char *state, uint64_t *seed, uint64_t mask, uint64_t initial) {
  const uint16_t control = (uint16_t)(0x037f & ~(next(seed) & 0x0c00));
  const uint16_t status = (uint16_t)(next(seed) & 0x7800);
  const uint32_t mxcsr = 0x1f80 | (uint32_t)(next(seed) & 0xe03f);
  const uint64_t present = mask & ~initial;
  unsigned n;
  size_t at, base, size;
  memset(state, 0, TrialSTATE);
  for (n = 0; n < 63; n++) {
    if ((present >> n & 1) == 0)
      continue;
    base = componentAt(n, &size);
    for (at = 0; at < size; at++)
      if (n != 0 || at % 16 < 10)
        state[base + at] = (unsigned char)next(seed);
  }
  memcpy(state + ControlAT, &control, sizeof control);
  memcpy(state + StatusAT, &status, sizeof status);
  state[TagsAT] = (unsigned char)next(seed);
  memcpy(state + MxcsrAT, &mxcsr, sizeof mxcsr);
  memcpy(state + PresentAT, &present, sizeof present);
}

void trialNew(Trial trial, TrialTrap trap, void *unreachable) {
  const size_t size = (CodeSIZE + sizeof(TrialData) + 4095) / 4096 * 4096;
  trial->code = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(trial->code != MAP_FAILED, "mmap");
  trial->stack = mmap(NULL, TrialSTACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(trial->stack != MAP_FAILED, "mmap");
  CHECK((size_t)(trialCode_end - trialCode) <= CodeSIZE, "the code is larger than its page");
  memcpy(trial->code, trialCode, (size_t)(trialCode_end - trialCode));
  trial->data = (TrialData *)(void *)(trial->code + CodeSIZE);
  trial->trap = trial->code + (trialTrap - trialCode);
  memcpy(trial->trap, traps[trap].bytes, traps[trap].size);
  trial->trapSize = traps[trap].size;
  trial->unreachable = trap == TrialTrapDIVIDE ? 0 : (uint64_t)(uintptr_t)unreachable;
  trial->data->mask = components();
}

void trialRandom(Trial trial, uint64_t *seed, uint64_t initial) {
  static const uint64_t flagsFree = 0x40cd5; /* CF PF AF ZF SF DF OF AC */
  TrialRegisters *in = &trial->data->in;
  unsigned i;
  for (i = 0; i < 16; i++)
    in->reg[i] = next(seed);
  in->reg[4] = (uint64_t)(uintptr_t)trial->stack + TrialSTACK - 4096 + next(seed) % 2048;
  in->reg[9] = trial->unreachable;
  in->flags = 0x202 | (next(seed) & flagsFree);
  for (i = 0; i < sizeof trial->redZone; i++)
    trial->redZone[i] = (unsigned char)next(seed);
  memcpy((void *)(uintptr_t)(in->reg[4] - sizeof trial->redZone), trial->redZone, sizeof trial->redZone);
  fillState(trial->data->inState, seed, trial->data->mask, initial);
}

void trialRun(Trial trial) {
  void (*code)(void);
  void *address = trial->code;
  memset(trial->data->outState, 0, TrialSTATE);
  memset(&trial->data->out, 0, sizeof trial->data->out);
  memcpy(&code, &address, sizeof code);
  code();
}

static MutatorBool componentDiffers(const TrialData *data, unsigned n) {
  static const unsigned char zero[TrialSTATE];
  uint64_t in, out;
  size_t size, at = componentAt(n, &size);
  memcpy(&in, data->inState + PresentAT, sizeof in);
  memcpy(&out, data->outState + PresentAT, sizeof out);
  return memcmp((in >> n & 1) != 0 ? data->inState + at : zero, (out >> n & 1) != 0 ? data->outState + at : zero,
                size) != 0;
}

/* In the initial state the control word is 037F and every register empty. */
static MutatorBool x87Differs(const TrialData *data) {
  static const unsigned char initial[5] = {0x7f, 0x03, 0, 0, 0};
  uint64_t in, out;
  memcpy(&in, data->inState + PresentAT, sizeof in);
  memcpy(&out, data->outState + PresentAT, sizeof out);
  return memcmp((in & 1) != 0 ? data->inState : initial, (out & 1) != 0 ? data->outState : initial, sizeof initial) !=
         0;
}

const char *trialDiffers(const TrialStruct *trial) {
  static const char *const names[17] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",  "r8",
                                        "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "flags"};
  static const char *const parts[8] = {"x87", "xmm", "ymm", "?", "?", "masks", "zmm", "zmm16"};
  const TrialData *data = trial->data;
  unsigned i;
  for (i = 0; i < 16; i++)
    if (data->in.reg[i] != data->out.reg[i])
      return names[i];
  if (data->in.flags != data->out.flags)
    return names[16];
  if (memcmp((void *)(uintptr_t)(data->in.reg[4] - sizeof trial->redZone), trial->redZone, sizeof trial->redZone) != 0)
    return "red zone";
  if (memcmp(data->inState + MxcsrAT, data->outState + MxcsrAT, 4) != 0)
    return "mxcsr";
  if (x87Differs(data))
    return "x87 control";
  for (i = 0; i < 8; i++)
    if ((data->mask >> i & 1) != 0 && componentDiffers(data, i))
      return parts[i];
  return NULL;
}

/* The control words get their defaults again: C code counts on them. */
__attribute__((noinline)) void trialDirty(uint64_t *seed) {
  _Alignas(64) unsigned char state[TrialSTATE];
  static const uint32_t mxcsr = 0x1f80;
  const uint64_t mask = components();
  fillState(state, seed, mask, 0);
  __asm__ volatile("xrstor64 (%0)\n ldmxcsr %3\n fldcw %4"
                   :
                   : "r"(state), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)), "m"(mxcsr),
                     "m"(*(const uint16_t[]){0x037f})
                   : "memory");
}
