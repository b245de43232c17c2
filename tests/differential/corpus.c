/* SPDX-License-Identifier: BSD-2-Clause
 *
 * corpus.c -- cases that once failed, and some worth keeping: hex bytes, a seed, # and a remark
 */

#include "differential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char path[4096];

void corpusFolder(const char *folder) { (void)snprintf(path, sizeof path, "%s/cases.txt", folder); }

void corpusAppend(const CaseStruct *theCase) {
  FILE *file = path[0] != '\0' ? fopen(path, "a") : NULL;
  size_t i;
  if (file == NULL)
    return;
  for (i = 0; i < theCase->length; ++i)
    fprintf(file, "%02x", theCase->bytes[i]);
  fprintf(file, " %016llx # failed\n", (unsigned long long)theCase->seed);
  (void)fclose(file);
}

static MutatorBool parse(const char *line, Case theCase) {
  unsigned byte;
  memset(theCase, 0, sizeof *theCase);
  theCase->combination = -1;
  while (theCase->length < sizeof theCase->bytes && sscanf(line, "%2x", &byte) == 1 && *line != ' ') {
    theCase->bytes[theCase->length++] = (unsigned char)byte;
    line += 2;
  }
  if (theCase->length == 0 || *line != ' ')
    return 0;
  theCase->seed = strtoull(line, NULL, 16);
  return 1;
}

size_t corpusRead(Case cases, size_t limit) {
  FILE *file = path[0] != '\0' ? fopen(path, "r") : NULL;
  char line[256];
  size_t count = 0;
  if (file == NULL)
    return 0;
  while (count < limit && fgets(line, sizeof line, file) != NULL)
    if (line[0] != '#' && parse(line, &cases[count]))
      ++count;
  (void)fclose(file);
  return count;
}
