/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/sim/freebsd/test.c -- what the FreeBSD port makes of records of stopped threads (C1 to C3, C7, C8, C9, I1)
 */

#include <errno.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim.h"

#include "freebsd/records.h"
#include "os/freebsd/freebsd.h"
#include "os/posix/posix.h"
#include "os/posix/xsave.h"

static const unsigned char recordBytes[] = {
#include SIM_RECORDS
};

/* As the kernel lays a frame out: the siginfo_t behind the ucontext_t, the state above. */
static struct {
  ucontext_t ucontext;
  siginfo_t info;
} frame __attribute__((aligned(16)));
static unsigned char state[4096] __attribute__((aligned(64)));
static SimRecordsStruct records;
static MutatorContextStruct context;

static mcontext_t *registers(void) { return &frame.ucontext.uc_mcontext; }

static uint64_t *present(void) { return (uint64_t *)(void *)state; }

static void setRegister(unsigned reg, MutatorWord value) {
  ck_assert_int_eq(MutatorContextSetRegister(&context, reg, value), MutatorResOK);
}

static MutatorWord getRegister(unsigned reg) {
  MutatorWord value = 0;
  ck_assert_int_eq(MutatorContextGetRegister(&context, reg, &value), MutatorResOK);
  return value;
}

static void setUp(void) {
  ck_assert_uint_eq(sizeof recordBytes, sizeof records);
  memcpy(&records, recordBytes, sizeof records);
  memset(&frame, 0, sizeof frame);
  memset(state, 0, sizeof state);
  memset(simCode, 0x90, sizeof simCode);
  memset(simWord, 0, sizeof simWord);
  frame.ucontext = records.ucontext;
  registers()->mc_xfpustate = 0;
  registers()->mc_xfpustate_len = 0;
}

static void use(const SimRowStruct *row) {
  frame.info = row->info;
  registers()->mc_trapno = (__typeof__(registers()->mc_trapno))row->trap;
  ck_assert_int_eq(MutatorContextInitFault(&context, &frame.info, &frame.ucontext), MutatorResOK);
  setRegister(MutatorRegisterPC, (MutatorWord)simCode);
}

/* A write to simWord by the code at simCode. */
static void fault(MutatorWord error) {
  use(&records.row[1]);
  frame.info.si_addr = simWord;
  registers()->mc_err = (__register_t)error;
  setRegister(7, (MutatorWord)simWord);
}

static void extend(size_t size) {
  registers()->mc_xfpustate = (__register_t)state;
  registers()->mc_xfpustate_len = (__register_t)size;
}

/* registers ---------------------------------------------------------------------- */

START_TEST(sizes_are_the_systems) {
  ck_assert_int_eq(records.ucontextSize, sizeof(ucontext_t));
  ck_assert_int_eq(records.infoSize, sizeof(siginfo_t));
  ck_assert_int_eq(records.rows, SimROWS);
}
END_TEST

START_TEST(every_register_is_where_the_systems_headers_put_it) {
  unsigned reg;
  use(&records.row[1]);
  frame.ucontext = records.ucontext;
  for (reg = 0; reg < MutatorRegisterLIMIT; ++reg)
    ck_assert_uint_eq(getRegister(reg), 0x0a00 + reg);
  ck_assert_uint_eq((uintptr_t)MutatorContextSP(&context), 0x0a04);
}
END_TEST

START_TEST(every_other_field_is_too) {
  const mcontext_t *given = &records.ucontext.uc_mcontext;
  ck_assert_int_eq(given->mc_fsbase, 0x0b01);
  ck_assert_int_eq(given->mc_gsbase, 0x0b02);
  ck_assert_int_eq(given->mc_xfpustate, 0x0b03);
  ck_assert_int_eq(given->mc_xfpustate_len, 0x0b04);
  ck_assert_int_eq(given->mc_fpstate[0], 0x0b05);
  ck_assert_int_eq(given->mc_fpstate[1], 0x0b06);
  ck_assert_int_eq(given->mc_len, sizeof(mcontext_t));
  ck_assert_int_eq(given->mc_err, 6);
  ck_assert_uint_eq((uintptr_t)records.ucontext.uc_stack.ss_sp, 0x0b07);
  ck_assert_uint_eq(records.ucontext.uc_stack.ss_size, 0x0b08);
  ck_assert(mutatorFreebsdNativeCode(&records.ucontext));
}
END_TEST

