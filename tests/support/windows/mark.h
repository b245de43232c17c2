/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/windows/mark.h -- whether a program came to its end
 *
 * Under Wine a thread whose exception has no room on its stack dies, and the
 * program ends with status 0, as if all were well.  So every test program makes
 * a file when it starts, and removes it when it returns from main or calls exit:
 * after status 0 the file must be gone.  The environment's MUTATOR_MARK names it,
 * and without that there is none.  scripts/wine looks; and unit.c, after each
 * child that it runs.
 */

#ifndef mutator_tests_support_windows_mark_h
#define mutator_tests_support_windows_mark_h

/* Give the next child a file of its own. */
void markChild(void);

/* Has that child come to its end?  True when there are no marks. */
int markChildEnded(void);

#endif
