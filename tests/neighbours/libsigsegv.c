/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/libsigsegv.c -- GNU libsigsegv and we, in both orders (F2)
 *
 * libsigsegv ORDER [crash]
 *
 * Their areas fault and are opened by their handlers, our page faults and is
 * stepped; our callback touches their areas; their stack overflow handler
 * leaves by siglongjmp; and a crash dies where it happens.
 *
 * theirs-first  we are in front, and hand on what is not ours
 * theirs-look   the same, but libsigsegv looks first (earlierFirst): what it does not
 *               know it gives to the default action, which the library takes back
 * ours-first    libsigsegv replaces handlers without calling them: neighbourGlue comes in front of it
 * alone         without us, for comparison
 */

#include <setjmp.h>
#include <sigsegv.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "neighbour.h"
#include "watch.h"

#define PAGE ((size_t)4096)
#define PAGES ((size_t)32)
#define ROUNDS 50

static sigsegv_dispatcher dispatcher;
static unsigned char *area;
static volatile unsigned long opened, overflows, declined;
static MutatorBool alone, look;

/* theirs ------------------------------------------------------------------------ */

static int openPage(void *address, void *closure) {
  unsigned char *page = area + ((size_t)((unsigned char *)address - area) & ~(PAGE - 1));
  NEIGHBOUR_CHECK(closure == &dispatcher, "the closure");
  NEIGHBOUR_CHECK(mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
  opened++;
  return 1;
}

static int theirHandler(void *address, int serious) {
  const int handled = sigsegv_dispatch(&dispatcher, address);
  (void)serious;
  if (!handled)
    declined++;
  return handled;
}

static sigjmp_buf leave;

static void leaveOverflow(void *first, void *second, void *third) {
  (void)first;
  (void)second;
  (void)third;
  siglongjmp(leave, 1);
}

static void theirOverflow(int emergency, stackoverflow_context_t context) {
  (void)emergency;
  (void)context;
  overflows++;
  (void)sigsegv_leave_handler(leaveOverflow, NULL, NULL, NULL);
}

static void theirSetup(void) {
  static unsigned char stack[1 << 17] __attribute__((aligned(16)));
  NEIGHBOUR_CHECK(sigsegv_install_handler(theirHandler) == 0, "sigsegv_install_handler");
  NEIGHBOUR_CHECK(stackoverflow_install_handler(theirOverflow, stack, sizeof stack) == 0, "their stack overflow");
}

static void theirArea(void) {
  area = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEIGHBOUR_CHECK(area != MAP_FAILED, "mmap");
  sigsegv_init(&dispatcher);
  NEIGHBOUR_CHECK(sigsegv_register(&dispatcher, area, PAGES * PAGE, openPage, &dispatcher) != NULL, "register");
}

static void closeArea(void) { NEIGHBOUR_CHECK(mprotect(area, PAGES * PAGE, PROT_NONE) == 0, "mprotect"); }

/* Every page faults once, as a load or a store. */
static void useTheirs(unsigned round) {
  const unsigned long before = opened;
  size_t i;
  closeArea();
  for (i = 0; i < PAGES; ++i) {
    volatile unsigned char *byte = area + i * PAGE + 17;
    if (round > 0)
      NEIGHBOUR_CHECK(*byte == (unsigned char)(round - 1 + i), "page %zu keeps its byte", i);
    *byte = (unsigned char)(round + i);
  }
  NEIGHBOUR_CHECK(opened - before == PAGES, "%lu of their pages opened", opened - before);
}

/* Deep enough to end on the guard page, and not to be made a loop of. */
__attribute__((noinline)) static unsigned recurse(unsigned depth) {
  volatile unsigned char frame[1000];
  frame[depth % sizeof frame] = (unsigned char)depth;
  return depth == 0 ? 0 : recurse(depth - 1) + frame[depth % sizeof frame];
}

static void overflow(void) {
  const unsigned long before = overflows;
  if (sigsetjmp(leave, 1) == 0)
    NEIGHBOUR_CHECK(recurse(1u << 30) == 0, "this does not return");
  NEIGHBOUR_CHECK(overflows - before == 1, "their overflow handler ran %lu times", overflows - before);
}

/* both -------------------------------------------------------------------------- */

/* Our callback touches their area: a fault inside our handler that is theirs. */
static void touchTheirs(void) {
  volatile unsigned char *byte = area + 5 * PAGE + 100;
  *byte = 77;
}

static void together(void) {
  unsigned round;
  for (round = 0; round < ROUNDS; ++round) {
    useTheirs(round);
    if (!alone)
      neighbourUse(round % NEIGHBOUR_SLOTS, 4);
    if (round % 10 == 0)
      overflow();
  }
}

static void nested(void) {
  const unsigned long before = opened;
  closeArea();
  neighbourInCallback = touchTheirs;
  neighbourUse(1, 1);
  neighbourInCallback = NULL;
  NEIGHBOUR_CHECK(opened - before == 1 && area[5 * PAGE + 100] == 77, "opened in our callback: %lu", opened - before);
}

static void setup(const char *order) {
  if (strcmp(order, "ours-first") == 0) {
    neighbourSetup();
    NEIGHBOUR_CHECK(neighbourOnTop(), "we are installed");
    theirSetup();
    NEIGHBOUR_CHECK(!neighbourOnTop(), "libsigsegv is in front");
    neighbourGlue();
  } else if (strcmp(order, "theirs-look") == 0) {
    theirSetup();
    neighbourSetupBehind();
    look = 1;
  } else if (strcmp(order, "theirs-first") == 0) {
    theirSetup();
    neighbourSetup();
    NEIGHBOUR_CHECK(neighbourOnTop(), "we are in front");
  } else {
    NEIGHBOUR_CHECK(strcmp(order, "alone") == 0, "an order, not %s", order);
    theirSetup();
  }
}

int main(int argc, char **argv) {
  NEIGHBOUR_CHECK(argc >= 2, "usage: libsigsegv ORDER [crash]");
  alone = strcmp(argv[1], "alone") == 0;
  theirArea();
  setup(argv[1]);
  if (!alone)
    neighbourOpen();
  together();
  if (!alone)
    nested();
  /* It asks before it looks for a stack overflow, and again after that. */
  NEIGHBOUR_CHECK(declined == overflows + (look ? 2 * neighbourSteps() : 0), "they declined %lu times, %lu overflows",
                  declined, overflows);
  if (argc > 2)
    neighbourCrash();
  watchCrashes(argv[1], SIGSEGV, 1, NULL);
  (void)printf("%lu of their faults, %lu of their overflows, %lu steps of ours\n", opened, overflows, neighbourSteps());
  return 0;
}