/* faults ------------------------------------------------------------------------- */

START_TEST(C2_kind_of_every_signal) {
  const SimRowStruct *row = &records.row[_i];
  void *address = NULL;
  MutatorWord code;
  use(row);
  ck_assert_int_eq(MutatorContextKind(&context), row->kind);
  ck_assert_int_eq(MutatorContextAddress(&context, &address), (row->known & 1) != 0 ? MutatorResOK : MutatorResFAIL);
  ck_assert_uint_eq((uintptr_t)address, (row->known & 1) != 0 ? 0x12345678 : 0);
  ck_assert_int_eq(MutatorContextErrorCode(&context, &code), (row->known & 2) != 0 ? MutatorResOK : MutatorResFAIL);
  ck_assert_uint_eq(MutatorContextAccess(&context), (row->known & 2) != 0 ? MutatorAccessWRITE : MutatorAccessNONE);
}
END_TEST

START_TEST(C1_access_is_the_error_codes) {
  static const struct {
    MutatorWord error;
    MutatorAccess access;
  } rows[] = {{4, MutatorAccessREAD},    {5, MutatorAccessREAD},       {6, MutatorAccessWRITE},
              {7, MutatorAccessWRITE},   {0x14, MutatorAccessEXECUTE}, {0x15, MutatorAccessEXECUTE},
              {0x26, MutatorAccessWRITE}};
  size_t i;
  for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    fault(rows[i].error);
    ck_assert_uint_eq(MutatorContextAccess(&context), rows[i].access);
  }
}
END_TEST

static MutatorContext faultAt(void *address, MutatorWord error) {
  fault(error);
  frame.info.si_addr = address;
  return &context;
}

START_TEST(C1_every_access) { simAccesses(faultAt); }
END_TEST

static MutatorContext generalAt(void *address, MutatorWord error) {
  (void)address, (void)error;
  use(&records.row[6]); /* T_PROTFLT */
  return &context;
}

START_TEST(C2_general_protection) { simGeneral(generalAt); }
END_TEST

START_TEST(C1_every_fetch) { simFetches(faultAt); }
END_TEST

/* mc_trapno is that of the latest entry into the kernel, si_trapno the signal's. */
START_TEST(C3_record_that_contradicts_itself) {
  void *address;
  fault(6);
  registers()->mc_trapno = 14;
  ck_assert_int_eq(MutatorContextKind(&context), MutatorFaultKindOTHER);
  ck_assert_int_eq(MutatorContextAddress(&context, &address), MutatorResFAIL);
  registers()->mc_trapno = 12345;
  frame.info.si_trapno = 12345;
  ck_assert_int_eq(MutatorContextKind(&context), MutatorFaultKindOTHER);
  ck_assert(!MutatorContextCanStepInstruction(&context));
}
END_TEST

/* T_BPTFLT: the PC is one further than the instruction. */
START_TEST(C7_pc_is_the_breakpoint) {
  simCode[0] = 0xcc;
  use(&records.row[12]);
  setRegister(MutatorRegisterPC, (MutatorWord)simCode + 1);
  ck_assert_int_eq(MutatorContextKind(&context), MutatorFaultKindBREAKPOINT);
  ck_assert_ptr_eq(MutatorContextPC(&context), simCode);
}
END_TEST

/* A stack segment fault has FreeBSD's number 27; 12, which is the CPU's for it, is the page fault. */
START_TEST(kernels_stack_fault_is_no_page_fault) {
  use(&records.row[7]);
  ck_assert_int_eq(MutatorContextKind(&context), MutatorFaultKindGENERAL);
  ck_assert_uint_eq(MutatorContextAccess(&context), MutatorAccessNONE);
}
END_TEST

