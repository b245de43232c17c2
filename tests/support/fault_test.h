/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/fault_test.h -- tiny support for programs that take real faults
 *
 * A fault test is a plain program: exit status 0 is a pass, 77 a skip with its
 * reason printed, everything else a failure.  It runs snippets of machine code
 * with registers of its choice, and looks at the stop from inside the handler,
 * as a collector would.
 */

#ifndef mutator_tests_support_fault_test_h
#define mutator_tests_support_fault_test_h

#include <stddef.h>
#include <stdint.h>

#include <mutator.h>

#include "support/native.h"

#include <fault_cpu.h>

/* CHECK -- print file and line and end the process unless the condition holds */
#define CHECK(condition, ...)                                     \
  do {                                                            \
    if (!(condition))                                             \
      faultTestFail(__FILE__, __LINE__, #condition, __VA_ARGS__); \
  } while (0)

__attribute__((noreturn, format(NATIVE_PRINTF, 4, 5))) void
faultTestFail(const char *file, int line, const char *condition, const char *format, ...);

/* faultTestSkip -- print why and exit with 77 */
__attribute__((noreturn, format(NATIVE_PRINTF, 1, 2))) void faultTestSkip(const char *format, ...);

/* Was the program built with AddressSanitizer? */
#if defined(__SANITIZE_ADDRESS__)
#define FAULT_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAULT_TEST_ASAN 1
#endif
#endif
#ifndef FAULT_TEST_ASAN
#define FAULT_TEST_ASAN 0
#endif

/* SNIPPET -- machine code as a C object: SNIPPET(load, "mov (" rDI "), " rAX)
 *
 * Position-independent, and copied to where it runs; SNIPPET_SIZE gives its bytes.  It lies
 * where the assembler is between functions, which every object format has.
 */
#define SNIPPET(name, text)                                        \
  __asm__(".text\n" #name ":\n" text "\n" #name "_end:\n.text\n"); \
  extern const unsigned char name[] __asm__(#name), name##_end[] __asm__(#name "_end")
#define SNIPPET_SIZE(name) ((size_t)(name##_end - name))

/* FaultTestPage -- what a page allows */
typedef enum FaultTestPage {
  FaultTestPageOPEN = 0,      /* read, write and execute */
  FaultTestPageNOACCESS = 1,  /* PROT_NONE */
  FaultTestPageREADONLY = 2,  /* PROT_READ */
  FaultTestPageNOEXECUTE = 3, /* PROT_READ | PROT_WRITE */
  FaultTestPageUNMAPPED = 4,  /* nothing is mapped there */
  FaultTestPageHOLE = 5,      /* a mapping beyond the end of its file */
  FaultTestPageLIMIT = 6
} FaultTestPage;

const char *faultTestPageName(FaultTestPage page);

/* faultTestPageNew -- a page of that kind, between two open pages
 *
 * The bytes of the three pages count up from 0, modulo 251, where there are any.
 * Where the system writes below the stack pointer of a thread that stops (nativeFrameSize), there is
 * room for that below them.
 *
 * Returns  NULL when the system has no such page
 */
unsigned char *faultTestPageNew(FaultTestPage page);

/* faultTestPlace -- an address where the system maps nothing unasked */
void *faultTestPlace(size_t size);

/* FaultTestRegisters -- by MutatorRegister: general registers, PC, flags */
typedef struct FaultTestRegisters {
  MutatorWord word[MutatorRegisterLIMIT];
} FaultTestRegisters;

/* FaultTestStopStruct -- a fault or trap that stopped a snippet */
typedef struct FaultTestStopStruct {
  NativeStopStruct native;
  unsigned number; /* counts the stops of this run from 0 */
  void *closure;
  MutatorContextStruct context; /* a FAULT context of it */
} FaultTestStopStruct, *FaultTestStop;

/* FaultTestProbe -- looks at a stop, in the handler
 *
 * Returns  true to return to the snippet, false to leave it
 */
typedef MutatorBool (*FaultTestProbe)(FaultTestStop stop);

/* faultTestHandler -- what handles a stop, for those who install it themselves
 *
 * As a client has it: MutatorFaultRecover first, then the probe of the snippet
 * that is running.  A stop nobody expects, or the tenth of a run, ends the program.
 */
MutatorBool faultTestHandler(NativeStop stop);

/* faultTestHandlers -- nativeHandle with it */
void faultTestHandlers(void);

/* faultTestSetup -- MutatorSetup and faultTestHandlers */
void faultTestSetup(void);

/* faultTestThreadStack -- MutatorFaultStackInstall or Remove, whose answer must be this system's */
void faultTestThreadStack(MutatorRes (*installOrRemove)(void));

/* faultTestCode -- copy code to an executable place, followed by a jump out of the snippet
 *
 * Returns  where it is; a later call may reuse the place
 */
unsigned char *faultTestCode(const unsigned char *bytes, size_t size);

/* faultTestCodeEdge -- copy code so that it ends where the next page is not mapped */
unsigned char *faultTestCodeEdge(const unsigned char *bytes, size_t size);

/* faultTestRun -- run code with these registers until it ends or a probe leaves it
 *
 * registers  loaded before; PC is ignored, SP may be 0 for the running stack
 * code       from faultTestCode
 * probe      called for each stop
 * closure    for the probe
 * Returns    the registers afterwards; the PC is the last stop's, or 0 when it came to its end
 */
FaultTestRegisters faultTestRun(const FaultTestRegisters *registers, const unsigned char *code, FaultTestProbe probe,
                                void *closure);

/* faultTestStops -- how many times the latest run stopped */
unsigned faultTestStops(void);

/* FAULT_TEST_RUN -- run a SNIPPET by name */
#define FAULT_TEST_RUN(name, registers, probe, closure) \
  faultTestRun(registers, faultTestCode(name, SNIPPET_SIZE(name)), probe, closure)

/* faultTestSuspend -- stop another thread at a PC in [base, limit)
 *
 * context  becomes a THREAD context of it, until faultTestResume, which commits its edits
 */
void faultTestSuspend(NativeThread thread, const unsigned char *base, const unsigned char *limit,
                      MutatorContext context);
void faultTestResume(NativeThread thread, MutatorContext context);

/* faultTestExit -- a PC that ends the snippet of a suspended thread */
void faultTestExit(void) __asm__("faultTestExit");

/* The CPU's file: registers before and after a run, the way in, and a jump to be planted. */
extern MutatorWord faultTestIn[MutatorRegisterLIMIT] __asm__("faultTestIn");
extern MutatorWord faultTestOut[MutatorRegisterLIMIT] __asm__("faultTestOut");
extern MutatorWord faultTestSavedStack __asm__("faultTestSavedStack");
void faultTestEnter(void) __asm__("faultTestEnter");
size_t faultTestJump(unsigned char *at, uintptr_t target);

/* faultTestCompare -- run code natively on a window's open base, then stepped on its protected base
 *
 * Registers, flags and memory must be the same afterwards, and `steps` faults
 * must have been stepped.  Before each run the window's bytes count up.
 */
void faultTestCompare(const char *name, const unsigned char *code, size_t size, const FaultTestRegisters *registers,
                      MutatorWindow window, unsigned steps);
#define FAULT_TEST_COMPARE(name, registers, window, steps) \
  faultTestCompare(#name, name, SNIPPET_SIZE(name), registers, window, steps)

/* faultTestFeature -- has the CPU, and the system, a set of registers? */
typedef enum FaultTestFeature {
  FaultTestFeatureAVX = 0,
  FaultTestFeatureAVX2 = 1,
  FaultTestFeatureAVX512 = 2 /* F, BW and DQ */
} FaultTestFeature;
MutatorBool faultTestFeature(FaultTestFeature feature);

/* faultTestRandom -- xorshift; the seed is the caller's and must not be 0 */
uint64_t faultTestRandom(uint64_t *seed);

#endif
