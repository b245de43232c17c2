/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/fork.c -- has this process been forked?
 */

#include "os/freebsd/freebsd.h"

AtomicWord *mutatorFreebsdForkWord;

/* The page that holds the word is zeroed in every child that has memory of its
 * own (minherit(2), INHERIT_ZERO). */
MutatorBool mutatorOSForked(void) {
  const AtomicWord *word = mutatorFreebsdForkWord;
  return word != NULL && atomicLoad(word) == 0;
}
