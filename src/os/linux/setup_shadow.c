/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup_shadow.c -- has the thread a shadow stack?
 */

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os.h"

/* Linux arch/x86/include/uapi/asm/prctl.h; older kernels answer EINVAL, and have none. */
enum { ArchSHSTKSTATUS = 0x5005, ArchSHSTKSHSTK = 1 };

MutatorBool mutatorOSShadowStack(void) {
  const int error = errno;
  unsigned long features = 0;
  const long result = syscall(SYS_arch_prctl, (long)ArchSHSTKSTATUS, &features);
  errno = error;
  return result == 0 && (features & ArchSHSTKSHSTK) != 0;
}
