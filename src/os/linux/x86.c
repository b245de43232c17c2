/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/x86.c -- where Linux keeps the registers of a 32-bit x86 thread
 */

#include <asm/ldt.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "arch/x86/registers.h"
#include "os/linux/linux.h"
#include "os/posix/posix.h"

#define AT(reg) (offsetof(ucontext_t, uc_mcontext.gregs) + (reg) * sizeof(greg_t))

/* REG_UESP is what the CPU pushed at the last system call or trap; sigreturn(2) reads REG_ESP. */
const uint16_t mutatorLinuxOffsets[MutatorRegisterLIMIT] = {
    [MutatorRegisterEAX] = AT(REG_EAX),   [MutatorRegisterECX] = AT(REG_ECX), [MutatorRegisterEDX] = AT(REG_EDX),
    [MutatorRegisterEBX] = AT(REG_EBX),   [MutatorRegisterESP] = AT(REG_ESP), [MutatorRegisterEBP] = AT(REG_EBP),
    [MutatorRegisterESI] = AT(REG_ESI),   [MutatorRegisterEDI] = AT(REG_EDI), [MutatorRegisterPC] = AT(REG_EIP),
    [MutatorRegisterFLAGS] = AT(REG_EFL),
};

/* A selector is index, table, privilege (Intel SDM volume 3, figure 3-6). */
enum { SelectorLOCAL = 4, SelectorIndexSHIFT = 3 };

/* The kernel's segments for 32-bit programs, which cover the address space: of a
 * 64-bit kernel, of a 32-bit one, and under Xen (Linux arch/x86/include/asm/segment.h,
 * __USER_DS and __USER32_CS; include/xen/interface/xen-x86_64.h). */
enum { SelectorsKERNEL = 3 };
static const uint16_t flatData[SelectorsKERNEL] = {0x2b, 0x7b, 0xe02b};
static const uint16_t flatCode[SelectorsKERNEL] = {0x23, 0x73, 0xe023};

static const unsigned char slots[] = {
    [MachineSegmentES] = REG_ES, [MachineSegmentCS] = REG_CS, [MachineSegmentSS] = REG_SS,
    [MachineSegmentDS] = REG_DS, [MachineSegmentFS] = REG_FS, [MachineSegmentGS] = REG_GS,
};

static unsigned selectorOf(const ucontext_t *ucontext, unsigned segment) {
  return (unsigned)ucontext->uc_mcontext.gregs[slots[segment]] & 0xffff;
}

static MutatorBool among(const uint16_t *selectors, unsigned selector) {
  return selector == selectors[0] || selector == selectors[1] || selector == selectors[2];
}

/* getcontext(3) records none of CS, SS, DS and ES; an access by a null selector is
 * a general protection fault, so of a page fault it is not one (Intel SDM
 * volume 3, section 3.4.2). */
enum { SelectorNULL = 3 };

/* A code segment can be read from, and not be written to. */
static MutatorBool isFlat(unsigned segment, unsigned selector) {
  if (segment == MachineSegmentFS || segment == MachineSegmentGS)
    return among(flatData, selector);
  return selector <= SelectorNULL || among(segment == MachineSegmentCS ? flatCode : flatData, selector);
}

MutatorBool mutatorLinuxCode(const ucontext_t *ucontext) {
  return isFlat(MachineSegmentCS, selectorOf(ucontext, MachineSegmentCS));
}

MutatorBool mutatorLinuxThreadSegmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  *baseReturn = 0;
  return isFlat(segment, selectorOf((const void *)machine->base, segment));
}

/* Data that may be written, upwards, from the base all around the address space. */
static MutatorBool isWhole(const struct user_desc *description) {
  return description->seg_32bit && description->contents == 0 && !description->read_exec_only &&
         description->limit_in_pages && description->limit == 0xfffff && !description->seg_not_present;
}

/* The selectors are in the record, the descriptors are the calling thread's: it
 * is the one that faulted (get_thread_area(2)).  Local descriptors are not looked up. */
static MutatorBool describe(unsigned selector, struct user_desc *description) {
  const int error = errno;
  long result;
  memset(description, 0, sizeof *description);
  description->entry_number = selector >> SelectorIndexSHIFT;
  result = (selector & SelectorLOCAL) != 0 ? -1 : syscall(SYS_get_thread_area, description);
  errno = error;
  return result == 0;
}

