/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/area.h -- stretches of memory that stores must not be made to
 */

#ifndef mutator_os_posix_area_h
#define mutator_os_posix_area_h

#include "os/os.h"

/* PosixAreaStruct -- [base, limit); empty when they are equal */
typedef struct PosixAreaStruct {
  MutatorWord base;
  MutatorWord limit;
} PosixAreaStruct;

/* posixAreaOverlaps -- has it a byte of [address, address + size)?  No overflow: an operand may end at the top of
 * the address space. */
static inline MutatorBool posixAreaOverlaps(const PosixAreaStruct *area, MutatorWord address, size_t size) {
  if (area->base == area->limit || address >= area->limit)
    return 0;
  return address >= area->base || area->base - address < size;
}

/* What a handler has around its stack pointer, bytes.  Below: the red zone and what is about to be called.  Above,
 * where the handler's stack cannot be made out: our callers' frames. */
#define POSIX_NEARBY ((MutatorWord)4096)

/* A handler that has used more of the interrupted stack is not expected. */
#define POSIX_HANDLER_LIMIT ((MutatorWord)1 << 20)

#endif
