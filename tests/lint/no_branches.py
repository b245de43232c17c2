#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rule 1: a port is files, not branches.

No #if, #ifdef, #ifndef or #elif under src/ and include/ names an operating
system or a CPU; include/mutator/platform.h alone may.  (Compilers may be told
apart, in src/cc.)
"""

import argparse
import re

import lint

ALLOWED_FILES = ["include/mutator/platform.h"]

SYSTEMS = """
    linux __linux __linux__ __gnu_linux__ __ANDROID__ __FreeBSD__ __NetBSD__ __OpenBSD__ __DragonFly__ BSD
    __APPLE__ __MACH__ __DARWIN__ TARGET_OS_MAC WIN32 _WIN32 __WIN32__ _WIN64 WIN64 __CYGWIN__ __MINGW32__ __MINGW64__
    unix __unix __unix__ __sun __svr4__ _AIX __HAIKU__ MUTATOR_OS
"""
CPUS = """
    i386 __i386 __i386__ __i486__ __i586__ __i686__ _M_IX86 __x86_64 __x86_64__ __amd64 __amd64__ _M_X64 _M_AMD64
    __ILP32__ _ILP32 __LP64__ _LP64 __aarch64__ __arm__ __arm64__ _M_ARM _M_ARM64 __riscv __riscv_xlen
    __powerpc__ __powerpc64__ __ppc__ __s390__ __s390x__ __mips__ __sparc__ __loongarch__
    __SIZEOF_POINTER__ __SIZEOF_LONG__ __WORDSIZE UINTPTR_MAX INTPTR_MAX SIZE_MAX ULONG_MAX LONG_MAX MUTATOR_CPU
"""
NAMES = dict([(name, "an operating system") for name in SYSTEMS.split()] + [(name, "a CPU") for name in CPUS.split()])

CONDITIONS = ("if", "ifdef", "ifndef", "elif", "elifdef", "elifndef")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True, help="the tree to check")
    root = parser.parse_args().root
    report = lint.Report("no-branches")
    paths = lint.files(root, ["src", "include"], ["*.[chS]", "*.inc", "*.def"])
    for path in paths:
        if path in ALLOWED_FILES:
            continue
        for line, directive, rest in lint.directives(lint.read(root, path)):
            if directive not in CONDITIONS:
                continue
            for word in re.findall(r"[A-Za-z_]\w*", rest):
                if word in NAMES:
                    report.problem(
                        f"{path}:{line}",
                        f"#{directive} tests {word}, the name of {NAMES[word]}: put the difference in a file of its own"
                        " (os/<os>/, arch/<cpu>/, os/<os>/<cpu>.c)",
                    )
    if not paths:
        lint.stop(f"no sources under {root}")
    report.finish(len(paths))


main()
