/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel says of a mapping (FreeBSD sys/sys/user.h).
 */

#ifndef SIM_FREEBSD_USER_H
#define SIM_FREEBSD_USER_H

#include <stdint.h>

enum { KVME_TYPE_VNODE = 2, KVME_TYPE_SWAP = 3, KVME_TYPE_GUARD = 9 };
enum { KVME_PROT_READ = 1, KVME_PROT_WRITE = 2, KVME_PROT_EXEC = 4 };
enum { KVME_FLAG_COW = 1, KVME_FLAG_SYSVSHM = 0x80, KVME_FLAG_POSIXSHM = 0x100 };

struct kinfo_vmentry {
  int kve_structsize, kve_type;
  uint64_t kve_start, kve_end, kve_offset, kve_vn_fileid;
  uint32_t oldFileSystem;
  int kve_flags, resident[2], kve_protection, counts[2], vnodeType;
  uint64_t fileSize;
  uint32_t oldDevice;
  uint16_t mode, status;
  union {
    uint64_t kve_vn_fsid, kve_obj;
  };
  uint64_t device;
  int spare[8];
  char kve_path[1024];
};

#endif
