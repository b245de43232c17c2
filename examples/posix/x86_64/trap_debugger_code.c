/* SPDX-License-Identifier: BSD-2-Clause
 *
 * examples/trap_debugger_code.c -- generate the function, byte by byte
 */

#include "trap_debugger_code.h"

#include <string.h>
#include <sys/mman.h>

extern void __register_frame(void *);

enum { CodeSize = 4096, UnwindAt = 2048, MostFunctions = 4 };

/* clang-format off */
static const unsigned char body[] = {
    0x49, 0x89, 0xd0,                   /*       mov     r8, rdx            sums */
    0xc5, 0xfd, 0xef, 0xc0,             /*       vpxor   ymm0, ymm0, ymm0 */
    0xc5, 0xfd, 0xfe, 0x07,             /* next: vpaddd  ymm0, ymm0, [rdi] */
    0x48, 0x83, 0xc7, 0x20,             /*       add     rdi, 32 */
    0x48, 0xff, 0xce,                   /*       dec     rsi */
    0x75, 0xf3,                         /*       jnz     next */
    0x48, 0x8b, 0x31,                   /*       mov     rsi, [rcx]         divisor */
    0xb8, 0x64, 0x00, 0x00, 0x00,       /*       mov     eax, 100 */
    0x31, 0xd2,                         /*       xor     edx, edx */
    0x48, 0xf7, 0xf6,                   /*       div     rsi                traps when it is 0 */
    0x66, 0x90,                         /*       nop                        or UD2 */
    0x4c, 0x8b, 0x49, 0x08,             /*       mov     r9, [rcx + 8]      target */
    0x41, 0x89, 0x01,                   /*       mov     [r9], eax          traps when it is NULL */
    0xc4, 0xc1, 0x7e, 0x7f, 0x00,       /*       vmovdqu [r8], ymm0 */
    0xc5, 0xf8, 0x77,                   /*       vzeroupper */
    0xc3,                               /*       ret */
};
enum { IllegalAt = 33 };

/* DWARF: the caller's frame is at RSP + 8 throughout, the return address below it. */
static const unsigned char unwind[] = {
    20, 0, 0, 0,  0, 0, 0, 0,           /* CIE: length, identifier */
    1, 0,                               /* version, no augmentation */
    1, 0x78, 16,                        /* code factor 1, data factor -8, return address column 16 */
    0x0c, 7, 8,  0x90, 1,               /* CFA is RSP + 8; RIP at CFA - 8 */
    0, 0, 0, 0, 0, 0,
    28, 0, 0, 0,  28, 0, 0, 0,          /* FDE: length, distance back to the CIE */
    0, 0, 0, 0, 0, 0, 0, 0,             /* first address, filled in below */
    0, 0, 0, 0, 0, 0, 0, 0,             /* size */
    0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0,                         /* end */
};
enum { FirstAddressAt = 32, SizeAt = 40 };
/* clang-format on */

static unsigned char *functions[MostFunctions];

static void describe(unsigned char *code) {
  const uint64_t base = (uint64_t)(uintptr_t)code, size = sizeof body;
  memcpy(code + UnwindAt, unwind, sizeof unwind);
  memcpy(code + UnwindAt + FirstAddressAt, &base, sizeof base);
  memcpy(code + UnwindAt + SizeAt, &size, sizeof size);
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
  memcpy(code, body, sizeof body);
  if (illegal)
    memcpy(code + IllegalAt, ud2, sizeof ud2);
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
    if (functions[i] != NULL && (uintptr_t)address - (uintptr_t)functions[i] < sizeof body)
      return 1;
  return 0;
}
