/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tools/mutator-coverage.c -- print what share of programs' memory accesses can be stepped
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"

static const char *const usage =
    "usage: mutator-coverage [OPTION...] FILE...\n"
    "\n"
    "For each FILE, the share of its instructions' explicit memory accesses that the library can step:\n"
    "of all, and of heap-like ones, whose base is not the stack or frame pointer, the program counter, FS or GS.\n"
    "An ELF file's executable sections are looked at; any other file is taken for a dump of code.\n"
    "The code must be of the CPU and mode for which this program was built.\n"
    "\n"
    "  --json         print JSON instead of a table\n"
    "  --svg FILE     write a picture with a bar for each file\n"
    "  --declines N   how many kinds of declined instruction to list (10)\n"
    "  --base ADDRESS where a dump runs (0)\n"
    "  --rows FILE    rows of the opcode table that a passed differential test has compared; only they are accepted\n"
    "                 (" MUTATOR_COVERAGE_ROWS ", which ctest -R fault.C4.differential writes)\n"
    "  --all-rows     every row of the table counts, proven or not\n"
    "\n"
    "Exit status: 0; 1 when a file could not be read; 2 for a wrong command line or no list of rows.\n";

static struct {
  MutatorBool json, allRows;
  const char *svg, *rows;
  unsigned declines;
  uint64_t base;
} options = {0, 0, NULL, MUTATOR_COVERAGE_ROWS, 10, 0};

/* ResultStruct -- one file's, or the total */
typedef struct ResultStruct *Result;
typedef struct ResultStruct {
  const char *path;
  const char *problem; /* or NULL */
  CoverageStruct coverage;
} ResultStruct;

static CoverageRowsStruct rows;

/* text ------------------------------------------------------------------------------ */

static void printBytes(FILE *file, const CoverageDeclineStruct *decline) {
  size_t i;
  for (i = 0; i < decline->length; ++i)
    (void)fprintf(file, "%02x", decline->bytes[i]);
}

static void printText(const ResultStruct *result) {
  const CoverageStruct *coverage = &result->coverage;
  unsigned i;
  if (result->problem != NULL) {
    (void)printf("%s %s\n", result->path, result->problem);
    return;
  }
  (void)printf("%s\n", result->path);
  (void)printf("  heap-like  %8.3f %%  %10" PRIu64 " of %10" PRIu64 " accesses\n", coveragePercent(&coverage->heapLike),
               coverage->heapLike.accepted, coverage->heapLike.all);
  (void)printf("  all        %8.3f %%  %10" PRIu64 " of %10" PRIu64 " accesses\n", coveragePercent(&coverage->every),
               coverage->every.accepted, coverage->every.all);
  (void)printf("  %" PRIu64 " instructions in %" PRIu64 " bytes, %" PRIu64 " bytes not understood\n",
               coverage->instructions, coverage->bytes, coverage->undecoded);
  for (i = 0; i < coverage->declines && i < options.declines; ++i) {
    const CoverageDeclineStruct *decline = &coverage->decline[i];
    (void)printf("  %8" PRIu64 "  %-14s %s; heap-like %" PRIu64 "; 0x%" PRIx64 ": ", decline->count, decline->mnemonic,
                 decline->reason, decline->heapLike, decline->address);
    printBytes(stdout, decline);
    (void)printf("  %s\n", decline->text);
  }
}

/* JSON ------------------------------------------------------------------------------ */

static void printString(const char *text) {
  (void)putchar('"');
  for (; *text != '\0'; ++text)
    if (*text == '"' || *text == '\\')
      (void)printf("\\%c", *text);
    else if ((unsigned char)*text < 0x20)
      (void)printf("\\u%04x", (unsigned)(unsigned char)*text);
    else
      (void)putchar(*text);
  (void)putchar('"');
}

static void printDeclineJson(const CoverageDeclineStruct *decline) {
  (void)printf("{\"mnemonic\": ");
  printString(decline->mnemonic);
  (void)printf(", \"reason\": ");
  printString(decline->reason);
  (void)printf(", \"count\": %" PRIu64 ", \"heap_like\": %" PRIu64 ", \"example\": {\"address\": %" PRIu64
               ", \"bytes\": \"",
               decline->count, decline->heapLike, decline->address);
  printBytes(stdout, decline);
  (void)printf("\", \"text\": ");
  printString(decline->text);
  (void)printf("}}");
}

