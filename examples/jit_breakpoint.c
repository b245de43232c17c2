/* SPDX-License-Identifier: BSD-2-Clause
 *
 * examples/jit_breakpoint.c -- a breakpoint in code that a JIT rewrites
 *
 * The same session four times, a column each.  A JIT writes a function; a debugger
 * sets a breakpoint on its first instruction; the function is called; the JIT
 * writes another function over it; that is called; the debugger clears its
 * breakpoint.  Three columns are this library's, one for each way in which JITs write.
 * The fourth debugger does what debuggers do: it keeps the byte that it
 * replaced, and puts it back.
 *
 * usage: jit_breakpoint [--batch]     (there is nothing to ask: the option changes nothing)
 * Exit status: 0 when the first three columns are right and the fourth is wrong.
 */

#include "jit_breakpoint.h"

#include <stdio.h>
#include <string.h>

enum { FunctionSIZE = 6, Columns = 4, Naive = 3 };

static const unsigned char first[FunctionSIZE] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov eax, 42; ret */
static const unsigned char second[FunctionSIZE] = {0x31, 0xc0, 0x83,
                                                   0xc0, 99,   0xc3}; /* xor eax, eax; add eax, 99; ret */

/* ColumnStruct -- what one session has shown */
typedef struct ColumnStruct *Column;
typedef struct ColumnStruct {
  const char *title;
  Route route;
  JitStruct jit;
  unsigned stops[2];                   /* of each call */
  int values[3];                       /* what it returned; the last after clearing */
  unsigned char seen[2][FunctionSIZE]; /* what the debugger shows at the stop, or after the call */
  unsigned char left[FunctionSIZE];    /* what is in memory at the end */
} ColumnStruct;

static ColumnStruct columns[Columns] = {
    {.title = "writable code", .route = RouteOPEN},
    {.title = "two mappings", .route = RouteDUAL},
    {.title = "process_vm_writev", .route = RouteCALLS},
    {.title = "naive debugger", .route = RouteOPEN},
};

static unsigned stops;

/* the JIT ----------------------------------------------------------------------------- */

static void compile(Jit jit, const unsigned char function[FunctionSIZE]) {
  if (jit->write != NULL)
    memcpy(jit->write, function, FunctionSIZE);
  else
    jitWriteByCall(jit->code, function, FunctionSIZE);
}

static int call(const JitStruct *jit) {
  int (*function)(void);
  memcpy(&function, &jit->code, sizeof function);
  return function();
}

/* a debugger with this library ---------------------------------------------------------- */

static void stopped(MutatorBreak breakpoint, MutatorContext context, void *closure) {
  (void)breakpoint;
  (void)context;
  (void)closure;
  stops++;
}

static void callAndLook(Column column, unsigned which) {
  stops = 0;
  column->values[which] = call(&column->jit);
  column->stops[which] = stops;
}

static int session(Column column) {
  static MutatorCodeStruct regions[Columns];
  static MutatorCodeAliasStruct alias;
  static MutatorBreakStruct breakpoint;
  const MutatorBreakOptionsStruct options = {.size = sizeof options, .callback = stopped};
  Jit jit = &column->jit;
  MutatorCode region = &regions[column->route];
  compile(jit, first);
  if (MutatorCodeAdd(region, jit->code, jit->code + jit->size, NULL) != MutatorResOK ||
      (jit->route == RouteDUAL &&
       MutatorCodeAliasAdd(&alias, region, jit->write, jit->code, jit->size) != MutatorResOK) ||
      MutatorBreakSet(&breakpoint, jit->code, &options) != MutatorResOK)
    return 0;
  callAndLook(column, 0);
  if (MutatorCodeRead(jit->code, column->seen[0], FunctionSIZE) != MutatorResOK)
    return 0;
  compile(jit, second);
  callAndLook(column, 1);
  return MutatorCodeRead(jit->code, column->seen[1], FunctionSIZE) == MutatorResOK &&
         MutatorBreakClear(&breakpoint) == MutatorResOK;
}

/* a debugger without it --------------------------------------------------------------- */

static unsigned char *naiveAddress, naiveByte;

static void naivePlant(unsigned char *address) {
  naiveAddress = address;
  naiveByte = *address;
  *address = 0xcc;
}

static void naiveLift(void) { *naiveAddress = naiveByte; }

