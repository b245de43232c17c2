/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/server.c -- the thread that serves exceptions
 *
 * The thread that has faulted waits in the kernel.  Its registers are got, the
 * library is asked, and they are set; the answer has none, so that edits by
 * somebody who has suspended the thread meanwhile are not undone.
 *
 * Whoever suspends looks at the thread's `inside` once it has stopped; the server
 * looks at whether the thread is to stop once it has counted itself there.  One of the two sees
 * the other.
 */

#include "os/macos/server.h"

ServerStruct mutatorServer;

ServerThread mutatorServerFind(thread_act_t thread) {
  ServerThread one = (ServerThread)atomicLoad(&mutatorServer.threads);
  while (one != NULL && atomicLoad(&one->thread) != thread)
    one = one->next;
  return one;
}

/* asking the library ------------------------------------------------------------ */

static MutatorBool isWanted(const OSLocalStruct *local) {
  return local->thread != NULL && atomicLoad(&local->thread->state) != OSThreadRUNNING;
}

static MutatorBool dispatch(MutatorMach mach) {
  MutatorNativeStruct native;
  MutatorBool handled;
  native.info = NULL;
  native.ucontext = NULL;
  native.mach = mach;
  if (!mutatorMacosGetGeneral(mach))
    return 0;
  mutatorOSInsideBegin();
  handled = mutatorFaultNative(&native, mutatorOSLocal());
  mutatorOSInsideEnd();
  if (!handled)
    return 0;
  return mutatorMacosSetVector(mach) && mutatorMacosSetGeneral(mach);
}

/* A thread that is suspended, or about to be, goes on as it is, and faults again. */
static MutatorBool dispatchOutside(ServerThread thread, MutatorMach mach) {
  OSLocal local = thread->local;
  MutatorBool handled;
  (void)atomicAdd(&local->inside, 1);
  handled = isWanted(local) || dispatch(mach);
  (void)atomicSubtract(&local->inside, 1);
  return handled;
}

/* what is not ours ---------------------------------------------------------------- */

static size_t previousOf(const ServerThreadStruct *thread, exception_type_t exception) {
  size_t i = 0;
  while (i < thread->count && (thread->masks[i] & 1u << exception) == 0)
    ++i;
  return i;
}

static kern_return_t forwardShort(const MessageStruct *message, mach_port_t port) {
  union {
    MessageShortStruct request;
    MessageStruct reply;
  } both;
  mutatorMessageShort(message, port, mutatorServer.reply, &both.request);
  if (mach_msg(&both.reply.header, MACH_SEND_MSG | MACH_RCV_MSG, sizeof both.request, sizeof both.reply,
               mutatorServer.reply, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL) != MACH_MSG_SUCCESS)
    return KERN_FAILURE;
  return mutatorMessageResult(&both.reply, both.reply.header.msgh_size);
}

/* Returns  true when somebody else answers the kernel */
static MutatorBool forward(const ServerThreadStruct *thread, Message message, kern_return_t *resultReturn) {
  const size_t at = previousOf(thread, message->request.exception);
  *resultReturn = KERN_FAILURE;
  if (at == thread->count)
    return 0;
  switch (mutatorMessageForward(thread->ports[at], thread->behaviors[at])) {
  case MessageForwardSAME: {
    MessageStruct same = *message;
    mutatorMessageSame(&same, thread->ports[at]);
    return mach_msg(&same.header, MACH_SEND_MSG, sizeof same.request, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL) == MACH_MSG_SUCCESS;
  }
  case MessageForwardSHORT: *resultReturn = forwardShort(message, thread->ports[at]); return 0;
  default: return 0;
  }
}

/* one message ---------------------------------------------------------------------- */

/* The rights that came with the message are ours to give back. */
static void answer(const MessageStruct *message, kern_return_t result, MutatorBool request) {
  MessageReplyStruct reply;
  mutatorMessageReply(message, result, &reply);
  (void)mach_msg(&reply.header, MACH_SEND_MSG, sizeof reply, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
  if (!request)
    return;
  (void)mach_port_deallocate(mach_task_self(), message->request.thread.name);
  (void)mach_port_deallocate(mach_task_self(), message->request.task.name);
}

/* A failure lets the kernel go on to the task's port, where debuggers are, and then to a signal. */
static void serve(Message message) {
  MutatorMachStruct mach;
  ServerThread thread;
  kern_return_t result = KERN_FAILURE;
  if (!mutatorMessageRead(message, message->header.msgh_size, &mach)) {
    answer(message, MIG_BAD_ID, 0);
    return;
  }
  thread = mutatorServerFind(mach.thread);
  if (thread != NULL && dispatchOutside(thread, &mach))
    result = KERN_SUCCESS;
  else if (thread != NULL && forward(thread, message, &result))
    return;
  answer(message, result, 1);
}

void *mutatorServerRun(void *unused) {
  MessageStruct message;
  (void)unused;
  for (;;) {
    const mach_msg_return_t received = mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof message, mutatorServer.port,
                                                MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    if (received == MACH_MSG_SUCCESS)
      serve(&message);
    else if (received != MACH_RCV_INTERRUPTED && received != MACH_RCV_TOO_LARGE)
      return NULL;
  }
}
