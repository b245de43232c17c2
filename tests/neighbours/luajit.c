/* SPDX-License-Identifier: BSD-2-Clause
 *
 * luajit.c -- breakpoints in the code of LuaJIT, which goes on writing to the same pages (B1, B3)
 *
 * LuaJIT opens its code for writing by mprotect and closes it again.  It calls the
 * one of this program, which hands that on to MutatorCodeProtect.  A trace is compiled; breakpoints are set on
 * its first instructions; it runs, and its exits become hot, so that LuaJIT compiles more traces next to it
 * and patches its jumps.  Results must be right, and what is left must be what LuaJIT wrote.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <mutator.h>

#include "arch/arch.h"
#include "os/os.h"

#define CHECK(condition, ...)                                \
  do {                                                       \
    if (!(condition)) {                                      \
      printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
      printf(__VA_ARGS__);                                   \
      printf("\n");                                          \
      exit(1);                                               \
    }                                                        \
  } while (0)

enum { Breaks = 6 };

static unsigned opened; /* times that pages with breakpoints were opened */

int mprotect(void *base, size_t size, int protection) {
  const MutatorAccess access = ((protection & PROT_READ) != 0 ? MutatorAccessREAD : MutatorAccessNONE) |
                               ((protection & PROT_WRITE) != 0 ? MutatorAccessWRITE : MutatorAccessNONE) |
                               ((protection & PROT_EXEC) != 0 ? MutatorAccessEXECUTE : MutatorAccessNONE);
  if (MutatorCodeProtect(base, size, access) == MutatorResOK) {
    opened += (protection & PROT_WRITE) != 0;
    return 0;
  }
  return (int)syscall(SYS_mprotect, base, size, protection);
}

static const char program[] =
    "local util = require('jit.util')\n"
    "function work(n, odd)\n"
    "  local sum = 0\n"
    "  for i = 1, n do\n"
    "    if i % 3 == odd then sum = sum + i elseif i % 5 == odd then sum = sum - 1 else sum = sum + 2 end\n"
    "  end\n"
    "  return sum\n"
    "end\n"
    "function address() local code, at = util.tracemc(1); return at or 0, code and #code or 0 end\n"
    "function traces() local n = 0; while util.traceinfo(n + 1) do n = n + 1 end; return n end\n";

static lua_Integer expected(lua_Integer n, lua_Integer odd) {
  lua_Integer sum = 0, i;
  for (i = 1; i <= n; i++)
    sum += i % 3 == odd ? i : i % 5 == odd ? -1 : 2;
  return sum;
}

static void work(lua_State *lua, lua_Integer n, lua_Integer odd) {
  lua_getglobal(lua, "work");
  lua_pushinteger(lua, n);
  lua_pushinteger(lua, odd);
  CHECK(lua_pcall(lua, 2, 1, 0) == 0, "%s", lua_tostring(lua, -1));
  CHECK(lua_tointeger(lua, -1) == expected(n, odd), "%ld, not %ld", (long)lua_tointeger(lua, -1),
        (long)expected(n, odd));
  lua_pop(lua, 1);
}

static double ask(lua_State *lua, const char *function, double *second) {
  double first;
  lua_getglobal(lua, function);
  CHECK(lua_pcall(lua, 0, 2, 0) == 0, "%s", lua_tostring(lua, -1));
  first = lua_tonumber(lua, -2);
  if (second != NULL)
    *second = lua_tonumber(lua, -1);
  lua_pop(lua, 2);
  return first;
}

static uint64_t hits(MutatorBreak breakpoint) {
  MutatorBreakReportStruct report;
  CHECK(MutatorBreakQuery(breakpoint, &report) == MutatorResOK, "query");
  return report.hits;
}

static void setUp(void) {
  MutatorFaultOptionsStruct options;
  CHECK(MutatorFaultOptionsInit(&options) == MutatorResOK, "options");
  options.hook = MutatorFaultHookTRAP;
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResOK, "setup");
}

