#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# trap_debugger.sh PROGRAM [gdb|backtrace|skip] -- the example's batch session; with gdb, its backtrace in gdb
#
# I8: stopped in the injected function, gdb walks through the trampoline into
# generated code and on to main.  With backtrace, so does backtrace(3) at each stop.  With
# skip, nothing is mended, each trap is skipped, and the sums are what they must be.

set -uo pipefail

fail() {
  printf '%s\n%s\n' "$1" "$output"
  exit 1
}

has() { grep -Eq "$1" <<<"$output" || fail "missing: $1"; }

if [ "${2:-}" = gdb ]; then
  command -v gdb >/dev/null || {
    echo "skipped: there is no gdb"
    exit 77
  }
  output=$(timeout 100 gdb -nx -q -batch -ex 'set debuginfod enabled off' -ex 'handle SIGFPE SIGILL SIGSEGV nostop noprint pass' \
    -ex 'break debug' -ex 'run --batch' -ex 'bt' "$1" 2>&1 </dev/null)
  grep -q 'AVX2, which' <<<"$output" && exit 77
  has '^#0 .*debug '
  has '^#[0-9]+ +<signal handler called>'
  has '^#[0-9]+ .*main '
  exit 0
fi

if [ "${2:-}" = skip ]; then
  output=$(printf 'skip\nskip\nskip\n' | "$1" 2>&1)
  status=$?
else
  output=$("$1" --batch 2>&1)
  status=$?
fi
if [ $status = 77 ]; then
  echo "skipped: $output"
  exit 77
fi
[ $status = 0 ] || fail "status $status"
if [ "${2:-}" = backtrace ]; then
  [ "$(grep -A 1 'generated code$' <<<"$output" | grep -c 'trap_debugger(')" = 3 ] || fail "no caller of the generated code"
  exit 0
fi
if [ "${2:-}" = skip ]; then
  has '^with traps: +487260c0 c48214d8 e967ca10 01be4de8 96c30fe0 fe81b978 ca9ae630 8dab7b88$'
  has '^the same, after 3 stops'
  exit 0
fi
has '^stop 1: divide error'
has '^stop 2: illegal instruction'
has '^stop 3: memory fault'
has 'generated code'
has '^the same, after 3 stops'

output=$(printf 'registers\nset rax\nleave\n' | "$1" 2>&1) || fail "leaving failed"
has 'Registers are [re]ax'
has '^left after 1 stops'
output=$("$1" </dev/null 2>&1) || fail "no input failed"
has '^left after 1 stops'
