/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/vector_state.c -- vector registers, put together from the parts in which they are saved
 *
 * A part that is in its initial state reads as zero.  Writing zero to it
 * changes nothing; writing anything else wakes it first.
 */

#include "arch/x86/vector.h"

#include <string.h>

enum { RegisterBYTES = 64, LowBYTES = 16, UpperBYTES = 32, LowREGISTERS = 16 };

/* Copies of a fixed size are a few instructions, others a call. */
static void read16(unsigned char *bytes, const unsigned char *part, unsigned reg) {
  if (part == NULL)
    memset(bytes, 0, LowBYTES);
  else
    memcpy(bytes, part + (size_t)reg * LowBYTES, LowBYTES);
}

static void read32(unsigned char *bytes, const unsigned char *part, unsigned reg) {
  if (part == NULL)
    memset(bytes, 0, UpperBYTES);
  else
    memcpy(bytes, part + (size_t)reg * UpperBYTES, UpperBYTES);
}

/* Register 0 to 15 is in three parts. */
static void readLow(const VectorStruct *vector, unsigned reg, unsigned char *bytes, size_t size) {
  read16(bytes, vector->part[VectorPartXMM], reg);
  if (size > 16)
    read16(bytes + 16, vector->part[VectorPartYMMUpper], reg);
  if (size > 32)
    read32(bytes + 32, vector->part[VectorPartZMMUpper], reg);
}

/* Registers 16 to 31 are in one piece. */
static unsigned char *highRegister(const VectorStruct *vector, unsigned reg) {
  unsigned char *part = vector->part[VectorPartHigh16];
  return part == NULL ? NULL : part + (size_t)(reg - LowREGISTERS) * RegisterBYTES;
}

static void readHigh(const VectorStruct *vector, unsigned reg, unsigned char *bytes) {
  const unsigned char *source = highRegister(vector, reg);
  if (source == NULL)
    memset(bytes, 0, RegisterBYTES);
  else
    memcpy(bytes, source, RegisterBYTES);
}

void mutatorVectorRead(const VectorStruct *vector, unsigned reg, unsigned char *bytes, size_t size) {
  if (reg < LowREGISTERS)
    readLow(vector, reg, bytes, size);
  else
    readHigh(vector, reg, bytes);
}

static MutatorBool allZero(const void *data, size_t size) {
  const unsigned char *bytes = data;
  size_t i;
  unsigned any = 0;
  for (i = 0; i < size; i++)
    any |= bytes[i];
  return any == 0;
}

/* Make sure that there are bytes to write to, if anything but zero is to be written. */
static MutatorBool awake(const MachineStruct *machine, Vector vector, unsigned part, const void *bytes, size_t size) {
  if (vector->part[part] != NULL || allZero(bytes, size))
    return 1;
  if ((vector->initial >> part & 1) == 0 || !machine->vectors->wake(machine, (VectorPart)part))
    return 0;
  machine->vectors->find(machine, vector);
  return vector->part[part] != NULL;
}

static MutatorBool awakeLow(const MachineStruct *machine, Vector vector, unsigned space, const unsigned char *bytes) {
  if (!awake(machine, vector, VectorPartXMM, bytes, 16))
    return 0;
  return space == RawSpaceLEGACY || (awake(machine, vector, VectorPartYMMUpper, bytes + 16, 16) &&
                                     awake(machine, vector, VectorPartZMMUpper, bytes + 32, 32));
}

static void write16(unsigned char *part, unsigned reg, const unsigned char *bytes) {
  if (part != NULL)
    memcpy(part + (size_t)reg * LowBYTES, bytes, LowBYTES);
}

static void write32(unsigned char *part, unsigned reg, const unsigned char *bytes) {
  if (part != NULL)
    memcpy(part + (size_t)reg * UpperBYTES, bytes, UpperBYTES);
}

static void writeLow(const VectorStruct *vector, unsigned space, unsigned reg, const unsigned char *bytes) {
  write16(vector->part[VectorPartXMM], reg, bytes);
  if (space == RawSpaceLEGACY)
    return;
  write16(vector->part[VectorPartYMMUpper], reg, bytes + 16);
  write32(vector->part[VectorPartZMMUpper], reg, bytes + 32);
}

static MutatorBool writeHigh(const MachineStruct *machine, Vector vector, unsigned reg, const unsigned char *bytes) {
  if (!awake(machine, vector, VectorPartHigh16, bytes, RegisterBYTES))
    return 0;
  if (vector->part[VectorPartHigh16] != NULL)
    memcpy(highRegister(vector, reg), bytes, RegisterBYTES);
  return 1;
}

MutatorBool mutatorVectorWrite(const MachineStruct *machine, Vector vector, unsigned space, unsigned reg,
                               const unsigned char *bytes) {
  if (reg >= LowREGISTERS)
    return writeHigh(machine, vector, reg, bytes);
  if (!awakeLow(machine, vector, space, bytes))
    return 0;
  writeLow(vector, space, reg, bytes);
  return 1;
}

enum { MaskBYTES = 8 };

uint64_t mutatorVectorReadMask(const VectorStruct *vector, unsigned reg) {
  uint64_t value = 0;
  if (vector->part[VectorPartMask] != NULL)
    memcpy(&value, vector->part[VectorPartMask] + (size_t)reg * MaskBYTES, sizeof value);
  return value;
}

MutatorBool mutatorVectorWriteMask(const MachineStruct *machine, Vector vector, unsigned reg, uint64_t value) {
  if (!awake(machine, vector, VectorPartMask, &value, sizeof value))
    return 0;
  if (vector->part[VectorPartMask] != NULL)
    memcpy(vector->part[VectorPartMask] + (size_t)reg * MaskBYTES, &value, sizeof value);
  return 1;
}
