/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table_report.h -- the runs side by side, and what they prove
 */

#ifndef WEAK_TABLE_REPORT_H
#define WEAK_TABLE_REPORT_H

#include "weak_table_run.h"

/* Verdict -- the program's exit status */
typedef enum Verdict {
  VerdictGOOD = 0,  /* same words in all runs, and stepping did better */
  VerdictWRONG = 1, /* the runs disagree, or something failed */
  VerdictWORSE = 2  /* the runs agree, but stepping did not do better */
} Verdict;

void reportHeading(const RunPlan *plan);
void reportTable(const RunResult results[PolicyLIMIT]);
Verdict reportVerdict(const RunResult results[PolicyLIMIT]);

#endif
