#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# install.sh pkg-config|cmake|readme WORK CC -- build programs with the library installed in WORK/root
#
# CC is a compiler and perhaps options.  With CMAKE_TOOLCHAIN_FILE in the environment CMake builds for that target.

set -euo pipefail

check=$1
work=$2
read -ra cc <<<"$3"
here=$(cd "$(dirname "$0")" && pwd)
library=$(dirname "$(find "$work/root" -name libmutator.a)")
export PKG_CONFIG_PATH=$library/pkgconfig

say() { printf '\n%s\n' "$*"; }

# The words of pkg-config's answer, one a line.
package() { pkg-config "$@" mutator | tr ' ' '\n' | sed '/^$/d'; }

# compile OUTPUT SOURCE WORD... -- as a user would
compile() {
  local output=$1 file=$2
  shift 2
  "${cc[@]}" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$output" "$file" "$@"
}

is_shared() { readelf -d "$1" | grep -q 'NEEDED.*libmutator\.so\.'; }

# A toolchain file looks for packages where the target's are.
there=()
if [ -n "${CMAKE_TOOLCHAIN_FILE:-}" ]; then there=(-Dmutator_DIR="$library/cmake/mutator"); fi

case $check in
pkg-config)
  mapfile -t cflags < <(package --cflags)
  mapfile -t libs < <(package --libs)
  mapfile -t static < <(package --static --libs)
  case " ${libs[*]} " in *capstone*)
    echo "pkg-config gives Capstone to users of the shared library: ${libs[*]}"
    exit 1
    ;;
  esac
  say "shared: ${cflags[*]} ${libs[*]}"
  compile "$work/pc-shared" "$here/consumer/consumer.c" "${cflags[@]}" "${libs[@]}"
  is_shared "$work/pc-shared"
  LD_LIBRARY_PATH=$library "$work/pc-shared"
  say "static: ${static[*]}"
  compile "$work/pc-static" "$here/consumer/consumer.c" "${cflags[@]}" "${static[@]/#-lmutator/-l:libmutator.a}"
  if is_shared "$work/pc-static"; then exit 1; fi
  "$work/pc-static"
  if [ -e "$PKG_CONFIG_PATH/mutator_writes.pc" ]; then
    mapfile -t writes < <(pkg-config --cflags --libs mutator_writes | tr ' ' '\n' | sed '/^$/d')
    say "writes: ${writes[*]}"
    compile "$work/pc-writes" "$here/consumer/writes.c" "${writes[@]}"
    LD_LIBRARY_PATH=$library "$work/pc-writes"
  fi
  ;;
cmake)
  for component in '' shared static; do
    say "find_package(mutator COMPONENTS $component)"
    build=$work/consumer-${component:-default}
    rm -rf "$build"
    cmake -S "$here/consumer" -B "$build" -DCMAKE_PREFIX_PATH="$work/root" -DCMAKE_C_COMPILER="${cc[0]}" \
      -DCOMPONENTS="$component" "${there[@]}"
    cmake --build "$build"
    "$build/consumer"
    if [ -e "$build/writes" ]; then "$build/writes"; fi
    if [ "$component" = static ]; then
      if is_shared "$build/consumer"; then exit 1; fi
    else
      is_shared "$build/consumer"
    fi
  done
  ;;
readme)
  readme=$here/../../README.md
  # The first block marked c is a whole program.
  # shellcheck disable=SC2016
  sed -n '/^```c$/,/^```$/p' "$readme" | sed '/^```$/,$d; /^```c$/d' >"$work/readme.c"
  [ -s "$work/readme.c" ] || {
    echo "README.md has no block that begins with \`\`\`c"
    exit 1
  }
  mapfile -t words < <(package --cflags --libs)
  compile "$work/readme" "$work/readme.c" "${words[@]}"
  LD_LIBRARY_PATH=$library "$work/readme"
  ;;
*)
  echo "install.sh: no check named $check" >&2
  exit 2
  ;;
esac
