/* SPDX-License-Identifier: BSD-2-Clause
 *
 * prompt.c -- commands at a stop
 */

#include "prompt.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

enum { TextSIZE = 400 };

static struct {
  lua_State *lua;
  FILE *commands;
  int echo;
  uint64_t endTick; /* where the script ended, or 0 */
  char ending[TextSIZE];
  char variable[TextSIZE]; /* of a `lastwrite` that is under way, or empty */
  char value[TextSIZE];    /* that it had */
  char text[TextSIZE];
} prompt;

void promptSetUp(lua_State *lua, FILE *commands, int echo) {
  prompt.lua = lua;
  prompt.commands = commands;
  prompt.echo = echo;
}

void promptEnded(const char *message, uint64_t tick) {
  prompt.endTick = tick;
  snprintf(prompt.ending, sizeof prompt.ending, "%s", message);
}

/* looking at the script ---------------------------------------------------------------- */

/* The innermost function of the script; false when none is running. */
static int innermost(lua_State *lua, lua_Debug *activation) {
  int level;
  for (level = 0; lua_getstack(lua, level, activation); level++)
    if (lua_getinfo(lua, "Slu", activation) && activation->currentline > 0)
      return 1;
  return 0;
}

const char *promptLine(lua_State *lua) {
  static char line[TextSIZE];
  lua_Debug activation;
  if (!innermost(lua, &activation))
    return "no line";
  snprintf(line, sizeof line, "%s:%d", activation.short_src, activation.currentline);
  return line;
}

static void pushVariables(lua_State *lua, lua_Debug *activation, int table) {
  const char *name;
  int i, function;
  lua_getinfo(lua, "f", activation);
  function = lua_gettop(lua);
  for (i = 1; (name = lua_getupvalue(lua, function, i)) != NULL; i++)
    lua_setfield(lua, table, name);
  for (i = 1; (name = lua_getlocal(lua, activation, i)) != NULL; i++)
    lua_setfield(lua, table, name);
  lua_remove(lua, function);
}

/* Of all functions that are running, the inner one's last. */
static void pushAll(lua_State *lua, int table) {
  lua_Debug activation;
  int level = 0;
  while (lua_getstack(lua, level, &activation))
    level++;
  while (level-- > 0)
    if (lua_getstack(lua, level, &activation) && lua_getinfo(lua, "l", &activation) && activation.currentline > 0)
      pushVariables(lua, &activation, table);
}

/* A table of the variables in sight, which finds the rest in the globals and writes there. */
void promptEnvironment(lua_State *lua) {
  lua_newtable(lua);
  pushAll(lua, lua_gettop(lua));
  lua_newtable(lua);
  lua_pushglobaltable(lua);
  lua_setfield(lua, -2, "__index");
  lua_pushglobaltable(lua);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_setupvalue(lua, -2, 1);
}

const char *promptEvaluate(lua_State *lua, const char *expression) {
  static char text[TextSIZE];
  const int top = lua_gettop(lua);
  int failed;
  lua_pushfstring(lua, "return %s", expression);
  failed = luaL_loadstring(lua, lua_tostring(lua, -1)) != LUA_OK;
  if (!failed) {
    promptEnvironment(lua);
    failed = lua_pcall(lua, 0, 1, 0) != LUA_OK;
  }
  snprintf(text, sizeof text, "%s%s", failed ? "error: " : "", luaL_tolstring(lua, -1, NULL));
  lua_settop(lua, top);
  return text;
}

/* lastwrite ------------------------------------------------------------------------------ */

/* The interpreter may have moved the value: then the same value was elsewhere before, and the search goes on there. */
static int follow(MutatorBackstepStop stop) {
  stop->word = locateValue(prompt.lua, prompt.variable);
  if (stop->word == NULL) {
    printf("%s: cannot be assigned to, or is no variable\n", prompt.variable);
    prompt.variable[0] = 0;
    return 0;
  }
  stop->go = MutatorBackstepGoLASTWRITE;
  return 1;
}

static int beginLastWrite(MutatorBackstepStop stop, const char *variable) {
  snprintf(prompt.variable, sizeof prompt.variable, "%s", variable);
  snprintf(prompt.value, sizeof prompt.value, "%s", promptEvaluate(prompt.lua, variable));
  return follow(stop);
}

/* True when the mutator is to go on at once. */
static int goOnWithLastWrite(MutatorBackstepStop stop) {
  const char *value;
  if (prompt.variable[0] == 0)
    return 0;
  if (stop->reason == MutatorBackstepReasonWRITE) {
    value = promptEvaluate(prompt.lua, prompt.variable);
    if (strcmp(value, prompt.value) == 0)
      return follow(stop);
    printf("%s became %s at %s; before it was %s\n", prompt.variable, prompt.value, promptLine(prompt.lua), value);
  } else {
    printf("%s has been %s since tick %lu\n", prompt.variable, prompt.value, (unsigned long)stop->oldest);
  }
  prompt.variable[0] = 0;
  return 0;
}

/* commands ------------------------------------------------------------------------------- */

static int goTo(MutatorBackstepStop stop, uint64_t tick) {
  stop->go = MutatorBackstepGoTO;
  stop->tick = tick;
  return 1;
}

static int command(MutatorBackstepStop stop, char *line) {
  char *argument = strchr(line, ' ');
  argument = argument == NULL ? line + strlen(line) : argument + 1;
  if (strncmp(line, "run", 3) == 0)
    return 1;
  if (strncmp(line, "back", 4) == 0) {
    const uint64_t count = argument[0] == 0 ? 1 : strtoull(argument, NULL, 10);
    return goTo(stop, count < stop->now ? stop->now - count : stop->oldest);
  }
  if (strncmp(line, "to", 2) == 0)
    return goTo(stop, strtoull(argument, NULL, 10));
  if (strncmp(line, "print", 5) == 0)
    printf("%s\n", promptEvaluate(prompt.lua, argument));
  else if (strncmp(line, "lastwrite", 9) == 0)
    return beginLastWrite(stop, argument);
  else if (strncmp(line, "quit", 4) == 0)
    exit(0);
  else
    printf("run, back N, to N, print EXPRESSION, lastwrite VARIABLE, quit\n");
  return 0;
}

/* In a file, lines that begin with # are for its readers. */
static char *readLine(void) {
  printf("> ");
  fflush(stdout);
  do
    if (fgets(prompt.text, sizeof prompt.text, prompt.commands) == NULL)
      exit(0);
  while (prompt.text[0] == '#');
  prompt.text[strcspn(prompt.text, "\r\n")] = 0;
  if (prompt.echo)
    printf("%s\n", prompt.text);
  return prompt.text;
}

void promptStop(MutatorBackstep backstep, MutatorBackstepStop stop, void *closure) {
  (void)backstep;
  (void)closure;
  if (goOnWithLastWrite(stop))
    return;
  if (stop->reason == MutatorBackstepReasonREFUSED)
    printf("not possible: %s\n", MutatorResName(stop->res));
  if (prompt.endTick != 0 && stop->now >= prompt.endTick)
    printf("tick %lu: %s\n", (unsigned long)stop->now, prompt.ending);
  else
    printf("tick %lu, %s\n", (unsigned long)stop->now, promptLine(prompt.lua));
  while (!command(stop, readLine()))
    continue;
}
