#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# postmortem.sh PROGRAM DOCUMENT [--update] -- the example in gdb, once for each of its threads
#
# P10: stopped in each thread, the pretty-printer dies, the post-mortem is called,
# the pretty-printer prints, and bt walks the JIT's frames.  What gdb says, without
# what differs from machine to machine, must be what the document has between its
# markers; --update puts it there.

set -uo pipefail

program=$1 document=$2
begin='<!-- begin: gdb on examples/postmortem, written by its test -->'
end='<!-- end: gdb on examples/postmortem -->'
cells='cells: 0 1 4 9 16 25 36 49 64 81'

if ! command -v gdb >/dev/null; then
  echo "skipped: there is no gdb"
  exit 77
fi

say() { printf '%s\n' "echo (gdb) $1\\n" "$1"; }

# Commands that fail go on with the next: each is an option of its own.
session() { # session THREAD
  local options=(-nx -q -batch -ex 'set pagination off' -ex 'set confirm off' -ex 'set width 0' -ex 'set debuginfod enabled off') line
  while IFS= read -r line; do options+=(-ex "$line"); done < <(
    say 'handle SIGSEGV SIGBUS nostop noprint pass'
    say 'run'
    say 'handle SIGSEGV SIGBUS stop print nopass'
    say 'set unwindonsignal on'
    say 'set scheduler-locking on'
    say "thread $1"
    say 'print MutatorDomainBusy(&collector, 0) != 0'
    say 'print describeCells()'
    say 'call MutatorDomainPostMortemAll(0)'
    say 'print MutatorDomainBusy(&collector, 0) != 0'
    say 'print describeCells()'
    say 'bt'
  )
  timeout 100 gdb "${options[@]}" "$program" 2>&1 </dev/null
}

# Prompts, answers and what happened; of frames the names of those that the reader
# knows, and dots for the C library's and our own.
reduce() {
  awk '
    function frame(name) {
      if (name !~ /^(collect|jit_.*|run|nap|waiter|sleeper|main|<signal handler called>)$/) name = "..."
      if (name != last) print "#  " name
      last = name
    }
    /^\(gdb\) / { print; stack = ($0 == "(gdb) bt"); last = ""; next }
    stack && /^#[0-9]+ +<signal handler called>/ { frame("<signal handler called>"); next }
    stack && match($0, /^#[0-9]+ +(0x[0-9a-f]+ in )?/) { rest = substr($0, RLENGTH + 1); sub(/ .*/, "", rest); frame(rest); next }
    /received signal|^Program terminated/ { sub(/^(Thread [0-9]+ "[^"]*"|Program) /, ""); print; next }
    /^The program being debugged was signaled/ { print; next }
    /^\$[0-9]+ = / { sub(/0x[0-9a-f]+ (<[^>]*> )?/, ""); print; next }
  '
}

fail() {
  printf 'postmortem.sh: thread %s: %s\n' "$thread" "$1"
  printf '%s\n' "$raw"
  exit 1
}

expect() { # expect PATTERN WHAT: in what is left of the session; goes on after it
  local after=${rest#*"$1"}
  [ "$after" != "$rest" ] || fail "$2 (no \"$1\" where it should be)"
  rest=$after
}

check() {
  rest=$text
  expect '(gdb) run' 'it does not run'
  expect 'received signal SIGABRT' 'the collector does not die'
  expect "\$1 = 1" 'the lock is not held'
  expect 'received signal SIGSEGV' 'the pretty-printer does not die before the post-mortem'
  expect 'The program being debugged was signaled' 'the pretty-printer does not die before the post-mortem'
  expect '(gdb) call MutatorDomainPostMortemAll(0)' 'no post-mortem'
  expect "\$2 = 0" 'the post-mortem is not OK'
  expect "\$3 = 0" 'the lock is not free'
  expect "\"$cells\"" 'the list is not printed after the post-mortem'
  expect '(gdb) bt' 'no bt'
  case $thread in
  1) frames=(collect '<signal handler called>' jit_read jit_work run main) ;;
  2) frames=(collect '<signal handler called>' jit_read jit_work run waiter) ;;
  3) frames=(nap jit_nap jit_rest run sleeper) ;;
  esac
  local frame
  for frame in "${frames[@]}"; do expect "#  $frame" "bt does not show $frame"; done
}

transcript=
for thread in 1 2 3; do
  raw=$(session "$thread")
  if printf '%s' "$raw" | grep -q 'ptrace: Operation not permitted'; then
    echo "skipped: gdb may not trace here"
    exit 77
  fi
  text=$(printf '%s\n' "$raw" | reduce)
  check
  transcript+=$'\n```\n'"$text"$'\n```\n'
done

written=$(awk -v begin="$begin" -v end="$end" '$0 == end { inside = 0 } inside { print } $0 == begin { inside = 1 }' "$document")
[ "$written" != "${transcript%$'\n'}" ] || exit 0
if [ "${3:-}" = --update ]; then
  new=$(mktemp)
  TRANSCRIPT=$transcript awk -v begin="$begin" -v end="$end" '
    $0 == end { inside = 0 } !inside { print } $0 == begin { inside = 1; printf "%s", ENVIRON["TRANSCRIPT"] }' "$document" >"$new"
  cat "$new" >"$document"
  rm -f "$new"
  exit 0
fi
diff <(printf '%s\n' "$written") <(printf '%s\n' "${transcript%$'\n'}")
echo "postmortem.sh: this is not what $document says; to put it there:"
echo "  bash tests/demo/postmortem.sh $program $document --update"
exit 1
