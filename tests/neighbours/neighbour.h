/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/neighbour.h -- what the neighbour tests share: memory of ours that faults, and a crash
 *
 * A neighbour is software that handles faults of its own in our process: a
 * library, a collector, a virtual machine.  Each test lets it and us take
 * faults together, and then crashes, to see that nobody swallows a fault that
 * is nobody's.  These functions use the public interface only.  In a shared
 * library (libneighbour.so) they serve the neighbours that are programs.
 *
 * With NEIGHBOUR_FIRST in the environment the shared library calls
 * MutatorFaultSetup as it is loaded: preloaded, it comes before everybody.
 */

#ifndef mutator_tests_neighbours_neighbour_h
#define mutator_tests_neighbours_neighbour_h

#include <signal.h>
#include <stddef.h>

#include <mutator.h>

/* NEIGHBOUR_CHECK -- print file and line and end the process unless the condition holds */
#define NEIGHBOUR_CHECK(condition, ...)                           \
  do {                                                            \
    if (!(condition))                                             \
      neighbourFail(__FILE__, __LINE__, #condition, __VA_ARGS__); \
  } while (0)

__attribute__((noreturn, format(printf, 4, 5))) void neighbourFail(const char *file, int line, const char *condition,
                                                                   const char *format, ...);

/* neighbourSetup -- install our hook
 *
 * The neighbour's handlers that are there by now are behind us.
 */
void neighbourSetup(void);

/* neighbourSetupBehind -- the same, but the neighbour's handlers that are there by now look first (earlierFirst) */
void neighbourSetupBehind(void);

/* neighbourOpen -- a closed page of ours, in a window, whose faults are stepped
 *
 * Needs the hook.  May be called again and then does nothing.
 */
void neighbourOpen(void);

/* neighbourMemory, neighbourMemorySize -- that page, for those who touch it with code of their own */
void *neighbourMemory(void);
size_t neighbourMemorySize(void);

/* neighbourUse -- store and load in the page, each of them a fault of this thread
 *
 * Ends the process unless every access was stepped, exactly once, by us, and
 * every value is right.  slot, below NEIGHBOUR_SLOTS, is the part of the page
 * that is this thread's own.
 */
#define NEIGHBOUR_SLOTS 64
void neighbourUse(unsigned slot, unsigned rounds);

/* neighbourSteps -- steps so far, of all threads */
unsigned long neighbourSteps(void);

/* neighbourForwarded -- faults that were not ours and reached the previous handler through our hook */
unsigned long neighbourForwarded(void);

/* neighbourInCallback -- what our callback does before it steps, or NULL for nothing */
extern void (*volatile neighbourInCallback)(void);

/* neighbourOnTop -- is the library's hook the handler of SIGSEGV? */
MutatorBool neighbourOnTop(void);

/* neighbourGlue -- for a handler that was installed after ours and does not call us
 *
 * Puts a handler in front of it that offers each fault to the library first
 * (MutatorFaultDispatch), and hands it on to that handler otherwise.
 */
void neighbourGlue(void);

/* neighbourCrash -- write where nobody may, at a known instruction
 *
 * Says first where, on standard output, for watchRun to compare:
 * "crash pc=0x... address=0x...".
 */
__attribute__((noreturn)) void neighbourCrash(void);

#endif
