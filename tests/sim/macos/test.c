/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/sim/macos/test.c -- what the macOS port makes of exceptions, signals and messages (C1 to C3, C7 to C9, F1, F2, I1, I6)
 */

#include <mach/mach.h>
#include <sys/ucontext.h>

#include "sim.h"

#include "cc/cpuid.h"
#include "macos/records.h"
#include "os/macos/message.h"
#include "os/posix/posix.h"
#include "os/posix/xsave.h"

static const unsigned char recordBytes[] = {
#include SIM_RECORDS
};

static SimRecordsStruct records;
static struct {
  siginfo_t info;
  ucontext_t ucontext;
  sim_mcontext_avx512 state;
} frame;
static MutatorMachStruct mach;
static MutatorContextStruct context;

/* the kernel, as far as the port asks it ------------------------------------------- */

static struct {
  MutatorBool gone; /* the thread's port is dead */
  int largest;      /* the vector state that its CPU has */
  MutatorBool noTrap;
  MutatorMachStruct thread;
  unsigned set;
} kernel;

MutatorBool mutatorMacosGetGeneral(MutatorMach into) {
  if (!kernel.gone)
    into->general = kernel.thread.general;
  return !kernel.gone;
}

MutatorBool mutatorMacosGetTrap(MutatorMach into) {
  into->trapKnown = !kernel.gone && !kernel.noTrap;
  if (into->trapKnown)
    into->trap = kernel.thread.trap;
  return into->trapKnown;
}

void mutatorMacosGetVector(MutatorMach into) {
  into->vectorFlavor = kernel.gone ? -1 : kernel.largest;
  memcpy(into->vector, kernel.thread.vector, sizeof into->vector);
}

MutatorBool mutatorMacosSetGeneral(MutatorMach from) {
  kernel.thread.general = from->general;
  ++kernel.set;
  return !kernel.gone;
}

MutatorBool mutatorMacosSetVector(MutatorMach from) {
  memcpy(kernel.thread.vector, from->vector, sizeof from->vector);
  return !kernel.gone;
}

/* helpers -------------------------------------------------------------------------- */

static MutatorWord getRegister(unsigned reg) {
  MutatorWord value = 0;
  ck_assert_int_eq(MutatorContextGetRegister(&context, reg, &value), MutatorResOK);
  return value;
}

static void setRegister(unsigned reg, MutatorWord value) {
  ck_assert_int_eq(MutatorContextSetRegister(&context, reg, value), MutatorResOK);
}

static void setUp(void) {
  ck_assert_uint_eq(sizeof recordBytes, sizeof records);
  memcpy(&records, recordBytes, sizeof records);
  memset(&frame, 0, sizeof frame);
  memset(&mach, 0, sizeof mach);
  memset(&kernel, 0, sizeof kernel);
  memset(simCode, 0x90, sizeof simCode);
  memset(simWord, 0, sizeof simWord);
  kernel.thread.general = records.general;
  kernel.thread.trap = records.trap;
  kernel.largest = x86_AVX512_STATE64;
}

static void useSignal(const SimSignalStruct *row) {
  frame.info.si_signo = row->signal;
  frame.info.si_code = row->code;
  frame.info.si_addr = (void *)0x12345678;
  frame.ucontext.uc_mcontext = (sim_mcontext *)&frame.state;
  frame.ucontext.uc_mcsize = sizeof frame.state;
  frame.state.__es = records.trap;
  frame.state.__es.__trapno = (uint16_t)row->trap;
  frame.state.__ss = records.general;
  ck_assert_int_eq(MutatorContextInitSignal(&context, &frame.info, &frame.ucontext), MutatorResOK);
  setRegister(MutatorRegisterPC, (MutatorWord)simCode);
}

static void useException(const SimExceptionStruct *row) {
  memset(&mach, 0, sizeof mach);
  mach.thread = 0x103;
  mach.exception = row->exception;
  mach.code[0] = row->code;
  mach.code[1] = 0x12345678;
  mach.general = records.general;
  ck_assert_int_eq(MutatorContextInitFault(&context, &mach), MutatorResOK);
  setRegister(MutatorRegisterPC, (MutatorWord)simCode);
}

static void checkRow(int kind, int known) {
  void *address = NULL;
  MutatorWord code;
  ck_assert_int_eq(MutatorContextKind(&context), kind);
  ck_assert_int_eq(MutatorContextAddress(&context, &address), (known & 1) != 0 ? MutatorResOK : MutatorResFAIL);
  ck_assert_uint_eq((uintptr_t)address, (known & 1) != 0 ? 0x12345678 : 0);
  ck_assert_int_eq(MutatorContextErrorCode(&context, &code), (known & 2) != 0 ? MutatorResOK : MutatorResFAIL);
  ck_assert_uint_eq(MutatorContextAccess(&context), (known & 2) != 0 ? MutatorAccessWRITE : MutatorAccessNONE);
}

