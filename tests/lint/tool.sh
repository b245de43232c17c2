#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tool.sh format|format-in-place|shell|tidy SOURCE [BUILD] -- checks made by other people's tools
#
# Exits 77, having said why, when the tool is not on this machine.

set -euo pipefail

check=$1
source=$2
cd "$source"

need() {
  command -v "$1" >/dev/null && return
  echo "skip: $1 is not installed"
  exit 77
}

# Other versions lay out and complain differently.
need_14() {
  local version
  version=$("$1" --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
  [ "$version" = 14 ] && return
  echo "skip: the project is kept to $1 14, this is $version"
  exit 77
}

c_files() { find include src tests examples bench tools -name '*.[ch]' | sort; }

case $check in
format)
  need clang-format
  need_14 clang-format
  c_files | xargs clang-format --dry-run --Werror || {
    echo "The target \`format\` of the build puts this right."
    exit 1
  }
  ;;
format-in-place)
  need clang-format
  c_files | xargs clang-format -i
  ;;
shell)
  need shellcheck
  files=$(find scripts .ci tests -type f -exec grep -lE '^#!.*\b(ba)?sh\b' {} + | sort)
  echo "$files"
  # shellcheck disable=SC2086
  shellcheck --external-sources --source-path=scripts $files
  ;;
tidy)
  need clang-tidy
  need_14 clang-tidy
  build=$3
  find src -name '*.c' | sort | while read -r file; do
    if grep -qF "\"file\": \"$source/$file\"" "$build/compile_commands.json"; then echo "$file"; fi
  done | xargs -P 2 -n 4 clang-tidy --quiet -p "$build" --warnings-as-errors='*'
  ;;
*)
  echo "tool.sh: no check named $check" >&2
  exit 2
  ;;
esac
