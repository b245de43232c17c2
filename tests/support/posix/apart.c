/* SPDX-License-Identifier: BSD-2-Clause
 *
 * apart.c -- a function in a copy of this process
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/native.h"

int nativeApart(int (*function)(void *closure), void *closure) {
  pid_t process;
  int status;
  (void)fflush(NULL); /* or the copy prints it again */
  process = fork();
  if (process == 0)
    _exit(function(closure));
  if (process < 0) {
    perror("fork");
    exit(1);
  }
  if (waitpid(process, &status, 0) != process || !WIFEXITED(status))
    return NativeApartDIED;
  return WEXITSTATUS(status);
}
