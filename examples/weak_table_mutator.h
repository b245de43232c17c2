/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table_mutator.h -- the program whose memory is collected: it interns words
 *
 * Ordinary code.  It knows nothing of faults; it only stops between words,
 * and tells the collector what it uses.
 */

#ifndef WEAK_TABLE_MUTATOR_H
#define WEAK_TABLE_MUTATOR_H

#include "weak_table_collector.h"

/* The one word with this text: found in the table, or new and now in it.
 * NULL when there is no memory. */
Word *intern(Worker *worker, const char *text, size_t length, uint64_t hash);

#endif
