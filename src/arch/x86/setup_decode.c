/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/setup_decode.c -- open and warm up the decoders
 *
 * Capstone 4.0.2 allocates and sorts a global table on the process's first decode and
 * allocates on each handle's first: both happen here, on one thread.
 */

#include "arch/x86/decoder.h"
#include "arch/x86/features.h"
#include "arch/x86/plan.h"

_Static_assert(CS_API_MAJOR >= 4 && CS_API_MAJOR <= 6, "Capstone 4, 5 or 6");

static MutatorBool versionMatches(void) {
  int major = 0, minor = 0;
  (void)cs_version(&major, &minor);
  return major == CS_API_MAJOR;
}

static void closeDecoder(Decoder decoder) {
  if (decoder->instruction != NULL)
    cs_free(decoder->instruction, 1);
  (void)cs_close(&decoder->handle);
  decoder->instruction = NULL;
}

/* MOV with every kind of operand, through the same call that a fault makes. */
static MutatorBool warmUp(Decoder decoder) {
  static const uint8_t bytes[] = {0x8b, 0x44, 0x8b, 0x10, 0xc7, 0x00, 0x01, 0x02, 0x03, 0x04};
  const uint8_t *code = bytes;
  size_t size = sizeof bytes;
  uint64_t address = 0;
  return cs_disasm_iter(decoder->handle, &code, &size, &address, decoder->instruction) &&
         cs_disasm_iter(decoder->handle, &code, &size, &address, decoder->instruction);
}

static MutatorBool openDecoder(Decoder decoder) {
  if (cs_open(CS_ARCH_X86, RawMode64 ? CS_MODE_64 : CS_MODE_32, &decoder->handle) != CS_ERR_OK)
    return 0;
  decoder->instruction = NULL;
  if (cs_option(decoder->handle, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK)
    decoder->instruction = cs_malloc(decoder->handle);
  if (decoder->instruction == NULL || !warmUp(decoder)) {
    closeDecoder(decoder);
    return 0;
  }
  return 1;
}

static void closeDecoders(size_t count) {
  while (count-- > 0)
    closeDecoder(&mutatorDecoders[count]);
}

MutatorRes mutatorArchSetup(size_t decoders) {
  size_t i;
  if (!versionMatches())
    return MutatorResUNIMPL;
  mutatorFeaturesSetup();
  for (i = 0; i < decoders; i++)
    if (!openDecoder(&mutatorDecoders[i])) {
      closeDecoders(i);
      return MutatorResMEMORY;
    }
  atomicStoreRelease(&mutatorDecoderCount, decoders);
  return MutatorResOK;
}

void mutatorArchUndo(void) {
  size_t count = mutatorDecoderCount;
  atomicStoreRelease(&mutatorDecoderCount, 0);
  closeDecoders(count);
}
