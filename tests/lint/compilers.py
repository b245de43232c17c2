#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compiler differences live in src/cc, and Microsoft's side of them compiles.

No extension of C is named under src outside src/cc.  The headers of src/cc are
compiled as Microsoft's compiler would, by Clang, for both CPUs of Windows.
Exits 77 without Clang.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile

import lint

EXTENSION = re.compile(r"\b(__attribute__|__declspec|__builtin_\w+|__asm__|__asm|asm|__typeof__|typeof|__extension__)\b")

USE = """
static IMAGE_LOCAL int words[4];
AtomicWord word;
uint64_t counter;
uintptr_t use(void);
uintptr_t use(void) {
  uintptr_t expected = 0;
  atomicStore(&word, atomicAdd(&word, 1) + atomicSubtract(&word, 1) + atomicExchange(&word, 3));
  atomicStoreRelease(&word, atomicLoad(&word) + atomicLoadAcquire(&word) + atomicLoadRelaxed(&word));
  atomicStoreRelaxed(&word, (uintptr_t)atomicCompareAndSwap(&word, &expected, 4));
  atomicCount(&counter);
  atomicStore64Relaxed(&counter, atomicCounted(&counter) + atomicLoad64Relaxed(&counter));
  atomicFenceAcquire();
  atomicFenceRelease();
  atomicFenceSignal();
  return compilerStackAddress() + cpuidRead(1, 0).ecx + (uintptr_t)imageLocal(&words);
}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True, help="the tree to check")
    root = os.path.abspath(parser.parse_args().root)
    report = lint.Report("compilers")
    paths = [path for path in lint.files(root, ["src"], ["*.[ch]"]) if not path.startswith("src/cc/")]
    for path in paths:
        for number, line in enumerate(lint.without_comments(lint.read(root, path)).split("\n"), 1):
            found = EXTENSION.search(re.sub(r'"[^"]*"|^\s*#\s*include.*', "", line))
            if found:
                report.problem(f"{path}:{number}", f"{found.group(0)}: extensions of C belong in src/cc")
    if not shutil.which("clang"):
        print("skip: clang is not installed")
        sys.exit(1 if report.problems else 77)
    names = sorted(name for name in os.listdir(os.path.join(root, "src/cc")) if name.endswith(".h"))
    with tempfile.TemporaryDirectory() as work:
        source = os.path.join(work, "use.c")
        with open(source, "w", encoding="utf-8") as stream:
            stream.write("#include <stddef.h>\n" + "".join(f'#include "cc/{name}"\n' for name in names) + USE)
        for cpu in ["x86_64", "i686"]:
            command = ["clang", "-target", f"{cpu}-pc-windows-msvc", "-fms-extensions", "-fms-compatibility"]
            command += ["-ffreestanding", "-nostdlibinc", "-std=c11", "-Wall", "-Werror", "-O2", f"-I{root}/src"]
            lint.run(command + ["-c", source, "-o", os.path.join(work, "use.obj")])
    report.finish(len(paths) + len(names))


main()
