/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/setup_window.c -- memory that is mapped twice
 */

#include "os/macos/macos.h"

static void unmap(void *base, size_t size) { (void)vm_deallocate(mach_task_self(), (vm_address_t)base, size); }

/* The alias is the same memory, not a copy. */
static MutatorBool mapAgain(MutatorWindow window) {
  vm_address_t alias = 0;
  vm_prot_t current = VM_PROT_NONE, most = VM_PROT_NONE;
  const kern_return_t result = vm_remap(mach_task_self(), &alias, window->size, 0, VM_FLAGS_ANYWHERE, mach_task_self(),
                                        (vm_address_t)window->base, FALSE, &current, &most, VM_INHERIT_SHARE);
  window->alias = (void *)alias;
  if (result != KERN_SUCCESS)
    return 0;
  if ((current & (VM_PROT_READ | VM_PROT_WRITE)) == (VM_PROT_READ | VM_PROT_WRITE))
    return 1;
  unmap(window->alias, window->size);
  return 0;
}

/* Nobody copies both mappings as one when the process is forked: then the child has neither. */
static MutatorBool inherit(MutatorWindow window) {
  const vm_inherit_t how = window->policy == MutatorWindowForkCOPY ? VM_INHERIT_NONE : VM_INHERIT_SHARE;
  return vm_inherit(mach_task_self(), (vm_address_t)window->base, window->size, how) == KERN_SUCCESS &&
         vm_inherit(mach_task_self(), (vm_address_t)window->alias, window->size, how) == KERN_SUCCESS;
}

MutatorRes mutatorOSWindowCreate(MutatorWindow window, size_t size) {
  vm_address_t base = 0;
  if (vm_allocate(mach_task_self(), &base, size, VM_FLAGS_ANYWHERE) != KERN_SUCCESS)
    return MutatorResMEMORY;
  window->base = (void *)base;
  window->size = size;
  if (!mapAgain(window)) {
    unmap(window->base, size);
    return MutatorResMEMORY;
  }
  if (inherit(window))
    return MutatorResOK;
  mutatorOSWindowDestroy(window);
  return MutatorResMEMORY;
}

/* In a forked child there may be nothing to unmap. */
void mutatorOSWindowDestroy(MutatorWindow window) {
  unmap(window->base, window->size);
  unmap(window->alias, window->size);
}
