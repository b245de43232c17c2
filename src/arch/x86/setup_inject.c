/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/setup_inject.c -- how large this CPU's vector state is
 */

#include "arch/arch.h"
#include "cc/cpuid.h"

enum { SecondMagicSIZE = 64 };

/* CPUID leaf 0DH, subleaf 0, ECX: what all components of the CPU take, be they
 * enabled now or later (Intel SDM volume 1, section 13.2).  Room for what a system
 * writes behind them. */
size_t mutatorArchInjectStateSize(void) {
  const uint32_t size = cpuidRead(0xd, 0).ecx;
  return (size > MachineFxsaveSIZE ? size : MachineFxsaveSIZE) + SecondMagicSIZE;
}