static MutatorFaultResult naiveStopped(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  (void)handler;
  (void)closure;
  if (MutatorContextKind(context) != MutatorFaultKindBREAKPOINT || MutatorContextPC(context) != naiveAddress)
    return MutatorFaultDECLINED;
  stops++;
  naiveLift();
  (void)MutatorContextSetRegister(context, MutatorRegisterPC, (MutatorWord)naiveAddress);
  return MutatorFaultHANDLED;
}

static int naiveSession(Column column) {
  static MutatorFaultHandlerStruct handler;
  Jit jit = &column->jit;
  if (MutatorFaultHandlerAdd(&handler, 0, naiveStopped, NULL) != MutatorResOK)
    return 0;
  compile(jit, first);
  naivePlant(jit->code);
  callAndLook(column, 0);
  memcpy(column->seen[0], jit->code, FunctionSIZE);
  *naiveAddress = 0xcc; /* again, for the next call */
  compile(jit, second);
  callAndLook(column, 1);
  memcpy(column->seen[1], jit->code, FunctionSIZE);
  naiveLift();
  return 1;
}

/* the table --------------------------------------------------------------------------- */

static void bytesOf(const unsigned char *bytes, char *text) {
  unsigned i;
  for (i = 0; i < FunctionSIZE; i++)
    (void)sprintf(text + 3 * i, "%02x ", bytes[i]);
}

static void row(const char *title, void (*cell)(const ColumnStruct *column, char *text)) {
  char text[64];
  unsigned i;
  printf("%-26s", title);
  for (i = 0; i < Columns; i++) {
    cell(&columns[i], text);
    printf("  %-20s", text);
  }
  printf("\n");
}

static void title(const ColumnStruct *column, char *text) { (void)strcpy(text, column->title); }
static void firstStop(const ColumnStruct *column, char *text) {
  (void)sprintf(text, "%u stop, %d", column->stops[0], column->values[0]);
}
static void secondStop(const ColumnStruct *column, char *text) {
  (void)sprintf(text, "%u stop%s, %d", column->stops[1], column->stops[1] == 1 ? "" : "s", column->values[1]);
}
static void firstSeen(const ColumnStruct *column, char *text) { bytesOf(column->seen[0], text); }
static void secondSeen(const ColumnStruct *column, char *text) { bytesOf(column->seen[1], text); }
static void left(const ColumnStruct *column, char *text) { bytesOf(column->left, text); }
static void lastValue(const ColumnStruct *column, char *text) { (void)sprintf(text, "%d", column->values[2]); }
static void wrote(const ColumnStruct *column, char *text) {
  (void)column;
  bytesOf(second, text);
}
static void verdict(const ColumnStruct *column, char *text) {
  (void)strcpy(text, memcmp(column->left, second, FunctionSIZE) == 0 ? "as the JIT wrote it" : "CORRUPTED");
}

static void print(void) {
  row("", title);
  row("set; call", firstStop);
  row("code, as shown", firstSeen);
  row("recompiled over it; call", secondStop);
  row("code, as shown", secondSeen);
  row("cleared: memory", left);
  row("the JIT wrote", wrote);
  row("call", lastValue);
  row("", verdict);
}

static int isRight(const ColumnStruct *column) {
  return column->stops[0] == 1 && column->stops[1] == 1 && column->values[0] == 42 && column->values[1] == 99 &&
         column->values[2] == 99 && memcmp(column->seen[0], first, FunctionSIZE) == 0 &&
         memcmp(column->seen[1], second, FunctionSIZE) == 0 && memcmp(column->left, second, FunctionSIZE) == 0;
}

static int setUp(void) {
  MutatorFaultOptionsStruct options;
  (void)MutatorFaultOptionsInit(&options);
  options.hook = MutatorFaultHookTRAP;
  return MutatorFaultSetupWith(NULL, &options) == MutatorResOK;
}

int main(void) {
  int right = 0;
  unsigned i;
  if (!setUp())
    return 1;
  for (i = 0; i < Columns; i++) {
    Column column = &columns[i];
    if (!jitMap(&column->jit, column->route) || !(i == Naive ? naiveSession(column) : session(column))) {
      (void)fprintf(stderr, "jit_breakpoint: no session: %s\n", column->title);
      return 1;
    }
    memcpy(column->left, column->jit.code, FunctionSIZE);
    column->values[2] = call(&column->jit);
    right += isRight(column);
  }
  print();
  return right == Naive && !isRight(&columns[Naive]) ? 0 : 1;
}