/* layout --------------------------------------------------------------------------- */

START_TEST(sizes_and_numbers_are_the_systems) {
  const int sizes[] = {sizeof(siginfo_t),
                       sizeof(ucontext_t),
                       sizeof(x86_thread_state64_t),
                       sizeof(x86_exception_state64_t),
                       sizeof(x86_float_state64_t),
                       sizeof(x86_avx_state64_t),
                       sizeof(x86_avx512_state64_t),
                       sizeof(sim_mcontext),
                       sizeof(sim_mcontext_avx),
                       sizeof(sim_mcontext_avx512),
                       sizeof(mach_msg_header_t),
                       sizeof(mach_msg_port_descriptor_t)};
  const int numbers[] = {x86_THREAD_STATE64,
                         x86_FLOAT_STATE64,
                         x86_EXCEPTION_STATE64,
                         x86_AVX_STATE64,
                         x86_AVX512_STATE64,
                         EXCEPTION_DEFAULT,
                         (int)MACH_EXCEPTION_CODES,
                         MACH_MSG_PORT_DESCRIPTOR,
                         MACH_MSG_TYPE_MOVE_SEND,
                         MACH_MSG_TYPE_MOVE_SEND_ONCE,
                         MACH_MSG_TYPE_COPY_SEND,
                         MACH_MSG_TYPE_MAKE_SEND_ONCE,
                         (int)MACH_MSGH_BITS_COMPLEX,
                         MIG_BAD_ID,
                         KERN_FAILURE,
                         EXC_SOFT_SIGNAL};
#define AVX(field) offsetof(x86_avx_state64_t, __fpu_##field)
#define AVX512(field) offsetof(x86_avx512_state64_t, __fpu_##field)
  const int at[] = {AVX(fcw),
                    AVX(mxcsr),
                    AVX(stmm0),
                    AVX(xmm0),
                    AVX(xmm15),
                    AVX(ymmh0),
                    AVX512(ymmh0),
                    AVX512(k0),
                    AVX512(zmmh0),
                    AVX512(zmm16),
                    offsetof(ucontext_t, uc_mcsize),
                    offsetof(ucontext_t, uc_mcontext)};
  ck_assert_int_eq(memcmp(sizes, records.sizes, sizeof sizes), 0);
  ck_assert_int_eq(memcmp(numbers, records.numbers, sizeof numbers), 0);
  ck_assert_int_eq(memcmp(at, records.at, sizeof at), 0);
}
END_TEST

START_TEST(every_field_is_where_the_systems_headers_put_it) {
  unsigned reg;
  useException(&records.exception[1]);
  mach.general = records.general;
  for (reg = 0; reg < MutatorRegisterLIMIT; ++reg)
    ck_assert_uint_eq(getRegister(reg), 0x0a00 + reg);
  ck_assert_uint_eq((uintptr_t)MutatorContextSP(&context), 0x0a04);
  ck_assert_int_eq(records.info.si_signo, 0x0c01);
  ck_assert_int_eq(records.info.si_code, 0x0c02);
  ck_assert_uint_eq((uintptr_t)records.info.si_addr, 0x0c04);
  ck_assert_uint_eq(records.ucontext.uc_mcsize, 0x0c05);
  ck_assert_uint_eq((uintptr_t)records.ucontext.uc_mcontext, 0x0c06);
  ck_assert_uint_eq(records.trap.__trapno, 14);
  ck_assert_uint_eq(records.trap.__err, 6);
  ck_assert_uint_eq(records.trap.__faultvaddr, 0x12345678);
  ck_assert_uint_eq(records.header.msgh_bits, 0x0d01);
  ck_assert_uint_eq(records.header.msgh_size, 0x0d02);
  ck_assert_uint_eq(records.header.msgh_remote_port, 0x0d03);
  ck_assert_uint_eq(records.header.msgh_local_port, 0x0d04);
  ck_assert_int_eq(records.header.msgh_id, 0x0d05);
  ck_assert_uint_eq(records.descriptor.name, 0x0d06);
  ck_assert_uint_eq(records.descriptor.disposition, 0x17);
  ck_assert_uint_eq(records.descriptor.type, 0x05);
}
END_TEST

/* faults --------------------------------------------------------------------------- */

START_TEST(C2_kind_of_every_exception) {
  useException(&records.exception[_i]);
  checkRow(records.exception[_i].kind, records.exception[_i].known);
}
END_TEST

