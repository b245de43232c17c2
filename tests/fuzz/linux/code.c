/* SPDX-License-Identifier: BSD-2-Clause
 *
 * code.c -- the code of the programs on this machine, instruction by instruction (C4)
 *
 * What decode_fuzz.c requires of any bytes is required of every instruction in
 * the executable segments of ELF files for this CPU and mode: length, addresses, sizes and
 * directions are those that Zydis says.  Instructions of the same bytes are looked at once.
 *
 * usage: fuzz_code [--seconds N] FILE|FOLDER...
 *
 * --seconds  stop after that time
 *
 * Exit status: 0; 1 when there was no code at all; an abort for the first that is wrong.
 */

#include <elf.h>
#include <fcntl.h>
#include <ftw.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arch/arch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RecordCODE = 15, RecordSEED = 1 + RecordCODE, RecordSIZE = RecordSEED + 8 };

/* A bit for each hash: that of two instructions with one hash the second is left out does no harm. */
enum { HashBITS = 27 };
static unsigned char seen[1 << (HashBITS - 3)];

static struct { unsigned long files, instructions, different; } total;

static time_t deadline; /* 0: none */

static MutatorBool isOver(void) { return deadline != 0 && time(NULL) >= deadline; }

/* FNV-1a. */
static uint64_t hashOf(const unsigned char *bytes, size_t count) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  while (count-- > 0)
    hash = (hash ^ *bytes++) * UINT64_C(0x100000001b3);
  return hash;
}

static MutatorBool isNew(uint64_t hash) {
  const uint64_t bit = hash >> (64 - HashBITS);
  const unsigned char mask = (unsigned char)(1U << (bit & 7));
  const MutatorBool fresh = (seen[bit >> 3] & mask) == 0;
  seen[bit >> 3] |= mask;
  return fresh;
}

/* A record of decode_fuzz.c. */
static void look(const unsigned char *bytes, size_t count, uint64_t hash) {
  unsigned char record[RecordSIZE] = {0};
  record[0] = (unsigned char)(count - 1);
  memcpy(record + 1, bytes, count);
  memcpy(record + RecordSEED, &hash, sizeof hash);
  (void)LLVMFuzzerTestOneInput(record, sizeof record);
  ++total.different;
}

static void sweep(const unsigned char *code, size_t size) {
  size_t at = 0;
  while (at < size && !isOver()) {
    const size_t count = size - at < RecordCODE ? size - at : RecordCODE;
    const size_t length = mutatorArchLength(code + at, count);
    const uint64_t hash = hashOf(code + at, length);
    if (length > 0 && isNew(hash))
      look(code + at, count, hash);
    total.instructions += length > 0;
    at += length > 0 ? length : 1;
  }
}

/* The linker's name for this program's own. */
extern const ElfW(Ehdr) ownHeader __asm__("__ehdr_start") __attribute__((visibility("hidden")));

/* Of the same class and CPU. */
static MutatorBool isOurs(const unsigned char *image, size_t size) {
  const ElfW(Ehdr) *header = (const void *)image;
  return size >= sizeof *header && memcmp(header->e_ident, ownHeader.e_ident, EI_VERSION) == 0 &&
         header->e_machine == ownHeader.e_machine && header->e_phentsize == sizeof(ElfW(Phdr)) &&
         header->e_phoff <= size && size - header->e_phoff >= (size_t)header->e_phnum * sizeof(ElfW(Phdr));
}

static void sweepSegments(const unsigned char *image, size_t size) {
  const ElfW(Ehdr) *header = (const void *)image;
  unsigned i;
  for (i = 0; i < header->e_phnum; i++) {
    ElfW(Phdr) segment;
    memcpy(&segment, image + header->e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 && segment.p_offset <= size &&
        segment.p_filesz <= size - segment.p_offset)
      sweep(image + segment.p_offset, segment.p_filesz);
  }
}

static void sweepFile(const char *path, size_t size) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  unsigned char *image = file < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (file >= 0)
    (void)close(file);
  if (image == MAP_FAILED)
    return;
  if (isOurs(image, size)) {
    ++total.files;
    sweepSegments(image, size);
  }
  (void)munmap(image, size);
}

static int visit(const char *path, const struct stat *what, int type, struct FTW *where) {
  (void)where;
  if (type == FTW_F && S_ISREG(what->st_mode) && what->st_size > 0)
    sweepFile(path, (size_t)what->st_size);
  return isOver();
}

int main(int argc, char **argv) {
  int i = 1;
  if (argc > 2 && strcmp(argv[1], "--seconds") == 0) {
    deadline = time(NULL) + strtol(argv[2], NULL, 0);
    i = 3;
  }
  for (; i < argc; i++)
    (void)nftw(argv[i], visit, 32, FTW_PHYS);
  printf("%lu files, %lu instructions, of them %lu different\n", total.files, total.instructions, total.different);
  return total.different == 0;
}
