/* SPDX-License-Identifier: BSD-2-Clause
 *
 * apart.c -- Windows makes no copies of processes
 */

#include "support/native.h"

int nativeApart(int (*function)(void *closure), void *closure) { return function(closure); }
