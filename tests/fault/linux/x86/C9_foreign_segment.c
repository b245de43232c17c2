/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_foreign_segment.c -- operands in segments that are not the whole of memory are left to the CPU
 *
 * With a limit, growing downwards, or read-only: what the CPU would refuse
 * there is not known.  A whole segment with a base is stepped.
 */

#include "support/fault_test.h"

#include <asm/ldt.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

SNIPPET(codeLoad, "mov %fs:(" rDI "), %eax");

static MutatorWindowStruct window;

typedef struct Case {
  const char *name;
  unsigned limit, pages, contents, readOnly;
  MutatorDecline decline;
} Case;

static const Case cases[] = {
    {"the whole", 0xfffff, 1, 0, 0, MutatorDeclineNONE},
    {"with a limit", 0xff, 1, 0, 0, MutatorDeclineSEGMENT},
    {"with a limit in bytes", 0xfffff, 0, 0, 0, MutatorDeclineSEGMENT},
    {"read-only", 0xfffff, 1, 0, 1, MutatorDeclineSEGMENT},
    {"downwards", 0, 1, 1, 0, MutatorDeclineSEGMENT},
};

/* The operand is 0x1040 bytes above the base: inside every limit, and above what grows downwards. */
static void setSegment(const Case *c, unsigned *entry, MutatorWord base) {
  struct user_desc description;
  memset(&description, 0, sizeof description);
  description.entry_number = *entry;
  description.base_addr = base;
  description.limit = c->limit;
  description.limit_in_pages = c->pages;
  description.contents = c->contents;
  description.read_exec_only = c->readOnly;
  description.seg_32bit = 1;
  description.useable = 1;
  CHECK(syscall(SYS_set_thread_area, &description) == 0, "%s: set_thread_area", c->name);
  *entry = description.entry_number;
  __asm__ volatile("mov %w0, %%fs" : : "r"(*entry << 3 | 3));
}

static MutatorBool probe(FaultTestStop stop) {
  const Case *c = stop->closure;
  NativePictureStruct picture;
  nativePictureTake(&picture, &stop->native);
  CHECK(nativeStopKind(&stop->native) == NativeStopMEMORY, "%s: %#x", c->name,
        (unsigned)nativeStopNumber(&stop->native));
  CHECK(MutatorContextCanStepInstruction(&stop->context) == (c->decline == MutatorDeclineNONE), "%s: %s", c->name,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextDecline(&stop->context) == c->decline, "%s: %s", c->name,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(nativePictureSame(&picture, &stop->native), "%s", c->name);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  unsigned entry = ~0u;
  size_t i;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  nativeProtect(MutatorWindowBase(&window), nativePageSize(), NativeNONE);
  registers.word[FaultTestDI] = 0x1040;
  registers.word[MutatorRegisterFLAGS] = 0x202;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    setSegment(&cases[i], &entry, (MutatorWord)MutatorWindowBase(&window) - 0x1000);
    (void)faultTestRun(&registers, faultTestCode(codeLoad, SNIPPET_SIZE(codeLoad)), probe,
                       (void *)(uintptr_t)&cases[i]);
    CHECK(faultTestStops() == 1, "%s: %u stops", cases[i].name, faultTestStops());
  }
  return 0;
}
