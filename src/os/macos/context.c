/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/context.c -- the public functions whose arguments are macOS's own
 */

#include <errno.h>

#include "os/macos/macos.h"

/* No structure here needs more than a pointer's alignment.  False for NULL. */
static MutatorBool aligned(const void *object) {
  return object != NULL && ((MutatorWord)object & (sizeof(void *) - 1)) == 0;
}

/* The copy is left as it is: it is large, and a fault has none. */
static void initSignal(MutatorNativeStruct *native, siginfo_t *info, ucontext_t *ucontext) {
  native->info = info;
  native->ucontext = ucontext;
  native->mach = NULL;
}

void mutatorOSNativeCopy(MutatorNativeStruct *to, const MutatorNativeStruct *from) {
  const MutatorBool own = from->mach == &from->copy;
  to->info = from->info;
  to->ucontext = from->ucontext;
  to->mach = own ? &to->copy : from->mach;
  if (own && to != from)
    to->copy = from->copy;
}

MutatorRes MutatorContextInitFault(MutatorContext context, MutatorMach mach) {
  MutatorNativeStruct native;
  if (!aligned(context) || !aligned(mach) || mach->exception == 0)
    return MutatorResPARAM;
  initSignal(&native, NULL, NULL);
  native.mach = mach;
  mutatorCoreContextInit(context, MutatorContextFAULT, &native);
  return MutatorResOK;
}

MutatorRes MutatorContextInitSignal(MutatorContext context, siginfo_t *info, ucontext_t *ucontext) {
  MutatorNativeStruct native;
  if (!aligned(context) || !aligned(info) || !aligned(ucontext))
    return MutatorResPARAM;
  initSignal(&native, info, ucontext);
  mutatorCoreContextInit(context, MutatorContextFAULT, &native);
  return MutatorResOK;
}

MutatorRes MutatorContextInitThread(MutatorContext context, thread_act_t thread) {
  MutatorNativeStruct *native;
  if (!aligned(context) || thread == MACH_PORT_NULL)
    return MutatorResPARAM;
  native = &context->native;
  context->signature = 0;
  initSignal(native, NULL, NULL);
  native->mach = &native->copy;
  native->copy.thread = thread;
  native->copy.exception = 0;
  native->copy.trapKnown = 0;
  native->copy.vectorFlavor = 0;
  if (!mutatorMacosGetGeneral(&native->copy))
    return MutatorResACCESS;
  mutatorMacosGetVector(&native->copy);
  mutatorCoreContextInit(context, MutatorContextTHREAD, native);
  return MutatorResOK;
}

/* A signal's record is loaded by sigreturn(2).  Of an exception the server sets the general registers. */
MutatorRes mutatorOSCommit(MutatorNativeStruct *native) {
  MutatorMach mach = native->mach;
  if (mach == NULL)
    return MutatorResOK;
  if (mach->exception == 0 && !mutatorMacosSetGeneral(mach))
    return MutatorResACCESS;
  return mutatorMacosSetVector(mach) ? MutatorResOK : MutatorResACCESS;
}

MutatorBool MutatorFaultRecover(siginfo_t *info, ucontext_t *ucontext) {
  MutatorNativeStruct native;
  mutatorCoreHandlerEnter();
  if (!aligned(info) || !aligned(ucontext))
    return 0;
  initSignal(&native, info, ucontext);
  return mutatorCoreRecover(&native);
}

MutatorBool MutatorFaultDispatch(int signal, siginfo_t *info, ucontext_t *ucontext) {
  MutatorNativeStruct native;
  MutatorBool handled;
  int error;
  mutatorCoreHandlerEnter();
  error = errno;
  if (!aligned(info) || !aligned(ucontext) || signal != info->si_signo)
    return 0;
  initSignal(&native, info, ucontext);
  mutatorOSInsideBegin();
  handled = mutatorFaultNative(&native, mutatorOSLocal());
  mutatorOSInsideEnd();
  errno = error;
  return handled;
}

/* Whatever sigreturn(2), or thread_set_state, is given is loaded. */
MutatorBool mutatorOSStepsOffered(void) { return 1; }
