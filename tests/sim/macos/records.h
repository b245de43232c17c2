/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/sim/macos/records.h -- what the bytes of records_<cpu>.inc are
 *
 * records.c fills them in with macOS's own headers; the test reads them with our
 * declarations.  Included after <mach/mach.h>, <signal.h> and <sys/ucontext.h> of either.
 */

#ifndef SIM_MACOS_RECORDS_H
#define SIM_MACOS_RECORDS_H

enum { SimEXCEPTIONS = 19, SimSIGNALS = 21 };

/* SimExceptionStruct -- an exception; `known` as below */
typedef struct SimExceptionStruct {
  int exception, code, kind, known;
} SimExceptionStruct;

/* SimSignalStruct -- a signal and the CPU's trap that it comes with
 *
 * kind   a MutatorFaultKind
 * known  1: the address; 2: the error code; 4: the PC is past the instruction
 */
typedef struct SimSignalStruct {
  int signal, code, trap, kind, known;
} SimSignalStruct;

/* SimRecordsStruct -- states in which every field is another number, sizes, numbers, rows */
typedef struct SimRecordsStruct {
  int sizes[12];   /* as the test has them */
  int numbers[16]; /* likewise */
  int at[12];      /* offsets */
  siginfo_t info;
  ucontext_t ucontext;
  x86_thread_state64_t general;
  x86_exception_state64_t trap;
  mach_msg_header_t header;
  mach_msg_port_descriptor_t descriptor;
  SimExceptionStruct exception[SimEXCEPTIONS];
  SimSignalStruct signal[SimSIGNALS];
} SimRecordsStruct;

#endif
