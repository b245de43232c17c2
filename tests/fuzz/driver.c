/* SPDX-License-Identifier: BSD-2-Clause
 *
 * driver.c -- run a libFuzzer entry without libFuzzer
 *
 *   fuzz_decode FILE|FOLDER...   each file is one input
 *   fuzz_decode < FILE           standard input is one input (afl-fuzz)
 *
 * Exits 1 when a file cannot be read, or when there was no input at all.
 */

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Longer inputs are cut: an instruction has 15 bytes, an input a few hundred. */
#define INPUT_MAX 65536

static unsigned char input[INPUT_MAX];
static unsigned long inputs;

static int fail(const char *path) {
  fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
  return 1;
}

static void runStream(FILE *stream) {
  /* A copy of exactly that size, so that a sanitizer sees a read past its end. */
  size_t size = fread(input, 1, sizeof input, stream);
  uint8_t *copy = malloc(size == 0 ? 1 : size);
  if (copy == NULL)
    abort();
  memcpy(copy, input, size);
  (void)LLVMFuzzerTestOneInput(copy, size);
  free(copy);
  ++inputs;
}

static int runFile(const char *path) {
  FILE *stream = fopen(path, "rb");
  if (stream == NULL)
    return fail(path);
  runStream(stream);
  fclose(stream);
  return 0;
}

static int runFolder(const char *path) {
  int status = 0;
  DIR *folder = opendir(path);
  if (folder == NULL)
    return fail(path);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char file[4096];
    if (entry->d_name[0] == '.')
      continue;
    snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
    status |= runFile(file);
  }
  closedir(folder);
  return status;
}

int main(int argc, char **argv) {
  int status = 0;
  if (argc < 2)
    runStream(stdin);
  for (int i = 1; i < argc; ++i) {
    struct stat what;
    if (stat(argv[i], &what) != 0)
      status |= fail(argv[i]);
    else
      status |= S_ISDIR(what.st_mode) ? runFolder(argv[i]) : runFile(argv[i]);
  }
  printf("fuzz: %lu inputs\n", inputs);
  return inputs == 0 ? 1 : status;
}
