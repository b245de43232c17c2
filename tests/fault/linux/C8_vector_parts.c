/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C8_vector_parts.c -- which parts of the vector state a record has
 *
 * C8: never bytes that the system did not write: a record of getcontext(3) has
 * none, and what is in its initial state has none either but says so.
 */

#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "arch/registers.h"
#include "os/os.h"
#include "support/fault_test.h"

static void vectorOf(ucontext_t *ucontext, Vector vector) {
  const MutatorNativeStruct native = {.info = NULL, .ucontext = ucontext};
  memset(vector, 0x5a, sizeof *vector);
  mutatorOSVector(&native, vector);
}

static void checkEmpty(const VectorStruct *vector, const char *what) {
  unsigned part;
  for (part = 0; part < VectorPartLIMIT; ++part)
    CHECK(vector->part[part] == NULL && vector->size[part] == 0, "%s: part %u", what, part);
  CHECK(vector->initial == 0 && vector->mxcsr == NULL, "%s", what);
}

/* The record lies where a frame has been: bytes that getcontext does not write look like one. */
static void madeByGetcontext(void) {
  static struct {
    ucontext_t record;
    unsigned char after[4096];
  } place;
  static const uint32_t software[] = {0x46505853, 4096, 0xe7, 0, 2048};
  static const uint32_t second = 0x46505845, present = 0xe7;
  unsigned char *state = (unsigned char *)&place.record.__fpregs_mem;
  VectorStruct vector;
  memset(&place, 0xa5, sizeof place);
  memcpy(state + 464, software, sizeof software);
  memcpy(state + 512, &present, sizeof present);
  memcpy(state + 2048, &second, sizeof second);
  CHECK(getcontext(&place.record) == 0, "getcontext");
  vectorOf(&place.record, &vector);
  checkEmpty(&vector, "getcontext");
  place.record.uc_mcontext.fpregs = NULL;
  vectorOf(&place.record, &vector);
  checkEmpty(&vector, "no state");
}

/* In the handler: the state is the kernel's, and its header is ours to change. */
static void handler(int signal, siginfo_t *info, void *ucontext) {
  ucontext_t *record = ucontext;
  unsigned char *state = nativeFxsave(record);
  uint64_t present, saved;
  uint32_t magic, size, bad = 0;
  VectorStruct vector;
  unsigned part;
  static const unsigned bits[VectorPartLIMIT] = {0, 1, 2, 5, 6, 7, 19};
  /* In 32-bit mode zmm16 to zmm31 and r16 to r31 cannot be reached. */
  const unsigned last = sizeof(void *) == 8 ? VectorPartEGPR : VectorPartZMMUpper;
  (void)signal;
  (void)info;
  memcpy(&magic, state + 464, 4);
  memcpy(&saved, state + 472, 8);
  memcpy(&size, state + 480, 4);
  memcpy(&present, state + 512, 8);
  CHECK(magic == 0x46505853, "no XSAVE here");
  vectorOf(record, &vector);
  CHECK(vector.mxcsr == (uint32_t *)(void *)(state + 24), "mxcsr");
  for (part = 0; part < VectorPartLIMIT; ++part) {
    const MutatorBool isSaved = part <= last && (saved >> bits[part] & 1) != 0,
                      isPresent = (present >> bits[part] & 1) != 0;
    CHECK((vector.part[part] != NULL) == (isSaved && isPresent), "part %u", part);
    CHECK((vector.initial >> part & 1) == (isSaved && !isPresent), "part %u", part);
    CHECK((vector.size[part] != 0) == (vector.part[part] != NULL), "part %u", part);
    if (vector.part[part] != NULL)
      CHECK(vector.part[part] >= state && vector.part[part] + vector.size[part] <= state + size, "part %u", part);
  }
  /* all initial */
  memset(state + 512, 0, 8);
  vectorOf(record, &vector);
  for (part = 0; part < VectorPartLIMIT; ++part) {
    CHECK(vector.part[part] == NULL, "part %u", part);
    CHECK((vector.initial >> part & 1) == (part <= last && (saved >> bits[part] & 1) != 0), "part %u", part);
  }
  CHECK(vector.mxcsr == (uint32_t *)(void *)(state + 24), "MXCSR is saved with the registers' initial state");
  /* parts that were not saved */
  {
    const uint64_t less = 3;
    memcpy(state + 472, &less, 8);
    vectorOf(record, &vector);
    CHECK(vector.initial == 3, "what was not saved is not initial either");
    memcpy(state + 472, &saved, 8);
  }
  /* a frame that is cut short */
  memcpy(state + 512, &saved, 8);
  memcpy(&bad, state + size, 4);
  {
    const uint32_t shorter = 576 + 64, second = 0x46505845;
    uint32_t kept;
    memcpy(&kept, state + shorter, 4);
    memcpy(state + 480, &shorter, 4);
    memcpy(state + shorter, &second, 4);
    vectorOf(record, &vector);
    CHECK(vector.part[VectorPartXMM] != NULL, "xmm");
    CHECK(vector.part[VectorPartYMMUpper] == NULL && vector.part[VectorPartHigh16] == NULL, "beyond the frame");
    memcpy(state + shorter, &kept, 4);
    vectorOf(record, &vector);
    checkEmpty(&vector, "no second magic number");
    memcpy(state + 480, &size, 4);
  }
  memset(state + 464, 0, 4);
  vectorOf(record, &vector);
  checkEmpty(&vector, "no first magic number, on a CPU with XSAVE");
  memcpy(state + 464, &magic, 4);
  memcpy(state + 512, &present, 8);
}

int main(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  madeByGetcontext();
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
  CHECK(raise(SIGUSR1) == 0, "raise");
  return 0;
}
