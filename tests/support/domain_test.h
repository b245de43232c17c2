/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/domain_test.h -- domains to try post-mortems on
 */

#ifndef mutator_tests_support_domain_test_h
#define mutator_tests_support_domain_test_h

#include "support/fault_test.h"

#include <mutator/postmortem.h>

enum { DomainTestRANGES = 16, DomainTestALL = MutatorAccessREAD | MutatorAccessWRITE | MutatorAccessEXECUTE };

/* DomainTestStruct -- a domain with ranges of some pages each, and what its callback has been told */
typedef struct DomainTestStruct {
  MutatorDomainStruct domain;
  MutatorDomainRangeStruct range[DomainTestRANGES];
  size_t count;
  unsigned char *base; /* of the memory, which has open pages around it */
  size_t rangeSize;
  size_t stride;                                 /* from one range to the next: adjacent when it is rangeSize */
  volatile unsigned calls;                       /* of the callback */
  volatile unsigned handled;                     /* by it: it opens the page */
  void (*inside)(struct DomainTestStruct *test); /* called in the callback first, if there is one */
} DomainTestStruct, *DomainTest;

/* domainTestMemory -- open memory, with an open page below and above that belongs to nobody */
unsigned char *domainTestMemory(size_t size);

/* domainTestMake -- a live domain with `count` ranges of `pages` pages, `gap` pages apart */
void domainTestMake(DomainTest test, const char *name, size_t count, size_t pages, size_t gap);

/* domainTestFinish -- take it apart; the memory stays */
void domainTestFinish(DomainTest test);

/* domainTestClose -- close all of it, and see that it is */
void domainTestClose(DomainTest test);

/* domainTestIsOpen, IsClosed -- every page of range i can be read and written, or neither, without a fault */
MutatorBool domainTestIsOpen(DomainTest test, size_t i);
MutatorBool domainTestIsClosed(DomainTest test, size_t i);

/* domainTestReadable, Writable -- all of its pages, asked for without a fault; Writable may write 42s (of each system) */
MutatorBool domainTestReadable(const void *base, size_t size);
MutatorBool domainTestWritable(void *base, size_t size);

/* domainTestExpect -- a report that says exactly this */
#define DOMAIN_TEST_EXPECT(report, field, value) \
  CHECK((report).field == (MutatorWord)(value), "%s: %zu, expected %zu", #field, (report).field, (MutatorWord)(value))

/* domainTestDamage -- two domains whose post-mortem takes the longest way: a lock that is held, a cycle, a hole
 *
 * domainTestDamaged -- it has found all of that, and opened the rest; and take them apart.
 */
void domainTestDamage(DomainTest test, DomainTest holey);
void domainTestDamaged(DomainTest test, DomainTest holey, MutatorRes result,
                       const MutatorPostMortemReportStruct *found);

/* domainTestThread -- the calling thread as MutatorDomainBusy names it */
MutatorWord domainTestThread(void);

/* domainTestPause -- about a millisecond */
void domainTestPause(void);

#endif
