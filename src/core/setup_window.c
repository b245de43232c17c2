/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/setup_window.c -- make, adopt and destroy windows
 */

#include "core/core.h"
#include "core/window.h"
#include "os/os.h"

static MutatorWindow windows; /* guarded by the set-up lock */

MutatorWindow mutatorCoreWindows(void) { return windows; }

/* The link that leads to the window, or the last one. */
static MutatorWindow *linkOf(MutatorWindow window) {
  MutatorWindow *link = &windows;
  while (*link != NULL && *link != window)
    link = &(*link)->next;
  return link;
}

static MutatorBool roundToPages(size_t size, size_t *sizeReturn) {
  const size_t page = mutatorOSPageSize();
  if (size == 0 || size > PTRDIFF_MAX - page)
    return 0;
  *sizeReturn = (size + page - 1) / page * page;
  return 1;
}

static MutatorBool isPages(const void *base, size_t size) {
  const size_t page = mutatorOSPageSize();
  const MutatorWord address = (MutatorWord)base;
  return address != 0 && size != 0 && address % page == 0 && size % page == 0 && size <= (MutatorWord)0 - address;
}

static MutatorBool overlap(const void *one, const void *other, size_t size) {
  return (MutatorWord)one - (MutatorWord)other < size || (MutatorWord)other - (MutatorWord)one < size;
}

static void publish(MutatorWindow window, const MutatorWindowStruct *fresh) {
  *window = *fresh;
  window->structSize = sizeof *window;
  (void)MutatorMemoryInit(&window->memory, mutatorCoreWindowTranslate, NULL, NULL, NULL, window);
  window->signature = CORE_SIGNATURE_WINDOW;
  window->next = windows;
  windows = window;
}

/* Size 0 stands for mappings that are in `fresh` already. */
static MutatorRes createLocked(MutatorWindow window, MutatorWindowStruct *fresh, size_t size) {
  if (*linkOf(window) != NULL)
    return MutatorResSTATE;
  if (size != 0) {
    const MutatorRes res = mutatorOSWindowCreate(fresh, size);
    if (res != MutatorResOK)
      return res;
  }
  publish(window, fresh);
  return MutatorResOK;
}

static MutatorRes create(MutatorWindow window, MutatorWindowStruct *fresh, size_t size) {
  MutatorRes res;
  if (mutatorCoreOptions() == NULL)
    return MutatorResSTATE;
  mutatorOSSetupLock();
  res = createLocked(window, fresh, size);
  mutatorOSSetupUnlock();
  return res;
}

MutatorRes MutatorWindowCreate(MutatorWindow window, size_t size, MutatorWindowFork fork) {
  MutatorWindowStruct fresh = {.policy = (MutatorWord)fork};
  if (!coreAligned(window) || (unsigned)fork >= MutatorWindowForkLIMIT)
    return MutatorResPARAM;
  if (!roundToPages(size, &size))
    return MutatorResPARAM;
  return create(window, &fresh, size);
}

MutatorRes MutatorWindowAdopt(MutatorWindow window, void *base, void *alias, size_t size, MutatorWindowFork fork) {
  MutatorWindowStruct fresh = {
      .base = base, .alias = alias, .size = size, .policy = (MutatorWord)fork, .state = OSWindowADOPTED};
  if (!coreAligned(window) || (fork != MutatorWindowForkREFUSE && fork != MutatorWindowForkSHARE))
    return MutatorResPARAM;
  if (!isPages(base, size) || !isPages(alias, size) || overlap(base, alias, size))
    return MutatorResPARAM;
  return create(window, &fresh, 0);
}

static MutatorBool unlinkWindow(MutatorWindow window) {
  MutatorWindow *link = linkOf(window);
  if (*link == NULL)
    return 0;
  *link = window->next;
  return 1;
}

MutatorRes MutatorWindowDestroy(MutatorWindow window) {
  MutatorBool listed;
  if (!MutatorWindowCheck(window))
    return MutatorResPARAM;
  mutatorOSSetupLock();
  listed = unlinkWindow(window);
  mutatorOSSetupUnlock();
  if (!listed)
    return MutatorResPARAM;
  window->signature = window->memory.signature = 0;
  if ((window->state & OSWindowADOPTED) == 0)
    mutatorOSWindowDestroy(window);
  return MutatorResOK;
}
