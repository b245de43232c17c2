#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# pi_digits.sh PROGRAM... -- digits that are taken back come again, and are those of pi

set -uo pipefail

output=$("$@" --batch 60 | tr -d '\r') || exit 1
printf '%s\n' "$output"
digits=314159265358979323846264338327950288419716939937510582097494
if [ "$(printf '%s\n' "$output" | grep -c "^$digits\$")" != 2 ] ||
  [ "$(printf '%s\n' "$output" | grep -c 'digits taken back')" != 3 ]; then
  echo "pi_digits.sh: not twice the digits of pi, or not three times back"
  exit 1
fi
