/* SPDX-License-Identifier: BSD-2-Clause
 *
 * locate.c -- where does the interpreter keep a variable's value?
 *
 * It does not say.  So the variable is given a number that is nowhere else, and
 * the region searched for it; then another one, with the stack at another
 * height.  What holds both in turn is the place.  The back-stepper undoes all
 * that when the callback returns.
 */

#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "heap.h"
#include "prompt.h"

enum { Places = 64, Shift = 37 };

static int assign(lua_State *lua, const char *variable, lua_Integer number, int shift) {
  const int top = lua_gettop(lua);
  int i, failed;
  if (!lua_checkstack(lua, shift + 20))
    return 0;
  for (i = 0; i < shift; i++)
    lua_pushnil(lua);
  lua_pushfstring(lua, "%s = ...", variable);
  failed = luaL_loadstring(lua, lua_tostring(lua, -1)) != LUA_OK;
  if (!failed) {
    promptEnvironment(lua);
    lua_pushinteger(lua, number);
    failed = lua_pcall(lua, 1, 0, 0) != LUA_OK;
  }
  lua_settop(lua, top);
  return !failed;
}

static size_t search(lua_Integer number, lua_Integer **places) {
  const char *base = heapBase();
  size_t at, found = 0;
  for (at = 0; at < heapSize() && found < Places; at += sizeof(void *))
    if (memcmp(base + at, &number, sizeof number) == 0)
      places[found++] = (lua_Integer *)(void *)(base + at);
  return found;
}

void *locateValue(lua_State *lua, const char *variable) {
  static const lua_Integer first = 0x5eed5eed12345678, second = 0x7ab1e7ab1e876543;
  lua_Integer *places[Places];
  size_t found, i;
  if (!assign(lua, variable, first, 0))
    return NULL;
  found = search(first, places);
  if (!assign(lua, variable, second, Shift))
    return NULL;
  for (i = 0; i < found; i++)
    if (*places[i] == second)
      return places[i];
  return NULL;
}
