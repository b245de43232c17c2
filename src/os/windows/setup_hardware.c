/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/setup_hardware.c -- debug registers, thread by thread
 *
 * A thread's registers are its own, and a new thread has none: only those that are there are stopped.
 */

#include "os/windows/windows.h"

#include <tlhelp32.h>

enum { Slots = 4 };

static MutatorWord addresses[Slots]; /* 0: free */

/* Bits 2n of DR7 enable register n; its bits for "execution" are 0 (Intel SDM volume 3, section 18.2.4). */
static void change(CONTEXT *context, unsigned slot, MutatorWord address) {
  const MutatorWord enable = (MutatorWord)1 << (2 * slot), fields = (MutatorWord)15 << (16 + 4 * slot);
  MutatorWord control = (MutatorWord)context->Dr7 & ~(enable | fields);
  switch (slot) {
  case 0: context->Dr0 = address; break;
  case 1: context->Dr1 = address; break;
  case 2: context->Dr2 = address; break;
  default: context->Dr3 = address; break;
  }
  if (address != 0)
    control |= enable;
  context->Dr7 = control;
}

static MutatorBool changeRegisters(HANDLE thread, unsigned slot, MutatorWord address) {
  CONTEXT context;
  context.ContextFlags = CONTEXT_DEBUG_REGISTERS;
  if (!GetThreadContext(thread, &context))
    return 0;
  context.ContextFlags = CONTEXT_DEBUG_REGISTERS;
  change(&context, slot, address);
  return SetThreadContext(thread, &context) != 0;
}

/* A thread that exits meanwhile wants nothing. */
static MutatorBool changeThread(DWORD number, unsigned slot, MutatorWord address) {
  const DWORD rights = THREAD_GET_CONTEXT | THREAD_SET_CONTEXT | THREAD_SUSPEND_RESUME;
  const MutatorBool self = number == GetCurrentThreadId();
  HANDLE thread = OpenThread(rights, FALSE, number);
  MutatorBool done;
  if (thread == NULL)
    return 1;
  if (!self && SuspendThread(thread) == (DWORD)-1) {
    (void)CloseHandle(thread);
    return 1;
  }
  done = changeRegisters(thread, slot, address);
  if (!self)
    (void)ResumeThread(thread);
  (void)CloseHandle(thread);
  return done;
}

static MutatorBool changeAll(unsigned slot, MutatorWord address) {
  const DWORD process = GetCurrentProcessId();
  HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  THREADENTRY32 entry = {.dwSize = sizeof entry};
  MutatorBool done = list != INVALID_HANDLE_VALUE;
  BOOL more = done && Thread32First(list, &entry);
  for (; more && done; more = Thread32Next(list, &entry))
    if (entry.th32OwnerProcessID == process)
      done = changeThread(entry.th32ThreadID, slot, address);
  if (list != INVALID_HANDLE_VALUE)
    (void)CloseHandle(list);
  return done;
}

MutatorRes mutatorOSHardwareSet(MutatorWord address, unsigned *slotReturn) {
  const DWORD error = GetLastError();
  MutatorRes res = MutatorResLIMIT;
  unsigned i = 0;
  while (i < Slots && addresses[i] != 0)
    ++i;
  *slotReturn = i;
  if (i < Slots) {
    addresses[i] = address;
    res = changeAll(i, address) ? MutatorResOK : MutatorResUNIMPL;
    if (res != MutatorResOK)
      mutatorOSHardwareClear(i);
  }
  SetLastError(error);
  return res;
}

void mutatorOSHardwareClear(unsigned slot) {
  const DWORD error = GetLastError();
  (void)changeAll(slot, 0);
  addresses[slot] = 0;
  SetLastError(error);
}
