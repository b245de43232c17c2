/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/operation.h -- the CPU's own instructions, as routines on three words and flags
 *
 * No formula for flags, for shifts past the width, or for what a manual calls
 * undefined: the instruction itself runs, on registers, and what it leaves is
 * what it would have left.  The routines are in assembly; a name here, a
 * line in arch/x86/natives.inc and a row of the opcode table make one more.
 */

#ifndef mutator_arch_x86_operation_h
#define mutator_arch_x86_operation_h

#include "arch/x86/native.h"

/* clang-format off */
#define OPERATIONS(X) \
  X(Add) X(Or) X(Adc) X(Sbb) X(And) X(Sub) X(Xor) X(Compare) X(Test) X(Xadd) X(Xchg) /* a, b */ \
  X(Inc) X(Dec) X(Neg) X(Not) /* a */ \
  X(Rol) X(Ror) X(Rcl) X(Rcr) X(Shl) X(Shr) X(Sar) /* a, by CL */ \
  X(Shld) X(Shrd) /* a, b, by CL */ \
  X(Cmpxchg) /* c, b; the accumulator is a */ \
  X(Mul) X(MulSigned) X(Div) X(DivSigned) /* b:a, by c */ \
  X(Imul) X(Bt) X(Bts) X(Btr) X(Btc) X(Bsf) X(Bsr) X(Tzcnt) X(Lzcnt) X(Popcnt) X(Crc32) X(Adcx) X(Adox) /* a, b */ \
  X(Andn) X(Pdep) X(Pext) /* a := b, c */ \
  X(Bextr) X(Bzhi) X(Sarx) X(Shlx) X(Shrx) /* a := c, b */ \
  X(Blsr) X(Blsmsk) X(Blsi) /* a := c */ \
  X(Mulx) /* a:c := b * c */ \
  X(Seto) X(Setno) X(Setb) X(Setae) X(Sete) X(Setne) X(Setbe) X(Seta) /* a, one byte */ \
  X(Sets) X(Setns) X(Setp) X(Setnp) X(Setl) X(Setge) X(Setle) X(Setg)
/* clang-format on */

#define OPERATION_NAME(name) OpcodeOperation##name,
typedef enum OpcodeOperation {
  OpcodeOperationNONE = 0,
  OPERATIONS(OPERATION_NAME) OpcodeOperationLIMIT
} OpcodeOperation;
#undef OPERATION_NAME

/* The routine of an operation on that many bytes; NULL when there is none. */
NativeOperation mutatorOperationFind(unsigned operation, unsigned bytes);

#endif
