#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rule 3: includes point down: capability, core, then arch and os, which never see each other."""

import argparse
import fnmatch

import lint

STANDARD = ["stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "string.h", "limits.h", "errno.h"]
PUBLIC = ["mutator.h", "mutator/*"]

# File pattern (the first that matches counts), the project's own headers it may
# include, and the system's.  "." is the including file's own folder.
RULES = [
    ("src/cc/*", ["cc/*"], STANDARD + ["cet.h", "cpuid.h", "intrin.h"]),
    # Capstone is seen by the files that put the question, and the header they share.
    ("src/arch/x86/decode.c", PUBLIC + ["cc/*", "arch/*"], STANDARD + ["capstone/*"]),
    ("src/arch/x86/decoder.h", PUBLIC + ["cc/*", "arch/*"], STANDARD + ["capstone/*"]),
    ("src/arch/x86/setup_decode.c", PUBLIC + ["cc/*", "arch/*"], STANDARD + ["capstone/*"]),
    # The opcode table names Capstone's instruction identifiers.
    ("src/arch/x86/opcode.c", PUBLIC + ["cc/*", "arch/*"], STANDARD + ["capstone/x86.h"]),
    ("src/arch/*", PUBLIC + ["cc/*", "arch/*"], STANDARD),
    # Where an operating system meets a CPU, and where it fills the vector state.
    ("src/os/*/x86.c", PUBLIC + ["cc/*", "os/*", "arch/registers.h", "arch/x86/registers.h"], ["*"]),
    ("src/os/*/x86_64.c", PUBLIC + ["cc/*", "os/*", "arch/registers.h", "arch/x86/registers.h"], ["*"]),
    ("src/os/*", PUBLIC + ["cc/*", "os/*", "arch/registers.h"], ["*"]),
    ("src/core/*", PUBLIC + ["cc/*", "core/*", "arch/arch.h", "arch/registers.h", "os/os.h"], STANDARD),
    # A capability: the core's offer to it, the two contracts (one of them has a part that is inline), its own folder.
    ("src/*/*", PUBLIC + ["cc/*", "core/core.h", "arch/arch.h", "os/os.h", "."], STANDARD + ["os_quick.h", "os_thread.h"]),
    ("include/mutator/platform.h", [], ["stddef.h", "stdint.h"]),
    ("include/mutator/os/posix.h", PUBLIC, ["signal.h", "ucontext.h"]),
    ("include/mutator/os/macos.h", PUBLIC, ["mach/mach.h", "signal.h", "sys/ucontext.h"]),
    ("include/mutator/os/windows.h", PUBLIC, ["windows.h"]),
    ("include/*", PUBLIC, []),
]


def allowed(target, patterns):
    return any(fnmatch.fnmatch(target, pattern) for pattern in patterns)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True, help="the tree to check")
    root = parser.parse_args().root
    report = lint.Report("includes-point-down")
    paths = lint.files(root, ["src", "include"], ["*.[chS]", "*.inc", "*.def"])
    ours = set(paths)
    for path in paths:
        _, own, system = next(rule for rule in RULES if fnmatch.fnmatch(path, rule[0]))
        folder = path.split("/")[1] + "/*"
        own = [folder if pattern == "." else pattern for pattern in own]
        for line, directive, rest in lint.directives(lint.read(root, path)):
            if directive != "include":
                continue
            if not rest or rest[0] not in '<"':
                # A macro: MUTATOR_OS_HEADER and MUTATOR_CPU_HEADER choose among public headers.
                if not path.startswith("include/"):
                    report.problem(f"{path}:{line}", f"includes {rest}, which this check cannot follow")
                continue
            target = rest[1 : rest.index(">" if rest[0] == "<" else '"', 1)]
            public = allowed(target, PUBLIC)
            if rest[0] == '"' and (public or "src/" + target not in ours):
                report.problem(f"{path}:{line}", f'"{target}" is not a path below src/ (public headers take <>)')
            elif public or rest[0] == '"':
                if not allowed(target, own):
                    report.problem(f"{path}:{line}", f"includes {target}: files in {path.split('/')[1]} may not see it")
            elif not allowed(target, system):
                report.problem(f"{path}:{line}", f"includes <{target}>: files in {path.split('/')[1]} may not see it")
    if not paths:
        lint.stop(f"no sources under {root}")
    report.finish(len(paths))


main()