static void printResultJson(const ResultStruct *result) {
  const CoverageStruct *coverage = &result->coverage;
  unsigned i;
  (void)printf("{\"file\": ");
  printString(result->path);
  if (result->problem != NULL) {
    (void)printf(", \"problem\": ");
    printString(result->problem);
    (void)printf("}");
    return;
  }
  (void)printf(", \"bytes\": %" PRIu64 ", \"instructions\": %" PRIu64 ", \"undecoded_bytes\": %" PRIu64,
               coverage->bytes, coverage->instructions, coverage->undecoded);
  (void)printf(", \"accesses\": %" PRIu64 ", \"accepted\": %" PRIu64 ", \"percent\": %.4f", coverage->every.all,
               coverage->every.accepted, coveragePercent(&coverage->every));
  (void)printf(", \"heap_like\": %" PRIu64 ", \"heap_like_accepted\": %" PRIu64 ", \"heap_like_percent\": %.4f",
               coverage->heapLike.all, coverage->heapLike.accepted, coveragePercent(&coverage->heapLike));
  (void)printf(", \"declines\": [");
  for (i = 0; i < coverage->declines && i < options.declines; ++i) {
    (void)printf(i == 0 ? "\n    " : ",\n    ");
    printDeclineJson(&coverage->decline[i]);
  }
  (void)printf("]}");
}

static void printJson(const ResultStruct *results, size_t count, const ResultStruct *total) {
  size_t i;
  (void)printf("{\"rows\": %u, ", rows.count);
  if (options.allRows)
    (void)printf("\"all_rows\": true, ");
  else
    (void)printf("\"rows_executed\": %u, ", rows.executed);
  (void)printf("\"files\": [");
  for (i = 0; i < count; ++i) {
    (void)printf(i == 0 ? "\n  " : ",\n  ");
    printResultJson(&results[i]);
  }
  (void)printf("\n], \"total\": ");
  printResultJson(total);
  (void)printf("}\n");
}

/* SVG ------------------------------------------------------------------------------- */

enum { LineHEIGHT = 44, BarWIDTH = 600, LabelWIDTH = 220 };

static void printXml(FILE *file, const char *text) {
  for (; *text != '\0'; ++text)
    if (*text == '<' || *text == '>' || *text == '&' || *text == '"')
      (void)fprintf(file, "&#%d;", *text);
    else
      (void)fputc(*text, file);
}

static void drawBar(FILE *file, int y, const char *what, const char *colour, const CoverageCountStruct *count) {
  const double percent = coveragePercent(count);
  (void)fprintf(file, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\" fill=\"#e8e8e8\"/>\n", LabelWIDTH, y,
                BarWIDTH);
  (void)fprintf(file, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"16\" fill=\"%s\"/>\n", LabelWIDTH, y,
                percent * BarWIDTH / 100, colour);
  (void)fprintf(file, "<text x=\"%d\" y=\"%d\">%.2f %% %s</text>\n", LabelWIDTH + BarWIDTH + 8, y + 13, percent, what);
}

