/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep_lua -- Lua, backwards
 *
 *   backstep_lua SCRIPT                    commands from the keyboard
 *   backstep_lua --batch COMMANDS SCRIPT   commands from a file
 *
 * The interpreter is the unchanged library.  Its allocator is on a region, its
 * count hook is the tick: one for each virtual instruction.  What it has from
 * outside (the clock) is logged and replayed, and what it prints is printed once.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lualib.h>

#include "heap.h"
#include "prompt.h"

static MutatorBackstepStruct backstep;
static MutatorBackstepRegionStruct region;
static const char *script;

static void onInstruction(lua_State *lua, lua_Debug *activation) {
  (void)lua;
  (void)activation;
  MutatorTick(&backstep);
}

/* print(...), once. */
static int printOnce(lua_State *lua) {
  const int again = MutatorBackstepReplaying(&backstep), count = lua_gettop(lua);
  int i;
  for (i = 1; i <= count; i++) {
    const char *text = luaL_tolstring(lua, i, NULL);
    if (!again)
      printf("%s%s", text, i < count ? "\t" : "");
    lua_pop(lua, 1);
  }
  if (!again)
    printf("\n");
  return 0;
}

static int clockLogged(lua_State *lua) {
  double seconds = (double)clock() / CLOCKS_PER_SEC;
  (void)MutatorBackstepValue(&backstep, &seconds, sizeof seconds);
  lua_pushnumber(lua, seconds);
  return 1;
}

static int timeLogged(lua_State *lua) {
  lua_Integer now = (lua_Integer)time(NULL);
  (void)MutatorBackstepValue(&backstep, &now, sizeof now);
  lua_pushinteger(lua, now);
  return 1;
}

static void openLibraries(lua_State *lua) {
  static const luaL_Reg system[] = {{"clock", clockLogged}, {"time", timeLogged}, {NULL, NULL}};
  luaL_requiref(lua, "_G", luaopen_base, 1);
  luaL_requiref(lua, "table", luaopen_table, 1);
  luaL_requiref(lua, "string", luaopen_string, 1);
  luaL_requiref(lua, "math", luaopen_math, 1);
  luaL_newlib(lua, system);
  lua_setglobal(lua, "os");
  lua_pushcfunction(lua, printOnce);
  lua_setglobal(lua, "print");
  lua_settop(lua, 0);
}

/* An end is a stop like any other: one can go back from it. */
static void stopAtEnd(const char *message) {
  promptEnded(message, MutatorBackstepNow(&backstep) + 1);
  (void)MutatorBackstepTo(&backstep, MutatorBackstepNow(&backstep) + 1);
  MutatorTick(&backstep);
}

/* While the functions that were called are still there to be looked at. */
static int onError(lua_State *lua) {
  stopAtEnd(luaL_tolstring(lua, 1, NULL));
  return 1;
}

/* A new interpreter takes its seed for hashes from the clock and an address, before the first tick. */
static lua_State *makeInterpreter(void) {
  lua_State *lua = lua_newstate(heapAllocate, NULL);
  if (lua == NULL)
    return NULL;
  openLibraries(lua);
  lua_pushcfunction(lua, onError);
  if (luaL_loadfile(lua, script) == LUA_OK)
    return lua;
  fprintf(stderr, "backstep_lua: %s\n", lua_tostring(lua, -1));
  return NULL;
}

static void runScript(lua_State *lua) {
  int failed;
  if (MutatorBackstepStart(&backstep) != MutatorResOK)
    exit(1);
  if (!MutatorBackstepReplaying(&backstep))
    (void)MutatorBackstepTo(&backstep, 1);
  lua_sethook(lua, onInstruction, LUA_MASKCOUNT, 1);
  failed = lua_pcall(lua, 0, 0, 1) != LUA_OK;
  lua_sethook(lua, NULL, 0, 0);
  if (!failed)
    stopAtEnd("the script has ended");
}

static MutatorRes setUp(void *stackCold) {
  MutatorBackstepOptionsStruct options;
  MutatorRes res = MutatorFaultSetup(NULL);
  if (res == MutatorResOK)
    res = MutatorBackstepOptionsInit(&options);
  if (res != MutatorResOK)
    return res;
  options.density = 10000;
  options.callback = promptStop;
  options.stackCold = stackCold;
  options.stackSize = (size_t)1 << 20;
  res = MutatorBackstepInit(&backstep, &options);
  if (res == MutatorResOK)
    res = MutatorBackstepRegionAdd(&backstep, &region, heapBase(), heapBase() + heapSize());
  return res;
}

static int usage(void) {
  fprintf(stderr, "usage: backstep_lua [--batch COMMANDS] SCRIPT\n");
  return 2;
}

int main(int argc, char **argv) {
  const int batch = argc == 4 && strcmp(argv[1], "--batch") == 0;
  void (*volatile run)(lua_State *) = runScript;
  FILE *commands = stdin;
  lua_State *volatile lua; /* the rewound part of the stack begins below */
  MutatorRes res;
  if (argc != 2 && !batch)
    return usage();
  script = argv[argc - 1];
  if (batch)
    commands = fopen(argv[2], "r");
  lua = commands == NULL ? NULL : makeInterpreter();
  if (lua == NULL)
    return 1;
  promptSetUp(lua, commands, batch);
  res = setUp((void *)&lua);
  if (res != MutatorResOK) {
    fprintf(stderr, "backstep_lua: %s\n", MutatorResName(res));
    return 1;
  }
  run(lua);
  (void)MutatorBackstepFinish(&backstep);
  return 0;
}
