/* SPDX-License-Identifier: BSD-2-Clause
 *
 * examples/jit_breakpoint.h -- a small JIT, and how it writes
 */

#ifndef examples_jit_breakpoint_h
#define examples_jit_breakpoint_h

#include <stddef.h>

#include <mutator.h>

/* How a JIT writes its code. */
typedef enum Route { RouteOPEN, RouteDUAL, RouteCALLS } Route;

/* JitStruct -- one page of code */
typedef struct JitStruct *Jit;
typedef struct JitStruct {
  Route route;
  unsigned char *code;  /* where it is executed */
  unsigned char *write; /* where it is written, or NULL: by calls */
  size_t size;
} JitStruct;

/* The system's part: map the code; write by a call that makes no fault. */
int jitMap(Jit jit, Route route);
void jitWriteByCall(unsigned char *to, const unsigned char *bytes, size_t size);

#endif
