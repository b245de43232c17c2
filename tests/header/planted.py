#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""See compile.py find what it is there to find: headers that are clean in C11 and not in C89 or C++."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HEADERS = {
    "mutator.h": "#ifndef MUTATOR_H\n#define MUTATOR_H\n"
    "typedef struct { char bytes[513]; } MutatorInstructionStruct;\n"
    "typedef struct { char bytes[128]; } MutatorContextStruct;\n#endif\n",
    "mutator/comment.h": "extern int mutatorPlanted1; // not a comment in C89\n",
    "mutator/comma.h": "#ifndef MUTATOR_COMMA_H\n#define MUTATOR_COMMA_H\nenum { MutatorPlanted2, };\n#endif\n",
    "mutator/word.h": "extern int class;\n",
    "mutator/needs.h": "extern size_t mutatorPlanted3;\n",
    "mutator/twice.h": "struct MutatorPlanted4 { int field; };\n",
    "mutator/innocent.h": "extern int mutatorPlanted5;\n",
}
EXPECTED = [
    r"mutator/comment\.h as c89",
    r"mutator/comma\.h as c89",
    r"mutator/word\.h as c\+\+17",
    r"mutator/needs\.h as c11",
    r"mutator/twice\.h as c11",
    r"the promised sizes as c89",
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    compiler = parser.parse_args().compiler
    root = tempfile.mkdtemp(prefix="mutator-planted-")
    try:
        os.mkdir(os.path.join(root, "mutator"))
        for path, text in HEADERS.items():
            with open(os.path.join(root, path), "w", encoding="utf-8") as stream:
                stream.write(text)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compile.py")
        done = subprocess.run(
            [sys.executable, script, "--include", root, "--compiler", compiler],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            check=False,
        )
    finally:
        shutil.rmtree(root)
    missed = [pattern for pattern in EXPECTED if not re.search(pattern, done.stdout)]
    for pattern in missed:
        print(f"planted fault not found: {pattern}")
    innocent = "innocent" in done.stdout
    if missed or innocent or done.returncode != 1:
        print(f"status {done.returncode}\n{done.stdout}")
        sys.exit(1)
    print(f"{len(EXPECTED)} planted faults found")


main()
