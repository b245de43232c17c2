/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/mapping.c -- what is mapped at an address
 *
 * The kernel tells it as a list of the whole process, of which nobody knows the size
 * before.  So the list has memory of its own while it is looked at.
 */

#include <sys/types.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <unistd.h>

#include "os/freebsd/freebsd.h"

/* An entry ends behind its path; how long it is stands first (FreeBSD sys/sys/user.h, kinfo_vmentry). */
typedef struct kinfo_vmentry EntryStruct;
enum { EntrySIZE = 136 };

_Static_assert(offsetof(EntryStruct, kve_structsize) == 0 && offsetof(EntryStruct, kve_path) == EntrySIZE, "entries");
_Static_assert(offsetof(EntryStruct, kve_start) == 8 && offsetof(EntryStruct, kve_end) == 16, "where it is");
_Static_assert(offsetof(EntryStruct, kve_offset) == 24 && offsetof(EntryStruct, kve_vn_fileid) == 32, "of what");
_Static_assert(offsetof(EntryStruct, kve_flags) == 44 && offsetof(EntryStruct, kve_protection) == 56, "how");
_Static_assert(offsetof(EntryStruct, kve_type) == 4 && offsetof(EntryStruct, kve_vn_fsid) == 88, "of what");

static MutatorAccess accessOf(int protection) {
  return ((protection & KVME_PROT_READ) != 0 ? MutatorAccessREAD : 0u) |
         ((protection & KVME_PROT_WRITE) != 0 ? MutatorAccessWRITE : 0u) |
         ((protection & KVME_PROT_EXEC) != 0 ? MutatorAccessEXECUTE : 0u);
}

/* A file is its number and its file system's; shared memory has one too.  Of other memory there is one mapping. */
static MutatorWord objectOf(const EntryStruct *entry) {
  if (entry->kve_type == KVME_TYPE_VNODE)
    return (MutatorWord)entry->kve_vn_fileid ^ (MutatorWord)entry->kve_vn_fsid << (4 * sizeof(MutatorWord));
  return (entry->kve_flags & (KVME_FLAG_POSIXSHM | KVME_FLAG_SYSVSHM)) != 0 ? (MutatorWord)entry->kve_obj : 0;
}

static void describe(const EntryStruct *entry, OSMapping mapping) {
  mapping->base = (MutatorWord)entry->kve_start;
  mapping->limit = (MutatorWord)entry->kve_end;
  mapping->access = accessOf(entry->kve_protection);
  mapping->object = objectOf(entry);
  mapping->shared = mapping->object != 0 && (entry->kve_flags & KVME_FLAG_COW) == 0;
  mapping->offset = (MutatorWord)entry->kve_offset;
}

MutatorBool mutatorFreebsdMappingFind(const void *list, size_t size, MutatorWord address, OSMapping mapping) {
  const unsigned char *at = list;
  EntryStruct entry;
  for (; size >= EntrySIZE; at += entry.kve_structsize, size -= (size_t)entry.kve_structsize) {
    memcpy(&entry, at, EntrySIZE);
    if (entry.kve_structsize < EntrySIZE || (size_t)entry.kve_structsize > size)
      return 0;
    if (entry.kve_end <= address)
      continue;
    describe(&entry, mapping);
    return 1;
  }
  return 0;
}

/* The list grows by the memory that it is put in, and by what others map meanwhile. */
static size_t roomFor(size_t size) {
  const size_t page = mutatorOSPageSize();
  return (size + size / 2 + page) / page * page;
}

static MutatorBool ask(MutatorWord address, OSMapping mapping) {
  const int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_VMMAP, (int)getpid()};
  size_t size = 0, room;
  MutatorBool found = 0;
  void *list;
  if (sysctl(name, 4, NULL, &size, NULL, 0) != 0)
    return 0;
  room = size = roomFor(size);
  list = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (list == MAP_FAILED)
    return 0;
  if (sysctl(name, 4, list, &size, NULL, 0) == 0)
    found = mutatorFreebsdMappingFind(list, size, address, mapping);
  (void)munmap(list, room);
  return found;
}

/* mincore(2) knows of one address for certain. */
static MutatorBool isMapped(MutatorWord address) {
  const MutatorWord page = mutatorOSPageSize();
  char resident[1];
  return mincore((void *)(address / page * page), 1, (void *)resident) == 0;
}

/* The kernel lets go of its lock between entries; one that is joined to its neighbour just then may
 * be left out (FreeBSD sys/kern/kern_proc.c, kern_proc_vmmap_out).  So what should be there is asked for again. */
enum { AgainCOUNT = 16 };

MutatorBool mutatorOSMapping(MutatorWord address, OSMapping mapping) {
  const int error = errno;
  MutatorBool found = 0;
  unsigned i;
  for (i = 0; i < AgainCOUNT; ++i) {
    found = ask(address, mapping);
    if ((found && mapping->base <= address) || !isMapped(address))
      break;
  }
  errno = error;
  return found;
}
