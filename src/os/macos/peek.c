/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/peek.c -- memory reached by a message to the kernel, so that nothing faults; what is mapped
 */

#include "os/os.h"

MutatorBool mutatorOSPeek(void *buffer, MutatorWord address, size_t size) {
  vm_size_t count = 0;
  return vm_read_overwrite(mach_task_self(), address, size, (vm_address_t)buffer, &count) == KERN_SUCCESS &&
         count == size;
}

MutatorBool mutatorOSPoke(MutatorWord address, const void *buffer, size_t size) {
  return vm_write(mach_task_self(), address, (vm_offset_t)buffer, (mach_msg_type_number_t)size) == KERN_SUCCESS;
}

size_t mutatorOSPeekEach(void *buffer, size_t size, const MutatorWord *addresses, size_t count) {
  size_t i;
  for (i = 0; i < count; ++i)
    if (!mutatorOSPeek((char *)buffer + i * size, addresses[i], size))
      break;
  return i;
}

static MutatorAccess accessOf(vm_prot_t protection) {
  return ((protection & VM_PROT_READ) != 0 ? MutatorAccessREAD : 0u) |
         ((protection & VM_PROT_WRITE) != 0 ? MutatorAccessWRITE : 0u) |
         ((protection & VM_PROT_EXECUTE) != 0 ? MutatorAccessEXECUTE : 0u);
}

/* vm_region_64 gives the first region that ends above the address; failing, there is
 * none.  The object behind it has no number that all its mappings share. */
MutatorBool mutatorOSMapping(MutatorWord address, OSMapping mapping) {
  vm_region_basic_info_data_64_t information;
  mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
  mach_port_t object = MACH_PORT_NULL;
  vm_address_t base = address;
  vm_size_t size = 0;
  if (vm_region_64(mach_task_self(), &base, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&information, &count,
                   &object) != KERN_SUCCESS)
    return 0;
  mapping->base = base;
  mapping->limit = base + size;
  mapping->access = accessOf(information.protection);
  mapping->shared = information.shared != 0;
  mapping->object = 0;
  mapping->offset = (MutatorWord)information.offset;
  return 1;
}

MutatorWord mutatorOSMapped(MutatorWord address) {
  OSMappingStruct mapping;
  if (!mutatorOSMapping(address, &mapping))
    return ~(MutatorWord)0;
  return mapping.base > address ? mapping.base : address;
}
