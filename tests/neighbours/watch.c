/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/watch.c -- run a program that will crash, and say how it died
 */

#include "watch.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "neighbour.h"

/* files ------------------------------------------------------------------------- */

/* A folder of its own, for its core file and whatever it leaves behind. */
static void makeFolder(char *folder, size_t size) {
  const char *base = getenv("TMPDIR");
  (void)snprintf(folder, size, "%s/neighbour-XXXXXX", base != NULL && *base != '\0' ? base : "/tmp");
  NEIGHBOUR_CHECK(mkdtemp(folder) != NULL, "mkdtemp %s", folder);
}

static void removeFolder(const char *folder) {
  DIR *directory = opendir(folder);
  struct dirent *entry;
  char path[512];
  if (directory == NULL)
    return;
  while ((entry = readdir(directory)) != NULL) {
    (void)snprintf(path, sizeof path, "%s/%.200s", folder, entry->d_name);
    if (entry->d_name[0] != '.')
      (void)unlink(path);
  }
  (void)closedir(directory);
  (void)rmdir(folder);
}

static size_t readWhole(const char *path, char *buffer, size_t size) {
  const int file = open(path, O_RDONLY);
  size_t have = 0;
  ssize_t got;
  if (file < 0)
    return 0;
  while (have < size && (got = read(file, buffer + have, size - have)) > 0)
    have += (size_t)got;
  (void)close(file);
  return have;
}

/* core files -------------------------------------------------------------------- */

/* Are core files written into the folder where the program runs? */
static MutatorBool coresWritten(void) {
  char pattern[256] = "";
  struct rlimit limit;
  (void)readWhole("/proc/sys/kernel/core_pattern", pattern, sizeof pattern - 1);
  return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max > (rlim_t)16 << 20 && strncmp(pattern, "core", 4) == 0;
}

static MutatorBool findCore(const char *folder, char *path, size_t size) {
  DIR *directory = opendir(folder);
  struct dirent *entry;
  MutatorBool found = 0;
  NEIGHBOUR_CHECK(directory != NULL, "opendir %s", folder);
  while ((entry = readdir(directory)) != NULL)
    if (strncmp(entry->d_name, "core", 4) == 0) {
      (void)snprintf(path, size, "%s/%.200s", folder, entry->d_name);
      found = 1;
    }
  (void)closedir(directory);
  return found;
}

/* The kernel puts the notes of the thread that died first. */
static void readNote(WatchDeath death, const Elf64_Nhdr *note, const char *description) {
  if (note->n_type == NT_PRSTATUS && death->pc == 0 && note->n_descsz >= sizeof(struct elf_prstatus)) {
    struct elf_prstatus status;
    struct user_regs_struct registers;
    memcpy(&status, description, sizeof status);
    memcpy(&registers, status.pr_reg, sizeof registers);
    death->signal = status.pr_cursig;
    death->pc = registers.rip;
  }
  if (note->n_type == NT_SIGINFO && death->address == 0 && note->n_descsz >= sizeof(siginfo_t)) {
    siginfo_t info;
    memcpy(&info, description, sizeof info);
    death->code = info.si_code;
    death->address = (MutatorWord)info.si_addr;
  }
}

static void readNotes(WatchDeath death, const char *notes, size_t size) {
  size_t at = 0;
  while (at + sizeof(Elf64_Nhdr) <= size) {
    Elf64_Nhdr note;
    size_t name, description;
    memcpy(&note, notes + at, sizeof note);
    name = at + sizeof note;
    description = name + ((note.n_namesz + 3) & ~(size_t)3);
    at = description + ((note.n_descsz + 3) & ~(size_t)3);
    if (at > size)
      return;
    readNote(death, &note, notes + description);
  }
}

