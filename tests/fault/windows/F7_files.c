/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F7_files.c -- WriteFile and ReadFile fail on protected memory, and nobody is asked; after MutatorFaultPrepare they do not
 */

#include "support/fault_test.h"

#include <string.h>

static unsigned char *page;
static volatile unsigned asked, faults;

static MutatorFaultResult open(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  (void)range, (void)address, (void)closure;
  if (context != NULL)
    faults++;
  else
    asked++;
  nativeProtect(page, nativePageSize(), (access & MutatorAccessWRITE) != 0 ? NativeREADWRITE : NativeREAD);
  return MutatorFaultHANDLED;
}

static void expect(unsigned prepared, const char *what) {
  CHECK(asked == prepared && faults == 0, "%s: asked %u, faults %u", what, asked, faults);
}

int main(void) {
  static MutatorFaultRangeStruct range;
  HANDLE from, to;
  DWORD count;
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && CreatePipe(&from, &to, NULL, 65536), "set-up");
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), open, NULL, NULL) == MutatorResOK, "add");
  CHECK(!WriteFile(to, page, 100, &count, NULL), "written from closed memory");
  expect(0, "WriteFile");
  CHECK(MutatorFaultPrepare(page, page + 100, MutatorAccessREAD) == MutatorResOK, "prepare to read");
  expect(1, "to be read");
  CHECK(WriteFile(to, page, 100, &count, NULL) && count == 100, "written");
  CHECK(!ReadFile(from, page, 100, &count, NULL), "read into memory that is for reading");
  expect(1, "ReadFile");
  CHECK(MutatorFaultPrepare(page, page + 100, MutatorAccessWRITE) == MutatorResOK, "prepare to write");
  expect(2, "to be written");
  CHECK(WriteFile(to, "once more", 9, &count, NULL), "something to read");
  CHECK(ReadFile(from, page, 9, &count, NULL) && count > 0, "read");
  expect(2, "in the end");
  return 0;
}
