/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9: with AC set, a misaligned operand is not stepped: the CPU raises the
 * alignment check itself, before it looks at the page or afterwards; an aligned
 * one is stepped
 */

#include <string.h>

#include "support/fault_test.h"

#define AC 0x40000UL

static MutatorWindowStruct window;
static MutatorFaultRangeStruct range;
static volatile unsigned called, stepped, checks;
static volatile MutatorBool misaligned;

/* As a CPU has it that looks at the page first. */
static void checkWithAC(MutatorContext context) {
  MutatorWord flags = 0;
  CHECK(MutatorContextGetRegister(context, MutatorRegisterFLAGS, &flags) == MutatorResOK, "flags");
  CHECK(MutatorContextSetRegister(context, MutatorRegisterFLAGS, flags | AC) == MutatorResOK, "flags");
  CHECK(MutatorContextCanStepInstruction(context) == !misaligned, "with AC: %s",
        MutatorDeclineName(MutatorContextDecline(context)));
  if (misaligned)
    CHECK(MutatorContextDecline(context) == MutatorDeclineALIGNMENT &&
              MutatorContextStepInstruction(context) == MutatorResUNIMPL,
          "with AC: %s", MutatorDeclineName(MutatorContextDecline(context)));
  CHECK(MutatorContextSetRegister(context, MutatorRegisterFLAGS, flags) == MutatorResOK, "flags");
}

static MutatorFaultResult callback(MutatorFaultRange theRange, MutatorContext context, void *address,
                                   MutatorAccess access, void *closure) {
  (void)theRange, (void)address, (void)access, (void)closure;
  called++;
  checkWithAC(context);
  if (MutatorFaultStep(context) == MutatorResOK)
    stepped++;
  else
    nativeProtect(MutatorWindowBase(&window), nativePageSize(), NativeREADWRITE);
  return MutatorFaultHANDLED;
}

/* The alignment check: count it, and go on without. */
static void onCheck(int signal, siginfo_t *info, void *ucontext) {
  (void)signal;
  CHECK(info->si_code == BUS_ADRALN, "code %d", info->si_code);
  checks++;
  nativeUcontextSet(ucontext, MutatorRegisterFLAGS,
                    nativeUcontextGet(ucontext, MutatorRegisterFLAGS) & ~(MutatorWord)AC);
}

/* One instruction on the operand at rDI with AC set. */
#define CHECKED(name, text) \
  SNIPPET(name, "pushf; orl $0x40000, (" rSP "); popf; " text "; pushf; andl $~0x40000, (" rSP "); popf; ret")

CHECKED(load, "movl (" rDI "), %eax");
CHECKED(store, "movw %ax, (" rDI ")");
CHECKED(modify, "addl $1, (" rDI ")");
CHECKED(string, "mov " rDI ", " rSI "; lodsl");
CHECKED(number, "fldl (" rDI "); fstp %st(0)");
CHECKED(byte, "movb (" rDI "), %al");

typedef struct Case {
  const char *name;
  const unsigned char *code;
  size_t size; /* of the operand */
} Case;

static const Case cases[] = {{"a load", load, 4},     {"a store", store, 2},   {"an addition", modify, 4},
                             {"a string", string, 4}, {"a number", number, 8}, {"a byte", byte, 1}};

/* Below the red zone, where there is one. */
static void run(const unsigned char *code, void *at) {
  __asm__ volatile("lea -128(%" rSP "), %" rSP "\n"
                   "call *%1\n"
                   "lea 128(%" rSP "), %" rSP "\n"
                   :
                   : "D"(at), "d"(code)
                   : "memory", "cc", "eax", "esi");
}

/* The check comes before the fault, which is stepped without AC then, or after it. */
static void check(const Case *c, size_t offset) {
  misaligned = offset % c->size != 0;
  called = stepped = checks = 0;
  nativeProtect(MutatorWindowBase(&window), nativePageSize(), NativeNONE);
  run(c->code, (unsigned char *)MutatorWindowBase(&window) + offset);
  CHECK(called == 1, "%s at %u: %u callbacks", c->name, (unsigned)offset, called);
  CHECK(misaligned || stepped == 1, "%s at %u: stepped %u times", c->name, (unsigned)offset, stepped);
  CHECK(checks == (unsigned)misaligned, "%s at %u: %u alignment checks", c->name, (unsigned)offset, checks);
}

int main(void) {
  struct sigaction action;
  size_t i;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = onCheck;
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGBUS, &action, NULL) == 0, "sigaction");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  CHECK(MutatorFaultRangeAdd(&range, MutatorWindowBase(&window), (char *)MutatorWindowBase(&window) + nativePageSize(),
                             callback, NULL, &window) == MutatorResOK,
        "range");
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check(&cases[i], 64);
    check(&cases[i], 65);
  }
  return 0;
}
