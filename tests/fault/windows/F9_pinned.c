/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F9_pinned.c -- the DLL: loaded late, it serves threads that are older, and it never goes away
 */

#include "support/fault_test.h"

#include <stdio.h>
#include <string.h>

#include "os/os.h"

typedef MutatorRes (*FaultSetup)(const MutatorOptionsStruct *options);
typedef MutatorRes (*RangeAdd)(MutatorFaultRange range, void *base, void *limit, MutatorFaultCallback callback,
                               void *closure, MutatorWindow window);
typedef MutatorRes (*Leave)(MutatorContext context);

static char *pages;
static MutatorFaultRangeStruct range;
static Leave leave;
static volatile LONG handled, go;

/* Inside the callback the DLL's thread-local words know where the thread is. */
static MutatorFaultResult answer(MutatorFaultRange faulted, MutatorContext context, void *address, MutatorAccess access,
                                 void *closure) {
  MutatorContextStruct other;
  DWORD was;
  (void)faulted, (void)context, (void)access, (void)closure;
  memset(&other, 0, sizeof other);
  CHECK(leave(&other) == MutatorResPARAM, "inside a callback, and not that one");
  (void)VirtualProtect((char *)((uintptr_t)address & ~(uintptr_t)4095), 4096, PAGE_READWRITE, &was);
  (void)InterlockedIncrement(&handled);
  return MutatorFaultHANDLED;
}

static DWORD WINAPI old(void *closure) {
  while (go == 0)
    Sleep(1);
  *(volatile char *)closure = 1;
  CHECK(leave(NULL) == MutatorResSTATE, "inside no callback");
  return 0;
}

static FARPROC find(HMODULE library, const char *name) {
  FARPROC function = GetProcAddress(library, name);
  CHECK(function != NULL, "%s", name);
  return function;
}

/* In the folder above the tests. */
static HMODULE load(void) {
  char path[1024], name[1100];
  WIN32_FIND_DATAA entry;
  HANDLE search;
  char *end;
  CHECK(GetModuleFileNameA(NULL, path, sizeof path) < sizeof path, "the program's path");
  end = strrchr(path, '\\');
  CHECK(end != NULL, "%s", path);
  *end = '\0';
  (void)snprintf(name, sizeof name, "%s\\..\\*mutator*.dll", path);
  search = FindFirstFileA(name, &entry);
  if (search == INVALID_HANDLE_VALUE)
    faultTestSkip("the DLL is not in the folder above");
  (void)FindClose(search);
  (void)snprintf(name, sizeof name, "%s\\..\\%s", path, entry.cFileName);
  return LoadLibraryA(name);
}

int main(void) {
  enum { THREADS = 8 };
  HANDLE threads[THREADS];
  HMODULE library;
  unsigned i;
  pages = VirtualAlloc(NULL, THREADS * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  CHECK(pages != NULL, "pages");
  for (i = 0; i < THREADS; ++i)
    threads[i] = CreateThread(NULL, 0, old, pages + i * 4096, 0, NULL);
  library = load();
  CHECK(library != NULL, "LoadLibrary: %lu", (unsigned long)GetLastError());
  leave = (Leave)(void (*)(void))find(library, "MutatorFaultLeave");
  CHECK(((FaultSetup)(void (*)(void))find(library, "MutatorFaultSetup"))(NULL) == MutatorResOK, "set-up");
  CHECK(((RangeAdd)(void (*)(void))find(library, "MutatorFaultRangeAdd"))(&range, pages, pages + THREADS * 4096, answer,
                                                                          NULL, NULL) == MutatorResOK,
        "a range");
  for (i = 0; i < 5; ++i)
    (void)FreeLibrary(library);
  CHECK(GetProcAddress(library, "MutatorFaultLeave") != NULL, "it is still there");
  go = 1;
  (void)WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
  CHECK(handled == THREADS, "%ld faults of older threads", (long)handled);
  return 0;
}
