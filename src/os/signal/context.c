/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/context.c -- the public functions whose arguments are siginfo_t and ucontext_t
 */

#include <errno.h>

#include <mutator/context.h>
#include <mutator/fault.h>

#include "os/os.h"

/* No structure here needs more than a pointer's alignment.  False for NULL. */
static MutatorBool aligned(const void *object) {
  return object != NULL && ((MutatorWord)object & (sizeof(void *) - 1)) == 0;
}

MutatorRes MutatorContextInitFault(MutatorContext context, siginfo_t *info, ucontext_t *ucontext) {
  const MutatorNativeStruct native = {.info = info, .ucontext = ucontext};
  if (!aligned(context) || !aligned(info) || !aligned(ucontext))
    return MutatorResPARAM;
  mutatorCoreContextInit(context, MutatorContextFAULT, &native);
  return MutatorResOK;
}

MutatorRes MutatorContextInitThread(MutatorContext context, ucontext_t *ucontext) {
  const MutatorNativeStruct native = {.info = NULL, .ucontext = ucontext};
  if (!aligned(context) || !aligned(ucontext))
    return MutatorResPARAM;
  mutatorCoreContextInit(context, MutatorContextTHREAD, &native);
  return MutatorResOK;
}

MutatorBool MutatorFaultRecover(siginfo_t *info, ucontext_t *ucontext) {
  const MutatorNativeStruct native = {.info = info, .ucontext = ucontext};
  mutatorCoreHandlerEnter();
  if (!aligned(info) || !aligned(ucontext))
    return 0;
  return mutatorCoreRecover(&native);
}

MutatorBool MutatorFaultDispatch(int signal, siginfo_t *info, ucontext_t *ucontext) {
  const MutatorNativeStruct native = {.info = info, .ucontext = ucontext};
  MutatorBool handled;
  int error;
  mutatorCoreHandlerEnter();
  error = errno;
  if (!aligned(info) || !aligned(ucontext) || signal != info->si_signo)
    return 0;
  mutatorOSInsideBegin();
  handled = mutatorFaultNative(&native, mutatorOSLocal());
  mutatorOSInsideEnd();
  errno = error;
  return handled;
}

/* Edits are made in the system's own record. */
MutatorRes mutatorOSCommit(MutatorNativeStruct *native) {
  (void)native;
  return MutatorResOK;
}

/* Pointer by pointer: both have just been stored as such, and one wider load would
 * wait for the stores to leave the CPU's store buffer. */
void mutatorOSNativeCopy(MutatorNativeStruct *to, const MutatorNativeStruct *from) {
  *(siginfo_t *volatile *)&to->info = from->info;
  *(ucontext_t *volatile *)&to->ucontext = from->ucontext;
}

/* Whatever sigreturn(2) finds in the record is loaded. */
MutatorBool mutatorOSStepsOffered(void) { return 1; }
