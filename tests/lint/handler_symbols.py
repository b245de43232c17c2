#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rule 2: signal context is a place.

A file named setup*.c never runs in a fault handler; every other file under src/
may.  So an object made from such a file may refer only to

  - symbols that another such file defines,
  - symbols that tests/lint/allowed-symbols.txt lists for it.

What a setup*.c file defines counts as the outside: code in a handler that
calls into it must be listed too.  --objects is a list of uninstrumented,
optimised objects of the library (the target mutator_lint_objects).
"""

import argparse
import fnmatch
import os
import re

import lint

# nm's letters for symbols that an object needs, and for global ones that it defines.
UNDEFINED = "Uvw"
DEFINED = "TDBRVWGSCi"


def source_of(objectPath):
    """src/core/step.c of .../mutator_lint_objects.dir/prefixed/src/core/step.c.o"""
    match = re.match(r".*/(src/.*\.[cS])\.(o|obj)$", objectPath)
    if not match:
        lint.stop(f"{objectPath}: not an object of a file under src/")
    return match.group(1)


def is_setup(source):
    return os.path.basename(source).startswith("setup")


def plain(name, form):
    """C's name: without COFF's decoration, and whether called directly or through an import table."""
    if form == "elf":
        return name
    name = re.sub(r"^(\.refptr\.|\.weak\.)", "", name)
    name = re.sub(r"^__imp_", "", name)
    return re.sub(r"^_", "", name) if form in ("coff_x86", "macho") else name


def symbols(nm, objectPath, form):
    needed, defined = set(), set()
    for line in lint.run([nm, "-g", objectPath]).splitlines():
        fields = line.split()
        if len(fields) < 2:
            continue
        kind, name = fields[-2], plain(fields[-1].split("@")[0], form)
        if kind in UNDEFINED:
            needed.add(name)
        elif kind in DEFINED:
            defined.add(name)
    return needed, defined


class Allowed:
    """tests/lint/allowed-symbols.txt: symbol, file pattern, reason."""

    def __init__(self, path, prefix, report):
        self.rows = []
        with open(path, encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                line = line.strip()
                if line == "" or line.startswith("#"):
                    continue
                fields = line.split(None, 2)
                if len(fields) < 3:
                    report.problem(f"{path}:{number}", "a line is: symbol, file pattern, reason")
                    continue
                symbol = prefix + fields[0] if re.match("[Mm]utator", fields[0]) else fields[0]
                self.rows.append({"symbol": symbol, "pattern": fields[1], "used": False, "line": number})

    def covers(self, symbol, source):
        covered = False
        for row in self.rows:
            if row["symbol"] == symbol and fnmatch.fnmatch(source, row["pattern"]):
                row["used"] = covered = True
        return covered

    def files_of(self, symbol):
        return [row["pattern"] for row in self.rows if row["symbol"] == symbol]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--objects", required=True, help="a file that lists the objects, one a line")
    parser.add_argument("--allowed", required=True, help="allowed-symbols.txt")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--format", default="elf", help="of the objects, as in cmake/platform.cmake")
    arguments = parser.parse_args()

    report = lint.Report("handler-symbols")
    allowed = Allowed(arguments.allowed, arguments.prefix, report)
    with open(arguments.objects, encoding="utf-8") as stream:
        objects = [line.strip() for line in stream if line.strip()]
    if not objects:
        lint.stop(f"{arguments.objects} lists no objects")

    needs, inside, outside = {}, set(), {}
    for path in objects:
        source = source_of(path)
        needed, defined = symbols(arguments.nm, path, arguments.format)
        if is_setup(source):
            outside.update((name, source) for name in defined)
        else:
            needs[source] = needed
            inside |= defined

    for source, needed in sorted(needs.items()):
        for symbol in sorted(needed - inside):
            if allowed.covers(symbol, source):
                continue
            if symbol in outside:
                what = f"which {outside[symbol]} defines: set-up code does not run in a handler"
            elif allowed.files_of(symbol):
                what = f"which only {', '.join(allowed.files_of(symbol))} may"
            else:
                what = "which is not known to be safe in a handler"
            report.problem(source, f"refers to {symbol}, {what} ({os.path.basename(arguments.allowed)})")

    for row in allowed.rows:
        if not row["used"]:
            print(f"note: {os.path.basename(arguments.allowed)}:{row['line']}: {row['symbol']} is not needed here")
    report.finish(len(needs))


main()
