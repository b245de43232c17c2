/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C5_garbage_context.c -- made-up records: random registers, codes, addresses and instructions
 *
 * Bad input.  Whatever the record says, CanStep is false or consistent with
 * what the test knows, and a step that is not OK changes nothing.  Memory is a client's of the test's
 * own, since the addresses are garbage too.
 */

#include "support/fault_test.h"

#include <stdio.h>
#include <string.h>

enum { Rounds = 30000, Code = 16 };

static uint64_t seed;
static unsigned performed;

/* Every operand is here, and is counted. */
static MutatorRes translate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                            void **pointerReturn) {
  static unsigned char somewhere[64];
  (void)memory;
  (void)address;
  (void)access;
  CHECK(size <= 16, "an operand of %zu bytes", size);
  performed++;
  *pointerReturn = somewhere;
  return MutatorResOK;
}

static unsigned pick(unsigned count) { return (unsigned)(faultTestRandom(&seed) % count); }

/* Half of the instructions are of a kind that the table has. */
static void randomCode(unsigned char *code) {
  static const unsigned char opcodes[] = {0x88, 0x89, 0x8a, 0x8b, 0xc6, 0xc7, 0x38, 0x39, 0x3a, 0x3b, 0x84,
                                          0x85, 0x80, 0x81, 0x83, 0xf6, 0xf7, 0xa0, 0xa1, 0xa2, 0xa3, 0x63};
  unsigned i, at = 0;
  for (i = 0; i < Code; i++)
    code[i] = (unsigned char)faultTestRandom(&seed);
  if (pick(2) == 0)
    return;
  if (pick(4) == 0)
    code[at++] = 0x66;
  if (sizeof(MutatorWord) == 8 && pick(2) == 0)
    code[at++] = (unsigned char)(0x40 + pick(16));
  if (pick(8) == 0) {
    code[at++] = 0x0f;
    code[at++] = (unsigned char)(pick(2) ? 0xb6 + pick(2) : 0xbe + pick(2));
  } else {
    code[at++] = opcodes[pick(sizeof opcodes)];
  }
  code[at] = (unsigned char)(code[at] & 0xbf); /* memory more often than registers */
}

static void randomRecord(siginfo_t *info, ucontext_t *ucontext, const unsigned char *code) {
  static const int codes[] = {SI_KERNEL, SI_USER, SEGV_MAPERR, -1, 99};
  static const int signals[] = {SIGBUS, SIGILL, SIGTRAP, SIGFPE, 0, 999};
  unsigned i;
  memset(info, 0, sizeof *info);
  memset(ucontext, 0, sizeof *ucontext);
  for (i = 0; i < FAULT_TEST_GENERAL; i++)
    nativeUcontextSet(ucontext, i, (MutatorWord)faultTestRandom(&seed) >> pick(64));
  nativeUcontextSet(ucontext, MutatorRegisterPC, (MutatorWord)code);
  nativeUcontextSet(ucontext, MutatorRegisterFLAGS, pick(4) == 0 ? (MutatorWord)faultTestRandom(&seed) : 0x10202);
  if (pick(16) == 0)
    nativeUcontextSet(ucontext, MutatorRegisterPC, (MutatorWord)faultTestRandom(&seed));
  info->si_signo = pick(4) != 0 ? SIGSEGV : signals[pick(6)];
  info->si_code = pick(4) != 0 ? SEGV_ACCERR : codes[pick(5)];
  info->si_addr = (void *)(uintptr_t)faultTestRandom(&seed);
  ucontext->uc_mcontext.gregs[REG_TRAPNO] = pick(8) == 0 ? pick(20) : 14;
  ucontext->uc_mcontext.gregs[REG_ERR] = pick(16) == 0 ? (greg_t)faultTestRandom(&seed) : (greg_t)(4 + 2 * pick(2));
}

/* The fault address at or next to the operand, most of the time. */
static void aim(MutatorContext context, siginfo_t *info, MutatorInstruction instruction, MutatorBool *decodedReturn) {
  const MutatorInstructionAccessStruct *access;
  size_t size;
  *decodedReturn = MutatorContextDecode(context, instruction) == MutatorResOK;
  if (!*decodedReturn || instruction->count == 0 || pick(8) == 0)
    return;
  access = &instruction->access[pick(instruction->count)];
  size = access->size < 4096 ? access->size : 4096; /* of the rest of a repeated instruction's, the beginning */
  info->si_addr = (void *)((MutatorWord)access->address - 1 + pick((unsigned)size + 2));
}

static MutatorBool isAccess(const MutatorInstructionStruct *instruction, MutatorWord address, MutatorWord code) {
  const MutatorInstructionAccessStruct *access;
  unsigned i;
  for (i = 0; i < instruction->count; i++) {
    access = &instruction->access[i];
    if (address - (MutatorWord)access->address < access->size &&
        ((code & 2) != 0) == ((access->access & MutatorAccessWRITE) != 0))
      return 1;
  }
  return 0;
}

