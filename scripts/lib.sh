# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the scripts share: saying what happens, and installing what is missing.
#
#   require PACKAGE COMMAND...   without it the script cannot go on
#   prefer PACKAGE COMMAND...    without it some tests are skipped (with CI set: as require)
#   install_missing              installs, on Debian and Ubuntu, the packages whose command fails
#
# A package is named as Debian names it; its command succeeds when it is there,
# wherever it came from.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '== %s\n' "$*"; }
warn() { printf '== %s\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

required=()
preferred=()
declare -A probe

require() {
  required+=("$1")
  probe[$1]="${*:2}"
}

prefer() {
  # Where changes are judged, a test must not be missing because a tool was.
  if [ -n "${CI:-}" ]; then required+=("$1"); else preferred+=("$1"); fi
  probe[$1]="${*:2}"
}

has_command() { command -v "$1" >/dev/null 2>&1; }
has_module() { pkg-config --exists "$1" >/dev/null 2>&1; }
has_file() { [ -e "$1" ]; }
has_header() { has_command cc && printf '#include <%s>\n' "$1" | cc -E -x c - >/dev/null 2>&1; }
has_cmake() {
  has_command cmake &&
    printf '3.25\n%s\n' "$(cmake --version | sed -n 's/^cmake version //p')" | sort --version-sort --check 2>/dev/null
}

# The packages among those named whose command fails.
missing_of() {
  local package
  for package in "$@"; do
    ${probe[$package]} || printf '%s\n' "$package"
  done
}

apt_update() {
  say "apt-get update"
  "${sudo[@]}" apt-get -qq update >"$log" 2>&1 || warn "apt-get update failed: $(tail -n 1 "$log")"
}

apt_install() {
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y --no-install-recommends install "$@" >"$log" 2>&1 </dev/null
}

# apt_get PACKAGE... -- from the lists there are; from fresh ones if that fails
apt_get() {
  say "apt-get install $*"
  if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then apt_update; fi
  apt_install "$@" && return
  apt_update
  apt_install "$@"
}

install_missing() {
  local wanted optional log sudo=()
  mapfile -t wanted < <(missing_of "${required[@]}")
  mapfile -t optional < <(missing_of "${preferred[@]}")
  [ $((${#wanted[@]} + ${#optional[@]})) != 0 ] || return 0

  if ! has_command apt-get; then
    [ ${#optional[@]} = 0 ] || warn "some tests will be skipped without (Debian's names): ${optional[*]}"
    [ ${#wanted[@]} = 0 ] || die "install these first (Debian's names): ${wanted[*]}"
    return 0
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! has_command sudo; then
      [ ${#wanted[@]} = 0 ] || die "run this as root once: apt-get install ${wanted[*]} ${optional[*]}"
      warn "some tests will be skipped without (as root: apt-get install ${optional[*]})"
      return 0
    fi
    sudo=(sudo)
  fi

  log=$(mktemp)
  if [ ${#wanted[@]} != 0 ] && ! apt_get "${wanted[@]}"; then
    cat "$log" >&2
    die "apt-get could not install: ${wanted[*]}. Its messages are above; install them by hand and run this again."
  fi
  if [ ${#optional[@]} != 0 ] && ! apt_get "${optional[@]}"; then
    # One that this release does not have must not keep the others away.
    local package
    for package in "${optional[@]}"; do
      apt_get "$package" || warn "not to be had: $package; some tests will be skipped"
    done
  fi
  rm -f "$log"

  mapfile -t wanted < <(missing_of "${required[@]}")
  [ ${#wanted[@]} = 0 ] || die "still missing or too old after installing: ${wanted[*]} (CMake must be 3.25 or later)"
}

# What building the library takes; scripts add to it.
require gcc has_command cc
require libc6-dev has_header stdio.h
require cmake has_cmake
require ninja-build has_command ninja
require pkg-config has_command pkg-config
require libcapstone-dev has_module capstone
