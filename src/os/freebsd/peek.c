/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/peek.c -- memory reached by a system call, so that nothing faults
 *
 * The kernel copies memory to and from a pipe, and says EFAULT where it cannot.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/os.h"

/* An empty pipe takes this much at once (pipe(2): PIPE_BUF is atomic). */
enum { ChunkSIZE = 512 };

typedef struct PipeStruct {
  int out; /* as pipe(2) fills it in: the end to read from, */
  int in;  /* and the one to write to */
} PipeStruct;

static MutatorBool moveChunk(const PipeStruct *pipe, void *to, const void *from, size_t size) {
  return write(pipe->in, from, size) == (ssize_t)size && read(pipe->out, to, size) == (ssize_t)size;
}

static MutatorBool move(const PipeStruct *pipe, void *to, const void *from, size_t size) {
  size_t done, count;
  for (done = 0; done < size; done += count) {
    count = size - done < ChunkSIZE ? size - done : ChunkSIZE;
    if (!moveChunk(pipe, (char *)to + done, (const char *)from + done, count))
      return 0;
  }
  return 1;
}

static MutatorBool transfer(void *to, const void *from, size_t size) {
  const int error = errno;
  PipeStruct pipe;
  MutatorBool done = 0;
  if (pipe2(&pipe.out, O_CLOEXEC | O_NONBLOCK) == 0) {
    done = move(&pipe, to, from, size);
    (void)close(pipe.out);
    (void)close(pipe.in);
  }
  errno = error;
  return done;
}

_Static_assert(sizeof(PipeStruct) == 2 * sizeof(int), "as pipe2(2) fills it in");

MutatorBool mutatorOSPeek(void *buffer, MutatorWord address, size_t size) {
  return transfer(buffer, (const void *)address, size);
}

/* All or nothing only within a chunk: what comes before a page that is closed is written. */
MutatorBool mutatorOSPoke(MutatorWord address, const void *buffer, size_t size) {
  return transfer((void *)address, buffer, size);
}

size_t mutatorOSPeekEach(void *buffer, size_t size, const MutatorWord *addresses, size_t count) {
  size_t i;
  for (i = 0; i < count; ++i)
    if (!mutatorOSPeek((char *)buffer + i * size, addresses[i], size))
      break;
  return i;
}
