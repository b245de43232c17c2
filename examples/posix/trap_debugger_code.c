/* SPDX-License-Identifier: BSD-2-Clause
 *
 * examples/trap_debugger_code.c -- generate the function from its bytes
 */

#include "trap_debugger_code.h"

#include <string.h>
#include <sys/mman.h>

#include "trap_debugger_cpu.h"

extern void __register_frame(void *);

enum { CodeSize = 4096, UnwindAt = 2048, MostFunctions = 4 };

static unsigned char *functions[MostFunctions];

static void describe(unsigned char *code) {
  const uintptr_t base = (uintptr_t)code, size = cpu.body.size;
  memcpy(code + UnwindAt, cpu.unwind.at, cpu.unwind.size);
  memcpy(code + UnwindAt + cpu.firstAddressAt, &base, sizeof base);
  memcpy(code + UnwindAt + cpu.sizeAt, &size, sizeof size);
  __register_frame(code + UnwindAt);
}

CodeFunction codeMake(int illegal) {
  static const unsigned char ud2[] = {0x0f, 0x0b};
  unsigned char *code;
  CodeFunction function;
  unsigned i = 0;
  while (i < MostFunctions && functions[i] != NULL)
    i++;
  if (i == MostFunctions || !__builtin_cpu_supports("avx2"))
    return NULL;
  code = mmap(NULL, CodeSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED)
    return NULL;
  memcpy(code, cpu.body.at, cpu.body.size);
  if (illegal)
    memcpy(code + cpu.illegalAt, ud2, sizeof ud2);
  describe(code);
  if (mprotect(code, CodeSize, PROT_READ | PROT_EXEC) != 0)
    return NULL;
  functions[i] = code;
  memcpy(&function, &code, sizeof function);
  return function;
}

int codeHolds(const void *address) {
  unsigned i;
  for (i = 0; i < MostFunctions; i++)
    if (functions[i] != NULL && (uintptr_t)address - (uintptr_t)functions[i] < cpu.body.size)
      return 1;
  return 0;
}