START_TEST(C2_kind_of_every_signal) {
  useSignal(&records.signal[_i]);
  checkRow(records.signal[_i].kind, records.signal[_i].known);
}
END_TEST

START_TEST(C1_access_is_the_error_codes) {
  static const unsigned rows[][2] = {{4, MutatorAccessREAD},       {5, MutatorAccessREAD},
                                     {6, MutatorAccessWRITE},      {7, MutatorAccessWRITE},
                                     {0x14, MutatorAccessEXECUTE}, {0x15, MutatorAccessEXECUTE}};
  size_t i;
  for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    kernel.thread.trap.__err = rows[i][0];
    useException(&records.exception[1]);
    ck_assert_uint_eq(MutatorContextAccess(&context), rows[i][1]);
  }
}
END_TEST

static MutatorContext exceptionAt(void *address, MutatorWord error) {
  kernel.thread.trap.__err = (uint32_t)error;
  kernel.thread.trap.__faultvaddr = (MutatorWord)address;
  useException(&records.exception[1]);
  mach.code[1] = (int64_t)(MutatorWord)address;
  return &context;
}

static MutatorContext signalAt(void *address, MutatorWord error) {
  useSignal(&records.signal[2]);
  frame.info.si_addr = address;
  frame.state.__es.__err = (uint32_t)error;
  frame.state.__es.__faultvaddr = (MutatorWord)address;
  return &context;
}

static MutatorContext generalException(void *address, MutatorWord error) {
  (void)address, (void)error;
  useException(&records.exception[4]); /* EXC_I386_GPFLT */
  return &context;
}

static MutatorContext generalSignal(void *address, MutatorWord error) {
  (void)address, (void)error;
  useSignal(&records.signal[3]); /* trap 13 */
  return &context;
}

START_TEST(C2_general_protection) {
  simGeneral(generalException);
  simGeneral(generalSignal);
}
END_TEST

START_TEST(C1_every_access) {
  simAccesses(exceptionAt);
  simAccesses(signalAt);
}
END_TEST

START_TEST(C1_every_fetch) {
  simFetches(exceptionAt);
  simFetches(signalAt);
}
END_TEST

/* Without an exception state, or with another fault's, the direction is not known; steps are declined. */
START_TEST(C3_exception_state_that_is_not_this_faults) {
  static const unsigned char store[] = {0x89, 0x07}; /* mov [rdi], eax */
  memcpy(simCode, store, sizeof store);
  kernel.noTrap = 1;
  useException(&records.exception[1]);
  checkRow(records.exception[1].kind, 1);
  kernel.noTrap = 0;
  kernel.thread.trap.__trapno = 3;
  useException(&records.exception[1]);
  checkRow(records.exception[1].kind, 1);
  kernel.thread.trap.__trapno = 14;
  kernel.thread.trap.__faultvaddr = 0x1000;
  useException(&records.exception[1]);
  checkRow(records.exception[1].kind, 1);
}
END_TEST

START_TEST(C7_pc_is_the_breakpoint) {
  simCode[0] = 0xcc;
  useException(&records.exception[14]);
  setRegister(MutatorRegisterPC, (MutatorWord)simCode + 1);
  ck_assert_ptr_eq(MutatorContextPC(&context), simCode);
  useSignal(&records.signal[9]);
  setRegister(MutatorRegisterPC, (MutatorWord)simCode + 1);
  ck_assert_ptr_eq(MutatorContextPC(&context), simCode);
}
END_TEST

START_TEST(bad_arguments_are_refused) {
  useException(&records.exception[1]);
  ck_assert_int_eq(MutatorContextInitFault(NULL, &mach), MutatorResPARAM);
  ck_assert_int_eq(MutatorContextInitFault(&context, NULL), MutatorResPARAM);
  mach.exception = 0;
  ck_assert_int_eq(MutatorContextInitFault(&context, &mach), MutatorResPARAM);
  ck_assert_int_eq(MutatorContextInitSignal(&context, NULL, &frame.ucontext), MutatorResPARAM);
  ck_assert_int_eq(MutatorContextInitSignal(&context, &frame.info, NULL), MutatorResPARAM);
  ck_assert_int_eq(MutatorContextInitThread(&context, MACH_PORT_NULL), MutatorResPARAM);
}
END_TEST

/* A record with nothing in it answers every question. */
START_TEST(signal_without_a_machine_context) {
  void *address;
  useSignal(&records.signal[0]);
  frame.ucontext.uc_mcontext = NULL;
  ck_assert_int_eq(MutatorContextKind(&context), MutatorFaultKindASYNC);
  ck_assert_int_eq(MutatorContextAddress(&context, &address), MutatorResFAIL);
  ck_assert(!MutatorContextCanStepInstruction(&context));
  ck_assert_uint_eq(simMarks(&context), 0);
}
END_TEST

