/* SPDX-License-Identifier: BSD-2-Clause
 *
 * windows/x86/postmortem_unwind.c -- 32-bit Windows has no unwind information: frames are linked by EBP
 */

#include "../postmortem_windows.h"

#include <string.h>

enum { FramesMost = 64 };

void unwindAnnounce(const Function *functions, size_t count, unsigned char *room) {
  (void)functions;
  (void)count;
  (void)room;
}

static DWORD get(MutatorContext context, MutatorRegister reg) {
  MutatorWord value = 0;
  (void)MutatorContextGetRegister(context, reg, &value);
  return value;
}

void unwindContext(CONTEXT *to, MutatorContext from) {
  memset(to, 0, sizeof *to);
  to->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
  to->Eip = get(from, MutatorRegisterPC);
  to->Esp = get(from, MutatorRegisterESP);
  to->Ebp = get(from, MutatorRegisterEBP);
  to->Eax = get(from, MutatorRegisterEAX);
  to->Ebx = get(from, MutatorRegisterEBX);
  to->Ecx = get(from, MutatorRegisterECX);
  to->Edx = get(from, MutatorRegisterEDX);
  to->Esi = get(from, MutatorRegisterESI);
  to->Edi = get(from, MutatorRegisterEDI);
}

/* Stacks grow downwards: a link that does not lead up is none. */
void unwindWalk(const CONTEXT *context, void (*show)(uintptr_t pc)) {
  const DWORD *frame = (const DWORD *)context->Ebp;
  unsigned i;
  show(context->Eip);
  for (i = 0; i < FramesMost && (DWORD)frame > context->Esp && (DWORD)frame % sizeof *frame == 0; i++) {
    const DWORD *next = (const DWORD *)frame[0];
    show(frame[1]);
    if (next <= frame || (DWORD)next - (DWORD)frame > 65536)
      break;
    frame = next;
  }
}
