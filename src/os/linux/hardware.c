/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/hardware.c -- debug registers, by perf_event_open(2)
 *
 * An event belongs to one thread and to those that it creates from then on.  So there is one for each thread
 * that is there.  A thread that is created in that moment by one that has no event yet
 * gets none.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os.h"

enum { Slots = 4, ThreadsMAX = 1024 };

/* SlotStruct -- one breakpoint, guarded by the caller */
typedef struct SlotStruct {
  MutatorBool used;
  unsigned count;
  int file[ThreadsMAX];
  int thread[ThreadsMAX];
} SlotStruct;

static SlotStruct slots[Slots];

/* Flags that some C libraries' headers lack (Linux include/uapi/linux/perf_event.h): inherit_thread is
 * bit 35 of the flags, remove_on_exec 36, sigtrap 37. */
static void setLaterFlags(struct perf_event_attr *event) {
  const uint64_t flags = (uint64_t)7 << 35;
  uint64_t word;
  unsigned char *at =
      (unsigned char *)event + offsetof(struct perf_event_attr, read_format) + sizeof event->read_format;
  memcpy(&word, at, sizeof word);
  word |= flags;
  memcpy(at, &word, sizeof word);
}

/* Linux 5.13 has 128 bytes of attributes. */
typedef union EventUnion {
  struct perf_event_attr attributes;
  unsigned char bytes[128];
} EventUnion;

static int openEvent(MutatorWord address, int thread) {
  EventUnion event;
  memset(&event, 0, sizeof event);
  event.attributes.type = PERF_TYPE_BREAKPOINT;
  event.attributes.size = sizeof event;
  event.attributes.sample_period = 1;
  event.attributes.bp_type = HW_BREAKPOINT_X;
  event.attributes.bp_addr = address;
  event.attributes.bp_len = 8; /* what the kernel's long has, for 32-bit programs too */
  event.attributes.inherit = 1;
  event.attributes.exclude_kernel = 1;
  event.attributes.exclude_hv = 1;
  setLaterFlags(&event.attributes);
  return (int)syscall(SYS_perf_event_open, &event, (long)thread, -1L, -1L, (unsigned long)PERF_FLAG_FD_CLOEXEC);
}

static MutatorBool isKnown(const SlotStruct *slot, int thread) {
  unsigned i;
  for (i = 0; i < slot->count; ++i)
    if (slot->thread[i] == thread)
      return 1;
  return 0;
}

/* OK, or why not; of a thread that has gone meanwhile nothing is wanted. */
static MutatorRes addThread(SlotStruct *slot, MutatorWord address, int thread) {
  int file;
  if (slot->count == ThreadsMAX)
    return MutatorResLIMIT;
  file = openEvent(address, thread);
  if (file >= 0 || errno == ESRCH) {
    slot->file[slot->count] = file;
    slot->thread[slot->count++] = thread;
    return MutatorResOK;
  }
  return errno == ENOSPC || errno == EBUSY || errno == EMFILE ? MutatorResLIMIT : MutatorResUNIMPL;
}

/* DirectoryStruct -- /proc/self/task, as getdents64(2) gives it */
typedef struct EntryStruct {
  uint64_t inode, offset;
  uint16_t size;
  uint8_t type;
  char name[1];
} EntryStruct;

static int number(const char *text) {
  int value = 0;
  for (; *text >= '0' && *text <= '9'; ++text)
    value = value * 10 + (*text - '0');
  return value;
}

static MutatorRes addEntries(SlotStruct *slot, MutatorWord address, const char *bytes, long count) {
  MutatorRes res = MutatorResOK;
  long at = 0;
  while (at < count && res == MutatorResOK) {
    const EntryStruct *entry = (const void *)(bytes + at);
    const int thread = number(entry->name);
    if (thread != 0 && !isKnown(slot, thread))
      res = addThread(slot, address, thread);
    at += entry->size;
  }
  return res;
}

static MutatorRes addThreads(SlotStruct *slot, MutatorWord address) {
  uint64_t words[256];
  const long directory =
      syscall(SYS_openat, (long)AT_FDCWD, "/proc/self/task", (long)(O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0L);
  MutatorRes res = directory < 0 ? MutatorResUNIMPL : MutatorResOK;
  long count = 0;
  while (res == MutatorResOK && (count = syscall(SYS_getdents64, directory, words, sizeof words)) > 0)
    res = addEntries(slot, address, (const char *)words, count);
  if (directory >= 0)
    (void)syscall(SYS_close, directory);
  return res;
}

static void empty(SlotStruct *slot) {
  unsigned i;
  for (i = 0; i < slot->count; ++i)
    if (slot->file[i] >= 0)
      (void)syscall(SYS_close, (long)slot->file[i]);
  slot->count = 0;
  slot->used = 0;
}

MutatorRes mutatorOSHardwareSet(MutatorWord address, unsigned *slotReturn) {
  const int error = errno;
  MutatorRes res = MutatorResLIMIT;
  unsigned i = 0;
  while (i < Slots && slots[i].used)
    ++i;
  if (i < Slots) {
    slots[i].used = 1;
    res = addThreads(&slots[i], address);
    if (res != MutatorResOK)
      empty(&slots[i]);
  }
  *slotReturn = i;
  errno = error;
  return res;
}

void mutatorOSHardwareClear(unsigned slot) {
  const int error = errno;
  empty(&slots[slot]);
  errno = error;
}
