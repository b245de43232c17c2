/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem_code.c -- a compiler for two functions
 *
 * Each is
 *
 *     push  rbp                 55
 *     mov   rbp, rsp         48 89 e5
 *     sub   rsp, 32          48 83 ec 20
 *     mov   rax, word        48 b8 ...
 *     call  rax                 ff d0       or       mov eax, [rax]    8b 00
 *     leave                     c9
 *     ret                       c3
 *
 * and the same without 48 (REX.W) on 32-bit CPUs.
 */

#include "postmortem.h"

#include <string.h>

static unsigned char *emit(unsigned char *at, const unsigned char *bytes, size_t size) {
  memcpy(at, bytes, size);
  return at + size;
}

static unsigned char *emitWide(unsigned char *at, const unsigned char *bytes, size_t size) {
  if (sizeof(void *) == 8)
    *at++ = 0x48;
  return emit(at, bytes, size);
}

static unsigned char *function(Function *made, const char *name, unsigned char *at, uintptr_t word,
                               const unsigned char *body) {
  static const unsigned char push[] = {0x55}, move[] = {0x89, 0xe5}, room[] = {0x83, 0xec, 0x20}, load[] = {0xb8},
                             end[] = {0xc9, 0xc3};
  unsigned char *next = emit(at, push, sizeof push);
  next = emitWide(next, move, sizeof move);
  next = emitWide(next, room, sizeof room);
  next = emitWide(next, load, sizeof load);
  memcpy(next, &word, sizeof word);
  next = emit(next + sizeof word, body, 2);
  next = emit(next, end, sizeof end);
  made->name = name;
  made->base = at;
  made->size = (size_t)(next - at);
  return (unsigned char *)(((uintptr_t)next + 15) & ~(uintptr_t)15);
}

unsigned char *codeCall(Function *made, const char *name, unsigned char *at, uintptr_t target) {
  static const unsigned char body[] = {0xff, 0xd0};
  return function(made, name, at, target, body);
}

unsigned char *codeLoad(Function *made, const char *name, unsigned char *at, const void *address) {
  static const unsigned char body[] = {0x8b, 0x00};
  return function(made, name, at, (uintptr_t)address, body);
}
