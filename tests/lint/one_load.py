#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""P4: the post-mortem adds one load to the fault path, until something has died.

Every place where the fault handler's object refers to the word that says so is
one relocation; there must be exactly one.  --objects as in handler_symbols.py.
"""

import argparse
import re

import lint

WORD = "mutatorCorePostMortem"


def references(readelf, path, prefix):
    lines = lint.run([readelf, "-rW", path]).splitlines()
    return [line for line in lines if re.search(rf"\b{prefix}{WORD}\b", line)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--objects", required=True, help="a file that lists the objects, one a line")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--readelf", default="readelf")
    arguments = parser.parse_args()
    report = lint.Report("one-load")
    with open(arguments.objects, encoding="utf-8") as stream:
        paths = [line.strip() for line in stream if line.strip()]
    total = 0
    for path in paths:
        found = len(references(arguments.readelf, path, arguments.prefix))
        if "src/postmortem/" not in path:
            total += found
    if total != 1:
        report.problem("src/fault", f"refers to {WORD} {total} times; the fault path may load it once")
    report.finish(len(paths))


main()
