/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Mach as the port sees it on x86-64 (XNU osfmk/mach: message.h, ndr.h, exception_types.h, kern_return.h).
 */

#ifndef SIM_MACOS_MACH_H
#define SIM_MACOS_MACH_H

#include <signal.h>

typedef uint32_t mach_port_t, thread_act_t, natural_t, mach_msg_type_number_t;
typedef int32_t integer_t, kern_return_t, exception_type_t, exception_behavior_t, thread_state_flavor_t;
enum { MACH_PORT_NULL = 0 };
#define MACH_PORT_DEAD ((mach_port_t)~0u)

enum { KERN_SUCCESS = 0, KERN_INVALID_ADDRESS = 1, KERN_PROTECTION_FAILURE = 2, KERN_FAILURE = 5 };
enum { KERN_MEMORY_FAILURE = 9, KERN_MEMORY_ERROR = 10, MIG_BAD_ID = -303 };
enum { EXC_BAD_ACCESS = 1, EXC_BAD_INSTRUCTION, EXC_ARITHMETIC, EXC_EMULATION, EXC_SOFTWARE, EXC_BREAKPOINT };
enum { EXC_SOFT_SIGNAL = 0x10003, EXC_I386_DIV = 1, EXC_I386_SGL = 1, EXC_I386_BPT = 2 };
enum { EXC_I386_INVTSSFLT = 10, EXC_I386_SEGNPFLT, EXC_I386_STKFLT, EXC_I386_GPFLT, EXC_I386_ALIGNFLT = 17 };
enum { EXCEPTION_DEFAULT = 1, EXCEPTION_STATE = 2, EXCEPTION_STATE_IDENTITY = 3 };
#define MACH_EXCEPTION_CODES 0x80000000u
enum {
  x86_THREAD_STATE64 = 4,
  x86_FLOAT_STATE64 = 5,
  x86_EXCEPTION_STATE64 = 6,
  x86_AVX_STATE64 = 17,
  x86_AVX512_STATE64 = 20
};

typedef struct mach_msg_header_t {
  uint32_t msgh_bits, msgh_size, msgh_remote_port, msgh_local_port, msgh_voucher_port;
  int32_t msgh_id;
} mach_msg_header_t;
typedef struct mach_msg_body_t {
  uint32_t msgh_descriptor_count;
} mach_msg_body_t;
typedef struct mach_msg_port_descriptor_t {
  uint32_t name, pad1, pad2 : 16, disposition : 8, type : 8;
} mach_msg_port_descriptor_t;
typedef struct NDR_record_t {
  uint8_t bytes[8];
} NDR_record_t;

enum { MACH_MSG_PORT_DESCRIPTOR = 0, MACH_MSG_TYPE_MOVE_SEND = 17, MACH_MSG_TYPE_MOVE_SEND_ONCE = 18 };
enum { MACH_MSG_TYPE_COPY_SEND = 19, MACH_MSG_TYPE_MAKE_SEND_ONCE = 21 };
#define MACH_MSGH_BITS_COMPLEX 0x80000000u
#define MACH_MSGH_BITS(remote, local) ((remote) | (local) << 8)
#define MACH_MSGH_BITS_REMOTE(bits) ((bits)&0x1f)

#endif
