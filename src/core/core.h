/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/core.h -- what the core offers to capabilities beyond the public headers
 */

#ifndef mutator_core_core_h
#define mutator_core_core_h

#include <mutator/context.h>
#include <mutator/counters.h>
#include <mutator/setup.h>

#include "cc/atomic.h"
#include "core/index.h"
#include "core/pin.h"
#include "os/os.h"

/* Signature words: the object's type, as ASCII where a debugger shows bytes. */
#define CORE_SIGNATURE(a, b, c, d) \
  ((MutatorWord)(a) | (MutatorWord)(b) << 8 | (MutatorWord)(c) << 16 | (MutatorWord)(d) << 24)
#define CORE_SIGNATURE_CONTEXT CORE_SIGNATURE('m', 'c', 't', 'x')
#define CORE_SIGNATURE_MEMORY CORE_SIGNATURE('m', 'm', 'e', 'm')
#define CORE_SIGNATURE_WINDOW CORE_SIGNATURE('m', 'w', 'i', 'n')
#define CORE_SIGNATURE_RANGE CORE_SIGNATURE('m', 'r', 'n', 'g')
#define CORE_SIGNATURE_INJECT CORE_SIGNATURE('m', 'i', 'n', 'j')
#define CORE_SIGNATURE_INJECT_IMAGE CORE_SIGNATURE('m', 'i', 'm', 'g')
#define CORE_SIGNATURE_OPTIONS CORE_SIGNATURE('m', 'o', 'p', 't')
#define CORE_SIGNATURE_HANDLER CORE_SIGNATURE('m', 'h', 'n', 'd')
#define CORE_SIGNATURE_THREAD CORE_SIGNATURE('m', 't', 'h', 'r')
#define CORE_SIGNATURE_THREAD_OPTIONS CORE_SIGNATURE('m', 't', 'o', 'p')
#define CORE_SIGNATURE_FAULT_OPTIONS CORE_SIGNATURE('m', 'f', 'o', 'p')
#define CORE_SIGNATURE_DOMAIN CORE_SIGNATURE('m', 'd', 'o', 'm')
#define CORE_SIGNATURE_CODE CORE_SIGNATURE('m', 'c', 'o', 'd')
#define CORE_SIGNATURE_ALIAS CORE_SIGNATURE('m', 'a', 'l', 's')
#define CORE_SIGNATURE_BREAK CORE_SIGNATURE('m', 'b', 'r', 'k')
#define CORE_SIGNATURE_DOMAIN_RANGE CORE_SIGNATURE('m', 'd', 'r', 'g')

#define CORE_SIGNATURE_BACKSTEP CORE_SIGNATURE('m', 'b', 'c', 'k')
#define CORE_SIGNATURE_BACKSTEP_OPTIONS CORE_SIGNATURE('m', 'b', 'o', 'p')
#define CORE_SIGNATURE_BACKSTEP_REGION CORE_SIGNATURE('m', 'b', 'r', 'g')

/* Is this a pointer to something aligned for a word?  False for NULL. */
static inline MutatorBool coreAligned(const void *object) {
  return object != NULL && ((MutatorWord)object & (sizeof(MutatorWord) - 1)) == 0;
}

/* mutatorCoreContextFill -- mutatorCoreContextInit (os.h), where a call would be too slow
 *
 * What only a plan gives a meaning is left as it is: most faults are never decoded.
 * `native` is the caller's to copy.
 */
static inline void mutatorCoreContextFill(MutatorContext context, MutatorContextVar var, OSLocal thread) {
  context->range = NULL;
  context->thread = thread;
  context->size = sizeof *context;
  context->var = (unsigned char)var;
  context->decline = MutatorDeclineNONE;
  context->planned = 0;
  context->access = MutatorAccessNONE;
  context->exact = 0;
  context->spare = 0;
  context->signature = CORE_SIGNATURE_CONTEXT;
}

/* mutatorCoreOptions -- the options in force; NULL before MutatorSetup has succeeded */
const MutatorOptionsStruct *mutatorCoreOptions(void);
void mutatorCoreOptionsSet(const MutatorOptionsStruct *options);

/* mutatorCoreDetours -- how many there are (mutatorCoreDetour, os.h) */
extern COMPILER_WITHIN AtomicWord mutatorCoreDetours;

/* mutatorCorePostMortem -- a CorePostMortem, or 0 while nothing is post mortem
 *
 * The hook asks it, when there is one, before it asks any handler; for true it
 * asks nobody, and the previous handler gets the fault.
 */
struct OSFaultStruct;
typedef MutatorBool (*CorePostMortem)(const struct OSFaultStruct *fault);
extern AtomicWord mutatorCorePostMortem;

/* mutatorCoreTruth -- a CoreTruth, or 0 while there are no breakpoints of ours
 *
 * Puts the program's own bytes in place of breakpoints, of `count` bytes that were fetched at pc.
 */
typedef void (*CoreTruth)(unsigned char *bytes, size_t count, MutatorWord pc);
extern AtomicWord mutatorCoreTruth;

/* mutatorCoreStepBytes -- step an instruction whose bytes, and whose reason, the caller knows
 *
 * The context's PC is the instruction's address, and need not be where the thread stopped.
 *
 * Returns  as MutatorContextStepInstructionWith; nothing is counted or remembered
 */
MutatorRes mutatorCoreStepBytes(MutatorContext context, const unsigned char *bytes, size_t count, MutatorMemory memory);

/* CoreForkStruct -- what a capability does around fork */
typedef struct CoreForkStruct {
  void (*prepare)(void); /* wait until nobody is inside its lock; or NULL */
  /* one thread is left, whose number in the parent that is: nobody else holds anything */
  void (*child)(MutatorWord thread);
} CoreForkStruct;

/* mutatorCoreForkAdd -- have that done; pre: the set-up lock is held (set-up)
 *
 * In the order of places, in which locks are taken too, by who takes two.
 */
typedef enum CoreForkPlace {
  CoreForkDOMAIN = 0,
  CoreForkTHREAD,
  CoreForkBACKSTEP,
  CoreForkBREAKPOINT,
  CoreForkLIMIT
} CoreForkPlace;
void mutatorCoreForkAdd(CoreForkPlace place, const CoreForkStruct *fork);

/* mutatorCoreTake -- take a lock, which is 0 when it is free and its holder's mutatorOSThread otherwise
 *
 * Not while another thread is about to fork: so a child finds what the lock guards whole.  The forking thread
 * holds none of them meanwhile; who waits for it longer than a second waits no more.
 *
 * Returns  true: it is the caller's; false: not now
 */
MutatorBool mutatorCoreTake(AtomicWord *lock, AtomicWord self);

/* mutatorCoreFork -- all of it, for the system */
extern const OSForkStruct mutatorCoreFork;

/* mutatorCoreCount -- one more of an event; async-signal-safe, any thread
 *
 * `counter` is a word index into MutatorCountersStruct: CORE_COUNTER(steps),
 * CORE_COUNTER(declines) + reason.
 */
#define CORE_COUNTER(field) (offsetof(MutatorCountersStruct, field) / sizeof(uint64_t))
void mutatorCoreCount(size_t counter);

#endif
