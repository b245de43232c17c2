/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/windows/native.c -- what tests need, by VirtualAlloc and vectored exception handlers
 */

#include "support/native.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void nativeStopProgram(const char *what) {
  fprintf(stderr, "%s: error %lu\n", what, (unsigned long)GetLastError());
  fflush(stderr);
  ExitProcess(1);
}

/* memory ----------------------------------------------------------------------- */

static const DWORD protections[NativeProtectionLIMIT] = {PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE,
                                                         PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE};

size_t nativePageSize(void) {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwPageSize;
}

void *nativeMap(void *at, size_t size, NativeProtection protection) {
  void *base = VirtualAlloc(at, size, MEM_RESERVE | MEM_COMMIT, protections[protection]);
  if (base == NULL)
    nativeStopProgram("VirtualAlloc");
  return base;
}

/* A part of a mapping cannot be given back: decommitted, there is nothing; a part of a view
 * can only be closed. */
void nativeUnmap(void *base, size_t size) {
  if (!VirtualFree(base, size, MEM_DECOMMIT))
    nativeProtect(base, size, NativeNONE);
}

void nativeProtect(void *base, size_t size, NativeProtection protection) {
  DWORD before;
  if (!VirtualProtect(base, size, protections[protection], &before))
    nativeStopProgram("VirtualProtect");
}

MutatorBool nativeIsMapped(const void *address) {
  MEMORY_BASIC_INFORMATION page;
  return VirtualQuery(address, &page, sizeof page) == sizeof page && page.State == MEM_COMMIT;
}

void *nativeMapHole(void *at) {
  (void)at;
  return NULL;
}

static HANDLE latest; /* the section of nativeMapTwice */

void *nativeMapTwice(void *at, size_t size, NativeProtection protection, void **aliasReturn) {
  HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, (DWORD)((uint64_t)size >> 32),
                                      (DWORD)size, NULL);
  void *base;
  if (section == NULL)
    nativeStopProgram("CreateFileMapping");
  base = MapViewOfFileEx(section, FILE_MAP_READ | FILE_MAP_WRITE | FILE_MAP_EXECUTE, 0, 0, size, at);
  *aliasReturn = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, size);
  if (base == NULL || *aliasReturn == NULL)
    nativeStopProgram("MapViewOfFileEx");
  nativeProtect(base, size, protection);
  if (latest != NULL)
    (void)CloseHandle(latest);
  latest = section;
  return base;
}

void *nativeMapAgain(size_t size) {
  void *again = MapViewOfFile(latest, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, size);
  if (again == NULL)
    nativeStopProgram("MapViewOfFile");
  return again;
}

/* stops ------------------------------------------------------------------------ */

static const EXCEPTION_RECORD *recordOf(const NativeStopStruct *stop) { return stop->pointers->ExceptionRecord; }

NativeStopKind nativeStopKind(const NativeStopStruct *stop) {
  switch (recordOf(stop)->ExceptionCode) {
  case EXCEPTION_BREAKPOINT:
  case EXCEPTION_SINGLE_STEP: return NativeStopTRAP;
  case EXCEPTION_ACCESS_VIOLATION:
  case EXCEPTION_GUARD_PAGE:
  case EXCEPTION_IN_PAGE_ERROR: return NativeStopMEMORY;
  default: return NativeStopOTHER;
  }
}

int nativeStopNumber(const NativeStopStruct *stop) { return (int)recordOf(stop)->ExceptionCode; }

MutatorWord nativeStopAddress(const NativeStopStruct *stop) {
  return (MutatorWord)recordOf(stop)->ExceptionInformation[1];
}

/* EFlags is half a word wide on x86-64. */
MutatorWord nativeContextGet(const CONTEXT *context, unsigned reg) {
  const unsigned char *at = (const unsigned char *)context + nativeOffsets[reg];
  MutatorWord value = 0;
  memcpy(&value, at, reg == MutatorRegisterFLAGS ? sizeof(DWORD) : sizeof value);
  return value;
}

void nativeContextSet(CONTEXT *context, unsigned reg, MutatorWord value) {
  unsigned char *at = (unsigned char *)context + nativeOffsets[reg];
  memcpy(at, &value, reg == MutatorRegisterFLAGS ? sizeof(DWORD) : sizeof value);
}

