/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B1_model.c -- 100,000 steps against a model: what is read is what was written, and so is what is left
 *
 * Steps: set and clear breakpoints anywhere, write any length anywhere by each
 * route, write a function and call it.  MUTATOR_SEED and MUTATOR_STEPS choose others.
 */

#include "support/jit_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { Pages = 2, Breaks = 24, LengthMAX = 200 };

typedef struct ModelStruct {
  JitStruct jit;
  unsigned char *truth; /* what the JIT wrote */
  MutatorBreakStruct breaks[Breaks];
  size_t at[Breaks]; /* where it is set, or ~0 */
  uint64_t hits[Breaks];
  uint64_t seed;
  unsigned long sets, clears, writes, calls, stops;
} ModelStruct, *Model;

static unsigned long stops;

static size_t below(Model model, size_t limit) { return (size_t)(faultTestRandom(&model->seed) >> 16) % limit; }

static void hit(MutatorBreak breakpoint, MutatorContext context, void *closure) {
  (void)closure;
  CHECK(MutatorContextPC(context) == MutatorBreakAddress(breakpoint), "PC %p", MutatorContextPC(context));
  stops++;
}

static size_t find(const ModelStruct *model, size_t offset) {
  size_t i;
  for (i = 0; i < Breaks; i++)
    if (model->at[i] == offset)
      break;
  return i;
}

static void set(Model model, size_t which, size_t offset) {
  static const MutatorBreakKind kinds[] = {MutatorBreakSOFTWARE, MutatorBreakSOFTWARE, MutatorBreakHALT};
  MutatorBreakOptionsStruct options = {.size = sizeof options, .kind = kinds[below(model, 3)], .callback = hit};
  const MutatorBool taken = find(model, offset) < Breaks;
  const MutatorRes expected = model->at[which] != ~(size_t)0 ? MutatorResSTATE : taken ? MutatorResBUSY : MutatorResOK;
  const MutatorRes res = MutatorBreakSet(&model->breaks[which], model->jit.code + offset, &options);
  CHECK(res == expected, "set at %u: %s, not %s", (unsigned)offset, MutatorResName(res), MutatorResName(expected));
  if (res != MutatorResOK)
    return;
  model->at[which] = offset;
  model->hits[which] = 0;
  model->sets++;
}

static void clear(Model model, size_t which) {
  const MutatorRes res = MutatorBreakClear(&model->breaks[which]);
  if (model->at[which] == ~(size_t)0) {
    CHECK(res == MutatorResSTATE || res == MutatorResPARAM, "clear of nothing: %s", MutatorResName(res));
    return;
  }
  CHECK(res == MutatorResOK, "clear: %s", MutatorResName(res));
  model->at[which] = ~(size_t)0;
  model->clears++;
}

static void store(Model model, size_t offset, const unsigned char *bytes, size_t size) {
  jitWrite(&model->jit, offset, bytes, size);
  memcpy(model->truth + offset, bytes, size);
  model->writes++;
}

static void writeSome(Model model) {
  unsigned char bytes[LengthMAX];
  size_t size = below(model, 4) == 0 ? 1 : 1 + below(model, LengthMAX), i;
  size_t offset = below(model, model->jit.size - size + 1);
  const size_t which = below(model, Breaks);
  for (i = 0; i < size; i++)
    bytes[i] = below(model, 8) == 0 ? 0xcc : (unsigned char)below(model, 256);
  /* Often at, before or across a breakpoint. */
  if (model->at[which] != ~(size_t)0 && below(model, 2) == 0) {
    const size_t back = below(model, size + 1);
    if (model->at[which] >= back && model->at[which] - back + size <= model->jit.size)
      offset = model->at[which] - back;
  }
  store(model, offset, bytes, size);
}

