/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/registers.h -- segments and flags of the IA family
 */

#ifndef mutator_arch_x86_registers_h
#define mutator_arch_x86_registers_h

#include "arch/registers.h"

/* Segment registers as encoded (Intel SDM volume 2, table 3-1). */
enum { MachineSegmentES = 0, MachineSegmentCS, MachineSegmentSS, MachineSegmentDS, MachineSegmentFS, MachineSegmentGS };

/* The registers that instructions use without naming them, by the number that encodes them. */
enum {
  MachineA = 0,
  MachineC = 1,
  MachineD = 2,
  MachineB = 3,
  MachineSP = 4,
  MachineBP = 5,
  MachineSI = 6,
  MachineDI = 7
};

/* Flags (Intel SDM volume 1, section 3.4.3). */
enum {
  MachineFlagCF = 0x00001,
  MachineFlagPF = 0x00004,
  MachineFlagAF = 0x00010,
  MachineFlagZF = 0x00040,
  MachineFlagSF = 0x00080,
  MachineFlagTF = 0x00100,
  MachineFlagDF = 0x00400,
  MachineFlagOF = 0x00800,
  MachineFlagNT = 0x04000,
  MachineFlagRF = 0x10000,
  MachineFlagAC = 0x40000,
  MachineFlagsSTATUS = MachineFlagCF | MachineFlagPF | MachineFlagAF | MachineFlagZF | MachineFlagSF | MachineFlagOF
};

#endif
