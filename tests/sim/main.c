/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/sim/main.c -- run the tests of a simulated port; and the services of this machine that they have instead of its own
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

unsigned char simCode[64];
uint64_t simWord[8];

MutatorRes simScan(void *base, void *limit, void *closure) {
  const unsigned char *at;
  MutatorWord word;
  /* A state inside a message need not be aligned for a word. */
  for (at = base; at < (const unsigned char *)limit; at += sizeof word) {
    memcpy(&word, at, sizeof word);
    *(unsigned *)closure += word == SimMARK;
  }
  return MutatorResOK;
}

unsigned simMarks(MutatorContext context) {
  unsigned marks = 0;
  ck_assert_int_eq(MutatorContextScan(context, simScan, &marks), MutatorResOK);
  return marks;
}

int main(void) {
  SRunner *runner = srunner_create(simSuite());
  int failed;
  if (MutatorSetup(NULL) != MutatorResOK)
    return 1;
  srunner_run_all(runner, CK_ENV);
  failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}

/* services --------------------------------------------------------------------- */

static OSLocalStruct local;

OSLocal mutatorOSLocal(void) { return &local; }
size_t mutatorOSPageSize(void) { return 4096; }
void *mutatorOSReserve(size_t size) { return calloc(1, size); }
void mutatorOSRelease(void *base, size_t size) {
  (void)size;
  free(base);
}
MutatorRes mutatorOSSetup(const OSForkStruct *fork) {
  (void)fork;
  return MutatorResOK;
}
uint64_t mutatorOSMilliseconds(void) { return 0; }
MutatorWord mutatorOSThread(void) { return 1; }
void mutatorOSThreadForked(void) {}
void mutatorOSSetupLock(void) {}
void mutatorOSSetupUnlock(void) {}
void mutatorOSInsideBegin(void) {}
void mutatorOSInsideEnd(void) {}
MutatorBool mutatorFaultNative(const MutatorNativeStruct *native, OSLocal thread) {
  (void)thread;
  (void)native;
  return 0;
}
MutatorRes mutatorOSWindowCreate(MutatorWindow window, size_t size) {
  (void)window;
  (void)size;
  return MutatorResMEMORY;
}
void mutatorOSWindowDestroy(MutatorWindow window) { (void)window; }
