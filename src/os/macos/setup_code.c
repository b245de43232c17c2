/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/setup_code.c -- memory for code, in two mappings
 */

#include "os/macos/macos.h"

static MutatorBool protect(vm_address_t base, size_t size, vm_prot_t protection) {
  return vm_protect(mach_task_self(), base, size, FALSE, protection) == KERN_SUCCESS;
}

static vm_address_t mapAgain(vm_address_t base, size_t size, vm_address_t place) {
  vm_prot_t current = VM_PROT_NONE, most = VM_PROT_NONE;
  if (vm_remap(mach_task_self(), &place, size, 0, VM_FLAGS_ANYWHERE, mach_task_self(), base, FALSE, &current, &most,
               VM_INHERIT_SHARE) != KERN_SUCCESS)
    return 0;
  return place;
}

void *mutatorOSMapAgain(MutatorWord base, size_t size) {
  const vm_address_t again = mapAgain(base, size, 0);
  if (again == 0 || protect(again, size, VM_PROT_READ | VM_PROT_WRITE))
    return (void *)again;
  (void)vm_deallocate(mach_task_self(), again, size);
  return NULL;
}

/* The system takes the nearest place above the one that is asked for.  A hardened
 * process may refuse to have it executed. */
MutatorRes mutatorOSCodeCreate(MutatorWord place, size_t size, MutatorWord *executableReturn,
                               MutatorWord *writableReturn) {
  vm_address_t writable = 0, executable = 0;
  if (vm_allocate(mach_task_self(), &writable, size, VM_FLAGS_ANYWHERE) != KERN_SUCCESS)
    return MutatorResMEMORY;
  executable = mapAgain(writable, size, place);
  *executableReturn = executable;
  *writableReturn = writable;
  if (executable != 0 && protect(executable, size, VM_PROT_READ | VM_PROT_EXECUTE))
    return MutatorResOK;
  if (executable != 0)
    (void)vm_deallocate(mach_task_self(), executable, size);
  (void)vm_deallocate(mach_task_self(), writable, size);
  return MutatorResMEMORY;
}

void mutatorOSCodeDestroy(MutatorWord executable, MutatorWord writable, size_t size) {
  (void)vm_deallocate(mach_task_self(), executable, size);
  (void)vm_deallocate(mach_task_self(), writable, size);
}
