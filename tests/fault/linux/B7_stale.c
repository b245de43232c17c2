/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B7_stale.c -- clearing never brings back a byte that the JIT has replaced, whichever way it wrote
 *
 * Here by /proc/self/mem and process_vm_writev, which make no fault.
 */

#include "support/jit_test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

typedef void (*Writer)(unsigned char *at, const unsigned char *bytes, size_t size);

static int memory;

static void byMemory(unsigned char *at, const unsigned char *bytes, size_t size) {
  CHECK(pwrite64(memory, bytes, size, (off64_t)(uintptr_t)at) == (ssize_t)size, "/proc/self/mem");
}

/* It respects protection, so the JIT opens its page for it. */
static void byCall(unsigned char *at, const unsigned char *bytes, size_t size) {
  struct iovec local = {(void *)(uintptr_t)bytes, size}, remote = {at, size};
  unsigned char *page = (unsigned char *)((uintptr_t)at & ~(nativePageSize() - 1));
  CHECK(mprotect(page, nativePageSize(), PROT_READ | PROT_WRITE) == 0, "mprotect");
  CHECK(process_vm_writev(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size, "process_vm_writev");
  CHECK(mprotect(page, nativePageSize(), PROT_READ | PROT_EXEC) == 0, "mprotect");
}

static unsigned told;

static void written(MutatorCode code, void *base, void *limit, void *closure) {
  (void)code;
  (void)closure;
  CHECK(base < limit, "nothing");
  told++;
}

static void run(Writer write) {
  static JitStruct jit;
  static MutatorBreakStruct breakpoint;
  MutatorBreakReportStruct report;
  unsigned char function[JitReturnSIZE];
  size_t rewrites = 9;
  jitInit(&jit, JitCALLS, 1, written, NULL);
  told = 0;
  jitReturn(function, 1);
  write(jit.code, function, sizeof function);
  CHECK(MutatorBreakSet(&breakpoint, jit.code, NULL) == MutatorResOK, "set");
  CHECK(jitCall(&jit, 0) == 1, "value");

  /* Told of it. */
  function[0] = 0xb9; /* MOV ECX */
  write(jit.code, function, sizeof function);
  CHECK(MutatorCodeWritten(jit.code, sizeof function) == MutatorResOK, "written");
  jitCheck(&jit, 0, function, sizeof function, "told");
  CHECK(jit.code[0] == 0xcc && told == 1, "not planted again, or not told: %u", told);
  function[0] = 0xcc;
  write(jit.code, function, 1);
  CHECK(MutatorCodeWritten(jit.code, 1) == MutatorResOK, "written");
  jitCheck(&jit, 0, function, sizeof function, "told of a trap byte");

  /* Found. */
  jitReturn(function, 2);
  write(jit.code, function, sizeof function);
  CHECK(MutatorCodeSync(&jit.region, &rewrites) == MutatorResOK && rewrites == 1, "%u rewrites", (unsigned)rewrites);
  CHECK(jit.code[0] == 0xcc, "not planted again");
  CHECK(MutatorCodeSync(&jit.region, &rewrites) == MutatorResOK && rewrites == 0, "%u rewrites", (unsigned)rewrites);
  CHECK(jitCall(&jit, 0) == 2, "value");
  CHECK(MutatorBreakQuery(&breakpoint, &report) == MutatorResOK && report.hits == 2, "%u hits", (unsigned)report.hits);

  /* Neither. */
  function[0] = 0xb9;
  write(jit.code, function, 1);
  CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK, "clear");
  CHECK(memcmp(jit.code, function, sizeof function) == 0, "a stale byte came back");
  jitFinish(&jit);
}

int main(void) {
  memory = open("/proc/self/mem", O_RDWR);
  CHECK(memory >= 0, "/proc/self/mem");
  jitSetup();
  run(byMemory);
  run(byCall);
  return 0;
}
