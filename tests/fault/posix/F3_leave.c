/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F3_leave.c -- a callback may leave by longjmp: MutatorFaultLeave ends every stay that is jumped over
 *
 * And a jump without it is put right by the next fault on an alternate stack.
 */

#include "support/fault_test.h"

#include <setjmp.h>

enum { Pages = 3, Rounds = 1000 };

static unsigned char *page[Pages];
static MutatorFaultRangeStruct range[Pages];
static sigjmp_buf target;
static volatile enum { LeaveALL, LeaveINNER, LeaveRETURN, LeaveNOT } way;
static volatile unsigned calls, returned;

static void jump(MutatorContext context) {
  CHECK(MutatorFaultQuiesce(0) == MutatorResBUSY, "inside");
  if (way != LeaveNOT)
    CHECK(MutatorFaultLeave(way == LeaveINNER ? context : NULL) == MutatorResOK, "leave");
  if (way == LeaveINNER)
    CHECK(MutatorFaultLeave(context) == MutatorResPARAM, "it has been left");
  siglongjmp(target, 1);
}

/* Page 0's callback faults in page 1, whose callback faults in page 2, whose callback leaves. */
static MutatorFaultResult nest(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  const size_t n = (size_t)closure;
  MutatorContextStruct stranger = *context;
  (void)of;
  (void)address;
  (void)access;
  calls++;
  CHECK(MutatorFaultLeave(&stranger) == MutatorResPARAM, "not a context of a callback");
  if (n + 1 < Pages) {
    if (way == LeaveINNER && n == 0 && sigsetjmp(target, 1) != 0) {
      CHECK(MutatorFaultQuiesce(0) == MutatorResBUSY, "still inside the outer callback");
      faultTestProtect(page[0], faultTestPageSize(), 3);
      returned++;
      return MutatorFaultHANDLED;
    }
    *(volatile unsigned char *)page[n + 1] = 1;
  }
  if (way == LeaveRETURN) { /* of no use, and harmless */
    CHECK(MutatorFaultLeave(context) == MutatorResOK, "leave");
    faultTestProtect(page[n], faultTestPageSize(), 3);
    return MutatorFaultHANDLED;
  }
  jump(context);
  return MutatorFaultDECLINED;
}

static void close_(void) {
  size_t i;
  for (i = 0; i < Pages; i++)
    faultTestProtect(page[i], faultTestPageSize(), 0);
}

/* The context given to LeaveINNER is the innermost: the middle callback is left by the jump as well. */
static void inner(void) {
  unsigned i;
  way = LeaveINNER;
  for (i = 0; i < 10; i++) {
    close_();
    returned = 0;
    *(volatile unsigned char *)page[0] = 1;
    CHECK(returned == 1, "came back to the outer callback");
  }
}

static void all(void) {
  volatile unsigned i;
  way = LeaveALL;
  for (i = 0; i < Rounds; i++) {
    close_();
    if (sigsetjmp(target, 1) == 0)
      *(volatile unsigned char *)page[i % Pages] = 1;
    CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "round %u: nobody is inside", i);
  }
}

/* More rounds than faults may nest: each fault finds what the one before has left. */
static void without(void) {
  volatile unsigned i;
  for (i = 0; i < Rounds; i++) {
    way = LeaveNOT;
    close_();
    if (sigsetjmp(target, 1) == 0)
      *(volatile unsigned char *)page[i % Pages] = 1;
    CHECK(MutatorFaultQuiesce(0) == MutatorResBUSY, "round %u: it says so", i);
  }
  way = LeaveALL;
  close_();
  if (sigsetjmp(target, 1) == 0)
    *(volatile unsigned char *)page[0] = 1;
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "put right");
}

int main(void) {
  size_t i;
  CHECK(MutatorFaultLeave(NULL) == MutatorResSTATE, "inside nothing");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  for (i = 0; i < Pages; i++) {
    page[i] = faultTestPageNew(FaultTestPageNOACCESS);
    CHECK(MutatorFaultRangeAdd(&range[i], page[i], page[i] + faultTestPageSize(), nest, (void *)i, NULL) ==
              MutatorResOK,
          "add");
  }
  all();
  inner();
  way = LeaveRETURN;
  close_();
  calls = 0;
  *(volatile unsigned char *)page[0] = 1;
  CHECK(calls == Pages, "%u calls", calls);
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "nobody is inside");
  without();
  way = LeaveRETURN;
  close_();
  *(volatile unsigned char *)page[0] = 1;
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "nobody is inside");
  CHECK(MutatorFaultLeave(NULL) == MutatorResSTATE, "inside nothing");
  return 0;
}
