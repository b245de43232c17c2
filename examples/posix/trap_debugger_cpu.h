/* SPDX-License-Identifier: BSD-2-Clause
 *
 * examples/trap_debugger_cpu.h -- what differs from one CPU to the next, as data
 */

#ifndef examples_trap_debugger_cpu_h
#define examples_trap_debugger_cpu_h

#include <stddef.h>

#include <mutator.h>

enum { CpuAnswers = 5 };

/* CpuBytes -- bytes to copy */
typedef struct CpuBytes {
  const unsigned char *at;
  size_t size;
} CpuBytes;

/* CpuTable -- the generated function, and how to speak of its registers */
typedef struct CpuTable {
  const char *registers[MutatorRegisterLIMIT]; /* their names */
  const char *choice;                          /* which these are, in words */
  const char *answers[CpuAnswers];             /* a session that mends the division, skips UD2, mends the store */
  unsigned length;                             /* of the division, and of the store, bytes */
  CpuBytes body;                               /* the function's code */
  size_t illegalAt;                            /* the two bytes of it where UD2 may be */
  CpuBytes unwind;                             /* its CIE and FDE in DWARF, and the end of the list */
  size_t firstAddressAt, sizeAt;               /* the words of the FDE that say where the function is */
} CpuTable;

extern const CpuTable cpu;

#endif
