/* SPDX-License-Identifier: BSD-2-Clause
 *
 * thread/thread.h -- registered threads, and who suspends them
 */

#ifndef mutator_thread_thread_h
#define mutator_thread_thread_h

#include <mutator/thread.h>

#include "core/core.h"
#include "os/os.h"

/* ThreadsStruct -- the registered threads
 *
 * Who holds `owner` (its mutatorOSThread; 0 for nobody) may suspend a thread,
 * and change the list.  It takes no signal meanwhile, and nobody else can
 * suspend it, so it is never stopped while it holds it.
 */
typedef struct ThreadsStruct {
  AtomicWord owner;
  MutatorThread first;
} ThreadsStruct;
extern ThreadsStruct mutatorThreads;

/* mutatorThreadsTake, Give -- become the owner
 *
 * deadline  in mutatorOSMilliseconds
 * Returns   OK; BUSY when the caller would wait for itself; LIMIT
 */
MutatorRes mutatorThreadsTake(uint64_t deadline, OSSignals signals);
void mutatorThreadsGive(const OSSignalsStruct *signals);

/* mutatorThreadCheck -- is it an initialised thread's structure, registered or not? */
MutatorBool mutatorThreadCheck(MutatorThread thread);

/* mutatorThreadIsListed -- is it registered?  pre: the caller is the owner */
MutatorBool mutatorThreadIsListed(MutatorThread thread);

#endif
