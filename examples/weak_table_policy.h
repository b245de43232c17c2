/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table_policy.h -- what the collector does when the mutator touches the protected table
 */

#ifndef WEAK_TABLE_POLICY_H
#define WEAK_TABLE_POLICY_H

#include "weak_table_collector.h"

/* Close the table to the mutator, or open it; with all threads stopped. */
void policyClose(Collector *collector);
void policyOpen(Collector *collector);

/* Has a fault opened the table for the rest of this cycle? */
bool policyIsOpen(Collector *collector);

/* Each thread says who it is: the callback must find its worker without a lock. */
void policyEnter(Worker *worker);

/* The callback of the table's range. */
MutatorFaultResult policyFault(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure);

#endif
