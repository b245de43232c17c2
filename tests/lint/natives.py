#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One table of natives, two assemblers: both must make the same of it.

For both CPUs of Windows, the table is assembled in GNU's dialect (by Clang) and
in Microsoft's (by llvm-ml).  Every routine must be the same instructions, every
pair of the fix-up table must name the same access, and every family the same
routines.  Exits 77 without Clang, llvm-ml or objdump.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import lint

LLVM_ML = ["llvm-ml"] + [f"llvm-ml-{version}" for version in range(22, 13, -1)]

# CPU, Clang's target, llvm-ml's option, format and convention (cmake/platform.cmake), the table's folder.
PORTS = [
    ("x86_64", "x86_64-w64-windows-gnu", "-m64", "coff", "win64", "x86_64"),
    ("x86", "i686-w64-windows-gnu", "-m32", "coff_x86", "cdecl", "x86_32"),
]


def skip(text):
    print(f"skip: {text}")
    sys.exit(77)


def tool(names):
    for name in names:
        if shutil.which(name):
            return name
    return skip(f"{names[0]} is not installed")


def source(headers, folder):
    lines = [f'#include "cc/{header}.inc"' for header in headers]
    return "\n".join(lines + ["BEGIN_NATIVES", f'#include "arch/{folder}/natives.inc"', "END_NATIVES", ""])


def write(path, text):
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)


def assemble_gnu(clang, root, work, port):
    _, target, _, form, convention, folder = port
    write(f"{work}/natives.S", source([f"gas/{form}", f"gas/{convention}", "gas/natives"], folder))
    lint.run([clang, "-target", target, f"-I{root}/src", "-c", f"{work}/natives.S", "-o", f"{work}/gnu.o"])
    return f"{work}/gnu.o"


def assemble_microsoft(clang, masm, root, work, port):
    _, target, mode, _, convention, folder = port
    write(f"{work}/natives.S", source([f"masm/{convention}", "masm/natives"], folder) + "END\n")
    # llvm-ml has no read-only segments of one's own.
    preprocess = [clang, "-target", target, "-E", "-P", "-x", "assembler-with-cpp", "-DREAD_ONLY=", f"-I{root}/src"]
    write(f"{work}/natives.asm", lint.run(preprocess + [f"{work}/natives.S"]))
    # Options by their own names: a path that begins with / is taken for one.
    command = [masm, mode, "/c", "/Fo", "microsoft.o", "natives.asm"]
    done = subprocess.run(
        command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False
    )
    if done.returncode != 0 or "error" in done.stdout:
        return None, done.stdout
    return f"{work}/microsoft.o", done.stdout


class Object:
    """What an object holds of the natives, in words that do not depend on the assembler."""

    def __init__(self, path):
        self.routines = {}  # name: its instructions
        self.at = {}  # address: name and how many instructions into it
        text = lint.run(["objdump", "-dw", "-M", "intel", path])
        name = None
        for line in text.splitlines():
            label = re.match(r"[0-9a-f]+ <(_?mutator\w+)>:$", line)
            code = re.match(r"\s*([0-9a-f]+):\t[0-9a-f ]+\t(.*)$", line)
            if label and label.group(1).lstrip("_") not in ("mutatorNativeBegin", "mutatorNativeEnd"):
                name = label.group(1)
                self.routines[name] = []
            elif code and name and not re.match(r"(data16 |cs )*nop|xchg\s+ax,ax|lea\s+esi,\[esi", code.group(2)):
                self.at[int(code.group(1), 16)] = (name, len(self.routines[name]))
                self.routines[name].append(re.sub(r"[0-9a-f]+ <.*>|#.*", "", code.group(2)).split())
        self.relocations = lint.run(["objdump", "-rw", path])
        self.sections = lint.run(["objdump", "-sw", path])

    def words(self, section):
        """The little-endian 32-bit words of a section."""
        content = re.search(rf"Contents of section {re.escape(section)}:\n((?: .*\n)+)", self.sections + "\n")
        digits = "".join("".join(line.split("  ")[0].split()[1:]) for line in content.group(1).splitlines())
        octets = bytes.fromhex(digits)
        return [int.from_bytes(octets[i : i + 4], "little") for i in range(0, len(octets) - 3, 4)]

    def pointers(self, section):
        """The routines of the families, in order."""
        rows = self.relocations.split(f"RELOCATION RECORDS FOR [{section}]:")[1].split("RELOCATION RECORDS")[0]
        return re.findall(r"^[0-9a-f]+ \S+\s+(_?mutator\w+)", rows, re.MULTILINE)

    def accesses(self, section):
        """Which instruction of which routine may fault, and where each goes on."""
        words = self.words(section)
        pairs = zip(words[0::2], words[1::2])
        return sorted((self.at.get(access), self.at.get(resume)) for access, resume in pairs if access in self.at)


def compare(report, cpu, gnu, microsoft):
    hidden = "mutatorNativeFaulted"
    names = {name for name in gnu.routines if not name.endswith(hidden)}
    for name in sorted(names - set(microsoft.routines)):
        report.problem(f"{cpu}: {name}", "is missing in Microsoft's dialect")
    for name in sorted(set(microsoft.routines) - names):
        report.problem(f"{cpu}: {name}", "is missing in GNU's dialect")
    for name in sorted(names & set(microsoft.routines)):
        ours, theirs = gnu.routines[name], microsoft.routines[name]
        if ours != theirs[: len(ours)]:
            pair = next((pair for pair in zip(ours, theirs) if pair[0] != pair[1]), (ours[-1], "nothing"))
            report.problem(f"{cpu}: {name}", f"differs: {' '.join(pair[0])} | {' '.join(pair[1])}")
    ours = [access for access, _ in gnu.accesses(".rdata$mutatorFixups")]
    theirs = [access for access, _ in microsoft.accesses("FIXUPS")]
    if ours != theirs:
        different = sorted(set(ours) ^ set(theirs))
        report.problem(f"{cpu}: mutatorNativeFixups", f"different accesses: {different}")
    if gnu.pointers(".rdata") != microsoft.pointers("POINTERS"):
        report.problem(f"{cpu}: families", "have different members")
    if not ours or not gnu.pointers(".rdata"):
        report.problem(f"{cpu}: mutatorNativeFixups", "no accesses, or no families, at all")
    return len(names)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True, help="the tree to check")
    root = os.path.abspath(parser.parse_args().root)
    clang, masm = tool(["clang", "clang-14"]), tool(LLVM_ML)
    tool(["objdump"])
    report = lint.Report("natives")
    checked = 0
    with tempfile.TemporaryDirectory() as work:
        for port in PORTS:
            gnu = Object(assemble_gnu(clang, root, work, port))
            path, output = assemble_microsoft(clang, masm, root, work, port)
            if path is None:
                report.problem(f"{port[0]}: Microsoft's dialect", f"does not assemble:\n{output}")
                continue
            checked += compare(report, port[0], gnu, Object(path))
    report.finish(checked)


main()