static MutatorBool explains(const MutatorInstructionStruct *instruction, const siginfo_t *info,
                            const ucontext_t *ucontext) {
  MutatorWord code = (MutatorWord)ucontext->uc_mcontext.gregs[REG_ERR];
  MutatorBool memory = (info->si_signo == SIGSEGV && (info->si_code == SEGV_ACCERR || info->si_code == SEGV_MAPERR)) ||
                       (info->si_signo == SIGBUS && info->si_code == BUS_ADRERR) ||
                       (info->si_signo == SIGBUS && info->si_code == BUS_OBJERR);
  return memory && ucontext->uc_mcontext.gregs[REG_TRAPNO] == 14 && (code & 16) == 0 &&
         (nativeUcontextGet(ucontext, MutatorRegisterFLAGS) & 0x100) == 0 &&
         isAccess(instruction, (MutatorWord)info->si_addr, code);
}

static unsigned stepped, declined;

static void check(MutatorContext context, MutatorMemory memory, siginfo_t *info, ucontext_t *ucontext,
                  MutatorBool expected, const MutatorInstructionStruct *instruction) {
  const NativeStopStruct stop = {info->si_signo, info, ucontext};
  NativePictureStruct picture;
  MutatorWord pc = nativeUcontextGet(ucontext, MutatorRegisterPC);
  unsigned before = performed;
  MutatorBool can;
  MutatorRes res;
  nativePictureTake(&picture, &stop);
  can = MutatorContextCanStepInstruction(context);
  CHECK(can == expected || MutatorContextDecline(context) == MutatorDeclineFRAME, "CanStep is %d: %s", can,
        MutatorDeclineName(MutatorContextDecline(context)));
  CHECK(performed == before, "CanStep has made an access");
  CHECK(nativePictureSame(&picture, &stop), "CanStep has changed the record");
  res = MutatorContextStepInstructionWith(context, memory);
  /* A divide error, a jump to no address and the like are left to the CPU. */
  CHECK(can ? res == MutatorResOK || res == MutatorResACCESS : res == MutatorResUNIMPL, "Step is %s",
        MutatorResName(res));
  if (can && res == MutatorResACCESS) {
    CHECK(nativePictureSame(&picture, &stop), "a step that was left to the CPU has changed the record");
  } else if (can) {
    CHECK(performed > before, "no access");
    CHECK(instruction->count != 1 || instruction->access[0].kind != MutatorInstructionAccessOPERAND ||
              nativeUcontextGet(ucontext, MutatorRegisterPC) == pc + instruction->length ||
              strncmp(instruction->name, "JMP", 3) == 0,
          "the PC");
    stepped++;
  } else {
    CHECK(performed == before, "a declined step has made an access");
    CHECK(nativePictureSame(&picture, &stop), "a declined step has changed the record");
    declined++;
  }
}

static MutatorRes ignore(void *base, void *limit, void *closure) {
  (void)closure;
  CHECK(base < limit, "an area");
  return MutatorResOK;
}

static void askEverything(MutatorContext context) {
  void *address;
  MutatorWord code;
  (void)MutatorContextKind(context);
  (void)MutatorContextAddress(context, &address);
  (void)MutatorContextAccess(context);
  (void)MutatorContextAccessSource(context);
  (void)MutatorContextErrorCode(context, &code);
  (void)MutatorContextPC(context);
  (void)MutatorContextSP(context);
  (void)MutatorContextStackHot(context);
  CHECK(MutatorContextScan(context, ignore, NULL) == MutatorResOK, "Scan");
}

static void oneRound(MutatorMemory memory) {
  static unsigned char code[Code];
  static ucontext_t ucontext;
  static siginfo_t info;
  MutatorInstructionStruct instruction;
  MutatorContextStruct context;
  MutatorBool decoded;
  memset(&instruction, 0, sizeof instruction);
  randomCode(code);
  randomRecord(&info, &ucontext, code);
  CHECK(MutatorContextInitFault(&context, &info, &ucontext) == MutatorResOK, "InitFault");
  aim(&context, &info, &instruction, &decoded);
  askEverything(&context);
  check(&context, memory, &info, &ucontext, decoded && explains(&instruction, &info, &ucontext), &instruction);
}

int main(void) {
  MutatorMemoryStruct memory;
  unsigned i;
  seed = 0x853c49e6748fea9b;
  (void)printf("seed %#llx, %u rounds\n", (unsigned long long)seed, Rounds);
  faultTestSetup();
  CHECK(MutatorMemoryInit(&memory, translate, NULL, NULL, NULL, NULL) == MutatorResOK, "memory");
  for (i = 0; i < Rounds; i++)
    oneRound(&memory);
  (void)printf("%u stepped, %u declined\n", stepped, declined);
  CHECK(stepped >= Rounds / 100 && declined >= Rounds / 2, "%u stepped, %u declined: the test shows little", stepped,
        declined);
  return 0;
}
