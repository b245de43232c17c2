/* SPDX-License-Identifier: BSD-2-Clause
 *
 * x86_64/trap_debugger_cpu.c -- the function for x86-64, byte by byte
 */

#include "../trap_debugger_cpu.h"

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

/* The caller's frame is at RSP + 8 throughout, the return address below it. */
static const unsigned char unwind[] = {
    20, 0, 0, 0,  0, 0, 0, 0,           /* CIE: length, identifier */
    1, 0,                               /* version, no augmentation */
    1, 0x78, 16,                        /* code factor 1, data factor -8, return address column 16 */
    0x0c, 7, 8,  0x90, 1,               /* CFA is RSP + 8; RIP at CFA - 8 */
    0, 0, 0, 0, 0, 0,
    28, 0, 0, 0,  28, 0, 0, 0,          /* FDE: length, distance back to the CIE */
    0, 0, 0, 0, 0, 0, 0, 0,             /* first address */
    0, 0, 0, 0, 0, 0, 0, 0,             /* size */
    0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0,                         /* end */
};
/* clang-format on */

const CpuTable cpu = {
    .registers = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                  "r15", "rip", "rflags"},
    .choice = "rax to r15, rip and rflags",
    .answers = {"set rsi 3", "retry", "skip", "set r9 scratch", "retry"},
    .length = 3,
    .body = {body, sizeof body},
    .illegalAt = 33,
    .unwind = {unwind, sizeof unwind},
    .firstAddressAt = 32,
    .sizeAt = 40,
};
