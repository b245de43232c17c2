/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table_system.h -- what the demo needs of the operating system, beyond C and POSIX threads
 */

#ifndef weak_table_system_h
#define weak_table_system_h

#include <stdbool.h>
#include <stddef.h>

/* Open pages for reading and writing, or close them to everything.  Called in
 * fault handlers too.  False when the system refuses. */
bool systemProtect(void *base, size_t size, bool open);

#endif
