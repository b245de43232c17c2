/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/native.h -- what tests need of an operating system
 *
 * The folders of a system implement it (posix, signal, linux, freebsd, macos, windows), with one file a CPU for
 * where the registers are; CMake picks them as it does in src/os.  <native_types.h>, of the same folder, has what
 * must be declared: NativeStopStruct, a thread that stopped as its handler
 * sees it, and NativePictureStruct, everything of it that a step could change.
 *
 * What must succeed ends the program when it does not.
 */

#ifndef mutator_tests_support_native_h
#define mutator_tests_support_native_h

#include <mutator.h>

#include <native_types.h>

typedef struct NativeStopStruct *NativeStop;
typedef struct NativePictureStruct *NativePicture;

/* memory ----------------------------------------------------------------------- */

typedef enum NativeProtection {
  NativeNONE = 0,
  NativeREAD,
  NativeREADWRITE,
  NativeREADEXECUTE,
  NativeALL,
  NativeProtectionLIMIT
} NativeProtection;

size_t nativePageSize(void);

/* Private zeroed memory; there, or anywhere when `at` is NULL.  Places and sizes in pages;
 * a place is a multiple of 64 KiB, as one system wants it. */
void *nativeMap(void *at, size_t size, NativeProtection protection);
void nativeUnmap(void *base, size_t size);
void nativeProtect(void *base, size_t size, NativeProtection protection);

/* Is anything mapped there? */
MutatorBool nativeIsMapped(const void *address);

/* Two pages of a file that has one: the second is a hole.  NULL where there is no such thing. */
void *nativeMapHole(void *at);

/* Shared memory, mapped there and, for reading and writing, somewhere else. */
void *nativeMapTwice(void *at, size_t size, NativeProtection protection, void **aliasReturn);

/* The memory of the latest nativeMapTwice once more, for reading and writing; NULL where the library finds a way
 * to do that itself.  It stays. */
void *nativeMapAgain(size_t size);

/* stops ------------------------------------------------------------------------ */

typedef enum NativeStopKind {
  NativeStopTRAP,   /* breakpoint or single step */
  NativeStopMEMORY, /* a memory fault, whose address is known if it ever is */
  NativeStopOTHER
} NativeStopKind;

NativeStopKind nativeStopKind(const struct NativeStopStruct *stop);
int nativeStopNumber(const struct NativeStopStruct *stop); /* of the signal or exception; not 0 */
MutatorWord nativeStopAddress(const struct NativeStopStruct *stop);

/* Registers of a stop by MutatorRegister. */
MutatorWord nativeGet(const struct NativeStopStruct *stop, unsigned reg);
void nativeSet(NativeStop stop, unsigned reg, MutatorWord value);

/* Where the breakpoint instruction is that made this TRAP. */
MutatorWord nativeBreakpoint(const struct NativeStopStruct *stop);

/* Handle every fault and trap, on an alternate stack where there are such.  The
 * handler answers whether the thread goes on, else the system does what it does without one. */
void nativeHandle(MutatorBool (*handler)(NativeStop stop));

/* The thread's stack for handlers, where there is such: nativeHandle gives the calling thread one of
 * 1 MiB.  Returns its lowest address, or NULL. */
void *nativeHandlerStack(size_t size);

/* From now on handlers of this thread begin at that stack's end wherever the stack pointer
 * is, be it in the middle of it; not those that stop a handler. */
void nativeHandlerStackWhole(void);

/* Bytes below the stack pointer that the system itself writes to at a stop; 0: handlers have
 * a stack of their own. */
size_t nativeFrameSize(void);

/* The library's view of a stop. */
MutatorRes nativeInit(MutatorContext context, NativeStop stop);
MutatorBool nativeRecover(NativeStop stop);

/* Forgeries: another fault address, the other direction, a fetch; false when the record has no such thing. */
MutatorBool nativeForgeAddress(NativeStop stop, MutatorWord address);
MutatorBool nativeForgeDirection(NativeStop stop);
MutatorBool nativeForgeFetch(NativeStop stop);
MutatorBool nativeForgeSent(NativeStop stop);    /* somebody sent it */
MutatorBool nativeForgeGeneral(NativeStop stop); /* a general protection fault */
MutatorBool nativeForgeUnknown(NativeStop stop); /* of no kind that anybody knows */
MutatorBool nativeForgeBreakpoint(NativeStop stop);