/* stepping ------------------------------------------------------------------------- */

static void stepStore(void) {
  static const unsigned char store[] = {0x89, 0x07}; /* mov [rdi], eax */
  memcpy(simCode, store, sizeof store);
  setRegister(7, (MutatorWord)simWord);
  setRegister(0, 0x11223344);
  ck_assert(MutatorContextCanStepInstruction(&context));
  ck_assert_int_eq(MutatorContextStepInstruction(&context), MutatorResOK);
  ck_assert_uint_eq(simWord[0], 0x11223344);
  ck_assert_uint_eq(getRegister(MutatorRegisterPC), (MutatorWord)simCode + 2);
}

START_TEST(store_of_an_exception_is_stepped) {
  kernel.thread.trap.__faultvaddr = (MutatorWord)simWord;
  useException(&records.exception[1]);
  mach.code[1] = (int64_t)(MutatorWord)simWord;
  stepStore();
  ck_assert_int_eq(MutatorContextCommit(&context), MutatorResOK);
  ck_assert_uint_eq(kernel.set, 0); /* the server sets the general registers */
}
END_TEST

START_TEST(store_of_a_signal_is_stepped) {
  useSignal(&records.signal[2]);
  frame.state.__es.__faultvaddr = (MutatorWord)simWord;
  stepStore();
}
END_TEST

START_TEST(code_of_another_mode_is_declined) {
  kernel.thread.trap.__faultvaddr = (MutatorWord)simWord;
  useException(&records.exception[1]);
  mach.code[1] = (int64_t)(MutatorWord)simWord;
  simCode[0] = 0x89;
  simCode[1] = 0x07;
  setRegister(7, (MutatorWord)simWord);
  mach.general.__cs = 0x1b;
  ck_assert(!MutatorContextCanStepInstruction(&context));
}
END_TEST

START_TEST(C9_frame_is_not_written_to) {
  useSignal(&records.signal[2]);
  ck_assert(mutatorOSFrameOverlaps(&context.native, (MutatorWord)&frame.info, 4));
  ck_assert(mutatorOSFrameOverlaps(&context.native, (MutatorWord)&frame.ucontext + 8, 4));
  ck_assert(mutatorOSFrameOverlaps(&context.native, (MutatorWord)(&frame.state + 1) - 4, 8));
  ck_assert(!mutatorOSFrameOverlaps(&context.native, (MutatorWord)simWord, 8));
}
END_TEST

/* vector registers ------------------------------------------------------------------- */

static void put(unsigned char *at) {
  const MutatorWord mark = SimMARK;
  memcpy(at, &mark, sizeof mark);
}

/* One word in the last register of each part. */
static void mark(unsigned char *state) {
  put(state + 8 + 32 + 7 * 16);     /* st7 */
  put(state + 8 + 160 + 15 * 16);   /* xmm15 */
  put(state + 588 + 15 * 16 + 8);   /* ymm15, upper half */
  put(state + 844 + 7 * 8);         /* k7 */
  put(state + 908 + 15 * 32 + 24);  /* zmm15, upper half */
  put(state + 1420 + 15 * 64 + 56); /* zmm31 */
}

START_TEST(C8_scan_shows_what_the_state_has) {
  static const int flavors[] = {x86_FLOAT_STATE64, x86_AVX_STATE64, x86_AVX512_STATE64, -1};
  static const unsigned marks[] = {2, 3, 6, 0};
  size_t i;
  mark(kernel.thread.vector);
  for (i = 0; i < sizeof marks / sizeof marks[0]; ++i) {
    kernel.largest = flavors[i];
    useException(&records.exception[1]);
    ck_assert_uint_eq(simMarks(&context), marks[i]);
    ck_assert_int_eq(MutatorContextInitThread(&context, 0x103), MutatorResOK);
    ck_assert_uint_eq(simMarks(&context), marks[i]);
  }
}
END_TEST

/* With four words more of general registers where a program has segments of its own. */
START_TEST(C8_scan_shows_what_the_machine_context_has) {
  static const struct {
    size_t size, at;
    unsigned marks;
  } rows[] = {{712, 184, 2},  {1032, 184, 3}, {2632, 184, 6}, {744, 216, 2},
              {1064, 216, 3}, {0, 184, 0},    {4096, 184, 0}};
  static unsigned char bytes[2800] __attribute__((aligned(16)));
  size_t i;
  for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    useSignal(&records.signal[2]);
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, &frame.state, 184);
    mark(bytes + rows[i].at);
    frame.ucontext.uc_mcontext = (void *)bytes;
    frame.ucontext.uc_mcsize = rows[i].size;
    ck_assert_uint_eq(simMarks(&context), rows[i].marks);
  }
}
END_TEST

