/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/message.h -- the messages that are sent about an exception
 *
 * What the interface generator makes of mach_exc.defs and exc.defs (XNU
 * osfmk/mach), in our own words: structures packed to four bytes, numbers from
 * 2405 and from 2401, replies 100 above.
 */

#ifndef mutator_os_macos_message_h
#define mutator_os_macos_message_h

#include "os/macos/macos.h"

enum {
  MessageRAISE = 2401,          /* codes of 32 bits: exc.defs */
  MessageRAISESTATE = 2402,     /* and STATEIDENTITY 2403 */
  MessageMACHRAISE = 2405,      /* codes of 64 bits: mach_exc.defs */
  MessageMACHRAISESTATE = 2406, /* and STATEIDENTITY 2407 */
  MessageREPLY = 100
};

#pragma pack(push, 4)

/* MessageRequestStruct -- id 2405: whose exception, and what */
typedef struct MessageRequestStruct {
  mach_msg_header_t header;
  mach_msg_body_t body;
  mach_msg_port_descriptor_t thread;
  mach_msg_port_descriptor_t task;
  NDR_record_t ndr;
  exception_type_t exception;
  mach_msg_type_number_t codeCount;
  int64_t code[2];
} MessageRequestStruct;

/* MessageShortStruct -- id 2401: the same with codes of 32 bits */
typedef struct MessageShortStruct {
  mach_msg_header_t header;
  mach_msg_body_t body;
  mach_msg_port_descriptor_t thread;
  mach_msg_port_descriptor_t task;
  NDR_record_t ndr;
  exception_type_t exception;
  mach_msg_type_number_t codeCount;
  int32_t code[2];
} MessageShortStruct;

/* MessageReplyStruct -- id 2505 or 2501 */
typedef struct MessageReplyStruct {
  mach_msg_header_t header;
  NDR_record_t ndr;
  kern_return_t result;
} MessageReplyStruct;

#pragma pack(pop)

_Static_assert(sizeof(mach_msg_header_t) == 24 && sizeof(mach_msg_body_t) == 4, "mach/message.h");
_Static_assert(sizeof(mach_msg_port_descriptor_t) == 12 && sizeof(NDR_record_t) == 8, "mach/message.h");
_Static_assert(offsetof(MessageRequestStruct, exception) == 60 && sizeof(MessageRequestStruct) == 84, "mach_exc.defs");
_Static_assert(sizeof(MessageShortStruct) == 76 && sizeof(MessageReplyStruct) == 36, "exc.defs");

/* Room for a request and what the kernel appends to it (mach/message.h, mach_msg_max_trailer_t). */
typedef union MessageStruct {
  mach_msg_header_t header;
  MessageRequestStruct request;
  unsigned char bytes[256];
} MessageStruct, *Message;

/* mutatorMessageRead -- what a message that has been received says
 *
 * size     of it, as received, bytes
 * mach     receives thread, exception and code; the rest says that it is not known
 * Returns  false when it is no request of ours: another number or size, not complex,
 *          other descriptors, another count of codes
 */
MutatorBool mutatorMessageRead(const MessageStruct *message, size_t size, MutatorMach mach);

/* mutatorMessageReply -- the answer to a request; `result` is KERN_SUCCESS, KERN_FAILURE, or MIG_BAD_ID */
void mutatorMessageReply(const MessageStruct *request, kern_return_t result, MessageReplyStruct *reply);

/* MessageForward -- what a previous exception port gets */
typedef enum MessageForward {
  MessageForwardNONE = 0, /* there is no port: the kernel goes on to the task's */
  MessageForwardSAME,     /* the message itself, so that its owner answers the kernel */
  MessageForwardSHORT,    /* one with short codes, whose answer is ours to pass on */
  MessageForwardDECLINED  /* one with states, or of a kind that nobody knows: the kernel goes on */
} MessageForward;

/* mutatorMessageForward -- by the behavior that the port was set with */
MessageForward mutatorMessageForward(mach_port_t port, exception_behavior_t behavior);

/* mutatorMessageSame -- turn a received request into the same one to another port
 *
 * The rights that came with it, and the one to answer it, go along. */
void mutatorMessageSame(Message message, mach_port_t port);

/* mutatorMessageShort -- the same with short codes, to be answered to `reply` */
void mutatorMessageShort(const MessageStruct *message, mach_port_t port, mach_port_t reply, MessageShortStruct *into);

/* mutatorMessageResult -- what an answer to the short one says; KERN_FAILURE when it is none */
kern_return_t mutatorMessageResult(const MessageStruct *message, size_t size);

#endif
