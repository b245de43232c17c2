/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/gnu/image_local.h -- thread-local variables of an image, GCC for Windows
 *
 * Its own thread-local variables are emulated, and allocated when they are first
 * looked at.  So this does by hand what Microsoft's compiler does: the variable is a
 * part of the image's template, the section .tls, of which the loader makes a
 * copy for each thread.  The copies of a thread are at ThreadLocalStoragePointer
 * in its block, by the image's index (Microsoft, PE Format, section "The .tls
 * Section"; _tls_index and _tls_start are the C runtime's).
 */

#ifndef mutator_cc_gnu_image_local_h
#define mutator_cc_gnu_image_local_h

#include <stdint.h>

#define IMAGE_LOCAL __attribute__((section(".tls$M")))

extern unsigned long _tls_index;
extern char *_tls_start;

/* TEB.ThreadLocalStoragePointer is its twelfth word, and the block's own address
 * its seventh, on both CPUs (winternl.h: NT_TIB takes seven). */
enum { ImageLocalSTORAGE = 11 };

static inline void *imageLocalOf(void *block, void *template) {
  char **copies = ((char ***)block)[ImageLocalSTORAGE];
  return copies[_tls_index] + ((uintptr_t) template - (uintptr_t)&_tls_start);
}
#define imageLocal(variable) ((__typeof__(variable))imageLocalOf(NtCurrentTeb(), variable))

#endif