START_TEST(C8_scan_general_registers) {
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterPC; ++reg) {
    useException(&records.exception[1]);
    setRegister(reg, SimMARK);
    ck_assert_uint_eq(simMarks(&context), 1);
  }
}
END_TEST

START_TEST(x87_is_read_and_written) {
  unsigned char image[MachineX87SIZE], other[MachineX87SIZE];
  useException(&records.exception[1]);
  memset(image, 0x21, sizeof image);
  ck_assert(mutatorOSX87Write(&context.native, image));
  ck_assert(mutatorOSX87Read(&context.native, other));
  ck_assert_int_eq(memcmp(image, other, 24), 0);
  ck_assert_int_eq(memcmp(image + 32, other + 32, 128), 0);
  ck_assert_int_eq(MutatorContextCommit(&context), MutatorResOK);
  ck_assert_int_eq(kernel.thread.vector[8], 0x21);
  kernel.gone = 1;
  useException(&records.exception[1]);
  ck_assert(!mutatorOSX87Read(&context.native, image));
  ck_assert(!mutatorOSX87Write(&context.native, image));
}
END_TEST

/* threads -------------------------------------------------------------------------- */

START_TEST(T1_edits_reach_the_thread) {
  ck_assert_int_eq(MutatorContextInitThread(&context, 0x103), MutatorResOK);
  ck_assert_int_eq(MutatorContextVariety(&context), MutatorContextTHREAD);
  setRegister(3, 0x4321);
  ck_assert_int_eq(MutatorContextCommit(&context), MutatorResOK);
  ck_assert_uint_eq(kernel.thread.general.__rbx, 0x4321);
}
END_TEST

START_TEST(T1_thread_that_is_gone) {
  kernel.gone = 1;
  ck_assert_int_eq(MutatorContextInitThread(&context, 0x103), MutatorResACCESS);
  ck_assert(!MutatorContextCheck(&context));
  kernel.gone = 0;
  ck_assert_int_eq(MutatorContextInitThread(&context, 0x103), MutatorResOK);
  kernel.gone = 1;
  ck_assert_int_eq(MutatorContextCommit(&context), MutatorResACCESS);
}
END_TEST

/* injections ----------------------------------------------------------------------- */

static unsigned char memory[8192] __attribute__((aligned(64))), saved[16384] __attribute__((aligned(64)));

/* Any bytes but for the words that the CPU looks at: what a thread may have. */
static void fillState(unsigned char *state, size_t size) {
  static const uint16_t control = 0x037f, status = 0;
  static const uint32_t mxcsr = 0x1f80;
  size_t i;
  for (i = 0; i < size; ++i)
    state[i] = (unsigned char)(i * 7 + 1);
  for (i = 0; i < 8; ++i)
    memset(state + 8 + 32 + i * 16 + 10, 0, 6);
  memcpy(state + 8, &control, sizeof control);
  memcpy(state + 10, &status, sizeof status);
  memcpy(state + 8 + 24, &mxcsr, sizeof mxcsr);
}

static MutatorBool recordCopy(MutatorNativeStruct *copy) {
  MutatorWord mask = 0;
  const MutatorBool copied = mutatorOSRecordCopy(copy, memory, saved, sizeof saved, &context.native, &mask);
  ck_assert_uint_le(mutatorOSRecordSize(), sizeof memory);
  ck_assert(!copied || mask == ~(MutatorWord)0);
  return copied;
}

static void sameParts(const MutatorNativeStruct *one, const MutatorNativeStruct *other) {
  VectorStruct a, b;
  VectorPart part;
  mutatorOSVector(one, &a);
  mutatorOSVector(other, &b);
  for (part = VectorPartX87; part < VectorPartLIMIT; ++part)
    if (a.part[part] != NULL && b.part[part] != NULL)
      ck_assert_msg(memcmp(a.part[part], b.part[part], a.size[part]) == 0, "part %u", (unsigned)part);
}

/* What the trampoline loads is taken by this CPU, and is what the copy shows. */
static void loadAndSave(const MutatorNativeStruct *copy) {
  static unsigned char again[16384] __attribute__((aligned(64)));
  const uint64_t enabled = cpuidEnabledStates();
  VectorStruct vector;
  VectorPart part;
  memset(again, 0, sizeof again);
  __asm__ volatile("xsave64 %1\n xrstor64 %2\n xsave64 %0\n xrstor64 %1"
                   : "+m"(again)
                   : "m"(*(again + 8192)), "m"(saved), "a"(0xe7u), "d"(0u)
                   : "memory");
  mutatorOSVector(copy, &vector);
  for (part = VectorPartX87; part < VectorPartLIMIT; ++part)
    if (vector.part[part] != NULL && (enabled & xsaveBit(part)) != 0)
      ck_assert_msg(memcmp(again + mutatorXsaveOffset(part), vector.part[part], vector.size[part]) == 0, "part %u",
                    (unsigned)part);
}

