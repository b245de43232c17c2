/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/vector_state.c -- vector registers, put together from the parts in which they are saved
 *
 * A part that is in its initial state reads as zero.  Writing zero to it
 * changes nothing; writing anything else wakes it first.
 */

#include "arch/x86/vector.h"

#include <string.h>

enum { RegisterBYTES = 64 };

/* PieceStruct -- which bytes of register 0 to 15 a part holds */
typedef struct PieceStruct {
  uint8_t part, offset, size;
} PieceStruct;

static const PieceStruct pieces[] = {
    {VectorPartXMM, 0, 16}, {VectorPartYMMUpper, 16, 16}, {VectorPartZMMUpper, 32, 32}};
enum { PIECES = sizeof pieces / sizeof pieces[0] };

/* Registers 16 to 31 are in one piece. */
static unsigned char *highRegister(const VectorStruct *vector, unsigned reg) {
  unsigned char *part = vector->part[VectorPartHigh16];
  return part == NULL ? NULL : part + (size_t)(reg - 16) * RegisterBYTES;
}

static unsigned char *pieceOf(const VectorStruct *vector, const PieceStruct *piece, unsigned reg) {
  unsigned char *part = vector->part[piece->part];
  return part == NULL ? NULL : part + (size_t)reg * piece->size;
}

static void readLow(const VectorStruct *vector, unsigned reg, unsigned char *bytes) {
  unsigned i;
  for (i = 0; i < PIECES; i++) {
    const unsigned char *source = pieceOf(vector, &pieces[i], reg);
    if (source != NULL)
      memcpy(bytes + pieces[i].offset, source, pieces[i].size);
  }
}

void mutatorVectorRead(const VectorStruct *vector, unsigned reg, unsigned char bytes[RegisterBYTES]) {
  memset(bytes, 0, RegisterBYTES);
  if (reg < 16)
    readLow(vector, reg, bytes);
  else if (vector->part[VectorPartHigh16] != NULL)
    memcpy(bytes, highRegister(vector, reg), RegisterBYTES);
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

static MutatorBool awakeLow(const MachineStruct *machine, Vector vector, unsigned count, const unsigned char *bytes) {
  unsigned i;
  for (i = 0; i < count; i++)
    if (!awake(machine, vector, pieces[i].part, bytes + pieces[i].offset, pieces[i].size))
      return 0;
  return 1;
}

static void writeLow(const VectorStruct *vector, unsigned count, unsigned reg, const unsigned char *bytes) {
  unsigned i;
  for (i = 0; i < count; i++) {
    unsigned char *target = pieceOf(vector, &pieces[i], reg);
    if (target != NULL)
      memcpy(target, bytes + pieces[i].offset, pieces[i].size);
  }
}

static MutatorBool writeHigh(const MachineStruct *machine, Vector vector, unsigned reg, const unsigned char *bytes) {
  if (!awake(machine, vector, VectorPartHigh16, bytes, RegisterBYTES))
    return 0;
  if (vector->part[VectorPartHigh16] != NULL)
    memcpy(highRegister(vector, reg), bytes, RegisterBYTES);
  return 1;
}

MutatorBool mutatorVectorWrite(const MachineStruct *machine, Vector vector, unsigned space, unsigned reg,
                               const unsigned char bytes[RegisterBYTES]) {
  const unsigned count = space == RawSpaceLEGACY ? 1 : PIECES;
  if (reg >= 16)
    return writeHigh(machine, vector, reg, bytes);
  if (!awakeLow(machine, vector, count, bytes))
    return 0;
  writeLow(vector, count, reg, bytes);
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