START_TEST(queued_signals_are_not_faults) {
  size_t i;
  for (i = 0; i < SimROWS; ++i) {
    const SimRowStruct *row = &records.row[i];
    ck_assert_int_eq(mutatorPosixQueued(&row->info), row->kind == MutatorFaultKindASYNC);
    ck_assert_int_eq(mutatorPosixRepeats(&row->info),
                     row->kind != MutatorFaultKindASYNC && row->info.si_signo != SIGTRAP);
  }
}
END_TEST

START_TEST(bad_arguments_are_refused) {
  ck_assert_int_eq(MutatorContextInitFault(NULL, &frame.info, &frame.ucontext), MutatorResPARAM);
  ck_assert_int_eq(MutatorContextInitFault(&context, NULL, &frame.ucontext), MutatorResPARAM);
  ck_assert_int_eq(MutatorContextInitFault(&context, &frame.info, NULL), MutatorResPARAM);
  ck_assert_int_eq(MutatorContextInitThread(&context, (void *)((char *)&frame.ucontext + 1)), MutatorResPARAM);
}
END_TEST

/* stepping ----------------------------------------------------------------------- */

START_TEST(store_is_stepped) {
  static const unsigned char store[] = {0x89, 0x07}; /* mov [rdi], eax */
  memcpy(simCode, store, sizeof store);
  fault(6);
  setRegister(0, 0x11223344);
  ck_assert(MutatorContextCanStepInstruction(&context));
  ck_assert_int_eq(MutatorContextStepInstruction(&context), MutatorResOK);
  ck_assert_uint_eq(simWord[0], 0x11223344);
  ck_assert_uint_eq(getRegister(MutatorRegisterPC), (MutatorWord)simCode + 2);
  ck_assert_int_eq(MutatorContextCommit(&context), MutatorResOK);
}
END_TEST

START_TEST(load_through_a_segment_is_stepped) {
  static const unsigned char load[] = {0x64, 0x8b, 0x07}; /* mov eax, fs:[rdi] */
  memcpy(simCode, load, sizeof load);
  fault(4);
  simWord[0] = 0x55667788;
  registers()->mc_fsbase = (__register_t)(uintptr_t)simWord;
  setRegister(7, 0);
  ck_assert(MutatorContextCanStepInstruction(&context));
  ck_assert_int_eq(MutatorContextStepInstruction(&context), MutatorResOK);
  ck_assert_uint_eq(getRegister(0), 0x55667788);
}
END_TEST

START_TEST(code_of_another_mode_is_declined) {
  simCode[0] = 0x89;
  simCode[1] = 0x07;
  fault(6);
  registers()->mc_cs ^= 0x70;
  ck_assert(!MutatorContextCanStepInstruction(&context));
}
END_TEST

START_TEST(store_into_the_frame_is_declined) {
  simCode[0] = 0x89;
  simCode[1] = 0x07;
  extend(832);
  fault(6);
  ck_assert(mutatorOSFrameOverlaps(&context.native, (MutatorWord)&frame.ucontext, 4));
  ck_assert(mutatorOSFrameOverlaps(&context.native, (MutatorWord)&frame.info + 8, 4));
  ck_assert(mutatorOSFrameOverlaps(&context.native, (MutatorWord)state + 828, 4));
  ck_assert(mutatorOSFrameOverlaps(&context.native, (MutatorWord)&frame.ucontext - 4, 4));
  ck_assert(!mutatorOSFrameOverlaps(&context.native, (MutatorWord)simWord, 4));
  frame.info.si_addr = &frame.ucontext;
  setRegister(7, (MutatorWord)&frame.ucontext);
  (void)MutatorContextCanStepInstruction(&context);
  ck_assert_int_ne(MutatorContextStepInstruction(&context), MutatorResOK);
}
END_TEST

/* vector registers ----------------------------------------------------------------- */

static void put(void *at) {
  const MutatorWord mark = SimMARK;
  memcpy(at, &mark, sizeof mark);
}

