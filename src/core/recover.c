/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/recover.c -- expected faults of the library's own accesses
 */

#include "arch/arch.h"
#include "core/core.h"
#include "os/os.h"

/* Everything the CPU raises for an access that cannot be made.  Failing memory
 * (MEMORY) is not expected: the process must hear of it. */
static MutatorBool expected(MutatorFaultKind kind) {
  switch (kind) {
  case MutatorFaultKindPROTECTION:
  case MutatorFaultKindUNMAPPED:
  case MutatorFaultKindBUS:
  case MutatorFaultKindGUARD:
  case MutatorFaultKindKEY:
  case MutatorFaultKindGENERAL: return 1;
  default: return 0;
  }
}

MutatorBool mutatorCoreRecover(const MutatorNativeStruct *native) {
  MachineStruct machine;
  OSFaultStruct fault;
  MutatorWord resume;
  mutatorOSMachine(native, &machine);
  if (!mutatorArchFixup(*machineRegister(&machine, MutatorRegisterPC), &resume))
    return 0;
  mutatorOSFault(native, &fault);
  if (!expected(fault.kind))
    return 0;
  *machineRegister(&machine, MutatorRegisterPC) = resume;
  mutatorCoreCount(CORE_COUNTER(recovered));
  return 1;
}

void mutatorCoreHandlerEnter(void) { mutatorArchHandlerEnter(); }
