/* SPDX-License-Identifier: BSD-2-Clause
 *
 * heap.c -- memory for an interpreter, all of it in one region
 *
 * Blocks come in sizes of a power of two, and are kept in a list for each size
 * when they are free.  The lists are in the region too, so that going back takes back
 * what has been allocated.
 */

#include "heap.h"

#include <stdint.h>
#include <string.h>

enum { HeapSIZE = 64 * 1024 * 1024, Alignment = 65536, Classes = 48, Smallest = 4 };

typedef struct Heap {
  size_t used; /* bytes from the beginning, this structure included */
  void *freed[Classes];
} Heap;

static char memory[HeapSIZE + Alignment];

char *heapBase(void) { return memory + (Alignment - (uintptr_t)memory % Alignment) % Alignment; }

size_t heapSize(void) { return HeapSIZE; }

static unsigned classOf(size_t size) {
  unsigned n = Smallest;
  while ((size_t)1 << n < size)
    n++;
  return n;
}

static void *take(Heap *heap, unsigned n) {
  void *block = heap->freed[n];
  if (block != NULL) {
    memcpy(&heap->freed[n], block, sizeof block);
    return block;
  }
  if (heap->used == 0)
    heap->used = (sizeof *heap + 63) / 64 * 64;
  if (((size_t)1 << n) > HeapSIZE - heap->used)
    return NULL;
  block = (char *)heap + heap->used;
  heap->used += (size_t)1 << n;
  return block;
}

static void give(Heap *heap, void *block, unsigned n) {
  memcpy(block, &heap->freed[n], sizeof block);
  heap->freed[n] = block;
}

void *heapAllocate(void *closure, void *block, size_t oldSize, size_t size) {
  Heap *heap = (Heap *)(void *)heapBase();
  void *fresh = NULL;
  (void)closure;
  if (block != NULL && size != 0 && classOf(oldSize) == classOf(size))
    return block;
  if (size != 0) {
    fresh = take(heap, classOf(size));
    if (fresh == NULL)
      return NULL;
  }
  if (block != NULL) {
    if (fresh != NULL)
      memcpy(fresh, block, oldSize < size ? oldSize : size);
    give(heap, block, classOf(oldSize));
  }
  return fresh;
}
