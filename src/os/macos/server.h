/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/server.h -- the thread that serves exceptions
 */

#ifndef mutator_os_macos_server_h
#define mutator_os_macos_server_h

#include <pthread.h>

#include "os/macos/message.h"

/* The exceptions that may be asked for, in the order of the array below. */
#define SERVER_PORTS 4

/* ServerThreadStruct -- a thread that is served, in memory of its own
 *
 * On a list that the server reads while threads come, never freed.  `thread` is
 * MACH_PORT_NULL once the thread has been released.
 */
typedef struct ServerThreadStruct *ServerThread;
typedef struct ServerThreadStruct {
  AtomicWord thread;
  OSLocal local;     /* the thread's own */
  ServerThread next; /* constant */
  mach_msg_type_number_t count;
  exception_mask_t masks[EXC_TYPES_COUNT]; /* its previous ports */
  mach_port_t ports[EXC_TYPES_COUNT];
  exception_behavior_t behaviors[EXC_TYPES_COUNT];
  thread_state_flavor_t flavors[EXC_TYPES_COUNT];
} ServerThreadStruct;

/* ServerStruct -- the one server; `port` is MACH_PORT_NULL before it has been started */
typedef struct ServerStruct {
  mach_port_t port;
  mach_port_t reply;  /* for answers of previous ports */
  AtomicWord threads; /* a ServerThread: the first of the list */
} ServerStruct;
extern ServerStruct mutatorServer;

/* mutatorServerFind -- the thread of that port, or NULL */
ServerThread mutatorServerFind(thread_act_t thread);

/* mutatorServerRun -- receive and answer for ever; the server's thread */
void *mutatorServerRun(void *unused);

#endif
