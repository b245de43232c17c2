/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pi_digits -- computes digits of pi, and un-computes them
 *
 *   pi_digits [DIGITS]           prints digits; then `back N`, `on`, `quit`
 *   pi_digits --batch [DIGITS]   goes back and on by itself, and checks that the digits come again
 *
 * Everything that the computation writes is in a region, so that going back a
 * hundred digits takes back the whole computation.  What is on the screen is not
 * rewound: the callback takes the digits away.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mutator.h>

enum { DigitsMOST = 2000, Alignment = 65536, Terms = 10 * DigitsMOST / 3 + 2 };

/* Rabinowitz and Wagon's spigot: pi in the base 1/3, 2/5, 3/7, ... */
typedef struct Spigot {
  int remainder[Terms];
  int terms, nines, predigit, begun, digits;
  char text[DigitsMOST + 16];
} Spigot;

static char memory[((sizeof(Spigot) + Alignment - 1) / Alignment + 1) * Alignment];
static MutatorBackstepStruct backstep;
static MutatorBackstepRegionStruct region;
static Spigot *spigot;

/* Not rewound: what the screen shows, and when each digit was there. */
static struct {
  int batch, wanted, shown;
  unsigned turn;
  uint64_t tickOf[DigitsMOST + 16];
  char first[DigitsMOST + 16]; /* digits as they came the first time */
} screen;

static void put(int digit) {
  const int at = spigot->digits++;
  spigot->text[at] = (char)('0' + digit);
  if (at < screen.shown)
    return;
  if (screen.tickOf[at] == 0) {
    screen.first[at] = spigot->text[at];
    screen.tickOf[at] = MutatorBackstepNow(&backstep);
  } else if (screen.first[at] != spigot->text[at]) {
    fprintf(stderr, "digit %d is %c the second time, not %c\n", at, spigot->text[at], screen.first[at]);
    exit(1);
  }
  screen.shown = at + 1;
  putchar(spigot->text[at]);
}

static int nextColumn(void) {
  int carry = 0, i;
  for (i = spigot->terms; i > 0; i--) {
    const int value = 10 * spigot->remainder[i] + carry * (i + 1);
    MutatorTick(&backstep);
    spigot->remainder[i] = value % (2 * i + 1);
    carry = value / (2 * i + 1);
  }
  carry += 10 * spigot->remainder[0];
  spigot->remainder[0] = carry % 10;
  return carry / 10;
}

/* A ten makes the digit before it one more, and the nines between zero.  Before the first there is none. */
static void release(int digit) {
  int i;
  if (digit == 9) {
    spigot->nines++;
    return;
  }
  if (spigot->begun)
    put(spigot->predigit + (digit == 10));
  for (i = 0; i < spigot->nines; i++)
    put(digit == 10 ? 0 : 9);
  spigot->begun = 1;
  spigot->nines = 0;
  spigot->predigit = digit == 10 ? 0 : digit;
}

/* The stop comes with the first tick after the last digit. */
static void compute(void) {
  int i;
  if (MutatorBackstepStart(&backstep) != MutatorResOK)
    exit(1);
  spigot->terms = 10 * screen.wanted / 3 + 1;
  for (i = 0; i <= spigot->terms; i++)
    spigot->remainder[i] = 2;
  while (spigot->digits < screen.wanted)
    release(nextColumn());
  (void)MutatorBackstepTo(&backstep, MutatorBackstepNow(&backstep) + 1);
  MutatorTick(&backstep);
}

/* at a stop -------------------------------------------------------------------------- */

static void unprint(void) {
  const int gone = screen.shown - spigot->digits;
  int i;
  if (gone <= 0)
    return;
  for (i = 0; i < gone && !screen.batch; i++)
    fputs("\b \b", stdout);
  if (screen.batch)
    printf("\n%d digits taken back, %d are left\n", gone, spigot->digits);
  screen.shown = spigot->digits;
}

static void goBack(MutatorBackstepStop stop, int count) {
  const int digit = count < spigot->digits ? spigot->digits - count : 0;
  stop->go = MutatorBackstepGoTO;
  stop->tick = screen.tickOf[digit];
}

/* Back, and again, always a little farther. */
static void batch(MutatorBackstepStop stop) {
  static const int back[] = {15, 0, 30, 0, 1000};
  if (screen.turn == sizeof back / sizeof back[0])
    return;
  if (back[screen.turn] != 0)
    goBack(stop, back[screen.turn]);
  screen.turn++;
}

static void ask(MutatorBackstepStop stop) {
  char line[80];
  printf("\n[tick %lu, %d digits] back N, on, quit: ", (unsigned long)stop->now, spigot->digits);
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL || line[0] == 'q')
    exit(0);
  fwrite(spigot->text, 1, (size_t)spigot->digits, stdout);
  if (strncmp(line, "back", 4) == 0)
    goBack(stop, atoi(line + 4));
}

static void onStop(MutatorBackstep of, MutatorBackstepStop stop, void *closure) {
  (void)of;
  (void)closure;
  unprint();
  if (screen.batch)
    batch(stop);
  else
    ask(stop);
}

/* set-up ------------------------------------------------------------------------------ */

static MutatorRes setUp(void *stackCold) {
  char *base = memory + (Alignment - (MutatorWord)memory % Alignment) % Alignment;
  const size_t size = (sizeof(Spigot) + Alignment - 1) / Alignment * Alignment;
  MutatorBackstepOptionsStruct options;
  MutatorRes res = MutatorFaultSetup(NULL);
  spigot = (Spigot *)(void *)base;
  if (res == MutatorResOK)
    res = MutatorBackstepOptionsInit(&options);
  if (res != MutatorResOK)
    return res;
  options.callback = onStop;
  options.stackCold = stackCold;
  res = MutatorBackstepInit(&backstep, &options);
  if (res == MutatorResOK)
    res = MutatorBackstepRegionAdd(&backstep, &region, base, base + size);
  return res;
}

static void finish(void) {
  MutatorBackstepStatsStruct stats;
  if (MutatorBackstepStatsGet(&backstep, &stats) != MutatorResOK)
    return;
  printf("\n%lu ticks, %lu checkpoints, %lu restored, %lu KiB of log\n", (unsigned long)stats.now,
         (unsigned long)stats.checkpoints, (unsigned long)stats.restored, (unsigned long)stats.used / 1024);
  (void)MutatorBackstepFinish(&backstep);
}

int main(int argc, char **argv) {
  void *volatile cold = NULL; /* the rewound part of the stack begins below */
  void (*volatile run)(void) = compute;
  MutatorRes res;
  screen.batch = argc > 1 && strcmp(argv[1], "--batch") == 0;
  screen.wanted = argc > 1 + screen.batch ? atoi(argv[1 + screen.batch]) : 100;
  if (screen.wanted < 1 || screen.wanted > DigitsMOST) {
    fprintf(stderr, "pi_digits: 1 to %d digits\n", DigitsMOST);
    return 2;
  }
  res = setUp((void *)&cold);
  if (res != MutatorResOK) {
    fprintf(stderr, "pi_digits: %s\n", MutatorResName(res));
    return 1;
  }
  run();
  finish();
  return 0;
}
