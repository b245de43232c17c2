/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/state.c -- a thread's states, got and set by messages to the kernel
 */

#include "os/macos/macos.h"

static MutatorBool get(thread_act_t thread, thread_state_flavor_t flavor, void *state, size_t size) {
  mach_msg_type_number_t count = (mach_msg_type_number_t)(size / sizeof(natural_t));
  const mach_msg_type_number_t wanted = count;
  return thread != MACH_PORT_NULL && thread_get_state(thread, flavor, state, &count) == KERN_SUCCESS && count == wanted;
}

static MutatorBool set(thread_act_t thread, thread_state_flavor_t flavor, void *state, size_t size) {
  const mach_msg_type_number_t count = (mach_msg_type_number_t)(size / sizeof(natural_t));
  return thread != MACH_PORT_NULL && thread_set_state(thread, flavor, state, count) == KERN_SUCCESS;
}

MutatorBool mutatorMacosGetGeneral(MutatorMach mach) {
  return get(mach->thread, x86_THREAD_STATE64, &mach->general, sizeof mach->general);
}

MutatorBool mutatorMacosGetTrap(MutatorMach mach) {
  mach->trapKnown = get(mach->thread, x86_EXCEPTION_STATE64, &mach->trap, sizeof mach->trap);
  return mach->trapKnown;
}

/* The largest that the CPU has: the kernel refuses those that it lacks. */
void mutatorMacosGetVector(MutatorMach mach) {
  static const int flavors[] = {x86_AVX512_STATE64, x86_AVX_STATE64, x86_FLOAT_STATE64};
  size_t i;
  mach->vectorFlavor = -1;
  for (i = 0; i < sizeof flavors / sizeof flavors[0]; ++i) {
    if (!get(mach->thread, flavors[i], mach->vector, mutatorMacosFlavorSize(flavors[i])))
      continue;
    mach->vectorFlavor = flavors[i];
    return;
  }
}

MutatorBool mutatorMacosSetGeneral(MutatorMach mach) {
  return set(mach->thread, x86_THREAD_STATE64, &mach->general, sizeof mach->general);
}

/* Edits are made in place, by whoever asked where: what was got is set again. */
MutatorBool mutatorMacosSetVector(MutatorMach mach) {
  const size_t size = mutatorMacosFlavorSize(mach->vectorFlavor);
  return size == 0 || set(mach->thread, mach->vectorFlavor, mach->vector, size);
}
