/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table_words.h -- the words of some files, and the order they are looked up in
 */

#ifndef WEAK_TABLE_WORDS_H
#define WEAK_TABLE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer runs of letters are cut; the rest leaves room for an edition mark. */
#define WORD_LETTERS 64
#define WORD_BUFFER 96

/* Vocabulary -- the distinct words of the files, in order of first appearance */
typedef struct Vocabulary {
  char **words;
  size_t count, capacity;
  uint32_t *index; /* hash table of word numbers plus one; only while reading */
  size_t indexSize;
  size_t files, tokens; /* files read, words in them with repetitions */
} Vocabulary;

/* Read a file, or everything in a folder.  False, with a message, if it cannot be read. */
bool wordsRead(Vocabulary *vocabulary, const char *path);
void wordsFree(Vocabulary *vocabulary);

/* Spell word `id` into the buffer; returns its length.
 *
 * When more entries are wanted than the files have words, the files are read
 * as if in several editions: word `id` past the last is the first of the
 * second edition, spelt "word#2", which no file can contain. */
size_t wordsSpell(const Vocabulary *vocabulary, size_t id, char buffer[WORD_BUFFER]);

/* FNV-1a, started from a seed */
uint64_t wordsHash(const char *text, size_t length, uint64_t seed);

/* Mix -- a number that looks random, the same for the same two arguments */
uint64_t wordsMix(uint64_t seed, uint64_t position);

/* Stream -- what is looked up, position by position
 *
 * A pure function of seed and position, so that every run, whatever its policy
 * and number of threads, looks up exactly the same words.  Every fourth word
 * is the next new one; the others are words met not long ago; one in 32 is
 * any earlier word. */
typedef struct Stream {
  uint64_t seed;
  size_t entries; /* distinct words in all */
  size_t length;  /* positions */
} Stream;

#define STREAM_REPEATS 4 /* positions for each new word */
#define STREAM_WINDOW 8  /* "not long ago" is the latest eighth of all words */

size_t streamWord(const Stream *stream, size_t position);

#endif
