/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/protect.c -- change the protection of pages, in handlers too
 */

#include <errno.h>
#include <sys/mman.h>

#include "os/os.h"

static int protection(MutatorAccess access) {
  return ((access & MutatorAccessREAD) != 0 ? PROT_READ : 0) | ((access & MutatorAccessWRITE) != 0 ? PROT_WRITE : 0) |
         ((access & MutatorAccessEXECUTE) != 0 ? PROT_EXEC : 0);
}

MutatorRes mutatorOSProtect(MutatorWord base, size_t size, MutatorAccess access) {
  const int error = errno;
  MutatorRes res = MutatorResOK;
  if (mprotect((void *)base, size, protection(access)) != 0)
    res = errno == ENOMEM ? MutatorResMEMORY : MutatorResACCESS;
  errno = error;
  return res;
}
