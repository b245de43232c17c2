#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rule 4: exports are a list.

The shared library exports the functions that the public headers declare
MUTATOR_API for this system, and nothing else; every global name of the static
library begins with Mutator or mutator (after the prefix, if there is one).
Of ELF files, neither asks for an executable stack.  --format is that of the objects,
as in cmake/platform.cmake.
"""

import argparse
import os
import re

import lint

# Sanitized builds export these as well; 32-bit position-independent objects each bring the thunks.
INSTRUMENTATION = re.compile(r"__(asan|odr_asan|tsan|ubsan|sanitizer|start|stop|sancov)\w*|asan\.\w+|"
                             r"__x86\.get_pc_thunk\.\w+")


def declared(compiler, include, prefix):
    """Names that the preprocessed public headers declare with default visibility."""
    folder = os.path.join(include, prefix + "mutator")
    headers = [f"{prefix}mutator.h"]
    headers += [f"{prefix}mutator/{name}" for name in sorted(os.listdir(folder)) if name.endswith(".h")]
    source = "".join(f"#include <{header}>\n" for header in headers)
    # Windows has no such attribute: there the headers take the definition from us.
    api = f'-D{prefix}MUTATOR_API=__attribute__((visibility("default")))'
    command = compiler + ["-E", "-P", "-D_GNU_SOURCE", api, "-I", include, "-x", "c", "/dev/stdin"]
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


def exported_by_dll(objdump, library):
    table = lint.run([objdump, "-p", library]).split("[Ordinal/Name Pointer] Table")[-1]
    return set(re.findall(r"^\s*\[\s*\d+\] (\w+)$", table, re.MULTILINE))


def without_decoration(names, form):
    """C's names of COFF's: what the compiler makes for references to other images is nobody's."""
    names = {name for name in names if not name.startswith(".")}
    return {re.sub(r"^_", "", name) for name in names} if form == "coff_x86" else names


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--include", required=True, help="the folder of the public headers")
    parser.add_argument("--shared", required=True)
    parser.add_argument("--static", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--objdump", default="objdump")
    parser.add_argument("--format", default="elf")
    arguments = parser.parse_args()

    report = lint.Report("exports")
    wanted = declared(arguments.cc.split(), arguments.include, arguments.prefix)
    if not wanted:
        lint.stop(f"no MUTATOR_API declarations under {arguments.include}")
    coff = arguments.format.startswith("coff")
    if coff:
        exported = exported_by_dll(arguments.objdump, arguments.shared)
    else:
        exported = defined(arguments.nm, arguments.shared, "-D")
    shared = os.path.basename(arguments.shared)
    for name in sorted(wanted - set(exported)):
        report.problem(shared, f"does not export {name}, which a public header declares")
    for name in sorted(set(exported) - wanted):
        report.problem(shared, f"exports {name}, which no public header declares MUTATOR_API")

    ours = re.compile(re.escape(arguments.prefix) + "[Mm]utator")
    for name in sorted(without_decoration(defined(arguments.nm, arguments.static, "-g"), arguments.format)):
        if not ours.match(name):
            report.problem(
                os.path.basename(arguments.static),
                f"defines {name} for every program that links it: begin it with {arguments.prefix}mutator, or make it static",
            )

    if coff:
        report.finish(len(exported))
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
