/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/gnu/cpuid.h -- the CPUID instruction, for compilers with <cpuid.h> of their own
 */

#ifndef mutator_cc_gnu_cpuid_h
#define mutator_cc_gnu_cpuid_h

#include <cpuid.h>
#include <stdint.h>

typedef struct CpuidStruct {
  uint32_t eax, ebx, ecx, edx;
} CpuidStruct;

/* What the CPU says for that leaf and subleaf; all zero beyond the last leaf it
 * has (Intel SDM volume 2, CPUID). */
static inline CpuidStruct cpuidRead(uint32_t leaf, uint32_t subleaf) {
  CpuidStruct answer = {0, 0, 0, 0};
  (void)__get_cpuid_count(leaf, subleaf, &answer.eax, &answer.ebx, &answer.ecx, &answer.edx);
  return answer;
}

/* XCR0: the states that the operating system has enabled; needs OSXSAVE
 * (Intel SDM volume 2, XGETBV). */
static inline uint64_t cpuidEnabledStates(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

#endif
