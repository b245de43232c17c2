/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/mask.c -- signals that were held back in a handler
 */

#include "os/os.h"

/* The return from the signal restores the interrupted mask. */
void mutatorOSSignalsReturn(const OSSignalsStruct *before) { (void)before; }
