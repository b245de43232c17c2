/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/record.c -- where the states of a stopped thread are
 */

#include "os/macos/macos.h"

/* A signal's are in its machine context. */
x86_thread_state64_t *mutatorMacosGeneral(const MutatorNativeStruct *native) {
  if (native->ucontext == NULL)
    return native->mach != NULL ? &native->mach->general : NULL;
  return native->ucontext->uc_mcontext != NULL ? &native->ucontext->uc_mcontext->__ss : NULL;
}

const x86_exception_state64_t *mutatorMacosTrap(const MutatorNativeStruct *native) {
  if (native->ucontext != NULL)
    return native->ucontext->uc_mcontext != NULL ? &native->ucontext->uc_mcontext->__es : NULL;
  if (native->mach == NULL || (!native->mach->trapKnown && !mutatorMacosGetTrap(native->mach)))
    return NULL;
  return &native->mach->trap;
}

/* An exception's is asked for when it is needed first. */
void mutatorMacosVector(const MutatorNativeStruct *native, MacosVector vector) {
  vector->base = NULL;
  vector->size = 0;
  if (native->ucontext != NULL) {
    mutatorMacosSignalVector(native->ucontext, vector);
    return;
  }
  if (native->mach == NULL)
    return;
  if (native->mach->vectorFlavor == 0)
    mutatorMacosGetVector(native->mach);
  vector->size = mutatorMacosFlavorSize(native->mach->vectorFlavor);
  if (vector->size != 0)
    vector->base = native->mach->vector;
}
