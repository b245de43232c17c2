/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/setup_inject.c -- a slot of thread-local storage, and the layout of the vector state
 */

#include "cc/cpuid.h"
#include "os/windows/windows.h"

/* CPUID leaf 0DH: where each component is in the standard format (Intel SDM volume 1, section 13.2). */
static void learnLayout(void) {
  DWORD component;
  for (component = XSTATE_AVX; component < WINDOWS_STATES; ++component)
    mutatorWindowsStateAt[component] = cpuidRead(0xd, component).ebx;
  atomicStore(&mutatorWindowsComponents, (uintptr_t)GetEnabledXStateFeatures());
}

/* The headers of an image begin it, and have its size (Microsoft, PE Format). */
static void learnSystemCode(void) {
  const unsigned char *base = (const void *)GetModuleHandleW(L"ntdll.dll");
  const IMAGE_NT_HEADERS *headers;
  if (base == NULL)
    return;
  headers = (const void *)(base + ((const IMAGE_DOS_HEADER *)(const void *)base)->e_lfanew);
  atomicStore(&mutatorWindowsSystemLimit, (uintptr_t)base + headers->OptionalHeader.SizeOfImage);
  atomicStore(&mutatorWindowsSystemBase, (uintptr_t)base);
}

static DWORD slot(void) {
  DWORD index;
  mutatorOSSetupLock();
  if (atomicLoad(&mutatorWindowsInjectSlot) == 0 && (index = TlsAlloc()) != TLS_OUT_OF_INDEXES) {
    learnLayout();
    learnSystemCode();
    atomicStore(&mutatorWindowsInjectSlot, (uintptr_t)index + 1);
  }
  mutatorOSSetupUnlock();
  return (DWORD)atomicLoad(&mutatorWindowsInjectSlot);
}

MutatorRes mutatorOSInjectAreaSet(void *area) {
  const DWORD index = slot();
  return index != 0 && TlsSetValue(index - 1, area) ? MutatorResOK : MutatorResMEMORY;
}
