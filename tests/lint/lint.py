# SPDX-License-Identifier: BSD-2-Clause
"""What the lint scripts share: finding files, reporting, reading C."""

import fnmatch
import os
import re
import subprocess
import sys


class Report:
    """Problems found so far; finish() prints them and ends the script with 1 if there are any."""

    def __init__(self, rule):
        self.rule = rule
        self.problems = []

    def problem(self, where, text):
        self.problems.append(f"{where}: {text}")

    def finish(self, checked):
        for problem in self.problems:
            print(problem)
        print(f"{self.rule}: {checked} checked, {len(self.problems)} problems")
        sys.exit(1 if self.problems else 0)


def stop(text):
    """The check itself cannot be made: exit status 2, which is not a problem found."""
    print(f"{os.path.basename(sys.argv[0])}: {text}", file=sys.stderr)
    sys.exit(2)


def files(root, folders, patterns):
    """Paths relative to root of the files below folders, sorted."""
    found = []
    for folder in folders:
        for path, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
                    found.append(os.path.relpath(os.path.join(path, name), root))
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as stream:
        return stream.read()


def without_comments(text):
    """C text with comments replaced by blanks, newlines kept, continued lines joined in place."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)

    def blank(match):
        if match.group(0)[0] != "/":
            return match.group(0)
        return re.sub(r"[^\n]", " ", match.group(0))

    return token.sub(blank, text)


def directives(text):
    """(line number, directive, rest) for each preprocessor directive."""
    lines = without_comments(text).split("\n")
    number = 0
    while number < len(lines):
        first = number
        line = lines[number]
        while line.endswith("\\") and number + 1 < len(lines):
            number += 1
            line = line[:-1] + " " + lines[number]
        match = re.match(r"\s*#\s*([a-z_]+)\s*(.*)", line)
        if match:
            yield first + 1, match.group(1), match.group(2).strip()
        number += 1


def run(command, text=None):
    """What the command prints, given text on its standard input."""
    done = subprocess.run(
        command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False
    )
    if done.returncode != 0:
        stop(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout
