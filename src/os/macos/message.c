/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/message.c -- read and make the messages that are sent about an exception
 *
 * Pure: nothing is sent here.  What has come may be anything.
 */

#include <string.h>

#include "os/macos/message.h"

/* Whoever has a send right can send what he likes. */
MutatorBool mutatorMessageRead(const MessageStruct *message, size_t size, MutatorMach mach) {
  const MessageRequestStruct *request = &message->request;
  if (size < sizeof *request || request->header.msgh_size != sizeof *request ||
      request->header.msgh_id != MessageMACHRAISE)
    return 0;
  if ((request->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0 || request->body.msgh_descriptor_count != 2)
    return 0;
  if (request->thread.type != MACH_MSG_PORT_DESCRIPTOR || request->task.type != MACH_MSG_PORT_DESCRIPTOR)
    return 0;
  if (request->codeCount != 2 || request->exception <= 0)
    return 0;
  mach->thread = request->thread.name;
  mach->exception = request->exception;
  memcpy(mach->code, request->code, sizeof mach->code);
  mach->trapKnown = 0;
  mach->vectorFlavor = 0;
  return 1;
}

void mutatorMessageReply(const MessageStruct *request, kern_return_t result, MessageReplyStruct *reply) {
  memset(reply, 0, sizeof *reply);
  reply->header.msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(request->header.msgh_bits), 0);
  reply->header.msgh_size = sizeof *reply;
  reply->header.msgh_remote_port = request->header.msgh_remote_port;
  reply->header.msgh_id = request->header.msgh_id + MessageREPLY;
  reply->ndr = request->request.ndr;
  reply->result = result;
}

MessageForward mutatorMessageForward(mach_port_t port, exception_behavior_t behavior) {
  if (port == MACH_PORT_NULL || port == MACH_PORT_DEAD)
    return MessageForwardNONE;
  if ((unsigned)behavior == (EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES))
    return MessageForwardSAME;
  return behavior == EXCEPTION_DEFAULT ? MessageForwardSHORT : MessageForwardDECLINED;
}

/* A received message names the answer's port as its remote one, and has been
 * given the rights: they are moved on. */
void mutatorMessageSame(Message message, mach_port_t port) {
  mach_msg_header_t *header = &message->header;
  header->msgh_local_port = header->msgh_remote_port;
  header->msgh_remote_port = port;
  header->msgh_bits = MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE);
  header->msgh_size = sizeof message->request;
  message->request.thread.disposition = MACH_MSG_TYPE_MOVE_SEND;
  message->request.task.disposition = MACH_MSG_TYPE_MOVE_SEND;
}

void mutatorMessageShort(const MessageStruct *message, mach_port_t port, mach_port_t reply, MessageShortStruct *into) {
  memset(into, 0, sizeof *into);
  into->header.msgh_bits =
      MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
  into->header.msgh_size = sizeof *into;
  into->header.msgh_remote_port = port;
  into->header.msgh_local_port = reply;
  into->header.msgh_id = MessageRAISE;
  into->body = message->request.body;
  into->thread = message->request.thread;
  into->task = message->request.task;
  into->thread.disposition = MACH_MSG_TYPE_COPY_SEND;
  into->task.disposition = MACH_MSG_TYPE_COPY_SEND;
  into->ndr = message->request.ndr;
  into->exception = message->request.exception;
  into->codeCount = 2;
  into->code[0] = (int32_t)message->request.code[0];
  into->code[1] = (int32_t)message->request.code[1];
}

kern_return_t mutatorMessageResult(const MessageStruct *message, size_t size) {
  MessageReplyStruct reply;
  if (size < sizeof reply || message->header.msgh_size != sizeof reply ||
      message->header.msgh_id != MessageRAISE + MessageREPLY)
    return KERN_FAILURE;
  memcpy(&reply, message->bytes, sizeof reply);
  return reply.result;
}