START_TEST(C8_scan_general_registers) {
  unsigned reg, lost = 0;
  use(&records.row[1]);
  for (reg = 0; reg < MutatorRegisterPC; ++reg) {
    const MutatorWord before = getRegister(reg);
    setRegister(reg, SimMARK);
    lost += simMarks(&context) == 0 && reg != 4; /* the stack pointer points to no object */
    setRegister(reg, before);
  }
  ck_assert_uint_eq(lost, 0);
}
END_TEST

START_TEST(C8_scan_legacy_registers) {
  unsigned char *legacy = (unsigned char *)registers()->mc_fpstate;
  use(&records.row[1]);
  put(legacy + 32 + 7 * 16);
  put(legacy + 160 + 7 * 16 + 8);
  ck_assert_uint_eq(simMarks(&context), 2);
  registers()->mc_ownedfp = _MC_FPOWNED_NONE;
  ck_assert_uint_eq(simMarks(&context), 0);
  registers()->mc_ownedfp = _MC_FPOWNED_PCB;
  ck_assert_uint_eq(simMarks(&context), 2);
  registers()->mc_fpformat = 0x10000;
  ck_assert_uint_eq(simMarks(&context), 0);
}
END_TEST

START_TEST(C8_scan_extended_registers) {
  const size_t offset = mutatorXsaveOffset(VectorPartYMMUpper);
  if (offset == 0)
    return; /* this CPU has no AVX */
  use(&records.row[1]);
  put(state + offset - 512 + 7 * 16);
  ck_assert_uint_eq(simMarks(&context), 0); /* no extended state */
  extend(64 + 256);
  ck_assert_uint_eq(simMarks(&context), 0); /* it is in its initial state */
  *present() = 7;
  ck_assert_uint_eq(simMarks(&context), 1);
  extend(offset - 512 + 7 * 16);
  ck_assert_uint_eq(simMarks(&context), 0); /* the state ends before it */
  extend(64 + 256);
  registers()->mc_flags &= ~4u;
  ck_assert_uint_eq(simMarks(&context), 0);
  registers()->mc_flags |= 4u;
  present()[1] = (uint64_t)1 << 63; /* the compacted format is not read */
  ck_assert_uint_eq(simMarks(&context), 0);
  present()[1] = 0;
  registers()->mc_xfpustate += 4;
  ck_assert_uint_eq(simMarks(&context), 0);
}
END_TEST

/* The last word of each part that this CPU has; none of it while the header says that it is initial. */
START_TEST(C8_scan_every_part) {
  const VectorPart part = (VectorPart)_i;
  const size_t offset = mutatorXsaveOffset(part), size = mutatorVectorPartSize[part];
  if (offset == 0 || size == 0)
    return;
  ck_assert_uint_le(offset - 512 + size, sizeof state);
  use(&records.row[1]);
  extend(sizeof state);
  put(state + offset - 512 + size - sizeof(MutatorWord));
  *present() = 3;
  ck_assert_uint_eq(simMarks(&context), 0);
  *present() = 3 | xsaveBit(part);
  ck_assert_uint_eq(simMarks(&context), 1);
  extend(offset - 512 + size - 1);
  ck_assert_uint_eq(simMarks(&context), 0); /* the state ends before it */
}
END_TEST

START_TEST(initial_part_is_woken) {
  VectorStruct vector;
  if (mutatorXsaveOffset(VectorPartYMMUpper) == 0)
    return;
  use(&records.row[1]);
  extend(64 + 256);
  memset(state + 64, 0xaa, 256);
  *present() = 3;
  mutatorOSVector(&context.native, &vector);
  ck_assert_ptr_null(vector.part[VectorPartYMMUpper]);
  ck_assert(mutatorOSVectorWake(&context.native, VectorPartYMMUpper));
  ck_assert_uint_eq(*present(), 7);
  mutatorOSVector(&context.native, &vector);
  ck_assert_ptr_nonnull(vector.part[VectorPartYMMUpper]);
  ck_assert_uint_eq(vector.part[VectorPartYMMUpper][0], 0);
  extend(0);
  ck_assert(!mutatorOSVectorWake(&context.native, VectorPartYMMUpper));
  ck_assert(!mutatorOSVectorWake(&context.native, VectorPartLIMIT));
}
END_TEST