MutatorWord nativeGet(const NativeStopStruct *stop, unsigned reg) {
  return nativeContextGet(stop->pointers->ContextRecord, reg);
}

void nativeSet(NativeStop stop, unsigned reg, MutatorWord value) {
  nativeContextSet(stop->pointers->ContextRecord, reg, value);
}

MutatorWord nativeBreakpoint(const NativeStopStruct *stop) { return nativeGet(stop, MutatorRegisterPC); }

MutatorRes nativeInit(MutatorContext context, NativeStop stop) {
  return MutatorContextInitFault(context, stop->pointers);
}

MutatorBool nativeRecover(NativeStop stop) { return MutatorFaultRecover(stop->pointers); }

static MutatorBool (*handler)(NativeStop stop);

/* Others than these are for debuggers and languages: a thread's name, a C++ exception. */
static MutatorBool isFault(DWORD code) {
  static const DWORD codes[] = {
      EXCEPTION_ACCESS_VIOLATION,
      EXCEPTION_GUARD_PAGE,
      EXCEPTION_IN_PAGE_ERROR,
      EXCEPTION_ILLEGAL_INSTRUCTION,
      EXCEPTION_PRIV_INSTRUCTION,
      EXCEPTION_BREAKPOINT,
      EXCEPTION_SINGLE_STEP,
      EXCEPTION_INT_DIVIDE_BY_ZERO,
      EXCEPTION_INT_OVERFLOW,
      EXCEPTION_DATATYPE_MISALIGNMENT,
      EXCEPTION_ARRAY_BOUNDS_EXCEEDED,
      EXCEPTION_STACK_OVERFLOW,
      EXCEPTION_FLT_DENORMAL_OPERAND,
      EXCEPTION_FLT_DIVIDE_BY_ZERO,
      EXCEPTION_FLT_INEXACT_RESULT,
      EXCEPTION_FLT_INVALID_OPERATION,
      EXCEPTION_FLT_OVERFLOW,
      EXCEPTION_FLT_STACK_CHECK,
      EXCEPTION_FLT_UNDERFLOW,
      0xc00002b4u, /* STATUS_FLOAT_MULTIPLE_FAULTS */
      0xc00002b5u, /* STATUS_FLOAT_MULTIPLE_TRAPS */
  };
  size_t i;
  for (i = 0; i < sizeof codes / sizeof codes[0]; ++i)
    if (codes[i] == code)
      return 1;
  return 0;
}

static LONG CALLBACK onException(EXCEPTION_POINTERS *pointers) {
  NativeStopStruct stop = {pointers};
  if (!isFault(pointers->ExceptionRecord->ExceptionCode) || !handler(&stop))
    return EXCEPTION_CONTINUE_SEARCH;
  return EXCEPTION_CONTINUE_EXECUTION;
}

void nativeHandle(MutatorBool (*newHandler)(NativeStop stop)) {
  static void *installed;
  handler = newHandler;
  if (installed == NULL)
    installed = AddVectoredExceptionHandler(1, onException);
  if (installed == NULL)
    nativeStopProgram("AddVectoredExceptionHandler");
}

void *nativeHandlerStack(size_t size) {
  (void)size;
  return NULL;
}

void nativeHandlerStackWhole(void) {}

/* The record, and then the handlers themselves, on the stack of the thread. */
size_t nativeFrameSize(void) { return (size_t)512 << 10; }

/* forgeries -------------------------------------------------------------------- */

MutatorBool nativeForgeAddress(NativeStop stop, MutatorWord address) {
  stop->pointers->ExceptionRecord->ExceptionInformation[1] = address;
  return 1;
}

MutatorBool nativeForgeDirection(NativeStop stop) {
  stop->pointers->ExceptionRecord->ExceptionInformation[0] ^= 1;
  return 1;
}

MutatorBool nativeForgeFetch(NativeStop stop) {
  stop->pointers->ExceptionRecord->ExceptionInformation[0] = 8;
  return 1;
}

/* RaiseException with this code: no parameters say that it was the CPU. */
MutatorBool nativeForgeSent(NativeStop stop) {
  stop->pointers->ExceptionRecord->NumberParameters = 0;
  return 1;
}

MutatorBool nativeForgeGeneral(NativeStop stop) {
  stop->pointers->ExceptionRecord->ExceptionInformation[0] = 0;
  stop->pointers->ExceptionRecord->ExceptionInformation[1] = ~(ULONG_PTR)0;
  return 1;
}

