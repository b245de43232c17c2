/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inject/image.c -- everything that a running injection will restore, as bytes
 *
 * Registers as words, then the vector registers as the trampoline has saved them.
 */

#include "inject/inject.h"

#include <string.h>

typedef struct ImageStruct {
  MutatorWord signature;
  MutatorWord stateSize;
  MutatorWord reg[MutatorRegisterLIMIT];
} ImageStruct;

/* The innermost running injection of the calling thread whose context this is, or NULL. */
static InjectFrame frameOf(MutatorContext context) {
  InjectArea area = mutatorOSInjectArea();
  MutatorWord i;
  for (i = area == NULL ? 0 : area->depth; i > 0; i--)
    if (&injectFrame(area, i - 1)->context == context)
      return injectFrame(area, i - 1);
  return NULL;
}

size_t MutatorInjectImageSize(void) {
  const InjectAreaStruct *area = mutatorOSInjectArea();
  return area == NULL ? 0 : sizeof(ImageStruct) + area->stateSize;
}

MutatorRes MutatorInjectImageSave(MutatorContext context, void *memory, size_t size) {
  InjectFrame frame = frameOf(context);
  ImageStruct image = {.signature = CORE_SIGNATURE_INJECT_IMAGE};
  MachineStruct machine;
  unsigned reg;
  if (frame == NULL || memory == NULL || size < MutatorInjectImageSize())
    return MutatorResPARAM;
  image.stateSize = frame->area->stateSize;
  mutatorOSMachine(&frame->context.native, &machine);
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    image.reg[reg] = reg == MutatorRegisterFLAGS ? *machineFlags(&machine) : *machineRegister(&machine, reg);
  mutatorOSRecordEdited(&frame->context.native, frame->arch.state);
  memcpy(memory, &image, sizeof image);
  memcpy((unsigned char *)memory + sizeof image, frame->arch.state, image.stateSize);
  return MutatorResOK;
}

MutatorRes MutatorInjectImageLoad(MutatorContext context, const void *memory, size_t size) {
  InjectFrame frame = frameOf(context);
  ImageStruct image;
  MachineStruct machine;
  unsigned reg;
  if (frame == NULL || memory == NULL || size < MutatorInjectImageSize())
    return MutatorResPARAM;
  memcpy(&image, memory, sizeof image);
  if (image.signature != CORE_SIGNATURE_INJECT_IMAGE || image.stateSize != frame->area->stateSize)
    return MutatorResPARAM;
  mutatorOSMachine(&frame->context.native, &machine);
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    if (reg == MutatorRegisterFLAGS)
      *machineFlags(&machine) = (uint32_t)image.reg[reg];
    else
      *machineRegister(&machine, reg) = image.reg[reg];
  memcpy(frame->arch.state, (const unsigned char *)memory + sizeof image, image.stateSize);
  mutatorOSRecordShow(&frame->context.native, frame->arch.state);
  return MutatorResOK;
}