START_TEST(x87_is_read_and_written) {
  unsigned char image[MachineX87SIZE], other[MachineX87SIZE];
  use(&records.row[1]);
  extend(64 + 256);
  ck_assert(mutatorOSX87Read(&context.native, image));
  ck_assert_uint_eq(image[0], 0x7f); /* the header says that it is initial */
  memset(image, 0x21, sizeof image);
  ck_assert(mutatorOSX87Write(&context.native, image));
  ck_assert_uint_eq(*present(), 1);
  ck_assert(mutatorOSX87Read(&context.native, other));
  ck_assert_int_eq(memcmp(image, other, 24), 0);
  ck_assert_int_eq(memcmp(image + 32, other + 32, 128), 0);
  registers()->mc_ownedfp = _MC_FPOWNED_NONE;
  ck_assert(!mutatorOSX87Read(&context.native, image));
  ck_assert(!mutatorOSX87Write(&context.native, image));
}
END_TEST

/* the hook ------------------------------------------------------------------------- */

_Thread_local OSLocalStruct mutatorPosixLocal;

OSAnswer mutatorFaultQuick(OSLocal local, MutatorNativeStruct native) {
  (void)local;
  (void)native;
  return OSAnswerNONE;
}

PosixNext mutatorPosixBody(int signal, siginfo_t *info, void *ucontext, void *returnsTo, OSLocal local,
                           OSAnswer answer) {
  (void)answer;
  (void)local;
  (void)signal;
  (void)info;
  (void)ucontext;
  (void)returnsTo;
  return NULL;
}

int mutatorPosixPutOff(ucontext_t *ucontext) {
  (void)ucontext;
  return 0;
}

extern const char mutatorPosixHandlerLeft[], mutatorPosixHandlerEmpty[], mutatorPosixHandlerEnd[];

/* A thread behind the hook's end is looked through to the frame it returns to. */
START_TEST(T2_places_of_the_hook) {
  static const ucontext_t *stack[16];
  static ucontext_t outer;
  size_t i;
  for (i = 0; i < 16; ++i)
    stack[i] = &outer;
  use(&records.row[1]);
  setRegister(MutatorRegisterSP, (MutatorWord)stack);
  setRegister(2, (MutatorWord)&outer);
  setRegister(MutatorRegisterPC, (MutatorWord)(uintptr_t)mutatorPosixHandler);
  ck_assert(mutatorPosixAtEntry(&frame.ucontext));
  ck_assert_ptr_null(mutatorPosixTail(&frame.ucontext));
  setRegister(MutatorRegisterPC, (MutatorWord)mutatorPosixHandlerLeft);
  ck_assert(!mutatorPosixAtEntry(&frame.ucontext));
  ck_assert_ptr_eq(mutatorPosixTail(&frame.ucontext), &outer);
  setRegister(MutatorRegisterPC, (MutatorWord)mutatorPosixHandlerEmpty);
  ck_assert_ptr_eq(mutatorPosixTail(&frame.ucontext), &outer);
  setRegister(MutatorRegisterPC, (MutatorWord)mutatorPosixHandlerEnd);
  ck_assert_ptr_null(mutatorPosixTail(&frame.ucontext));
}
END_TEST

/* copies --------------------------------------------------------------------------- */

