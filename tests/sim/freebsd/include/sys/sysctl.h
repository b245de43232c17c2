/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The names that the port asks for (FreeBSD sys/sys/sysctl.h), and the call, which the test provides.
 */

#ifndef SIM_FREEBSD_SYSCTL_H
#define SIM_FREEBSD_SYSCTL_H

#include <stddef.h>

enum { CTL_KERN = 1, KERN_PROC = 14, KERN_PROC_VMMAP = 32 };

int sysctl(const int *name, unsigned count, void *old, size_t *oldSize, const void *new, size_t newSize);

#endif