MutatorBool nativeForgeUnknown(NativeStop stop) {
  stop->pointers->ExceptionRecord->ExceptionCode = 0xc0123456;
  return 1;
}

MutatorBool nativeForgeBreakpoint(NativeStop stop) {
  stop->pointers->ExceptionRecord->ExceptionCode = EXCEPTION_BREAKPOINT;
  stop->pointers->ExceptionRecord->NumberParameters = 1;
  return 1;
}

/* The calling thread's, since no other value stands for one. */
static void fakeSegments(CONTEXT *context) {
  __asm__ volatile("mov %%cs, %0" : "=m"(context->SegCs));
  __asm__ volatile("mov %%ds, %0" : "=m"(context->SegDs));
  __asm__ volatile("mov %%es, %0" : "=m"(context->SegEs));
  __asm__ volatile("mov %%fs, %0" : "=m"(context->SegFs));
  __asm__ volatile("mov %%gs, %0" : "=m"(context->SegGs));
  __asm__ volatile("mov %%ss, %0" : "=m"(context->SegSs));
}

void nativeFake(NativeStop stop) {
  static EXCEPTION_RECORD record;
  static CONTEXT context;
  static EXCEPTION_POINTERS pointers = {&record, &context};
  memset(&record, 0, sizeof record);
  memset(&context, 0, sizeof context);
  fakeSegments(&context);
  stop->pointers = &pointers;
}

void nativeFakeFault(NativeStop stop, MutatorWord address, unsigned code) {
  EXCEPTION_RECORD *record;
  nativeFake(stop);
  record = stop->pointers->ExceptionRecord;
  record->ExceptionCode = EXCEPTION_ACCESS_VIOLATION;
  record->NumberParameters = 2;
  record->ExceptionInformation[0] = (code & 16) != 0 ? 8 : (code & 2) != 0 ? 1 : 0;
  record->ExceptionInformation[1] = address;
}

MutatorWord nativeErrorCode(const NativeStopStruct *stop) {
  return (MutatorWord)recordOf(stop)->ExceptionInformation[0];
}

void nativeRaise(void) { RaiseException(EXCEPTION_ACCESS_VIOLATION, 0, 0, NULL); }

/* vector state ----------------------------------------------------------------- */

enum { ControlAT = 0, TagsAT = 4, PointersAT = 6, MxcsrAT = 24, X87AT = 32, XmmAT = 160 };

static const unsigned char components[NativePartLIMIT] = {0, 1, 2, 5, 6, 7, 1, 0, 0, 0};

uint64_t nativePartBit(NativePart part) { return (uint64_t)1 << components[part]; }

static CONTEXT *contextOf(const NativeStopStruct *stop) { return stop->pointers->ContextRecord; }

static MutatorBool isExtended(const CONTEXT *context) {
  return (context->ContextFlags & nativeExtended) == nativeExtended;
}

static unsigned char *extended(CONTEXT *context, NativePart part, size_t *sizeReturn) {
  DWORD size = 0;
  unsigned char *bytes;
  if (!isExtended(context))
    return NULL;
  bytes = LocateXStateFeature(context, components[part], &size);
  *sizeReturn = size;
  return bytes;
}

unsigned char *nativePart(const NativeStopStruct *stop, NativePart part, size_t *sizeReturn) {
  unsigned char *state = nativeFxsave(contextOf(stop));
  switch (part) {
  case NativePartX87: *sizeReturn = 128; return state + X87AT;
  case NativePartXMM: *sizeReturn = 32 * sizeof(void *); return state + XmmAT; /* sixteen, or eight */
  case NativePartMXCSR: *sizeReturn = 4; return (unsigned char *)nativeMxcsr(contextOf(stop));
  case NativePartTAGS: *sizeReturn = 1; return state + TagsAT;
  case NativePartCONTROL: *sizeReturn = 4; return state + ControlAT;
  case NativePartPOINTERS: *sizeReturn = MxcsrAT - PointersAT; return state + PointersAT;
  default: return extended(contextOf(stop), part, sizeReturn);
  }
}

uint64_t nativePresent(const NativeStopStruct *stop) {
  DWORD64 mask = 0;
  if (!isExtended(contextOf(stop)) || !GetXStateFeaturesMask(contextOf(stop), &mask))
    return 3;
  return mask | 3;
}