/* On the trace's first instructions, one after the other. */
static void setAll(MutatorBreakStruct *breaks, const unsigned char *code) {
  unsigned i;
  for (i = 0; i < Breaks; i++) {
    MutatorRes res = MutatorBreakSet(&breaks[i], (void *)(uintptr_t)code, NULL);
    CHECK(res == MutatorResOK, "set %u: %s", i, MutatorResName(res));
    unsigned char bytes[ARCH_FETCH_MAX];
    CHECK(MutatorCodeRead(code, bytes, sizeof bytes) == MutatorResOK, "read");
    code += mutatorArchLength(bytes, sizeof bytes);
  }
}

int main(void) {
  static MutatorBreakStruct breaks[Breaks];
  static MutatorCodeStruct region;
  MutatorCodeReportStruct report;
  OSMappingStruct mapping;
  unsigned char *before, *code;
  double at, size, traces;
  lua_State *lua = luaL_newstate();
  size_t bytes;
  unsigned i;
  setvbuf(stdout, NULL, _IONBF, 0);
  setUp();
  luaL_openlibs(lua);
  CHECK(luaL_dostring(lua, program) == 0, "%s", lua_tostring(lua, -1));
  work(lua, 500, 7); /* one path alone */
  at = ask(lua, "address", &size);
  CHECK(at != 0, "nothing was compiled");
  code = (unsigned char *)(uintptr_t)(intptr_t)at;
  CHECK(mutatorOSMapping((MutatorWord)code, &mapping) && mapping.base <= (MutatorWord)code, "no code at %p",
        (void *)code);
  CHECK(MutatorCodeAdd(&region, (void *)mapping.base, (void *)mapping.limit, NULL) == MutatorResOK, "add");
  setAll(breaks, code);
  traces = ask(lua, "traces", NULL);
  work(lua, 1000, 7);
  CHECK(hits(&breaks[0]) > 0, "not hit");
  /* Now the others become hot: LuaJIT compiles, next to the breakpoints, and patches. */
  opened = 0;
  for (i = 0; i < 50; i++)
    work(lua, 3000, i % 3);
  CHECK(ask(lua, "traces", NULL) > traces, "nothing more was compiled");
  CHECK(opened > 0, "LuaJIT did not open its code");
  bytes = mapping.limit - mapping.base;
  before = malloc(bytes);
  CHECK(before != NULL && MutatorCodeRead((void *)mapping.base, before, bytes) == MutatorResOK, "read");
  CHECK(MutatorCodeQuery(&region, &report) == MutatorResOK && report.lost == 0, "%u lost", (unsigned)report.lost);
  printf("%u bytes of trace, %.0f traces, then %.0f; opened %u times; %u, %u, %u hits; %u in place, %u in slots\n",
         (unsigned)size, traces, ask(lua, "traces", NULL), opened, (unsigned)hits(&breaks[0]),
         (unsigned)hits(&breaks[1]), (unsigned)hits(&breaks[Breaks - 1]), (unsigned)report.emulated,
         (unsigned)report.displaced);
  CHECK(hits(&breaks[0]) == hits(&breaks[1]), "a hit was lost");
  for (i = 0; i < Breaks; i++) {
    MutatorBreakReportStruct one;
    CHECK(MutatorBreakQuery(&breaks[i], &one) == MutatorResOK, "query");
    CHECK(*(unsigned char *)one.address == 0xcc, "breakpoint %u is not planted", i);
    CHECK(MutatorBreakClear(&breaks[i]) == MutatorResOK, "clear");
  }
  CHECK(memcmp((void *)mapping.base, before, bytes) == 0, "what is left is not what LuaJIT wrote");
  work(lua, 3000, 1);
  CHECK(MutatorCodeRemove(&region) == MutatorResOK, "remove");
  lua_close(lua);
  return 0;
}
