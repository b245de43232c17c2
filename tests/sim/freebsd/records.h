/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/sim/freebsd/records.h -- what the bytes of records_<cpu>.inc are
 *
 * records.c fills them in with FreeBSD's own headers and compiler; the test reads
 * them with our declarations.  Included after <signal.h>, <ucontext.h> and <sys/user.h> of either.
 */

#ifndef SIM_FREEBSD_RECORDS_H
#define SIM_FREEBSD_RECORDS_H

enum { SimROWS = 26, SimENTRIES = 3 };

/* SimRowStruct -- a signal, and the trap that its ucontext_t is to say */
typedef struct SimRowStruct {
  siginfo_t info;
  int trap;  /* mc_trapno, as FreeBSD numbers traps */
  int kind;  /* a MutatorFaultKind */
  int known; /* 1: si_addr is the address; 2: mc_err counts; 4: the PC is past the instruction */
  int spare;
} SimRowStruct;

/* SimRecordsStruct -- a ucontext_t in which every field is another number, the rows, and mappings */
typedef struct SimRecordsStruct {
  int ucontextSize, infoSize, rows, selector;
  ucontext_t ucontext;
  SimRowStruct row[SimROWS];
  int mib[4]; /* what the list of mappings is called; the process's number is 0 */
  struct kinfo_vmentry entry[SimENTRIES];
} SimRecordsStruct;

#endif