START_TEST(I1_copy_goes_back) {
  static unsigned char saved[4096] __attribute__((aligned(64))), memory[2048] __attribute__((aligned(64)));
  unsigned char *legacy = (unsigned char *)registers()->mc_fpstate;
  MutatorNativeStruct copy;
  MutatorWord mask;
  use(&records.row[1]);
  extend(64 + 256);
  ck_assert_uint_le(mutatorOSRecordSize(), sizeof memory);
  ck_assert(!mutatorOSRecordCopy(&copy, memory, saved, 512, &context.native, &mask));
  ck_assert(mutatorOSRecordCopy(&copy, memory, saved, sizeof saved, &context.native, &mask));
  ck_assert_uint_ne(mask, 0);
  put((unsigned char *)copy.ucontext->uc_mcontext.mc_fpstate + 160); /* the callback edits xmm0 */
  mutatorOSRecordEdited(&copy, saved);
  put(saved + 576);
  ck_assert(mutatorOSRecordRestore(&context.native, &copy, saved));
  ck_assert_int_eq(memcmp(legacy + 160, saved + 160, 16), 0);
  ck_assert_int_eq(memcmp(state + 64, saved + 576, 16), 0);
  ck_assert_uint_eq(*present() & 3, 3);
  registers()->mc_cs = 0;
  ck_assert(!mutatorOSRecordCopy(&copy, memory, saved, sizeof saved, &context.native, &mask));
}
END_TEST

/* mappings ----------------------------------------------------------------------- */

/* The kernel's list; `asked` counts, `fails` has it fail from that question on. */
static struct {
  unsigned char bytes[1024];
  size_t size;
  unsigned asked, fails;
} list;

int sysctl(const int *name, unsigned count, void *old, size_t *oldSize, const void *new, size_t newSize) {
  ck_assert_uint_eq(count, 4);
  ck_assert_int_eq(memcmp(name, records.mib, 3 * sizeof *name), 0);
  ck_assert_int_eq(name[3], getpid());
  ck_assert(new == NULL &&newSize == 0);
  errno = 4711;
  if (list.asked++ >= list.fails)
    return -1;
  if (old != NULL) {
    ck_assert_uint_gt(*oldSize, list.size);
    memcpy(old, list.bytes, list.size);
  }
  *oldSize = list.size;
  return 0;
}

static void makeList(void) {
  unsigned i;
  list.size = list.asked = 0;
  list.fails = 1000;
  for (i = 0; i < SimENTRIES; ++i) {
    memcpy(list.bytes + list.size, &records.entry[i], (size_t)records.entry[i].kve_structsize);
    list.size += (size_t)records.entry[i].kve_structsize;
  }
}

static void expectMapping(MutatorWord address, MutatorWord base, MutatorWord limit, MutatorAccess access) {
  OSMappingStruct mapping;
  ck_assert(mutatorOSMapping(address, &mapping));
  ck_assert_uint_eq(mapping.base, base);
  ck_assert_uint_eq(mapping.limit, limit);
  ck_assert_uint_eq(mapping.access, access);
}

START_TEST(B9_what_is_mapped_there) {
  OSMappingStruct mapping;
  makeList();
  errno = 42;
  expectMapping(0, 0x100000, 0x103000, MutatorAccessREAD | MutatorAccessEXECUTE);
  expectMapping(0x102fff, 0x100000, 0x103000, MutatorAccessREAD | MutatorAccessEXECUTE);
  expectMapping(0x103000, 0x103000, 0x104000, MutatorAccessNONE);
  expectMapping(0x104000, 0x200000, 0x202000, MutatorAccessREAD | MutatorAccessWRITE);
  expectMapping(0x201000, 0x200000, 0x202000, MutatorAccessREAD | MutatorAccessWRITE);
  ck_assert(!mutatorOSMapping(0x202000, &mapping));
  ck_assert_int_eq(errno, 42);
}
END_TEST

START_TEST(B6_whose_memory_it_is) {
  OSMappingStruct file, guard, shared;
  makeList();
  ck_assert(mutatorOSMapping(0x100000, &file) && mutatorOSMapping(0x103000, &guard));
  ck_assert(mutatorOSMapping(0x200000, &shared));
  ck_assert_uint_eq(file.object, 0x0e02 ^ (MutatorWord)0x0e03 << 4 * sizeof(MutatorWord));
  ck_assert_uint_eq(file.offset, 0x0e01);
  ck_assert(!file.shared && !guard.shared && shared.shared);
  ck_assert_uint_eq(guard.object, 0);
  ck_assert_uint_eq(shared.object, 0x0e04);
  ck_assert_uint_eq(shared.offset, 0x1000);
}
END_TEST

