/* SPDX-License-Identifier: BSD-2-Clause
 *
 * writes.c -- a program that writes its code by a call, linked with what takes that over
 */

#include <mutator.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  unsigned char *code = mmap(NULL, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char fresh = 0x90, read = 0;
  struct iovec from = {&fresh, 1}, to = {code, 1};
  static MutatorCodeStruct region;
  static MutatorBreakStruct breakpoint;
  MutatorFaultOptionsStruct options;
  if (code == MAP_FAILED || MutatorFaultOptionsInit(&options) != MutatorResOK)
    return 1;
  options.hook = MutatorFaultHookTRAP;
  code[0] = 0xc3;
  if (MutatorFaultSetupWith(NULL, &options) != MutatorResOK ||
      MutatorCodeAdd(&region, code, code + page, NULL) != MutatorResOK ||
      MutatorBreakSet(&breakpoint, code, NULL) != MutatorResOK)
    return 2;
  if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != 1 || MutatorCodeRead(code, &read, 1) != MutatorResOK)
    return 3;
  printf("the JIT wrote %02x\n", read);
  return MutatorBreakClear(&breakpoint) == MutatorResOK && read == fresh && code[0] == fresh ? 0 : 4;
}
