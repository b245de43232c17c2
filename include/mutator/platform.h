/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/platform.h -- which operating system and CPU this is
 *
 * The only file of the library that tests an operating system's or a CPU's
 * macro.  It includes what that system calls a stopped thread: siginfo_t and
 * ucontext_t, a Mach port, or EXCEPTION_POINTERS.
 *
 * On POSIX systems a strict compiler (-std=c89, -std=c11) hides siginfo_t:
 * define _XOPEN_SOURCE as 700, or _GNU_SOURCE, before the first #include.
 */

#ifndef MUTATOR_PLATFORM_H
#define MUTATOR_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#if defined(__linux__)
#define MUTATOR_OS "linux"
#define MUTATOR_OS_HEADER <mutator/os/posix.h>
#elif defined(__FreeBSD__)
#define MUTATOR_OS "freebsd"
#define MUTATOR_OS_HEADER <mutator/os/posix.h>
#elif defined(__APPLE__) && defined(__MACH__)
#define MUTATOR_OS "macos"
#define MUTATOR_OS_HEADER <mutator/os/macos.h>
#elif defined(_WIN32)
#define MUTATOR_OS "windows"
#define MUTATOR_OS_HEADER <mutator/os/windows.h>
#else
#error "mutator has no port to this operating system (docs/porting.md says how to add one)"
#endif

#if defined(__x86_64__) || defined(_M_X64)
#define MUTATOR_CPU "x86_64"
#define MUTATOR_CPU_HEADER <mutator/cpu/x86_64.h>
#elif defined(__i386__) || defined(_M_IX86)
#define MUTATOR_CPU "x86"
#define MUTATOR_CPU_HEADER <mutator/cpu/x86.h>
#else
#error "mutator has no port to this CPU (docs/porting.md says how to add one)"
#endif

/* Public functions are visible, everything else in a shared library is not.
 * On Windows a program that uses the DLL may define this as
 * __declspec(dllimport), which saves a jump. */
#if defined(_WIN32)
#if !defined(MUTATOR_API)
#define MUTATOR_API
#endif
#else
#define MUTATOR_API __attribute__((visibility("default")))
#endif

#endif
