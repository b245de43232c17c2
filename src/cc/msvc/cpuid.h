/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/msvc/cpuid.h -- the CPUID instruction, Microsoft's compiler
 */

#ifndef mutator_cc_msvc_cpuid_h
#define mutator_cc_msvc_cpuid_h

#include <intrin.h>
#include <stdint.h>

typedef struct CpuidStruct {
  uint32_t eax, ebx, ecx, edx;
} CpuidStruct;

/* What the CPU says for that leaf and subleaf; all zero beyond the last leaf it
 * has (Intel SDM volume 2, CPUID). */
static inline CpuidStruct cpuidRead(uint32_t leaf, uint32_t subleaf) {
  CpuidStruct answer = {0, 0, 0, 0};
  int words[4];
  __cpuid(words, (int)(leaf & 0x80000000));
  if ((uint32_t)words[0] < leaf)
    return answer;
  __cpuidex(words, (int)leaf, (int)subleaf);
  answer.eax = (uint32_t)words[0];
  answer.ebx = (uint32_t)words[1];
  answer.ecx = (uint32_t)words[2];
  answer.edx = (uint32_t)words[3];
  return answer;
}

/* XCR0: the states that the operating system has enabled; needs OSXSAVE
 * (Intel SDM volume 2, XGETBV). */
static inline uint64_t cpuidEnabledStates(void) { return _xgetbv(0); }

#endif
