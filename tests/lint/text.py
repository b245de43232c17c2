#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every file of ours names its licence; no file keeps a note to self, a tab or a blank at a line's end."""

import argparse
import os
import re

import lint

FOLDERS = ["include", "src", "tests", "examples", "bench", "tools", "cmake", "scripts", ".ci"]
ROOT_FILES = ["CMakeLists.txt", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore"]
# Inputs, not texts.
DATA = re.compile(r"tests/(fuzz|differential)/corpus/|\.(bin|hex|csv)$|__pycache__")
NOTES = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
LICENCE = "SPDX-License-Identifier: BSD-2-Clause"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True, help="the tree to check")
    root = parser.parse_args().root
    report = lint.Report("text")
    paths = lint.files(root, FOLDERS, ["*"])
    paths += [name for name in ROOT_FILES if os.path.exists(os.path.join(root, name))]
    paths = [path for path in paths if not DATA.search(path)]
    for path in paths:
        text = lint.read(root, path)
        lines = text.split("\n")
        # A script's first line may have to be another.
        if not any(LICENCE in line for line in lines[:2]):
            report.problem(f"{path}:1", f"no {LICENCE} line at the top")
        if lines[-1] != "":
            report.problem(f"{path}:{len(lines)}", "the last line has no end")
        for number, line in enumerate(lines, 1):
            if path != "tests/lint/text.py" and NOTES.search(line):
                report.problem(f"{path}:{number}", f"a {NOTES.search(line).group(1)}: file an issue instead")
            if line != line.rstrip():
                report.problem(f"{path}:{number}", "blanks at the end of the line")
            if "\t" in line:
                report.problem(f"{path}:{number}", "a tab")
    if not paths:
        lint.stop(f"nothing to check under {root}")
    report.finish(len(paths))


main()
