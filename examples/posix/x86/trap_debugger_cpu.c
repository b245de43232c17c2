/* SPDX-License-Identifier: BSD-2-Clause
 *
 * x86/trap_debugger_cpu.c -- the function for 32-bit x86, byte by byte
 *
 * It keeps a frame pointer: gdb, which is told nothing of the function, walks
 * through unknown code by these.
 */

#include "../trap_debugger_cpu.h"

/* clang-format off */
static const unsigned char body[] = {
    0x55,                               /*       push    ebp */
    0x89, 0xe5,                         /*       mov     ebp, esp */
    0x8b, 0x45, 0x08,                   /*       mov     eax, [ebp + 8]     words */
    0x8b, 0x4d, 0x0c,                   /*       mov     ecx, [ebp + 12]    blocks */
    0xc5, 0xfd, 0xef, 0xc0,             /*       vpxor   ymm0, ymm0, ymm0 */
    0xc5, 0xfd, 0xfe, 0x00,             /* next: vpaddd  ymm0, ymm0, [eax] */
    0x83, 0xc0, 0x20,                   /*       add     eax, 32 */
    0x49,                               /*       dec     ecx */
    0x75, 0xf6,                         /*       jnz     next */
    0x8b, 0x55, 0x14,                   /*       mov     edx, [ebp + 20]    arguments */
    0x8b, 0x0a,                         /*       mov     ecx, [edx]         divisor */
    0xb8, 0x64, 0x00, 0x00, 0x00,       /*       mov     eax, 100 */
    0x31, 0xd2,                         /*       xor     edx, edx */
    0xf7, 0xf1,                         /*       div     ecx                traps when it is 0 */
    0x66, 0x90,                         /*       nop                        or UD2 */
    0x8b, 0x55, 0x14,                   /*       mov     edx, [ebp + 20]    arguments */
    0x8b, 0x4a, 0x04,                   /*       mov     ecx, [edx + 4]     target */
    0x89, 0x01,                         /*       mov     [ecx], eax         traps when it is NULL */
    0x8b, 0x55, 0x10,                   /*       mov     edx, [ebp + 16]    sums */
    0xc5, 0xfe, 0x7f, 0x02,             /*       vmovdqu [edx], ymm0 */
    0xc5, 0xf8, 0x77,                   /*       vzeroupper */
    0x5d,                               /*       pop     ebp */
    0xc3,                               /*       ret */
};

/* The caller's frame is at ESP + 4, and at EBP + 8 once there is a frame. */
static const unsigned char unwind[] = {
    16, 0, 0, 0,  0, 0, 0, 0,           /* CIE: length, identifier */
    1, 0,                               /* version, no augmentation */
    1, 0x7c, 8,                         /* code factor 1, data factor -4, return address column 8 */
    0x0c, 4, 4,  0x88, 1,               /* CFA is ESP + 4; EIP at CFA - 4 */
    0, 0,
    28, 0, 0, 0,  24, 0, 0, 0,          /* FDE: length, distance back to the CIE */
    0, 0, 0, 0,                         /* first address */
    0, 0, 0, 0,                         /* size */
    0x41,  0x0e, 8,  0x85, 2,           /* after PUSH: CFA is ESP + 8; EBP at CFA - 8 */
    0x42,  0x0d, 5,                     /* after MOV: CFA is EBP + 8 */
    0x77,  0x0c, 4, 4,  0xc5,           /* 55 bytes on, at RET: CFA is ESP + 4; EBP as it is */
    0, 0, 0,
    0, 0, 0, 0,                         /* end */
};
/* clang-format on */

const CpuTable cpu = {
    .registers = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags"},
    .choice = "eax to edi, eip and eflags",
    .answers = {"set ecx 3", "retry", "skip", "set ecx scratch", "retry"},
    .length = 2,
    .body = {body, sizeof body},
    .illegalAt = 37,
    .unwind = {unwind, sizeof unwind},
    .firstAddressAt = 28,
    .sizeAt = 32,
};
