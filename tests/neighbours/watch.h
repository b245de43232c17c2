/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/watch.h -- run a program that will crash, and say how it died
 *
 * From the core file where the system writes one, else by watching it with
 * ptrace(2): the signal, the program counter and the fault address at death.
 */

#ifndef mutator_tests_neighbours_watch_h
#define mutator_tests_neighbours_watch_h

#include <mutator/types.h>

/* WatchDeathStruct -- the signal that a thread died of */
typedef struct WatchDeathStruct {
  int signal;
  int code;            /* its si_code */
  MutatorWord pc;      /* where the thread was */
  MutatorWord address; /* its si_addr */
} WatchDeathStruct, *WatchDeath;

typedef struct WatchStruct {
  int status;              /* as waitpid(2) gives it */
  MutatorBool cored;       /* the death is known from a core file */
  WatchDeathStruct death;  /* if it died of a signal */
  MutatorBool said;        /* it printed where it would crash: */
  MutatorWord saidPC;      /* ...the instruction */
  MutatorWord saidAddress; /* ...and what it would touch */
  char output[1 << 16];    /* what the program printed, both streams */
} WatchStruct, *Watch;

/* watchRun -- run a program to its end
 *
 * argv     its command line, ended by NULL; found along PATH
 * ptraced  true to watch it with ptrace even where there could be a core file
 * watch    receives what happened
 */
void watchRun(char *const argv[], MutatorBool ptraced, Watch watch);

/* watchCheckCrash -- end this process unless it died by this signal, at the place that it said it would
 *
 * what    for the message
 * signal  the signal
 * placed  true when PC and address must be the crash's own; false where the
 *         neighbour ends the process in its own way, such as abort(3)
 */
void watchCheckCrash(const WatchStruct *watch, const char *what, int signal, MutatorBool placed);

/* watchCheckSays -- end this process unless the program printed a text
 *
 * In it %P is the crash's PC as 16 hexadecimal digits, %p as few as it takes, and %A the address likewise.
 */
void watchCheckSays(const WatchStruct *watch, const char *text);

/* watchCrashes -- run this program with the arguments `order` and "crash", free and then watched with ptrace, and check both
 *
 * signal, placed  as watchCheckCrash
 * text            as watchCheckSays; or NULL
 */
void watchCrashes(char *order, int signal, MutatorBool placed, const char *text);

#endif
