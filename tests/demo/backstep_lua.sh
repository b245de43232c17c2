#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# backstep_lua.sh PROGRAM FOLDER -- the session finds the line that the script's comment names
#
# What the script prints, it prints once, however often it has been there.

set -uo pipefail

script=$2/ledger.lua
output=$("$1" --batch "$2/session.txt" "$script") || exit 1
printf '%s\n' "$output"

line=$(grep -n -- '-- BUG' "$script" | cut -d : -f 1)
expect() {
  local found
  found=$(printf '%s\n' "$output" | grep -c -- "$2")
  if [ "$found" != "$1" ]; then
    echo "backstep_lua.sh: $found times, not $1: $2"
    exit 1
  fi
}
expect 1 "^settings.limit became 90 at .*ledger.lua:$line; before it was 1000\$"
expect 1 "^opened.20\$"
expect 1 "^moved.3000\$"
expect 2 "transfer of 400 from 1: the limit is 90\$"
expect 1 "^1234\$"
expect 1 "^tick 1000, "
