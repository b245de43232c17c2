/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/decoder.h -- the pool of Capstone handles
 *
 * A handle serves one decode at a time: one for each thread that decodes at
 * once, and for each fault nested in a decode.
 */

#ifndef mutator_arch_x86_decoder_h
#define mutator_arch_x86_decoder_h

#include <capstone/capstone.h>

#include "cc/atomic.h"

enum { DecoderMAX = 64 };

/* One cache line each, so that threads do not share one. */
typedef struct DecoderStruct {
  AtomicWord busy;
  csh handle;
  cs_insn *instruction;
  unsigned char spare[64 - 3 * sizeof(void *)];
} DecoderStruct, *Decoder;

/* Filled at set-up; count is set last. */
extern DecoderStruct mutatorDecoders[DecoderMAX];
extern AtomicWord mutatorDecoderCount;

#endif
