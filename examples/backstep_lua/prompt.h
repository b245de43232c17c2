/* SPDX-License-Identifier: BSD-2-Clause
 *
 * prompt.h -- the debugger's side: what is not rewound
 */

#ifndef backstep_lua_prompt_h
#define backstep_lua_prompt_h

#include <stdio.h>

#include <lua.h>
#include <mutator.h>

/* promptSetUp -- where commands come from, and whether to repeat them */
void promptSetUp(lua_State *lua, FILE *commands, int echo);

/* promptEnded -- the script has ended, with this message; its stop is the next tick */
void promptEnded(const char *message, uint64_t tick);

/* promptStop -- a MutatorBackstepCallback */
void promptStop(MutatorBackstep backstep, MutatorBackstepStop stop, void *closure);

/* The text of an expression's value, with the running functions' variables in sight; valid until the next call. */
const char *promptEvaluate(lua_State *lua, const char *expression);

/* The line that is about to run. */
const char *promptLine(lua_State *lua);

/* locate.c: where the interpreter keeps a variable's value, or NULL.  Assigns to it: undo that. */
void *locateValue(lua_State *lua, const char *variable);

/* Make the globals and the running functions' variables the environment of the function on top. */
void promptEnvironment(lua_State *lua);

#endif
