/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I8: the system's unwinder walks from the callback through the trampoline to
 * the instruction that trapped, with every register that functions keep, and
 * on to its callers; also from an injection inside an injection
 */

#include <string.h>

#include "support/fault_test.h"
#include "support/inject.h"

/* A function that keeps what it must, loads them with values of its own, and traps. */
void unwindTrap(void);
extern const unsigned char unwindTrapAt[];
__asm__(".text\n"
        ".globl unwindTrap, unwindTrapAt\n"
        ".seh_proc unwindTrap\n"
        "unwindTrap:\n"
        "  push %rbx\n .seh_pushreg %rbx\n  push %rbp\n .seh_pushreg %rbp\n"
        "  push %rsi\n .seh_pushreg %rsi\n  push %rdi\n .seh_pushreg %rdi\n"
        "  push %r12\n .seh_pushreg %r12\n  push %r13\n .seh_pushreg %r13\n"
        "  push %r14\n .seh_pushreg %r14\n  push %r15\n .seh_pushreg %r15\n"
        "  sub $40, %rsp\n .seh_stackalloc 40\n"
        "  .seh_endprologue\n"
        "  mov $0x1103, %ebx\n  mov $0x1105, %ebp\n  mov $0x1106, %esi\n  mov $0x1107, %edi\n"
        "  mov $0x110c, %r12d\n  mov $0x110d, %r13d\n  mov $0x110e, %r14d\n  mov $0x110f, %r15d\n"
        "unwindTrapAt:\n"
        "  ud2\n"
        "  add $40, %rsp\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rdi\n  pop %rsi\n  pop %rbp\n  pop %rbx\n"
        "  ret\n"
        ".seh_endproc\n");

enum { FramesMOST = 64 };

static unsigned long called;

__attribute__((noinline)) static void caller(void) {
  unwindTrap();
  __asm__ volatile("" ::: "memory");
}

/* To the caller's frame; false at the end. */
static MutatorBool unwind(CONTEXT *context) {
  DWORD64 base = 0, frame = 0;
  void *data = NULL;
  PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context->Rip, &base, NULL);
  if (function == NULL) { /* a leaf */
    memcpy(&context->Rip, (const void *)(uintptr_t)context->Rsp, sizeof context->Rip);
    context->Rsp += sizeof context->Rip;
  } else {
    (void)RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context->Rip, function, context, &data, &frame, NULL);
  }
  return context->Rip != 0;
}

static void checkRegisters(const CONTEXT *unwound, MutatorContext context) {
  static const unsigned char kept[] = {MutatorRegisterRBX, MutatorRegisterRSP, MutatorRegisterRBP,
                                       MutatorRegisterRSI, MutatorRegisterRDI, MutatorRegisterR12,
                                       MutatorRegisterR13, MutatorRegisterR14, MutatorRegisterR15};
  unsigned i;
  for (i = 0; i < sizeof kept; i++) {
    MutatorWord value = 0;
    CHECK(MutatorContextGetRegister(context, (MutatorRegister)kept[i], &value) == MutatorResOK, "register");
    CHECK(nativeContextGet(unwound, kept[i]) == value, "register %u is %#llx, not %#llx", kept[i],
          (unsigned long long)nativeContextGet(unwound, kept[i]), (unsigned long long)value);
  }
  CHECK(unwound->R15 == 0x110f, "R15 is %#llx", (unsigned long long)unwound->R15);
}

/* The frame of the trap; `walk` is where to begin. */
static void toTrap(CONTEXT *walk) {
  unsigned frames = 0;
  while (walk->Rip != (DWORD64)(uintptr_t)unwindTrapAt) {
    CHECK(++frames < FramesMOST, "the trap is not among %u frames", frames);
    CHECK(unwind(walk), "the stack ends after %u frames", frames);
  }
}

static void checkCallers(CONTEXT *walk) {
  void (*function)(void) = caller;
  uintptr_t base;
  memcpy(&base, &function, sizeof base);
  CHECK(unwind(walk) && walk->Rip - base < 32, "its caller is %#llx", (unsigned long long)walk->Rip);
}

/* RtlCaptureStackBackTrace, which debuggers and profilers use. */
static void checkBacktrace(void) {
  void *frames[FramesMOST - 2];
  const unsigned count = RtlCaptureStackBackTrace(0, FramesMOST - 2, frames, NULL);
  unsigned i = 0;
  while (i < count && frames[i] != (const void *)unwindTrapAt)
    i++;
  CHECK(i < count, "the trap is not among %u frames", count);
}

static void callback(MutatorContext context, void *closure) {
  CONTEXT walk;
  (void)closure;
  called++;
  RtlCaptureContext(&walk);
  toTrap(&walk);
  checkRegisters(&walk, context);
  checkCallers(&walk);
  if (MutatorInjectDepth() == 1)
    caller();
  else
    toTrap(&walk); /* the outer one */
  injectSkip(context, 2);
}

static void callbackBacktrace(MutatorContext context, void *closure) {
  (void)closure;
  called++;
  checkBacktrace();
  injectSkip(context, 2);
}

static void run(const MutatorInjectOptionsStruct *options) {
  void *area = injectAttach(2, options);
  called = 0;
  injectHandlerInstall(callback, NULL);
  caller();
  CHECK(called == 2, "%lu calls", called);
  if (options == NULL || options->stack == NULL) {
    injectHandlerInstall(callbackBacktrace, NULL);
    caller();
    CHECK(called == 3, "%lu calls", called);
  }
  injectDetach(area, 2);
}

int main(void) {
  static unsigned char stack[131072];
  const MutatorInjectOptionsStruct private = {.size = sizeof private, .stack = stack, .stackSize = sizeof stack};
  const MutatorInjectOptionsStruct second = {.size = sizeof second, .back = MutatorInjectBackTRAP};
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  run(NULL);
  run(&second);
  run(&private);
  return 0;
}
