#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# weak_table.sh PROGRAM OPTION... -- the demo, judged by what it counts
#
# The program ends with 2 when stepping was worse in something.  Here a clock may say
# so, on a busy machine and at a small size; a count may not.

set -uo pipefail

output=$("$@")
status=$?
printf '%s\n' "$output"
[ $status = 2 ] || exit $status
if printf '%s\n' "$output" | grep '^WORSE' | grep -v 'worst pause'; then
  echo "weak_table.sh: the line above is not about time"
  exit 1
fi
