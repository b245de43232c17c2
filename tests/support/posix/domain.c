/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/posix/domain.c -- is memory open?  The kernel is asked to copy from it, and to it
 */

#include "support/domain_test.h"

#include "os/os.h"

/* A byte of each page, and the last of all. */
MutatorBool domainTestReadable(const void *base, size_t size) {
  const unsigned char *byte = base;
  unsigned char copy;
  size_t i;
  for (i = 0; i < size; i += nativePageSize())
    if (!mutatorOSPeek(&copy, (MutatorWord)(byte + i), 1))
      return 0;
  return mutatorOSPeek(&copy, (MutatorWord)(byte + size - 1), 1);
}

MutatorBool domainTestWritable(void *base, size_t size) {
  unsigned char *byte = base, value = 42;
  size_t i;
  for (i = 0; i < size; i += nativePageSize())
    if (!mutatorOSPoke((MutatorWord)(byte + i), &value, 1))
      return 0;
  return mutatorOSPoke((MutatorWord)(byte + size - 1), &value, 1);
}