static void readCore(Watch watch, const char *path) {
  static char core[1 << 20]; /* its headers and notes come first */
  const size_t size = readWhole(path, core, sizeof core);
  Elf64_Ehdr header;
  unsigned i;
  NEIGHBOUR_CHECK(size > sizeof header, "%s has %zu bytes", path, size);
  memcpy(&header, core, sizeof header);
  NEIGHBOUR_CHECK(memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_type == ET_CORE, "%s is a core file", path);
  for (i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const size_t at = header.e_phoff + i * sizeof segment;
    NEIGHBOUR_CHECK(at + sizeof segment <= size, "segment %u", i);
    memcpy(&segment, core + at, sizeof segment);
    if (segment.p_type == PT_NOTE && segment.p_offset + segment.p_filesz <= size)
      readNotes(&watch->death, core + segment.p_offset, segment.p_filesz);
  }
  NEIGHBOUR_CHECK(watch->death.pc != 0, "%s names no thread", path);
  watch->cored = 1;
}

/* the child --------------------------------------------------------------------- */

static void limitCore(MutatorBool wanted) {
  struct rlimit limit;
  int file;
  NEIGHBOUR_CHECK(getrlimit(RLIMIT_CORE, &limit) == 0, "getrlimit");
  limit.rlim_cur = wanted ? limit.rlim_max : 0;
  NEIGHBOUR_CHECK(setrlimit(RLIMIT_CORE, &limit) == 0, "setrlimit");
  /* The notes are enough: no memory. */
  file = open("/proc/self/coredump_filter", O_WRONLY);
  if (file >= 0) {
    NEIGHBOUR_CHECK(write(file, "0", 1) == 1, "coredump_filter");
    (void)close(file);
  }
}

static void become(char *const argv[], const char *folder, MutatorBool ptraced) {
  int output;
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  limitCore(!ptraced);
  NEIGHBOUR_CHECK(chdir(folder) == 0, "chdir %s", folder);
  output = open("output", O_WRONLY | O_CREAT | O_APPEND, 0600);
  NEIGHBOUR_CHECK(output >= 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2, "output");
  if (ptraced)
    NEIGHBOUR_CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "ptrace");
  (void)execvp(argv[0], argv);
  neighbourFail(__FILE__, __LINE__, "execvp", "cannot run %s", argv[0]);
}

/* watching ---------------------------------------------------------------------- */

static void noteSignal(WatchDeath death, pid_t thread, int signal) {
  struct user_regs_struct registers;
  siginfo_t info;
  if (ptrace(PTRACE_GETSIGINFO, thread, NULL, &info) != 0 || ptrace(PTRACE_GETREGS, thread, NULL, &registers) != 0)
    return;
  death->signal = signal;
  death->code = info.si_code;
  death->pc = registers.rip;
  death->address = (MutatorWord)info.si_addr;
}

static MutatorBool isEvent(int status) { return (status >> 16) != 0; }

/* Faults by the thousand are normal; the latest signal of the kind that kills is the one. */
static void follow(Watch watch, pid_t child) {
  WatchDeathStruct latest[NSIG];
  pid_t thread;
  int status;
  memset(latest, 0, sizeof latest);
  NEIGHBOUR_CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status), "the child stops at exec");
  NEIGHBOUR_CHECK(ptrace(PTRACE_SETOPTIONS, child, NULL,
                         (void *)(MutatorWord)(PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)) == 0,
                  "ptrace options");
  (void)ptrace(PTRACE_CONT, child, NULL, NULL);
  while ((thread = waitpid(-1, &status, __WALL)) > 0) {
    int signal = 0;
    if (WIFSTOPPED(status) && !isEvent(status) && WSTOPSIG(status) != SIGSTOP) {
      signal = WSTOPSIG(status);
      noteSignal(&latest[signal], thread, signal);
    }
    if (WIFSTOPPED(status))
      (void)ptrace(PTRACE_CONT, thread, NULL, (void *)(MutatorWord)signal);
    else if (thread == child)
      watch->status = status;
  }
  if (WIFSIGNALED(watch->status))
    watch->death = latest[WTERMSIG(watch->status)];
}

