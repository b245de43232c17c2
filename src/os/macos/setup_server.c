/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/setup_server.c -- start the server, and have threads served
 */

#include "os/macos/server.h"

/* What becomes SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGTRAP. */
#define MASK (EXC_MASK_BAD_ACCESS | EXC_MASK_BAD_INSTRUCTION | EXC_MASK_ARITHMETIC | EXC_MASK_BREAKPOINT)

/* MACH_EXCEPTION_CODES is the highest bit. */
#define BEHAVIOR ((exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES))

static mach_port_t makePort(void) {
  mach_port_t port = MACH_PORT_NULL;
  if (mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS)
    return MACH_PORT_NULL;
  if (mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND) == KERN_SUCCESS)
    return port;
  (void)mach_port_mod_refs(mach_task_self(), port, MACH_PORT_RIGHT_RECEIVE, -1);
  return MACH_PORT_NULL;
}

static void destroyPort(mach_port_t port) {
  if (port == MACH_PORT_NULL)
    return;
  (void)mach_port_mod_refs(mach_task_self(), port, MACH_PORT_RIGHT_RECEIVE, -1);
  (void)mach_port_deallocate(mach_task_self(), port);
}

/* pre: the set-up lock is held, or no other thread is left */
static MutatorRes start(void) {
  const mach_port_t reply = makePort();
  pthread_t thread;
  mutatorServer.reply = reply;
  mutatorServer.port = makePort();
  if (reply != MACH_PORT_NULL && mutatorServer.port != MACH_PORT_NULL &&
      pthread_create(&thread, NULL, mutatorServerRun, NULL) == 0) {
    (void)pthread_detach(thread);
    return MutatorResOK;
  }
  destroyPort(reply);
  destroyPort(mutatorServer.port);
  mutatorServer.port = MACH_PORT_NULL;
  return MutatorResMEMORY;
}

static MutatorRes setPorts(ServerThread thread) {
  const thread_act_t self = pthread_mach_thread_np(pthread_self());
  thread->count = EXC_TYPES_COUNT;
  return thread_swap_exception_ports(self, MASK, mutatorServer.port, BEHAVIOR, THREAD_STATE_NONE, thread->masks,
                                     &thread->count, thread->ports, thread->behaviors, thread->flavors) == KERN_SUCCESS
             ? MutatorResOK
             : MutatorResACCESS;
}

/* The list is complete before the first exception can come. */
static MutatorRes serveThread(void) {
  const AtomicWord self = pthread_mach_thread_np(pthread_self());
  ServerThread thread = mutatorOSReserve(sizeof *thread);
  MutatorRes res;
  if (thread == NULL)
    return MutatorResMEMORY;
  thread->local = mutatorOSLocal();
  thread->next = (ServerThread)atomicLoad(&mutatorServer.threads);
  atomicStore(&thread->thread, self);
  atomicStore(&mutatorServer.threads, (AtomicWord)thread);
  res = setPorts(thread);
  if (res != MutatorResOK)
    atomicStore(&thread->thread, MACH_PORT_NULL);
  return res;
}

MutatorRes MutatorMachServe(void) {
  MutatorRes res = MutatorResOK;
  if (atomicLoad(&mutatorMacosLocalKey) == 0 || mutatorServerFind(pthread_mach_thread_np(pthread_self())) != NULL)
    return MutatorResSTATE;
  mutatorOSSetupLock();
  if (mutatorServer.port == MACH_PORT_NULL)
    res = start();
  if (res == MutatorResOK)
    res = serveThread();
  mutatorOSSetupUnlock();
  return res;
}

static void restorePorts(ServerThread thread) {
  const thread_act_t self = pthread_mach_thread_np(pthread_self());
  mach_msg_type_number_t i;
  (void)thread_set_exception_ports(self, MASK, MACH_PORT_NULL, BEHAVIOR, THREAD_STATE_NONE);
  for (i = 0; i < thread->count; ++i)
    (void)thread_set_exception_ports(self, thread->masks[i], thread->ports[i], thread->behaviors[i],
                                     thread->flavors[i]);
}

MutatorRes MutatorMachRelease(void) {
  ServerThread thread = mutatorServerFind(pthread_mach_thread_np(pthread_self()));
  if (thread == NULL)
    return MutatorResSTATE;
  restorePorts(thread);
  atomicStore(&thread->thread, MACH_PORT_NULL);
  return MutatorResOK;
}

/* Ports are the parent's, and its threads are gone; the one that is left keeps
 * being served if it was.  pre: no other thread is left, the set-up lock is held */
void mutatorMacosServerForked(void) {
  ServerThread thread = (ServerThread)atomicLoad(&mutatorServer.threads);
  const OSLocalStruct *local = mutatorOSLocal();
  MutatorBool served = 0;
  if (mutatorServer.port == MACH_PORT_NULL)
    return;
  for (; thread != NULL; thread = thread->next) {
    served |= thread->local == local && atomicLoad(&thread->thread) != MACH_PORT_NULL;
    atomicStore(&thread->thread, MACH_PORT_NULL);
  }
  if (start() == MutatorResOK && served)
    (void)serveThread();
}
