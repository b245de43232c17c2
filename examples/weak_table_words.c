/* SPDX-License-Identifier: BSD-2-Clause */

#include "weak_table_words.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FNV_OFFSET 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

uint64_t wordsHash(const char *text, size_t length, uint64_t seed) {
  uint64_t hash = FNV_OFFSET ^ seed;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)text[i]) * FNV_PRIME;
  /* Open addressing uses the low bits, where FNV's last letter dominates. */
  return hash ^ (hash >> 32);
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
uint64_t wordsMix(uint64_t seed, uint64_t position) {
  uint64_t z = seed + (position + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void *grown(void *memory, size_t size) {
  void *larger = realloc(memory, size);
  if (larger == NULL) {
    fprintf(stderr, "weak_table: out of memory\n");
    exit(1);
  }
  return larger;
}

/* The place of a word in the index: where it is, or where it belongs. */
static uint32_t *indexPlace(const Vocabulary *vocabulary, const char *text, size_t length) {
  size_t mask = vocabulary->indexSize - 1;
  for (size_t i = wordsHash(text, length, 0) & mask;; i = (i + 1) & mask) {
    uint32_t *place = &vocabulary->index[i];
    if (*place == 0)
      return place;
    const char *word = vocabulary->words[*place - 1];
    if (strncmp(word, text, length) == 0 && word[length] == '\0')
      return place;
  }
}

static void indexGrow(Vocabulary *vocabulary) {
  vocabulary->indexSize = vocabulary->indexSize == 0 ? 1024 : vocabulary->indexSize * 2;
  vocabulary->index = grown(vocabulary->index, vocabulary->indexSize * sizeof(uint32_t));
  memset(vocabulary->index, 0, vocabulary->indexSize * sizeof(uint32_t));
  for (size_t i = 0; i < vocabulary->count; i++)
    *indexPlace(vocabulary, vocabulary->words[i], strlen(vocabulary->words[i])) = (uint32_t)i + 1;
}

static void addWord(Vocabulary *vocabulary, const char *text, size_t length) {
  vocabulary->tokens++;
  if (vocabulary->count * 2 >= vocabulary->indexSize)
    indexGrow(vocabulary);
  uint32_t *place = indexPlace(vocabulary, text, length);
  if (*place != 0)
    return;
  if (vocabulary->count == vocabulary->capacity) {
    vocabulary->capacity = vocabulary->capacity == 0 ? 1024 : vocabulary->capacity * 2;
    vocabulary->words = grown(vocabulary->words, vocabulary->capacity * sizeof(char *));
  }
  char *word = grown(NULL, length + 1);
  memcpy(word, text, length);
  word[length] = '\0';
  vocabulary->words[vocabulary->count++] = word;
  *place = (uint32_t)vocabulary->count;
}

/* Bytes above ASCII are letters of some alphabet in UTF-8. */
static bool isLetter(int c) { return isalnum(c) || c == '_' || c >= 0x80; }

static bool readFile(Vocabulary *vocabulary, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fprintf(stderr, "weak_table: %s: %s\n", path, strerror(errno));
    return false;
  }
  char word[WORD_LETTERS];
  size_t length = 0;
  for (int c = 0; c != EOF;) {
    c = getc(file);
    if (c != EOF && isLetter(c))
      word[length++] = (char)c;
    if (length > 0 && (c == EOF || !isLetter(c) || length == sizeof word)) {
      addWord(vocabulary, word, length);
      length = 0;
    }
  }
  bool good = !ferror(file);
  if (!good)
    fprintf(stderr, "weak_table: %s: %s\n", path, strerror(errno));
  fclose(file);
  vocabulary->files++;
  return good;
}

static int compareNames(const void *one, const void *other) {
  return strcmp(*(char *const *)one, *(char *const *)other);
}

/* The paths of all that is in a folder and not hidden. */
static char **listFolder(DIR *folder, const char *path, size_t *countReturn) {
  char **inner = NULL;
  *countReturn = 0;
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (entry->d_name[0] == '.')
      continue;
    size_t size = strlen(path) + strlen(entry->d_name) + 2;
    inner = grown(inner, (*countReturn + 1) * sizeof *inner);
    inner[*countReturn] = grown(NULL, size);
    snprintf(inner[(*countReturn)++], size, "%s/%s", path, entry->d_name);
  }
  return inner;
}

/* In alphabetical order: the same words get the same numbers everywhere. */
static bool readFolder(Vocabulary *vocabulary, const char *path) {
  DIR *folder = opendir(path);
  if (folder == NULL) {
    fprintf(stderr, "weak_table: %s: %s\n", path, strerror(errno));
    return false;
  }
  size_t count;
  char **inner = listFolder(folder, path, &count);
  closedir(folder);
  if (count > 0)
    qsort(inner, count, sizeof *inner, compareNames);
  bool good = true;
  for (size_t i = 0; i < count; i++) {
    good = wordsRead(vocabulary, inner[i]) && good;
    free(inner[i]);
  }
  free(inner);
  return good;
}

bool wordsRead(Vocabulary *vocabulary, const char *path) {
  struct stat status;
  if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
    return readFolder(vocabulary, path);
  return readFile(vocabulary, path);
}

void wordsFree(Vocabulary *vocabulary) {
  for (size_t i = 0; i < vocabulary->count; i++)
    free(vocabulary->words[i]);
  free(vocabulary->words);
  free(vocabulary->index);
}

size_t wordsSpell(const Vocabulary *vocabulary, size_t id, char buffer[WORD_BUFFER]) {
  const char *word = vocabulary->words[id % vocabulary->count];
  size_t length = strlen(word);
  memcpy(buffer, word, length);
  size_t edition = id / vocabulary->count;
  if (edition == 0)
    return length;
  return length + (size_t)snprintf(buffer + length, WORD_BUFFER - length, "#%zu", edition + 1);
}

/* A number below `limit`, small ones more often: recent words are asked for more than older ones. */
static size_t skewed(uint64_t random, size_t limit) {
  uint64_t a = (random & 0xffffffff) * limit >> 32;
  uint64_t b = (random >> 32) * limit >> 32;
  return (size_t)(a < b ? a : b);
}

size_t streamWord(const Stream *stream, size_t position) {
  size_t newest = position / STREAM_REPEATS;
  if (newest >= stream->entries)
    newest = stream->entries - 1;
  if (position % STREAM_REPEATS == 0)
    return newest;
  uint64_t random = wordsMix(stream->seed, position);
  if (random % 32 == 0)
    return (size_t)(wordsMix(random, position) % (newest + 1));
  size_t window = stream->entries / STREAM_WINDOW + 1;
  if (window > newest + 1)
    window = newest + 1;
  return newest - skewed(wordsMix(random, position), window);
}
