/* SPDX-License-Identifier: BSD-2-Clause
 *
 * windows/x86_64/postmortem_unwind.c -- unwind information for the JIT's code
 *
 * Windows walks stacks by tables.  For code that is in no module it asks a
 * callback (RtlInstallFunctionTableCallback), which gives the function's
 * entry; the entry points to the unwind information by its distance from the
 * code's base, so that lies next to the code: on the heap that the collector
 * closes.  A stack can be walked again when the post-mortem has opened it.
 */

#include "../postmortem_windows.h"

#include <string.h>

/* Of postmortem_code.c's functions, which all begin alike: each code is the offset
 * after its instruction and what that did (Microsoft, x64 exception handling,
 * UNWIND_INFO and UNWIND_CODE). */
static const unsigned char information[] = {
    1,       /* version 1, no handler */
    8,       /* bytes of prologue */
    3,       /* codes, the last instruction's first */
    5,       /* the frame register is RBP, with no offset */
    8, 0x32, /* sub rsp, 32: UWOP_ALLOC_SMALL, 32 / 8 - 1 */
    4, 0x03, /* mov rbp, rsp: UWOP_SET_FPREG */
    1, 0x50, /* push rbp: UWOP_PUSH_NONVOL, RBP */
    0, 0,    /* an even number of codes */
};

enum { FunctionsMost = 8, FramesMost = 64 };

static RUNTIME_FUNCTION entries[FunctionsMost];
static size_t entryCount;
static DWORD64 codeBase;

static RUNTIME_FUNCTION *CALLBACK entryOf(DWORD64 pc, void *closure) {
  size_t i;
  (void)closure;
  for (i = 0; i < entryCount; i++)
    if (pc - codeBase >= entries[i].BeginAddress && pc - codeBase < entries[i].EndAddress)
      return &entries[i];
  return NULL;
}

void unwindAnnounce(const Function *functions, size_t count, unsigned char *room) {
  size_t i;
  DWORD length = 0;
  memcpy(room, information, sizeof information);
  codeBase = (DWORD64)functions[0].base;
  for (i = 0; i < count && i < FunctionsMost; i++) {
    entries[i].BeginAddress = (DWORD)((DWORD64)functions[i].base - codeBase);
    entries[i].EndAddress = entries[i].BeginAddress + (DWORD)functions[i].size;
    entries[i].UnwindData = (DWORD)((DWORD64)room - codeBase);
    length = entries[i].EndAddress;
    entryCount = i + 1;
  }
  /* The identifier has its two lowest bits set. */
  (void)RtlInstallFunctionTableCallback(codeBase | 3, codeBase, length, entryOf, NULL, NULL);
}

static DWORD64 get(MutatorContext context, MutatorRegister reg) {
  MutatorWord value = 0;
  (void)MutatorContextGetRegister(context, reg, &value);
  return value;
}

void unwindContext(CONTEXT *to, MutatorContext from) {
  memset(to, 0, sizeof *to);
  to->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
  to->Rip = get(from, MutatorRegisterPC);
  to->Rsp = get(from, MutatorRegisterRSP);
  to->Rbp = get(from, MutatorRegisterRBP);
  to->Rax = get(from, MutatorRegisterRAX);
  to->Rbx = get(from, MutatorRegisterRBX);
  to->Rcx = get(from, MutatorRegisterRCX);
  to->Rdx = get(from, MutatorRegisterRDX);
  to->Rsi = get(from, MutatorRegisterRSI);
  to->Rdi = get(from, MutatorRegisterRDI);
  to->R8 = get(from, MutatorRegisterR8);
  to->R9 = get(from, MutatorRegisterR9);
  to->R10 = get(from, MutatorRegisterR10);
  to->R11 = get(from, MutatorRegisterR11);
  to->R12 = get(from, MutatorRegisterR12);
  to->R13 = get(from, MutatorRegisterR13);
  to->R14 = get(from, MutatorRegisterR14);
  to->R15 = get(from, MutatorRegisterR15);
}

/* A function without an entry calls nobody and has no frame. */
static void step(CONTEXT *context) {
  DWORD64 base, frame;
  void *handlerData;
  RUNTIME_FUNCTION *entry = RtlLookupFunctionEntry(context->Rip, &base, NULL);
  if (entry != NULL) {
    (void)RtlVirtualUnwind(0, base, context->Rip, entry, context, &handlerData, &frame, NULL);
    return;
  }
  context->Rip = *(const DWORD64 *)context->Rsp;
  context->Rsp += sizeof(DWORD64);
}

void unwindWalk(const CONTEXT *context, void (*show)(uintptr_t pc)) {
  CONTEXT at = *context;
  unsigned i;
  for (i = 0; i < FramesMost && at.Rip != 0; i++) {
    show((uintptr_t)at.Rip);
    step(&at);
  }
}
