/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/setup.c -- make the port ready; memory, a lock and a pause for set-up code
 */

#include "os/windows/windows.h"

static SRWLOCK setupLock = SRWLOCK_INIT;

/* Charged when it is reserved, used as it is touched. */
void *mutatorOSReserve(size_t size) { return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE); }

void mutatorOSRelease(void *base, size_t size) {
  (void)size;
  if (base != NULL)
    (void)VirtualFree(base, 0, MEM_RELEASE);
}

/* Who is stopped holds no lock that the suspender may want. */
void mutatorOSSetupLock(void) {
  mutatorOSInsideBegin();
  AcquireSRWLockExclusive(&setupLock);
}

void mutatorOSSetupUnlock(void) {
  ReleaseSRWLockExclusive(&setupLock);
  mutatorOSInsideEnd();
}

void mutatorOSPause(void) { Sleep(1); }

/* A thread may be in a handler of ours at any time: the library stays. */
static void pin(void) {
  HMODULE module;
  (void)GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                           (LPCWSTR)(uintptr_t)mutatorWindowsHandler, &module);
}

/* Functions that older systems lack, asked for by name. */
static FARPROC find(const char *name) {
  HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
  return kernel != NULL ? GetProcAddress(kernel, name) : NULL;
}

/* PROCESS_MITIGATION_USER_SHADOW_STACK_POLICY, whose lowest bit is EnableUserShadowStack. */
enum { PolicyUserShadowStack = 15 };
typedef BOOL(WINAPI *GetPolicy)(HANDLE process, int policy, PVOID buffer, SIZE_T length);

static void askShadowStacks(void) {
  GetPolicy get = (GetPolicy)(void (*)(void))find("GetProcessMitigationPolicy");
  DWORD flags = 0;
  if (get != NULL && get(GetCurrentProcess(), PolicyUserShadowStack, &flags, sizeof flags))
    atomicStore(&mutatorWindowsShadowStacks, flags & 1);
}

/* Nobody forks a process here. */
MutatorRes mutatorOSSetup(const OSForkStruct *fork) {
  (void)fork;
  pin();
  askShadowStacks();
  atomicStore(&mutatorWindowsInitializeContext, (uintptr_t)find("InitializeContext2"));
  return MutatorResOK;
}

/* FlushProcessWriteBuffers is one, and is not relied on until a test has seen it work. */
MutatorBool mutatorOSBarrier(void) { return 0; }

/* Vectored handlers run on the stack of the thread that faulted. */
MutatorRes mutatorOSStackInstall(size_t depth, size_t callback) {
  (void)depth;
  (void)callback;
  return MutatorResUNIMPL;
}

MutatorRes mutatorOSStackRemove(void) { return MutatorResSTATE; }
