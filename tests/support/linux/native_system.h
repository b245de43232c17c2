/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/linux/native_system.h -- what Linux sends for what, and how it maps
 */

#ifndef mutator_tests_support_linux_native_system_h
#define mutator_tests_support_linux_native_system_h

#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

typedef pthread_t NativeThread;

#define NATIVE_MAP_THERE MAP_FIXED_NOREPLACE /* mmap(2): at that address, or not at all */

#define NATIVE_MASK_SIZE 8 /* bytes of the mask in a record */

#define NATIVE_MEMORY SIGSEGV
#define NATIVE_STACK_SEGMENT SIGBUS
#define NATIVE_PRIVILEGED SIGSEGV

/* Of the CPU's file, for tests of Linux's own frame: the FXSAVE area in it. */
unsigned char *nativeFxsave(const ucontext_t *ucontext);

#endif