/* Breakpoints on the function's two instructions stay, those inside the first must go. */
static void call(Model model) {
  unsigned char bytes[JitReturnSIZE];
  const size_t offset = below(model, model->jit.size - JitReturnSIZE + 1);
  const unsigned value = (unsigned)below(model, 0xffffffffu);
  unsigned expected = 0;
  size_t i, which;
  jitReturn(bytes, value);
  for (i = 1; i < JitReturnSIZE - 1; i++)
    if ((which = find(model, offset + i)) < Breaks)
      clear(model, which);
  store(model, offset, bytes, sizeof bytes);
  for (i = 0; i < JitReturnSIZE; i += JitReturnSIZE - 1)
    if ((which = find(model, offset + i)) < Breaks) {
      model->hits[which]++;
      expected++;
    }
  stops = 0;
  CHECK(jitCall(&model->jit, offset) == value, "another value");
  CHECK(stops == expected, "%lu stops, not %u", stops, expected);
  model->stops += stops;
  model->calls++;
}

/* A call where a breakpoint is. */
static void callThere(Model model) {
  const size_t which = below(model, Breaks);
  const size_t offset = model->at[which];
  unsigned char bytes[JitReturnSIZE];
  size_t i, other;
  if (offset == ~(size_t)0 || offset + JitReturnSIZE > model->jit.size)
    return;
  for (i = 1; i < JitReturnSIZE; i++)
    if ((other = find(model, offset + i)) < Breaks)
      clear(model, other);
  jitReturn(bytes, (unsigned)which);
  store(model, offset, bytes, sizeof bytes);
  stops = 0;
  CHECK(jitCall(&model->jit, offset) == which && stops == 1, "%lu stops", stops);
  model->hits[which]++;
  model->stops++;
  model->calls++;
}

static void query(Model model) {
  const size_t which = below(model, Breaks);
  MutatorBreakReportStruct report;
  if (model->at[which] == ~(size_t)0)
    return;
  CHECK(MutatorBreakQuery(&model->breaks[which], &report) == MutatorResOK, "query");
  CHECK(report.address == model->jit.code + model->at[which], "address");
  CHECK(report.original == model->truth[model->at[which]], "original %02x, not %02x", report.original,
        model->truth[model->at[which]]);
  CHECK(report.hits == model->hits[which], "hits %u, not %u", (unsigned)report.hits, (unsigned)model->hits[which]);
}

static void step(Model model) {
  const size_t which = below(model, Breaks);
  switch (below(model, 8)) {
  case 0:
  case 1: set(model, which, below(model, model->jit.size)); break;
  case 2: clear(model, which); break;
  case 3: call(model); break;
  case 4: callThere(model); break;
  default: writeSome(model); break;
  }
  query(model);
  jitCheck(&model->jit, 0, model->truth, model->jit.size, "after a step");
}

static void run(Model model, JitRoute route, unsigned long steps) {
  MutatorCodeReportStruct report;
  unsigned long i;
  size_t which;
  jitInit(&model->jit, route, Pages, NULL, NULL);
  model->truth = malloc(model->jit.size);
  CHECK(model->truth != NULL, "memory");
  memset(model->truth, 0xc3, model->jit.size);
  for (which = 0; which < Breaks; which++)
    model->at[which] = ~(size_t)0;
  for (i = 0; i < steps; i++)
    step(model);
  for (which = 0; which < Breaks; which++)
    clear(model, which);
  CHECK(memcmp(model->jit.code, model->truth, model->jit.size) == 0, "what is left is not what was written");
  report = jitReport(&model->jit);
  printf("%s: %lu sets, %lu writes, %lu calls, %lu stops; %u stores stepped, %u flips, %u raised, %u lost\n",
         jitRouteName(route), model->sets, model->writes, model->calls, model->stops, (unsigned)report.stepped,
         (unsigned)report.flips, (unsigned)report.raised, (unsigned)report.lost);
  CHECK(report.lost == 0, "lost");
  jitFinish(&model->jit);
  free(model->truth);
}

int main(void) {
  static ModelStruct model;
  const char *seed = getenv("MUTATOR_SEED"), *steps = getenv("MUTATOR_STEPS");
  const unsigned long count = steps == NULL ? 100000 : strtoul(steps, NULL, 10);
  JitRoute route;
  jitSetup();
  for (route = 0; route < JitRouteLIMIT; route++) {
    memset(&model, 0, sizeof model);
    model.seed = (seed == NULL ? 1821 : strtoull(seed, NULL, 10)) * 2 + 1;
    printf("seed %s\n", seed == NULL ? "1821" : seed);
    run(&model, route, count / JitRouteLIMIT + 1);
  }
  return 0;
}
