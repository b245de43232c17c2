/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tools/coverage_file.c -- where the code is in a file
 */

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coverage.h"

/* ImageStruct -- a whole file in memory */
typedef struct ImageStruct *Image;
typedef struct ImageStruct {
  const unsigned char *base;
  size_t size;
} ImageStruct;

/* PieceStruct -- a stretch of code in it */
typedef struct PieceStruct {
  MutatorBool code;
  uint64_t at, size, address;
} PieceStruct;

/* LayoutStruct -- what differs between ELF's two classes, as far as it matters here */
typedef struct LayoutStruct *Layout;
typedef struct LayoutStruct {
  uint16_t machine;
  uint64_t sections, segments; /* offsets of the tables */
  unsigned sectionCount, segmentCount;
  size_t sectionSize, segmentSize;
  PieceStruct (*section)(const unsigned char *header);
  PieceStruct (*segment)(const unsigned char *header);
} LayoutStruct;

#define ELF_CLASS(bits)                                                                                              \
  static PieceStruct section##bits(const unsigned char *bytes) {                                                     \
    Elf##bits##_Shdr header;                                                                                         \
    memcpy(&header, bytes, sizeof header);                                                                           \
    return (PieceStruct){header.sh_type == SHT_PROGBITS && (header.sh_flags & SHF_EXECINSTR) != 0, header.sh_offset, \
                         header.sh_size, header.sh_addr};                                                            \
  }                                                                                                                  \
  static PieceStruct segment##bits(const unsigned char *bytes) {                                                     \
    Elf##bits##_Phdr header;                                                                                         \
    memcpy(&header, bytes, sizeof header);                                                                           \
    return (PieceStruct){header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0, header.p_offset, header.p_filesz, \
                         header.p_vaddr};                                                                            \
  }                                                                                                                  \
  static MutatorBool layout##bits(const ImageStruct *image, Layout layout) {                                         \
    Elf##bits##_Ehdr header;                                                                                         \
    if (image->size < sizeof header)                                                                                 \
      return 0;                                                                                                      \
    memcpy(&header, image->base, sizeof header);                                                                     \
    layout->machine = header.e_machine;                                                                              \
    layout->sections = header.e_shoff;                                                                               \
    layout->segments = header.e_phoff;                                                                               \
    layout->sectionCount = header.e_shoff == 0 ? 0 : header.e_shnum;                                                 \
    layout->segmentCount = header.e_phnum;                                                                           \
    layout->sectionSize = sizeof(Elf##bits##_Shdr);                                                                  \
    layout->segmentSize = sizeof(Elf##bits##_Phdr);                                                                  \
    layout->section = section##bits;                                                                                 \
    layout->segment = segment##bits;                                                                                 \
    return 1;                                                                                                        \
  }

ELF_CLASS(32)
ELF_CLASS(64)

static MutatorBool holds(const ImageStruct *image, uint64_t at, uint64_t size) {
  return at <= image->size && size <= image->size - at;
}

/* By section, so that data between them is left out; by segment where there are no sections. */
static const char *sweepTable(Coverage coverage, const CoverageRowsStruct *rows, const ImageStruct *image,
                              const LayoutStruct *layout) {
  const MutatorBool bySection = layout->sectionCount > 0;
  const uint64_t table = bySection ? layout->sections : layout->segments;
  const unsigned count = bySection ? layout->sectionCount : layout->segmentCount;
  const size_t size = bySection ? layout->sectionSize : layout->segmentSize;
  unsigned i;
  if (!holds(image, table, (uint64_t)count * size))
    return "is damaged: its headers are not all there";
  for (i = 0; i < count; ++i) {
    const unsigned char *header = image->base + table + (uint64_t)i * size;
    const PieceStruct piece = bySection ? layout->section(header) : layout->segment(header);
    if (!piece.code)
      continue;
    if (!holds(image, piece.at, piece.size))
      return "is damaged: its code is not all there";
    if (coverageSweep(coverage, rows, image->base + piece.at, (size_t)piece.size, piece.address) != MutatorResOK)
      return "cannot be decoded: no memory, or no set-up";
  }
  return NULL;
}

/* A mode is a build's, as the CPU port's is: the other mode's code takes the other mode's tool. */
static const char *wrongMachine(uint16_t machine) {
  if (machine == EM_X86_64 && sizeof(void *) == 8)
    return NULL;
  if (machine == EM_386 && sizeof(void *) == 4)
    return NULL;
  if (machine == EM_386)
    return "holds 32-bit x86 code: that takes mutator-coverage from a build for 32-bit x86";
  if (machine == EM_X86_64)
    return "holds 64-bit x86 code: that takes mutator-coverage from a build for x86-64";
  return "holds another CPU's code";
}

static const char *sweepImage(Coverage coverage, const CoverageRowsStruct *rows, const ImageStruct *image,
                              uint64_t base) {
  LayoutStruct layout;
  const char *problem;
  MutatorBool read;
  if (image->size < SELFMAG || memcmp(image->base, ELFMAG, SELFMAG) != 0)
    return coverageSweep(coverage, rows, image->base, image->size, base) == MutatorResOK
               ? NULL
               : "cannot be decoded: no memory, or no set-up";
  read = image->size > EI_CLASS && image->base[EI_CLASS] == ELFCLASS64 ? layout64(image, &layout)
                                                                       : layout32(image, &layout);
  if (!read)
    return "is damaged: its header is not all there";
  problem = wrongMachine(layout.machine);
  return problem != NULL ? problem : sweepTable(coverage, rows, image, &layout);
}

const char *coverageFile(Coverage coverage, const CoverageRowsStruct *rows, const char *path, uint64_t base) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  ImageStruct image;
  const char *problem;
  void *bytes;
  if (file < 0)
    return "cannot be opened";
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
    (void)close(file);
    return "is not a file with something in it";
  }
  image.size = (size_t)status.st_size;
  bytes = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, file, 0);
  (void)close(file);
  if (bytes == MAP_FAILED)
    return "cannot be read";
  image.base = bytes;
  problem = sweepImage(coverage, rows, &image, base);
  (void)munmap(bytes, image.size);
  return problem;
}