START_TEST(I1_copy_goes_back) {
  MutatorNativeStruct copy, live;
  useSignal(&records.signal[2]);
  fillState((unsigned char *)&frame.state + 184, 2444);
  live = context.native;
  memset(saved, 0, sizeof saved);
  ck_assert(recordCopy(&copy));
  ck_assert_ptr_ne(copy.ucontext->uc_mcontext, frame.ucontext.uc_mcontext);
  sameParts(&copy, &live);
  put((unsigned char *)copy.ucontext->uc_mcontext + 184 + 8 + 160); /* the callback edits xmm0 */
  mutatorOSRecordEdited(&copy, saved);
  loadAndSave(&copy);
  fillState((unsigned char *)&frame.state + 184 + 100, 2300); /* the thread that traps again has others */
  ck_assert(mutatorOSRecordRestore(&live, &copy, saved));
  sameParts(&copy, &live);
}
END_TEST

/* AVX-512 was enabled by the callback: it is initial again. */
START_TEST(I1_part_that_the_thread_had_not) {
  static unsigned char bytes[1032] __attribute__((aligned(16)));
  MutatorNativeStruct copy, live;
  VectorStruct vector;
  size_t i;
  useSignal(&records.signal[2]);
  live = context.native;
  memcpy(bytes, &frame.state, 184);
  fillState(bytes + 184, sizeof bytes - 184);
  frame.ucontext.uc_mcontext = (void *)bytes;
  frame.ucontext.uc_mcsize = sizeof bytes;
  memset(saved, 0, sizeof saved);
  ck_assert(recordCopy(&copy));
  mutatorOSRecordEdited(&copy, saved);
  loadAndSave(&copy);
  frame.ucontext.uc_mcontext = (sim_mcontext *)&frame.state;
  frame.ucontext.uc_mcsize = sizeof frame.state;
  fillState((unsigned char *)&frame.state + 184, 2444);
  ck_assert(mutatorOSRecordRestore(&live, &copy, saved));
  sameParts(&copy, &live);
  mutatorOSVector(&live, &vector);
  for (i = 0; i < vector.size[VectorPartHigh16]; ++i)
    ck_assert_uint_eq(vector.part[VectorPartHigh16][i], 0);
  frame.ucontext.uc_mcsize = 712; /* smaller than it was */
  ck_assert(!mutatorOSRecordRestore(&live, &copy, saved));
}
END_TEST

/* The other way, by which an image is loaded. */
START_TEST(I1_copy_shows_what_is_saved) {
  MutatorNativeStruct copy;
  const uint64_t none = 3;
  VectorStruct vector;
  useSignal(&records.signal[2]);
  fillState((unsigned char *)&frame.state + 184, 2444);
  ck_assert(recordCopy(&copy));
  memset(saved, 0, sizeof saved);
  put(saved + 160);
  memcpy(saved + 512, &none, sizeof none);
  mutatorOSRecordShow(&copy, saved);
  mutatorOSVector(&copy, &vector);
  ck_assert_int_eq(memcmp(vector.part[VectorPartXMM], saved + 160, 256), 0);
  ck_assert_uint_eq(vector.part[VectorPartYMMUpper][0], 0);
}
END_TEST

START_TEST(I3_suspended_threads_copy_is_its_own) {
  MutatorNativeStruct copy;
  fillState(kernel.thread.vector, 2444);
  ck_assert_int_eq(MutatorContextInitThread(&context, 0x103), MutatorResOK);
  memset(saved, 0, sizeof saved);
  ck_assert(recordCopy(&copy));
  ck_assert_uint_eq(copy.mach->thread, MACH_PORT_NULL);
  ck_assert_int_eq(memcmp(&copy.mach->general, &kernel.thread.general, sizeof copy.mach->general), 0);
  sameParts(&copy, &context.native);
  mutatorOSRecordEdited(&copy, saved);
  loadAndSave(&copy);
}
END_TEST