/* Also the last word on MXCSR, of which there may be two copies: the system loads the first. */
void nativePresentSet(NativeStop stop, uint64_t present) {
  CONTEXT *context = contextOf(stop);
  if (isExtended(context))
    (void)SetXStateFeaturesMask(context, present);
  memmove(nativeFxsave(context) + MxcsrAT, nativeMxcsr(context), sizeof(uint32_t));
}

uint64_t nativeComponents(void) { return GetEnabledXStateFeatures(); }

/* pictures --------------------------------------------------------------------- */

/* CONTEXT_EX follows the CONTEXT: offset and length of all, of the CONTEXT, and of the rest. */
static size_t contextSize(const CONTEXT *context) {
  LONG chunks[6];
  if (!isExtended(context))
    return sizeof *context;
  memcpy(chunks, context + 1, sizeof chunks);
  return (size_t)(ULONG)chunks[1];
}

void nativePictureTake(NativePicture picture, const NativeStopStruct *stop) {
  const size_t size = contextSize(contextOf(stop));
  picture->record = *recordOf(stop);
  picture->size = size < sizeof picture->context ? size : sizeof picture->context;
  memcpy(picture->context, contextOf(stop), picture->size);
}

MutatorBool nativePictureSame(const NativePictureStruct *picture, const NativeStopStruct *stop) {
  return memcmp(&picture->record, recordOf(stop), sizeof picture->record) == 0 &&
         memcmp(picture->context, contextOf(stop), picture->size) == 0;
}

/* A breakpoint's PC is at the instruction here, which is one byte long. */
void nativePictureResume(const NativePictureStruct *picture, NativeStop stop) {
  memcpy(contextOf(stop), picture->context, picture->size);
  if (picture->record.ExceptionCode == EXCEPTION_BREAKPOINT)
    nativeSet(stop, MutatorRegisterPC, nativeGet(stop, MutatorRegisterPC) + 1);
}

MutatorBool nativeIsGeneral(MutatorContext context, const MutatorWord *word) {
  const unsigned char *base = (const unsigned char *)context->native.native;
  size_t offset = (size_t)((const unsigned char *)(const void *)word - base);
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterPC; ++reg)
    if (nativeOffsets[reg] == offset)
      return 1;
  return 0;
}

/* threads ---------------------------------------------------------------------- */

NativeThread nativeThreadSelf(void) {
  HANDLE thread = NULL;
  if (!DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &thread, 0, FALSE,
                       DUPLICATE_SAME_ACCESS))
    nativeStopProgram("DuplicateHandle");
  return thread;
}

/* Reading its registers waits until it has stopped. */
void nativeSuspend(NativeThread thread) {
  CONTEXT context;
  memset(&context, 0, sizeof context);
  context.ContextFlags = CONTEXT_CONTROL;
  if (SuspendThread(thread) == (DWORD)-1 || !GetThreadContext(thread, &context))
    nativeStopProgram("SuspendThread");
}

void nativeResume(NativeThread thread) {
  if (ResumeThread(thread) == (DWORD)-1)
    nativeStopProgram("ResumeThread");
}

MutatorRes nativeInitThread(MutatorContext context, NativeThread thread) {
  return MutatorContextInitThread(context, thread);
}

MutatorRes nativeInitThreadOf(MutatorContext context, NativeStop stop) {
  (void)context;
  (void)stop;
  return MutatorResFAIL;
}

void nativeSleep(unsigned milliseconds) { Sleep(milliseconds); }

/* others ----------------------------------------------------------------------- */

enum { OddERRNO = 4711, OddERROR = 4712 };

void nativeErrorSet(void) {
  errno = OddERRNO;
  SetLastError(OddERROR);
}

void nativeErrorSpoil(void) { SetLastError(ERROR_BROKEN_PIPE); }

MutatorBool nativeErrorKept(void) { return GetLastError() == OddERROR && errno == OddERRNO; }

void nativeRunLow(void (*function)(void *closure), void *closure) { function(closure); }

double nativeSeconds(void) {
  LARGE_INTEGER count, frequency;
  (void)QueryPerformanceCounter(&count);
  (void)QueryPerformanceFrequency(&frequency);
  return (double)count.QuadPart / (double)frequency.QuadPart;
}
