/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/scan.c -- show a collector the registers
 */

#include "core/context.h"

static MutatorRes scanGeneral(MutatorContext context, MutatorAreaScan scan, void *closure) {
  MutatorWord *base, *limit;
  mutatorOSMachineArea(&context->native, &base, &limit);
  return scan(base, limit, closure);
}

/* An x87 register takes 10 bytes of its 16; an MMX register, which a reference fits, the lowest 8. */
static MutatorRes scanX87(unsigned char *part, size_t size, MutatorAreaScan scan, void *closure) {
  enum { Slot = 16, Used = 8 };
  MutatorRes res = MutatorResOK;
  size_t at;
  for (at = 0; at + Slot <= size && res == MutatorResOK; at += Slot)
    res = scan(part + at, part + at + Used, closure);
  return res;
}

static MutatorRes scanPart(const VectorStruct *vector, unsigned part, MutatorAreaScan scan, void *closure) {
  if (vector->part[part] == NULL)
    return MutatorResOK;
  if (part == VectorPartX87)
    return scanX87(vector->part[part], vector->size[part], scan, closure);
  return scan(vector->part[part], vector->part[part] + vector->size[part], closure);
}

MutatorRes MutatorContextScan(MutatorContext context, MutatorAreaScan scan, void *closure) {
  VectorStruct vector;
  MutatorRes res;
  unsigned part;
  if (!MutatorContextCheck(context) || scan == NULL)
    return MutatorResPARAM;
  res = scanGeneral(context, scan, closure);
  mutatorOSVector(&context->native, &vector);
  for (part = 0; part < VectorPartLIMIT && res == MutatorResOK; part++)
    res = scanPart(&vector, part, scan, closure);
  return res;
}
