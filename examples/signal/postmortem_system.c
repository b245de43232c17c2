/* SPDX-License-Identifier: BSD-2-Clause
 *
 * posix/postmortem_system.c -- memory, death, and telling gdb of code that a JIT has made
 *
 * gdb looks for functions in __jit_debug_descriptor, and sets a breakpoint on
 * __jit_debug_register_code to hear of more (Debugging with GDB, "JIT
 * Compilation Interface").  What it reads there is an ELF file in memory: here with a
 * section that is the code where it lies, and the functions' names.  Where a function
 * begins is all that gdb needs: it sees by the code that it keeps a frame pointer.
 */

#include "../postmortem.h"

#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

unsigned char *systemMemory(size_t size) {
  void *base = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return base == MAP_FAILED ? NULL : base;
}

size_t systemPageSize(void) { return (size_t)sysconf(_SC_PAGESIZE); }

void systemNap(void) {
  const struct timespec time = {.tv_sec = 0, .tv_nsec = 10000000};
  (void)nanosleep(&time, NULL);
}

/* The kernel's core dump has closed pages as well. */
void systemAtDeath(const char *dump) { (void)dump; }

void systemDie(MutatorContext context) {
  (void)context;
  abort();
}

/* gdb's interface ------------------------------------------------------------------- */

typedef struct jit_code_entry {
  struct jit_code_entry *next_entry;
  struct jit_code_entry *prev_entry;
  const char *symfile_addr;
  uint64_t symfile_size;
} jit_code_entry;

typedef struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  jit_code_entry *relevant_entry;
  jit_code_entry *first_entry;
} jit_descriptor;

extern jit_descriptor __jit_debug_descriptor;
jit_descriptor __jit_debug_descriptor = {1, 0, NULL, NULL};

void __jit_debug_register_code(void);
__attribute__((noinline)) void __jit_debug_register_code(void) { __asm__ volatile("" : : : "memory"); }

/* the ELF file ----------------------------------------------------------------------- */

enum { SectionNONE, SectionTEXT, SectionSYMBOLS, SectionNAMES, Sections, SymbolsMost = 8, NamesMost = 128 };

typedef struct File {
  ElfW(Ehdr) header;
  ElfW(Shdr) section[Sections];
  ElfW(Sym) symbol[SymbolsMost + 1]; /* the first is nothing */
  char names[NamesMost];             /* of sections and symbols; the first is none */
} File;

static unsigned name(File *file, size_t *used, const char *text) {
  const size_t at = *used, size = strlen(text) + 1;
  memcpy(file->names + at, text, size);
  *used += size;
  return (unsigned)at;
}

static void fillHeader(File *file) {
  memcpy(file->header.e_ident, ELFMAG, SELFMAG);
  file->header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
  file->header.e_ident[EI_DATA] = ELFDATA2LSB;
  file->header.e_ident[EI_VERSION] = EV_CURRENT;
  file->header.e_type = ET_REL;
  file->header.e_machine = sizeof(void *) == 8 ? EM_X86_64 : EM_386;
  file->header.e_version = EV_CURRENT;
  file->header.e_ehsize = sizeof file->header;
  file->header.e_shoff = offsetof(File, section);
  file->header.e_shentsize = sizeof file->section[0];
  file->header.e_shnum = Sections;
  file->header.e_shstrndx = SectionNAMES;
}

static void fillSections(File *file, size_t *used, const Function *functions, size_t count) {
  ElfW(Shdr) *text = &file->section[SectionTEXT], *symbols = &file->section[SectionSYMBOLS],
             *names = &file->section[SectionNAMES];
  text->sh_name = name(file, used, ".text");
  text->sh_type = SHT_NOBITS; /* it is in memory already */
  text->sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  text->sh_addr = (ElfW(Addr))functions[0].base;
  text->sh_size = (size_t)(functions[count - 1].base - functions[0].base) + functions[count - 1].size;
  text->sh_addralign = 1;
  symbols->sh_name = name(file, used, ".symtab");
  symbols->sh_type = SHT_SYMTAB;
  symbols->sh_offset = offsetof(File, symbol);
  symbols->sh_size = (count + 1) * sizeof file->symbol[0];
  symbols->sh_link = SectionNAMES;
  symbols->sh_info = 1;
  symbols->sh_entsize = sizeof file->symbol[0];
  names->sh_name = name(file, used, ".strtab");
  names->sh_type = SHT_STRTAB;
  names->sh_offset = offsetof(File, names);
  names->sh_size = sizeof file->names;
}

void systemAnnounce(const Function *functions, size_t count, unsigned char *room) {
  static File file;
  static jit_code_entry entry = {NULL, NULL, (const char *)&file, sizeof file};
  size_t used = 1, i;
  (void)room;
  fillHeader(&file);
  fillSections(&file, &used, functions, count);
  for (i = 0; i < count && i < SymbolsMost; i++) {
    ElfW(Sym) *symbol = &file.symbol[i + 1];
    symbol->st_name = name(&file, &used, functions[i].name);
    symbol->st_info = ELF32_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol->st_shndx = SectionTEXT;
    symbol->st_value = (ElfW(Addr))(functions[i].base - functions[0].base);
    symbol->st_size = functions[i].size;
  }
  __jit_debug_descriptor.relevant_entry = &entry;
  __jit_debug_descriptor.first_entry = &entry;
  __jit_debug_descriptor.action_flag = 1; /* JIT_REGISTER_FN */
  __jit_debug_register_code();
}
