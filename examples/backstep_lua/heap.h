/* SPDX-License-Identifier: BSD-2-Clause
 *
 * heap.h -- memory for an interpreter, all of it in one region
 */

#ifndef backstep_lua_heap_h
#define backstep_lua_heap_h

#include <stddef.h>

/* heapBase, heapSize -- the region: bookkeeping first, then what has been handed out */
char *heapBase(void);
size_t heapSize(void);

/* heapAllocate -- a lua_Alloc */
void *heapAllocate(void *closure, void *block, size_t oldSize, size_t size);

#endif