static const char *nameOf(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

static MutatorBool draw(const ResultStruct *results, size_t count) {
  FILE *file = fopen(options.svg, "w");
  size_t i;
  int y = 30;
  if (file == NULL)
    return 0;
  (void)fprintf(file,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
                "font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
                "<text x=\"8\" y=\"18\">Memory accesses that can be stepped, of the machine code of each file</text>\n",
                LabelWIDTH + BarWIDTH + 160, (int)count * LineHEIGHT + 40);
  for (i = 0; i < count; ++i) {
    if (results[i].problem != NULL)
      continue;
    (void)fprintf(file, "<text x=\"8\" y=\"%d\">", y + 13);
    printXml(file, nameOf(results[i].path));
    (void)fprintf(file, "</text>\n");
    drawBar(file, y, "heap-like", "#2a6f97", &results[i].coverage.heapLike);
    drawBar(file, y + 18, "all", "#89c2d9", &results[i].coverage.every);
    y += LineHEIGHT;
  }
  (void)fprintf(file, "</svg>\n");
  return fclose(file) == 0;
}

/* command line ------------------------------------------------------------------------ */

static int fail(const char *what, const char *why) {
  (void)fprintf(stderr, "mutator-coverage: %s %s\n", what, why);
  return 2;
}

static MutatorBool number(const char *text, uint64_t *valueReturn) {
  char *end;
  errno = 0;
  *valueReturn = strtoull(text, &end, 0);
  return errno == 0 && end != text && *end == '\0' && *text != '-';
}

/* Returns the index of the first file, or 0 for a wrong command line. */
static int parse(int argc, char **argv) {
  uint64_t value;
  int i;
  for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; ++i) {
    const char *argument = i + 1 < argc ? argv[i + 1] : NULL;
    if (strcmp(argv[i], "--json") == 0)
      options.json = 1;
    else if (strcmp(argv[i], "--all-rows") == 0)
      options.allRows = 1;
    else if (strcmp(argv[i], "--") == 0)
      return i + 1;
    else if (argument == NULL)
      return 0;
    else if (strcmp(argv[i], "--svg") == 0)
      options.svg = argv[++i];
    else if (strcmp(argv[i], "--rows") == 0)
      options.rows = argv[++i];
    else if (strcmp(argv[i], "--declines") == 0 && number(argument, &value) && value <= COVERAGE_DECLINES)
      options.declines = (unsigned)value, ++i;
    else if (strcmp(argv[i], "--base") == 0 && number(argument, &value))
      options.base = value, ++i;
    else
      return 0;
  }
  return i;
}

static MutatorBool readRows(void) {
  const char *problem = NULL;
  if (options.allRows)
    coverageRowsAll(&rows);
  else
    problem = coverageRowsRead(options.rows, &rows);
  if (problem != NULL)
    (void)fail(options.rows, problem);
  return problem == NULL;
}

/* Returns false when one of the files could not be read. */
static MutatorBool sweepAll(Result results, char **paths, size_t count, Result total) {
  MutatorBool good = 1;
  size_t i;
  for (i = 0; i < count; ++i) {
    results[i].path = paths[i];
    results[i].problem = coverageFile(&results[i].coverage, &rows, paths[i], options.base);
    coverageSort(&results[i].coverage);
    if (results[i].problem == NULL)
      coverageMerge(&total->coverage, &results[i].coverage);
    else
      (void)fail(paths[i], results[i].problem);
    good = good && results[i].problem == NULL;
  }
  coverageSort(&total->coverage);
  return good;
}

static void printTable(const ResultStruct *results, size_t count, const ResultStruct *total) {
  size_t i;
  if (options.allRows)
    (void)printf("all of the table's %u rows count, whether or not the differential test has compared them\n",
                 rows.count);
  else
    (void)printf("%u of the table's %u rows have been compared by the differential test\n", rows.executed, rows.count);
  for (i = 0; i < count; ++i)
    printText(&results[i]);
  if (count > 1)
    printText(total);
}

static int run(char **paths, size_t count) {
  ResultStruct *results = calloc(count + 1, sizeof *results);
  Result total = &results[count];
  MutatorBool good;
  if (results == NULL)
    return fail("memory", "is short");
  total->path = "total";
  good = sweepAll(results, paths, count, total);
  (options.json ? printJson : printTable)(results, count, total);
  if (options.svg != NULL && !draw(results, count))
    return fail(options.svg, "cannot be written");
  free(results);
  return good ? 0 : 1;
}

int main(int argc, char **argv) {
  const int first = parse(argc, argv);
  if (argc == 2 && strcmp(argv[1], "--help") == 0) {
    (void)fputs(usage, stdout);
    return 0;
  }
  if (first == 0 || first == argc) {
    (void)fputs(usage, stderr);
    return 2;
  }
  if (!readRows())
    return 2;
  if (MutatorSetup(NULL) != MutatorResOK)
    return fail("the library", "cannot be set up");
  return run(argv + first, (size_t)(argc - first));
}
