/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P2_forked_child.c -- a post-mortem in a forked child, also in one that ran no atfork handler: the
 * child is opened, the parent is not; the forking thread still owns its lock, by its new number
 */

#include "support/domain_test.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static DomainTestStruct test;

static void inChild(MutatorBool handlersRan) {
  MutatorPostMortemReportStruct found;
  unsigned depth;
  size_t i;
  if (handlersRan) {
    CHECK(domainTestThread() == (MutatorWord)getpid(), "the child's own number");
    CHECK(MutatorDomainBusy(&test.domain, &depth) == (MutatorWord)getpid() && depth == 2, "still ours");
    CHECK(MutatorDomainLeave(&test.domain) == MutatorResOK && MutatorDomainEnter(&test.domain) == MutatorResOK, "ours");
  }
  CHECK(MutatorDomainPostMortemAll(&found) == MutatorResOK, "post-mortem");
  DOMAIN_TEST_EXPECT(found, locks, 1);
  DOMAIN_TEST_EXPECT(found, depth, 2);
  DOMAIN_TEST_EXPECT(found, bytes, test.count * test.rangeSize);
  for (i = 0; i < test.count; i++)
    CHECK(domainTestIsOpen(&test, i), "range %zu", i);
  ((volatile unsigned char *)test.base)[0] = 99;
  CHECK(MutatorDomainEnter(&test.domain) == MutatorResOK && MutatorDomainLeave(&test.domain) == MutatorResOK, "works");
  _exit(0);
}

static void inParent(pid_t child) {
  unsigned depth;
  int status;
  size_t i;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child: %#x", status);
  CHECK(MutatorDomainLive(&test.domain), "live");
  CHECK(MutatorDomainBusy(&test.domain, &depth) == domainTestThread() && depth == 2, "held");
  for (i = 0; i < test.count; i++)
    CHECK(domainTestIsClosed(&test, i), "range %zu", i);
}

int main(void) {
  pid_t child;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  domainTestMake(&test, "forked", 4, 2, 1);
  test.base[0] = 1;
  domainTestClose(&test);
  CHECK(MutatorDomainEnter(&test.domain) == MutatorResOK && MutatorDomainEnter(&test.domain) == MutatorResOK, "enter");

  child = fork();
  CHECK(child >= 0, "fork");
  if (child == 0)
    inChild(1);
  inParent(child);

  child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
  CHECK(child >= 0, "clone");
  if (child == 0)
    inChild(0);
  inParent(child);
  return 0;
}