START_TEST(B9_list_that_is_none) {
  static const int sizes[] = {0, -1, 135, 100000};
  OSMappingStruct mapping;
  size_t i;
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    makeList();
    memcpy(list.bytes, &sizes[i], sizeof sizes[i]);
    ck_assert(!mutatorFreebsdMappingFind(list.bytes, list.size, 0x103000, &mapping));
  }
  makeList();
  for (i = 0; i < 136; ++i)
    ck_assert(!mutatorFreebsdMappingFind(list.bytes, i, 0, &mapping));
  ck_assert(!mutatorFreebsdMappingFind(list.bytes, list.size - 1, 0x200000, &mapping));
}
END_TEST

/* What mincore(2) knows to be mapped is asked for again, but not for ever. */
START_TEST(B9_entry_that_is_left_out) {
  OSMappingStruct mapping;
  makeList();
  ck_assert(!mutatorOSMapping((MutatorWord)&list, &mapping));
  ck_assert_uint_eq(list.asked, 2 * 16);
  makeList();
  ck_assert(mutatorOSMapping(0x110000, &mapping));
  ck_assert_uint_eq(list.asked, 2);
}
END_TEST

START_TEST(B9_system_that_does_not_say) {
  OSMappingStruct mapping;
  unsigned fails;
  for (fails = 0; fails < 2; ++fails) {
    makeList();
    list.fails = fails;
    ck_assert(!mutatorOSMapping(0x100000, &mapping));
  }
}
END_TEST

Suite *simSuite(void) {
  Suite *suite = suite_create("freebsd");
  TCase *tests = tcase_create("records");
  tcase_add_checked_fixture(tests, setUp, NULL);
  tcase_add_test(tests, sizes_are_the_systems);
  tcase_add_test(tests, every_register_is_where_the_systems_headers_put_it);
  tcase_add_test(tests, every_other_field_is_too);
  tcase_add_loop_test(tests, C2_kind_of_every_signal, 0, SimROWS);
  tcase_add_test(tests, C1_access_is_the_error_codes);
  tcase_add_test(tests, C1_every_access);
  tcase_add_test(tests, C1_every_fetch);
  tcase_add_test(tests, C2_general_protection);
  tcase_add_test(tests, C3_record_that_contradicts_itself);
  tcase_add_test(tests, C7_pc_is_the_breakpoint);
  tcase_add_test(tests, kernels_stack_fault_is_no_page_fault);
  tcase_add_test(tests, queued_signals_are_not_faults);
  tcase_add_test(tests, bad_arguments_are_refused);
  tcase_add_test(tests, store_is_stepped);
  tcase_add_test(tests, load_through_a_segment_is_stepped);
  tcase_add_test(tests, code_of_another_mode_is_declined);
  tcase_add_test(tests, store_into_the_frame_is_declined);
  tcase_add_test(tests, C8_scan_general_registers);
  tcase_add_test(tests, C8_scan_legacy_registers);
  tcase_add_test(tests, C8_scan_extended_registers);
  tcase_add_loop_test(tests, C8_scan_every_part, VectorPartYMMUpper, VectorPartLIMIT);
  tcase_add_test(tests, initial_part_is_woken);
  tcase_add_test(tests, x87_is_read_and_written);
  tcase_add_test(tests, T2_places_of_the_hook);
  tcase_add_test(tests, I1_copy_goes_back);
  tcase_add_test(tests, B9_what_is_mapped_there);
  tcase_add_test(tests, B6_whose_memory_it_is);
  tcase_add_test(tests, B9_list_that_is_none);
  tcase_add_test(tests, B9_entry_that_is_left_out);
  tcase_add_test(tests, B9_system_that_does_not_say);
  suite_add_tcase(suite, tests);
  return suite;
}
