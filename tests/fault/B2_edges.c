/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B2_edges.c -- stores at, before, behind and across breakpoints, of every width, and of the trap byte itself
 *
 * None of them makes a page flip where the library has a way to write (docs/breakpoint.md).
 */

#include "support/jit_test.h"

#include <string.h>

enum { At = 0x100, Window = 64 };

typedef struct EdgeStruct {
  JitStruct jit;
  MutatorBreakStruct breaks[2];
  unsigned char truth[Window];
  unsigned char next; /* the next byte to write */
} EdgeStruct, *Edge;

static void store(unsigned char *to, const unsigned char *bytes, size_t size) {
  switch (size) {
  case 1: __asm__ volatile("movb %1, %0" : "=m"(*to) : "q"(*bytes)); break;
  case 2:
    __asm__ volatile("movw %1, %0" : "=m"(*(uint16_t *)(void *)to) : "r"(*(const uint16_t *)(const void *)bytes));
    break;
  case 4:
    __asm__ volatile("movl %1, %0" : "=m"(*(uint32_t *)(void *)to) : "r"(*(const uint32_t *)(const void *)bytes));
    break;
  case 8:
    __asm__ volatile("movq (%1), %%xmm0; movq %%xmm0, (%0)" : : "r"(to), "r"(bytes) : FAULT_TEST_CLOBBER_XMM0 "memory");
    break;
  case 16:
    __asm__ volatile("movups (%1), %%xmm0; movups %%xmm0, (%0)"
                     :
                     : "r"(to), "r"(bytes)
                     : FAULT_TEST_CLOBBER_XMM0 "memory");
    break;
  default: __asm__ volatile("cld; rep movsb" : "+D"(to), "+S"(bytes), "+c"(size) : : "memory"); break;
  }
}

static void put(Edge edge, size_t offset, const unsigned char *bytes, size_t size) {
  const size_t at = At - Window / 2 + offset;
  if (edge->jit.write == NULL)
    jitWrite(&edge->jit, at, bytes, size);
  else
    store(edge->jit.write + at, bytes, size);
  memcpy(edge->truth + offset, bytes, size);
}

static void check(Edge edge, const char *when) {
  MutatorBreakReportStruct report;
  unsigned i;
  jitCheck(&edge->jit, At - Window / 2, edge->truth, sizeof edge->truth, when);
  for (i = 0; i < 2; i++) {
    CHECK(MutatorBreakQuery(&edge->breaks[i], &report) == MutatorResOK, "query");
    CHECK(report.original == edge->truth[Window / 2 + 2 * i], "%s: original %02x", when, report.original);
    if (!jitMerges(&edge->jit)) /* it goes to truth, and back when it is executed */
      continue;
    CHECK(report.mode == MutatorBreakModePLANTED, "%s: mode %d", when, report.mode);
    CHECK(edge->jit.code[At + 2 * i] == 0xcc, "%s: the trap byte is gone", when);
  }
}

/* Every place at which a store of that size touches a breakpoint, or just misses it. */
static void edges(Edge edge, size_t size) {
  unsigned char bytes[32];
  size_t back, i;
  for (back = 0; back <= size + 3; back++) {
    const size_t offset = Window / 2 + 3 - back;
    for (i = 0; i < size; i++)
      bytes[i] = edge->next++;
    put(edge, offset, bytes, size);
    check(edge, "numbers");
    memset(bytes, 0xcc, size);
    put(edge, offset, bytes, size);
    check(edge, "trap bytes");
  }
}

static void rewrites(Edge edge) {
  static const unsigned char bytes[4] = {1, 2, 3, 4};
  MutatorBreakReportStruct before, after;
  unsigned i;
  for (i = 0; i < 2; i++) {
    CHECK(MutatorBreakQuery(&edge->breaks[i], &before) == MutatorResOK, "query");
    put(edge, Window / 2 + 2 * i, bytes, 1);
    put(edge, Window / 2 + 2 * i + 1, bytes, 1);
    CHECK(MutatorBreakQuery(&edge->breaks[i], &after) == MutatorResOK, "query");
    CHECK(!jitMerges(&edge->jit) || after.rewrites == before.rewrites + 1, "%u rewrites",
          (unsigned)(after.rewrites - before.rewrites));
  }
}

static void run(JitRoute route) {
  static const size_t sizes[] = {1, 2, 4, 8, 16, 24, 32};
  static EdgeStruct edge;
  MutatorCodeReportStruct report;
  size_t i;
  memset(&edge, 0, sizeof edge);
  jitInit(&edge.jit, route, 1, NULL, NULL);
  memset(edge.truth, 0xc3, sizeof edge.truth);
  for (i = 0; i < 2; i++)
    CHECK(MutatorBreakSet(&edge.breaks[i], edge.jit.code + At + 2 * i, NULL) == MutatorResOK, "set");
  check(&edge, "set");
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    edges(&edge, sizes[i]);
  rewrites(&edge);
  report = jitReport(&edge.jit);
  CHECK(!jitMerges(&edge.jit) || (report.flips == 0 && report.raised == 0), "%s: %u flips", jitRouteName(route),
        (unsigned)report.flips);
  CHECK(route == JitCALLS || !jitMerges(&edge.jit) || report.stepped > 0, "%s: nothing was stepped",
        jitRouteName(route));
  for (i = 0; i < 2; i++)
    CHECK(MutatorBreakClear(&edge.breaks[i]) == MutatorResOK, "clear");
  CHECK(memcmp(edge.jit.code + At - Window / 2, edge.truth, sizeof edge.truth) == 0, "left");
  jitFinish(&edge.jit);
}

int main(void) {
  JitRoute route;
  jitSetup();
  for (route = 0; route < JitRouteLIMIT; route++)
    run(route);
  return 0;
}
