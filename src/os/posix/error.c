/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/error.c -- the calling thread's errno
 */

#include <errno.h>

#include "os/posix/posix.h"

MutatorWord mutatorOSErrorGet(void) { return (MutatorWord)errno; }

void mutatorOSErrorSet(MutatorWord error) { errno = (int)error; }

int *mutatorPosixError(void) { return &errno; }
