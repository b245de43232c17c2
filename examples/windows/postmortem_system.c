/* SPDX-License-Identifier: BSD-2-Clause
 *
 * windows/postmortem_system.c -- memory, death, and a crash reporter
 *
 * A debugger on Windows cannot read closed memory, and neither can who writes a
 * dump: what is closed when the program dies is missing for ever.  So the
 * unhandled-exception filter makes the post-mortem first.  Then it walks the stack
 * through the JIT's frames, calls the pretty-printer, and writes a minidump with
 * all memory.
 */

#include "postmortem_windows.h"

#include <dbghelp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIED 0xe0000001u /* of our own: bit 29 */

static const Function *announced;
static size_t announcedCount;
static const char *dumpName;

unsigned char *systemMemory(size_t size) {
  return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
}

size_t systemPageSize(void) {
  SYSTEM_INFO system;
  GetSystemInfo(&system);
  return system.dwPageSize;
}

void systemNap(void) { Sleep(10); }

void systemAnnounce(const Function *functions, size_t count, unsigned char *room) {
  announced = functions;
  announcedCount = count;
  unwindAnnounce(functions, count, room);
}

/* the crash reporter ------------------------------------------------------------------ */

static void show(uintptr_t pc) {
  size_t i;
  for (i = 0; i < announcedCount; i++)
    if (pc - (uintptr_t)announced[i].base < announced[i].size)
      (void)printf("  %s\n", announced[i].name);
}

/* The library is looked for when it is needed: the program has no other use for it. */
static void writeDump(EXCEPTION_POINTERS *pointers) {
  typedef BOOL(WINAPI * WriteDump)(HANDLE, DWORD, HANDLE, MINIDUMP_TYPE, MINIDUMP_EXCEPTION_INFORMATION *, void *,
                                   void *);
  MINIDUMP_EXCEPTION_INFORMATION exception = {GetCurrentThreadId(), pointers, FALSE};
  HMODULE library = LoadLibraryA("dbghelp.dll");
  WriteDump write = library == NULL ? NULL : (WriteDump)(void (*)(void))GetProcAddress(library, "MiniDumpWriteDump");
  HANDLE file = CreateFileA(dumpName, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
  if (write != NULL && file != INVALID_HANDLE_VALUE &&
      write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpWithFullMemory, &exception, NULL, NULL))
    (void)printf("dump: %s\n", dumpName);
  if (file != INVALID_HANDLE_VALUE)
    (void)CloseHandle(file);
}

static LONG WINAPI atDeath(EXCEPTION_POINTERS *pointers) {
  MutatorPostMortemReportStruct report;
  const MutatorRes res = MutatorDomainPostMortemAll(&report);
  (void)printf("post-mortem: %s, %u domain, %u lock, %u bytes\n", MutatorResName(res), (unsigned)report.domains,
               (unsigned)report.locks, (unsigned)report.bytes);
  (void)printf("stack:\n");
  unwindWalk(pointers->ContextRecord, show);
  (void)printf("%s\n", describeCells());
  (void)printf("code: %p %u\n", (void *)announced[0].base, (unsigned)announced[0].size);
  if (dumpName != NULL)
    writeDump(pointers);
  (void)fflush(stdout);
  return EXCEPTION_EXECUTE_HANDLER;
}

void systemAtDeath(const char *dump) {
  dumpName = dump;
  (void)SetUnhandledExceptionFilter(atDeath);
}

/* To raise an exception here would be wrong: before the filter is called the system walks
 * the stack in search of handlers, through the frames of code whose unwind
 * information is closed.  The C library's own abrupt ends call the filter as
 * well (Microsoft, UnhandledExceptionFilter). */
void systemDie(MutatorContext context) {
  CONTEXT registers;
  EXCEPTION_RECORD record;
  EXCEPTION_POINTERS pointers = {&record, &registers};
  unwindContext(&registers, context);
  memset(&record, 0, sizeof record);
  record.ExceptionCode = DIED;
  record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
  record.ExceptionAddress = MutatorContextPC(context);
  (void)UnhandledExceptionFilter(&pointers);
  (void)TerminateProcess(GetCurrentProcess(), DIED);
}