MutatorBool mutatorLinuxSegmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  const unsigned selector = selectorOf((const void *)machine->base, segment);
  struct user_desc description;
  *baseReturn = 0;
  if (isFlat(segment, selector))
    return 1;
  if (segment == MachineSegmentCS || !describe(selector, &description) || !isWhole(&description))
    return 0;
  *baseReturn = description.base_addr;
  return 1;
}

/* Return address, signal number and two pointers; behind, the code of the return
 * (Linux arch/x86/include/asm/sigframe.h, struct rt_sigframe_ia32). */
const LinuxFrameStruct mutatorLinuxFrame = {.beforeInfo = 16, .beforeUcontext = 0, .afterUcontext = 8};

/* REG_EDI to REG_EAX are the eight general-purpose registers, in PUSHA's order. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  greg_t *registers = native->ucontext->uc_mcontext.gregs;
  *baseReturn = (MutatorWord *)(void *)&registers[REG_EDI];
  *limitReturn = (MutatorWord *)(void *)&registers[REG_EAX + 1];
}

/* The FXSAVE area follows the 112 bytes of struct _fpstate_32, whose last field,
 * `magic`, is 0 when it does (Linux arch/x86/include/uapi/asm/sigcontext.h). */
enum { StateMAGIC = 110, StateFXSAVE = 112 };

unsigned char *mutatorLinuxStateBase(const ucontext_t *ucontext, unsigned char **baseReturn) {
  uint16_t magic;
  *baseReturn = (unsigned char *)ucontext->uc_mcontext.fpregs;
  if (*baseReturn == NULL)
    return NULL;
  memcpy(&magic, *baseReturn + StateMAGIC, sizeof magic);
  return magic == 0 ? *baseReturn + StateFXSAVE : NULL;
}

const size_t mutatorLinuxStatePrefix = StateFXSAVE;

void mutatorLinuxStateSet(ucontext_t *ucontext, unsigned char *fxsave) {
  ucontext->uc_mcontext.fpregs = (fpregset_t)(void *)(fxsave - StateFXSAVE);
}

/* __USER_CS of a 32-bit kernel, and __USER32_CS of a 64-bit one (Linux arch/x86/include/asm/segment.h). */
MutatorBool mutatorLinuxNativeCode(const ucontext_t *ucontext) {
  const unsigned selector = (unsigned)ucontext->uc_mcontext.gregs[REG_CS] & 0xffff;
  return selector == 0x73 || selector == 0x23;
}

/* The hook's first instructions look for AC there. */
const MutatorWord mutatorSignalFlags = AT(REG_EFL);

/* x86.S says what lies between these. */
extern const char mutatorPosixHandlerLeft[], mutatorPosixHandlerEmpty[], mutatorPosixHandlerEnd[];

/* The kernel's or the C library's way back: movl $173, %eax; int $0x80, on a
 * stack that begins with the handler's arguments. */
static const unsigned char restorer[] = {0xb8, 0xad, 0x00, 0x00, 0x00, 0xcd, 0x80};
enum { RestorerCALL = 5 };
AtomicWord mutatorPosixReturn;

void mutatorPosixReturnsTo(const void *code) {
  if (memcmp(code, restorer, sizeof restorer) == 0)
    atomicStoreRelaxed(&mutatorPosixReturn, (AtomicWord)code);
}

static MutatorWord registerOf(const ucontext_t *ucontext, int reg) {
  return (MutatorWord)ucontext->uc_mcontext.gregs[reg];
}

static MutatorBool between(MutatorWord pc, const void *first, const void *end) {
  return pc >= (MutatorWord)first && pc < (MutatorWord)end;
}

MutatorBool mutatorPosixAtEntry(const ucontext_t *ucontext) {
  return between(registerOf(ucontext, REG_EIP), (const void *)(uintptr_t)mutatorPosixHandler, mutatorPosixHandlerLeft);
}

const ucontext_t *mutatorPosixTail(const ucontext_t *ucontext) {
  const MutatorWord pc = registerOf(ucontext, REG_EIP);
  const ucontext_t *const *stack = (const ucontext_t *const *)registerOf(ucontext, REG_ESP);
  const MutatorWord back = atomicLoadRelaxed(&mutatorPosixReturn);
  if (between(pc, mutatorPosixHandlerLeft, mutatorPosixHandlerEmpty))
    return stack[10];
  if (between(pc, mutatorPosixHandlerEmpty, mutatorPosixHandlerEnd))
    return stack[3];
  if (back != 0 && (pc == back || pc == back + RestorerCALL))
    return stack[2];
  return NULL;
}

