/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/macos/native_system.h -- what macOS sends for what, and how it maps
 */

#ifndef mutator_tests_support_macos_native_system_h
#define mutator_tests_support_macos_native_system_h

#include <mach/mach.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/ucontext.h>

typedef thread_act_t NativeThread;

#define NATIVE_MAP_THERE 0 /* the address is a wish, which is granted where it can be */

#define NATIVE_MASK_SIZE sizeof(sigset_t) /* bytes of the mask in a record */

#define NATIVE_MEMORY SIGBUS
#define NATIVE_STACK_SEGMENT SIGILL
#define NATIVE_PRIVILEGED SIGSEGV

#endif