START_TEST(I6_records_that_are_refused) {
  MutatorNativeStruct copy;
  MutatorWord mask;
  useException(&records.exception[1]);
  ck_assert(!recordCopy(&copy)); /* on the server's thread */
  useSignal(&records.signal[2]);
  ck_assert(!mutatorOSRecordCopy(&copy, memory, saved, 512, &context.native, &mask));
  frame.state.__ss.__cs = 0x1b;
  ck_assert(!recordCopy(&copy));
  useSignal(&records.signal[2]);
  frame.ucontext.uc_mcsize = 4096;
  ck_assert(!recordCopy(&copy));
  frame.ucontext.uc_mcontext = NULL;
  ck_assert(!recordCopy(&copy));
  kernel.largest = -1;
  ck_assert_int_eq(MutatorContextInitThread(&context, 0x103), MutatorResOK);
  ck_assert(!recordCopy(&copy));
}
END_TEST

/* messages ------------------------------------------------------------------------- */

static MessageStruct message;

/* As the kernel sends it and mach_msg receives it. */
static void receive(void) {
  MessageRequestStruct *request = &message.request;
  memset(&message, 0, sizeof message);
  request->header.msgh_bits = MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 17);
  request->header.msgh_size = sizeof *request;
  request->header.msgh_remote_port = 0x1203;
  request->header.msgh_local_port = 0x1307;
  request->header.msgh_id = 2405;
  request->body.msgh_descriptor_count = 2;
  request->thread.name = 0x103;
  request->task.name = 0x203;
  request->exception = EXC_BAD_ACCESS;
  request->codeCount = 2;
  request->code[0] = KERN_PROTECTION_FAILURE;
  request->code[1] = 0x7fff12345678;
}

START_TEST(F1_message_is_read) {
  receive();
  ck_assert(mutatorMessageRead(&message, sizeof message.request, &mach));
  ck_assert_uint_eq(mach.thread, 0x103);
  ck_assert_int_eq(mach.exception, EXC_BAD_ACCESS);
  ck_assert_int_eq(mach.code[0], KERN_PROTECTION_FAILURE);
  ck_assert_int_eq(mach.code[1], 0x7fff12345678);
  ck_assert(!mach.trapKnown);
}
END_TEST

/* Every header and count that is another. */
START_TEST(F1_message_that_is_none) {
  static const struct {
    size_t at;
    uint32_t value;
  } rows[] = {{0, 0x1211}, /* not complex */
              {4, 80},     /* size */
              {4, 1000},
              {20, 2401}, /* number */
              {20, 2406},
              {20, 2407},
              {20, 0},
              {24, 0}, /* descriptors */
              {24, 3},
              {28 + 8, 0x01000000u}, /* out-of-line memory instead of a port */
              {40 + 8, 0x02000000u},
              {60, 0}, /* exception */
              {60, 0x80000000u},
              {64, 0}, /* codes */
              {64, 1},
              {64, 0xffffffffu}};
  size_t i;
  for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    receive();
    memcpy(message.bytes + rows[i].at, &rows[i].value, sizeof rows[i].value);
    ck_assert_msg(!mutatorMessageRead(&message, sizeof message.request, &mach), "row %d", (int)i);
  }
  receive();
  ck_assert(!mutatorMessageRead(&message, sizeof message.request - 1, &mach));
  ck_assert(!mutatorMessageRead(&message, 0, &mach));
}
END_TEST

START_TEST(F1_answer) {
  MessageReplyStruct reply;
  receive();
  mutatorMessageReply(&message, KERN_FAILURE, &reply);
  ck_assert_int_eq(reply.header.msgh_id, 2505);
  ck_assert_uint_eq(reply.header.msgh_size, 36);
  ck_assert_uint_eq(reply.header.msgh_bits, MACH_MSG_TYPE_MOVE_SEND_ONCE);
  ck_assert_uint_eq(reply.header.msgh_remote_port, 0x1203);
  ck_assert_uint_eq(reply.header.msgh_local_port, 0);
  ck_assert_int_eq(reply.result, KERN_FAILURE);
}
END_TEST

START_TEST(F2_previous_port) {
  const exception_behavior_t wide = (exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES);
  ck_assert_int_eq(mutatorMessageForward(MACH_PORT_NULL, wide), MessageForwardNONE);
  ck_assert_int_eq(mutatorMessageForward(MACH_PORT_DEAD, wide), MessageForwardNONE);
  ck_assert_int_eq(mutatorMessageForward(0x55, wide), MessageForwardSAME);
  ck_assert_int_eq(mutatorMessageForward(0x55, EXCEPTION_DEFAULT), MessageForwardSHORT);
  ck_assert_int_eq(mutatorMessageForward(0x55, EXCEPTION_STATE), MessageForwardDECLINED);
  ck_assert_int_eq(mutatorMessageForward(0x55, 0), MessageForwardDECLINED);
}
END_TEST

