/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/freebsd/native_system.h -- what FreeBSD sends for what, and how it maps
 */

#ifndef mutator_tests_support_freebsd_native_system_h
#define mutator_tests_support_freebsd_native_system_h

#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

typedef pthread_t NativeThread;

#define NATIVE_MAP_THERE (MAP_FIXED | MAP_EXCL) /* mmap(2): at that address, or not at all */

#define NATIVE_MASK_SIZE sizeof(sigset_t) /* bytes of the mask in a record */

#define NATIVE_MEMORY SIGSEGV
#define NATIVE_STACK_SEGMENT SIGBUS
#define NATIVE_PRIVILEGED SIGBUS

/* Of the CPU's file: where a ucontext_t has register n. */
extern const unsigned short nativeOffsets[];

#endif