/* What looks like a memory fault to a handler, and is none: to go on after the call. */
void nativeRaise(void);

/* A record that no thread has made, all zero. */
void nativeFake(NativeStop stop);

/* And one of a memory fault; `code` has bit 1 for a write, bit 4 for a fetch. */
void nativeFakeFault(NativeStop stop, MutatorWord address, unsigned code);

/* What the record says of an access: the CPU's error code (NATIVE_ERROR_BITS), or the system's word for it. */
MutatorWord nativeErrorCode(const struct NativeStopStruct *stop);

/* Is that word, of an area that a scan of a context has shown, in the record of the general registers? */
MutatorBool nativeIsGeneral(MutatorContext context, const MutatorWord *word);

/* The vector state, in place: as XSAVE has it (Intel SDM volume 1, chapter 13). */
typedef enum NativePart {
  NativePartX87 = 0, /* 8 slots of 16 bytes, 10 used */
  NativePartXMM,
  NativePartYMM, /* upper halves */
  NativePartMASK,
  NativePartZMM,  /* upper halves */
  NativePartHIGH, /* zmm16 to zmm31 */
  NativePartMXCSR,
  NativePartTAGS,     /* x87's, abridged */
  NativePartCONTROL,  /* x87's control and status word */
  NativePartPOINTERS, /* x87's last opcode, instruction and operand */
  NativePartLIMIT
} NativePart;

/* NULL when the system does not save that part at all. */
unsigned char *nativePart(const struct NativeStopStruct *stop, NativePart part, size_t *sizeReturn);

/* XSTATE_BV: which components are not in their initial state. */
uint64_t nativePresent(const struct NativeStopStruct *stop);
void nativePresentSet(NativeStop stop, uint64_t present);

/* The bit of a part in it; MXCSR is of SSE, TAGS, CONTROL and POINTERS of x87. */
uint64_t nativePartBit(NativePart part);

/* Everything that a step could have changed in the record, byte for byte; and its way back,
 * to go on after the breakpoint that made the stop. */
void nativePictureTake(NativePicture picture, const struct NativeStopStruct *stop);
MutatorBool nativePictureSame(const struct NativePictureStruct *picture, const struct NativeStopStruct *stop);
void nativePictureResume(const struct NativePictureStruct *picture, NativeStop stop);

/* threads ---------------------------------------------------------------------- */

/* The calling thread, for others to suspend; suspending waits until it has stopped. */
NativeThread nativeThreadSelf(void);
void nativeSuspend(NativeThread thread);
void nativeResume(NativeThread thread);

/* A THREAD context of a suspended thread. */
MutatorRes nativeInitThread(MutatorContext context, NativeThread thread);

/* A THREAD context made of a stop, where a record can serve as both; FAIL elsewhere. */
MutatorRes nativeInitThreadOf(MutatorContext context, NativeStop stop);

void nativeSleep(unsigned milliseconds);

/* others ----------------------------------------------------------------------- */

/* What every system call may change, errno and whatever else the system has: set it to something odd; is it so still? */
void nativeErrorSet(void);
void nativeErrorSpoil(void); /* as a failed system call does */
MutatorBool nativeErrorKept(void);

/* The components of the vector state that the system saves, as XCR0 has them. */
uint64_t nativeComponents(void);

/* The bases of FS and GS, as programs may use them; false when a program has no use for that segment. */
MutatorBool nativeSegmentFS(MutatorWord *baseReturn);
MutatorBool nativeSegmentGS(MutatorWord *baseReturn);

/* Run the function on a thread whose FS base and stack are at low addresses, where the system lets us. */
void nativeRunLow(void (*function)(void *closure), void *closure);

double nativeSeconds(void); /* of a monotonic clock */

/* What the function returns, run in a copy of this process: what it breaks, it breaks there.
 * NativeApartDIED if the copy came to another end; where the system makes no copies, it runs here. */
enum { NativeApartDIED = 255 };
int nativeApart(int (*function)(void *closure), void *closure);

/* Print what went wrong, and why in the system's words, and end the program. */
__attribute__((noreturn)) void nativeStopProgram(const char *what);

#endif