/* The two layouts of x87 (Intel SDM volume 1, figure 8-9 and table 10-2): FSAVE's fields have
 * 32 bits, a register 10 bytes, and its tags two bits each, of which 3 says "empty". */
enum {
  FsaveCONTROL = 0,
  FsaveSTATUS = 4,
  FsaveTAGS = 8,
  FsaveINSTRUCTION = 12,
  FsaveOPCODE = 18,
  FsaveOPERAND = 20,
  FsaveREGISTERS = 28,
  FsaveSIZE = 10
};
enum {
  FxsaveCONTROL = 0,
  FxsaveSTATUS = 2,
  FxsaveTAGS = 4,
  FxsaveOPCODE = 6,
  FxsaveINSTRUCTION = 8,
  FxsaveOPERAND = 16,
  FxsaveREGISTERS = 32,
  FxsaveSIZE = 16,
  RegisterCOUNT = 8
};

static uint32_t longTags(unsigned tags) {
  uint32_t result = 0xffff0000;
  unsigned i;
  for (i = 0; i < RegisterCOUNT; ++i)
    if ((tags >> i & 1) == 0)
      result |= 3u << (2 * i);
  return result;
}

static unsigned char shortTags(uint32_t tags) {
  unsigned result = 0, i;
  for (i = 0; i < RegisterCOUNT; ++i)
    if ((tags >> (2 * i) & 3) != 3)
      result |= 1u << i;
  return (unsigned char)result;
}

static void copyShort(unsigned char *to, const unsigned char *from) {
  memcpy(to, from, sizeof(uint16_t));
  memset(to + sizeof(uint16_t), 0xff, sizeof(uint16_t));
}

/* The kernel takes x87 from what FSAVE would have written (Linux
 * arch/x86/kernel/fpu/regset.c, convert_to_fxsr). */
void mutatorLinuxStateWritten(const ucontext_t *ucontext) {
  unsigned char *fsave, *fxsave = mutatorLinuxStateBase(ucontext, &fsave);
  uint32_t tags;
  unsigned i;
  if (fxsave == NULL)
    return;
  tags = longTags(fxsave[FxsaveTAGS]);
  copyShort(fsave + FsaveCONTROL, fxsave + FxsaveCONTROL);
  copyShort(fsave + FsaveSTATUS, fxsave + FxsaveSTATUS);
  memcpy(fsave + FsaveTAGS, &tags, sizeof tags);
  memcpy(fsave + FsaveOPCODE, fxsave + FxsaveOPCODE, sizeof(uint16_t));
  memcpy(fsave + FsaveINSTRUCTION, fxsave + FxsaveINSTRUCTION, sizeof(uint32_t));
  memcpy(fsave + FsaveOPERAND, fxsave + FxsaveOPERAND, sizeof(uint32_t));
  for (i = 0; i < RegisterCOUNT; ++i)
    memcpy(fsave + FsaveREGISTERS + i * FsaveSIZE, fxsave + FxsaveREGISTERS + i * FxsaveSIZE, FsaveSIZE);
}

/* Only the opcode is in the FXSAVE area alone: a 64-bit kernel saves none in the other. */
void mutatorLinuxStateX87(const ucontext_t *ucontext, unsigned char *image) {
  unsigned char *fsave;
  uint32_t tags;
  unsigned i;
  if (mutatorLinuxStateBase(ucontext, &fsave) == NULL)
    return;
  memcpy(&tags, fsave + FsaveTAGS, sizeof tags);
  image[FxsaveTAGS] = shortTags(tags);
  memcpy(image + FxsaveCONTROL, fsave + FsaveCONTROL, sizeof(uint16_t));
  memcpy(image + FxsaveSTATUS, fsave + FsaveSTATUS, sizeof(uint16_t));
  memcpy(image + FxsaveINSTRUCTION, fsave + FsaveINSTRUCTION, sizeof(uint32_t));
  memcpy(image + FxsaveOPERAND, fsave + FsaveOPERAND, sizeof(uint32_t));
  for (i = 0; i < RegisterCOUNT; ++i)
    memcpy(image + FxsaveREGISTERS + i * FxsaveSIZE, fsave + FsaveREGISTERS + i * FsaveSIZE, FsaveSIZE);
}
