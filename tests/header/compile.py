#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compile every public header alone, the umbrella, and a few sources, without a warning.

compile.py --include DIR --compiler "clang -target i686-w64-mingw32" [--language c89] [--needs FILE] [SOURCE...]

Each header is included twice and nothing else is in the file, so that it must
bring what it needs.  Exits 1 when something does not compile, 77 (skipped,
having said why) when the compiler or --needs is not on this machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

# On POSIX systems the headers ask for this much in a strict mode.
STRICT = ["-D_XOPEN_SOURCE=700"]
WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Wundef", "-Wshadow", "-Werror", "-fsyntax-only"]
LANGUAGES = {
    "c89": ["-x", "c", "-std=c89", "-Wstrict-prototypes"] + STRICT,
    "c11": ["-x", "c", "-std=c11", "-Wstrict-prototypes"] + STRICT,
    "gnu11": ["-x", "c", "-std=gnu11", "-D_GNU_SOURCE"],
    "c++17": ["-x", "c++", "-std=c++17", "-Wold-style-cast"] + STRICT,
}

# Sizes that are promised; an array of a negative size does not compile in any language.
SIZES = """
#include <{prefix}mutator.h>
typedef char instructionSize[sizeof({prefix}MutatorInstructionStruct) <= 512 ? 1 : -1];
"""
POSIX_SIZES = "typedef char contextSize[sizeof({prefix}MutatorContextStruct) <= 128 ? 1 : -1];\n"


def headers(include, prefix):
    """As a client writes them.  Those in mutator/os and mutator/cpu are not to be included alone."""
    folder = os.path.join(include, prefix + "mutator")
    names = sorted(name for name in os.listdir(folder) if name.endswith(".h"))
    return [f"{prefix}mutator.h"] + [f"{prefix}mutator/{name}" for name in names]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--include", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="default: all but gnu11")
    parser.add_argument("--needs", action="append", default=[], help="a file without which this cannot be checked")
    parser.add_argument("--package", default="", help="what provides the compiler and --needs on Debian")
    parser.add_argument("--windows", action="store_true")
    parser.add_argument("sources", nargs="*", help="the library's own sources, as gnu11 with its internal headers")
    arguments = parser.parse_args()

    compiler = arguments.compiler.split()
    if not shutil.which(compiler[0]):
        print(f"skip: {compiler[0]} is not installed ({arguments.package})")
        sys.exit(77)
    for path in arguments.needs:
        if not os.path.exists(path):
            print(f"skip: {path} is missing ({arguments.package})")
            sys.exit(77)

    failures, compiled = 0, 0
    work = tempfile.mkdtemp(prefix="mutator-header-")

    def compile_file(language, path, what, *more):
        nonlocal failures, compiled
        compiled += 1
        command = compiler + LANGUAGES[language] + WARNINGS + ["-I", arguments.include, *more, path]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False)
        if done.returncode != 0 or done.stdout:
            failures += 1
            print(f"{what} as {language} with {arguments.compiler}:\n{done.stdout}")

    def compile_text(language, text, what):
        path = os.path.join(work, "header.c")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        compile_file(language, path, what)

    try:
        sizes = SIZES + ("" if arguments.windows else POSIX_SIZES)
        for language in arguments.language or ["c89", "c11", "c++17"]:
            for header in headers(arguments.include, arguments.prefix):
                compile_text(language, f"#include <{header}>\n#include <{header}>\n", header)
            compile_text(language, sizes.format(prefix=arguments.prefix), "the promised sizes")
        for source in arguments.sources:
            compile_file("gnu11", source, source, "-I", os.path.join(os.path.dirname(arguments.include), "src"))
    finally:
        shutil.rmtree(work)
    print(f"header: {compiled} compiled with {arguments.compiler}, {failures} failed")
    sys.exit(1 if failures else 0)


main()
