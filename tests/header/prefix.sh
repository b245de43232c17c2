#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# prefix.sh build|names|one-source|link|exports WORK CC SYSTEM [EMULATOR...] -- two prefixed copies of the library
#
# SYSTEM   posix or windows, the folder of what the program needs of it

set -euo pipefail

check=$1
work=$2
cc=$3 # a compiler and perhaps options
system=$4
shift 4 # what is left runs a program of that system
read -ra compiler <<<"$cc"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
one=$work/one
two=$work/two

includes=(-I "$one/prefixed/include" -I "$two/prefixed/include" -I "$here" -I "$here/$system" -D_GNU_SOURCE)
cxx=$(command -v c++ || true)

say() { printf '\n%s\n' "$*"; }

case $check in
build)
  for prefix in one two; do
    say "-DMUTATOR_PREFIX=${prefix}_"
    cmake -S "$root" -B "$work/$prefix" -DMUTATOR_PREFIX="${prefix}_" \
      -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER="${compiler[0]}" -DMUTATOR_BUILD_TESTS=OFF -DMUTATOR_BUILD_BENCH=OFF \
      -DMUTATOR_BUILD_EXAMPLES=OFF
    cmake --build "$work/$prefix" --parallel 2
  done
  ;;
names)
  # No name of ours is left without its prefix, and no #define renames one.
  if grep -rnE '\b(Mutator|MUTATOR_|mutator)' "$one/prefixed"; then exit 1; fi
  if find "$one/prefixed" -name 'mutator*' | grep .; then exit 1; fi
  renaming='^[[:space:]]*#[[:space:]]*define[[:space:]]+[Mm]utator'
  if grep -rnE "$renaming" "$one/prefixed/include"; then exit 1; fi
  for language in c89 c11 c++17; do
    python3 "$here/compile.py" --include "$one/prefixed/include" --prefix one_ --compiler "$cc" --language $language
  done
  cmake --install "$one" --prefix "$work/one-root" >/dev/null
  for file in include/one_mutator.h include/one_mutator/context.h lib/libone_mutator.a lib/libone_mutator.so \
    lib/pkgconfig/one_mutator.pc lib/cmake/one_mutator/one_mutatorConfig.cmake; do
    ls "$work/one-root/$file"
  done
  ;;
one-source)
  for order in 1 2 3; do
    for language in c89 c11; do
      say "order $order as $language"
      "${compiler[@]}" -x c -std=$language -pedantic -Wall -Wextra -Werror -fsyntax-only -DORDER=$order "${includes[@]}" \
        "$here/two_copies.c"
    done
    if [ -n "$cxx" ]; then
      say "order $order as C++17"
      "$cxx" "${compiler[@]:1}" -x c++ -std=c++17 -pedantic -Wall -Wextra -Werror -fsyntax-only -DORDER=$order "${includes[@]}" \
        "$here/two_copies.c"
    fi
  done
  ;;
link)
  capstone=$(pkg-config --libs capstone)
  threads=-pthread
  if [ "$system" = windows ]; then threads=-static; fi # no DLL of the compiler's to be looked for
  for order in 1 2; do
    libraries=("$one/libone_mutator.a" "$two/libtwo_mutator.a")
    if [ $order = 2 ]; then libraries=("$two/libtwo_mutator.a" "$one/libone_mutator.a"); fi
    say "order $order: ${libraries[*]}"
    # shellcheck disable=SC2086
    "${compiler[@]}" -std=c11 -DORDER=$order "${includes[@]}" -o "$work/two_copies$order.exe" "$here/two_copies.c" \
      "${libraries[@]}" $capstone $threads
    "$@" "$work/two_copies$order.exe"
  done
  ;;
exports)
  for prefix in one two; do
    python3 "$here/../lint/exports.py" --include "$work/$prefix/prefixed/include" --prefix ${prefix}_ --cc "$cc" \
      --shared "$work/$prefix/lib${prefix}_mutator.so" --static "$work/$prefix/lib${prefix}_mutator.a"
  done
  ;;
*)
  echo "prefix.sh: no check named $check" >&2
  exit 2
  ;;
esac