/* Its owner gets what the kernel sent, and answers the kernel. */
START_TEST(F2_same_message_goes_on) {
  receive();
  mutatorMessageSame(&message, 0x55);
  ck_assert_uint_eq(message.header.msgh_remote_port, 0x55);
  ck_assert_uint_eq(message.header.msgh_local_port, 0x1203);
  ck_assert_uint_eq(message.header.msgh_bits,
                    MACH_MSGH_BITS_COMPLEX | MACH_MSG_TYPE_COPY_SEND | MACH_MSG_TYPE_MOVE_SEND_ONCE << 8);
  ck_assert_int_eq(message.header.msgh_id, 2405);
  ck_assert_uint_eq(message.request.thread.name, 0x103);
  ck_assert_uint_eq(message.request.thread.disposition, MACH_MSG_TYPE_MOVE_SEND);
  ck_assert_int_eq(message.request.code[1], 0x7fff12345678);
}
END_TEST

START_TEST(F2_short_message_and_its_answer) {
  MessageShortStruct brief;
  MessageReplyStruct reply;
  receive();
  mutatorMessageShort(&message, 0x55, 0x66, &brief);
  ck_assert_int_eq(brief.header.msgh_id, 2401);
  ck_assert_uint_eq(brief.header.msgh_size, 76);
  ck_assert_uint_eq(brief.header.msgh_local_port, 0x66);
  ck_assert_int_eq(brief.code[0], KERN_PROTECTION_FAILURE);
  ck_assert_uint_eq(brief.thread.disposition, MACH_MSG_TYPE_COPY_SEND);
  memset(&message, 0, sizeof message);
  memset(&reply, 0, sizeof reply);
  reply.header.msgh_size = sizeof reply;
  reply.header.msgh_id = 2501;
  reply.result = KERN_SUCCESS;
  memcpy(&message, &reply, sizeof reply);
  ck_assert_int_eq(mutatorMessageResult(&message, sizeof reply), KERN_SUCCESS);
  ck_assert_int_eq(mutatorMessageResult(&message, sizeof reply - 4), KERN_FAILURE);
  message.header.msgh_id = 2505;
  ck_assert_int_eq(mutatorMessageResult(&message, sizeof reply), KERN_FAILURE);
}
END_TEST

Suite *simSuite(void) {
  Suite *suite = suite_create("macos");
  TCase *tests = tcase_create("records");
  tcase_add_checked_fixture(tests, setUp, NULL);
  tcase_add_test(tests, sizes_and_numbers_are_the_systems);
  tcase_add_test(tests, every_field_is_where_the_systems_headers_put_it);
  tcase_add_loop_test(tests, C2_kind_of_every_exception, 0, SimEXCEPTIONS);
  tcase_add_loop_test(tests, C2_kind_of_every_signal, 0, SimSIGNALS);
  tcase_add_test(tests, C1_access_is_the_error_codes);
  tcase_add_test(tests, C1_every_access);
  tcase_add_test(tests, C1_every_fetch);
  tcase_add_test(tests, C2_general_protection);
  tcase_add_test(tests, C3_exception_state_that_is_not_this_faults);
  tcase_add_test(tests, C7_pc_is_the_breakpoint);
  tcase_add_test(tests, bad_arguments_are_refused);
  tcase_add_test(tests, signal_without_a_machine_context);
  tcase_add_test(tests, store_of_an_exception_is_stepped);
  tcase_add_test(tests, store_of_a_signal_is_stepped);
  tcase_add_test(tests, code_of_another_mode_is_declined);
  tcase_add_test(tests, C9_frame_is_not_written_to);
  tcase_add_test(tests, C8_scan_shows_what_the_state_has);
  tcase_add_test(tests, C8_scan_shows_what_the_machine_context_has);
  tcase_add_test(tests, C8_scan_general_registers);
  tcase_add_test(tests, x87_is_read_and_written);
  tcase_add_test(tests, T1_edits_reach_the_thread);
  tcase_add_test(tests, T1_thread_that_is_gone);
  tcase_add_test(tests, I1_copy_goes_back);
  tcase_add_test(tests, I1_part_that_the_thread_had_not);
  tcase_add_test(tests, I1_copy_shows_what_is_saved);
  tcase_add_test(tests, I3_suspended_threads_copy_is_its_own);
  tcase_add_test(tests, I6_records_that_are_refused);
  tcase_add_test(tests, F1_message_is_read);
  tcase_add_test(tests, F1_message_that_is_none);
  tcase_add_test(tests, F1_answer);
  tcase_add_test(tests, F2_previous_port);
  tcase_add_test(tests, F2_same_message_goes_on);
  tcase_add_test(tests, F2_short_message_and_its_answer);
  suite_add_tcase(suite, tests);
  return suite;
}
