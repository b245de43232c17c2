#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rule 4: exports are a list.

The shared library exports the functions that the public headers declare
MUTATOR_API for this system, and nothing else; every global name of the static
library begins with Mutator or mutator (after the prefix, if there is one).
Neither asks for an executable stack.
"""

import argparse
import os
import re

import lint

# Sanitized builds export these as well.
INSTRUMENTATION = re.compile(r"__(asan|odr_asan|tsan|ubsan|sanitizer|start|stop|sancov)\w*|asan\.\w+")


def declared(compiler, include, prefix):
    """Names that the preprocessed public headers declare with default visibility."""
    folder = os.path.join(include, prefix + "mutator")
    headers = [f"{prefix}mutator.h"]
    headers += [f"{prefix}mutator/{name}" for name in sorted(os.listdir(folder)) if name.endswith(".h")]
    source = "".join(f"#include <{header}>\n" for header in headers)
    command = compiler + ["-E", "-P", "-D_GNU_SOURCE", "-I", include, "-x", "c", "/dev/stdin"]
    text = lint.run(command, source)
    names = set()
    for declaration in re.findall(r'__attribute__\(\(visibility\("default"\)\)\)([^;{]*)', text):
        match = re.search(r"(\w+)\s*\(", declaration)
        if not match:
            lint.stop(f"cannot read this declaration: {declaration.strip()}")
        names.add(match.group(1))
    return names


def defined(nm, library, *options):
    names = {}
    for line in lint.run([nm, "--defined-only", *options, library]).splitlines():
        fields = line.split()
        if len(fields) >= 3 and fields[-2].isupper():
            names[fields[-1].split("@")[0]] = fields[-2]
    return {name: kind for name, kind in names.items() if not INSTRUMENTATION.fullmatch(name)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--include", required=True, help="the folder of the public headers")
    parser.add_argument("--shared", required=True)
    parser.add_argument("--static", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--readelf", default="readelf")
    arguments = parser.parse_args()

    report = lint.Report("exports")
    wanted = declared(arguments.cc.split(), arguments.include, arguments.prefix)
    if not wanted:
        lint.stop(f"no MUTATOR_API declarations under {arguments.include}")
    exported = defined(arguments.nm, arguments.shared, "-D")
    shared = os.path.basename(arguments.shared)
    for name in sorted(wanted - set(exported)):
        report.problem(shared, f"does not export {name}, which a public header declares")
    for name in sorted(set(exported) - wanted):
        report.problem(shared, f"exports {name}, which no public header declares MUTATOR_API")

    ours = re.compile(re.escape(arguments.prefix) + "[Mm]utator")
    for name in sorted(defined(arguments.nm, arguments.static, "-g")):
        if not ours.match(name):
            report.problem(
                os.path.basename(arguments.static),
                f"defines {name} for every program that links it: begin it with {arguments.prefix}mutator, or make it static",
            )

    stack = re.search(r"GNU_STACK.*\s(R[W ][E ])\s*0x", lint.run([arguments.readelf, "-lW", arguments.shared]))
    if not stack or "E" in stack.group(1):
        report.problem(shared, "asks for an executable stack")
    sections = lint.run([arguments.readelf, "-SW", arguments.static])
    for part in re.split(r"^File: ", sections, flags=re.MULTILINE)[1:]:
        member = part.split("\n", 1)[0]
        note = re.search(r"\.note\.GNU-stack\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+([A-Z]*)\s", part)
        if not note or "X" in note.group(1):
            report.problem(member, "asks for an executable stack: it has no .note.GNU-stack section")
    report.finish(len(exported))


main()