static void readSaid(Watch watch) {
  const char *line = strstr(watch->output, "crash pc=");
  unsigned long pc, address;
  if (line == NULL || sscanf(line, "crash pc=%lx address=%lx", &pc, &address) != 2)
    return;
  watch->said = 1;
  watch->saidPC = pc;
  watch->saidAddress = address;
}

void watchRun(char *const argv[], MutatorBool ptraced, Watch watch) {
  char folder[256], path[512];
  pid_t child;
  memset(watch, 0, sizeof *watch);
  ptraced = ptraced || !coresWritten();
  makeFolder(folder, sizeof folder);
  (void)fflush(NULL);
  child = fork();
  NEIGHBOUR_CHECK(child >= 0, "fork");
  if (child == 0)
    become(argv, folder, ptraced);
  if (ptraced)
    follow(watch, child);
  else
    NEIGHBOUR_CHECK(waitpid(child, &watch->status, 0) == child, "waitpid");
  (void)snprintf(path, sizeof path, "%s/output", folder);
  (void)readWhole(path, watch->output, sizeof watch->output - 1);
  readSaid(watch);
  if (!ptraced && WIFSIGNALED(watch->status) && findCore(folder, path, sizeof path))
    readCore(watch, path);
  removeFolder(folder);
}

/* judging ----------------------------------------------------------------------- */

#define WATCH_CHECK(condition, ...)                                     \
  do {                                                                  \
    if (!(condition)) {                                                 \
      (void)fprintf(stderr, "--- it printed:\n%s---\n", watch->output); \
      neighbourFail(__FILE__, __LINE__, #condition, __VA_ARGS__);       \
    }                                                                   \
  } while (0)

void watchCheckCrash(const WatchStruct *watch, const char *what, int signal, MutatorBool placed) {
  const WatchDeathStruct *death = &watch->death;
  WATCH_CHECK(watch->said, "%s: it came to its crash (status %#x)", what, (unsigned)watch->status);
  WATCH_CHECK(WIFSIGNALED(watch->status) && WTERMSIG(watch->status) == signal, "%s: status %#x, not signal %d", what,
              (unsigned)watch->status, signal);
  WATCH_CHECK(watch->cored || death->pc != 0, "%s: a core file or a last stop (core dumped: %d)", what,
              WCOREDUMP(watch->status) != 0);
  WATCH_CHECK(death->signal == signal, "%s: the thread's signal is %d", what, death->signal);
  if (placed)
    WATCH_CHECK(death->pc == watch->saidPC, "%s: died at %#lx, crashed at %#lx", what, death->pc, watch->saidPC);
  if (placed && death->code > 0)
    WATCH_CHECK(death->address == watch->saidAddress, "%s: address %#lx, not %#lx", what, death->address,
                watch->saidAddress);
}

void watchCheckSays(const WatchStruct *watch, const char *text) {
  char wanted[512] = "";
  size_t have = 0;
  for (; *text != '\0' && have < sizeof wanted - 20; ++text) {
    const char kind = text[0] == '%' ? text[1] : '\0';
    if (kind == 'P' || kind == 'p' || kind == 'A') {
      have += (size_t)snprintf(wanted + have, sizeof wanted - have, kind == 'P' ? "%016lx" : "%lx",
                               kind == 'A' ? watch->saidAddress : watch->saidPC);
      ++text;
    } else {
      wanted[have++] = *text;
    }
  }
  WATCH_CHECK(strstr(watch->output, wanted) != NULL, "it prints \"%s\"", wanted);
}

void watchCrashes(char *order, int signal, MutatorBool placed, const char *text) {
  static WatchStruct watch;
  char self[] = "/proc/self/exe", crash[] = "crash";
  char *const command[] = {self, order, crash, NULL};
  unsigned ptraced;
  for (ptraced = 0; ptraced < 2; ++ptraced) {
    watchRun(command, ptraced, &watch);
    watchCheckCrash(&watch, order, signal, placed);
    if (text != NULL)
      watchCheckSays(&watch, text);
  }
}
