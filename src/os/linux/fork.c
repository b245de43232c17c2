/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/fork.c -- has this process been forked?
 */

#include "os/linux/linux.h"

AtomicWord *mutatorLinuxForkWord;

/* The page that holds the word is zeroed in every child that has memory of its
 * own, whichever call made the child (madvise(2), MADV_WIPEONFORK). */
MutatorBool mutatorOSForked(void) {
  const AtomicWord *word = mutatorLinuxForkWord;
  return word != NULL && atomicLoad(word) == 0;
}
