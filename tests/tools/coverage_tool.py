#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""mutator-coverage on code whose accesses are known, on lists of rows that are wrong, and on files that are."""

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import xml.dom.minidom

# bytes, accesses, accepted, heap-like, heap-like accepted
CODE64 = [
    ("488b07", 1, 1, 1, 1),  # mov rax, [rdi]
    ("488b442408", 1, 1, 0, 0),  # mov rax, [rsp + 8]
    ("488b4508", 1, 1, 0, 0),  # mov rax, [rbp + 8]
    ("8b0500000000", 1, 1, 0, 0),  # mov eax, [rip]
    ("64488b042528000000", 1, 1, 0, 0),  # mov rax, fs:[28h]
    ("488d07", 0, 0, 0, 0),  # lea rax, [rdi]
    ("0f1f00", 0, 0, 0, 0),  # nop [rax]
    ("4889c8", 0, 0, 0, 0),  # mov rax, rcx
    ("0fae28", 1, 0, 1, 0),  # xrstor [rax]: never stepped
    ("0fae6c2408", 1, 0, 0, 0),  # xrstor [rsp + 8]
]
CODE32 = [
    ("8b07", 1, 1, 1, 1),
    ("8b442408", 1, 1, 0, 0),
    ("8b4508", 1, 1, 0, 0),
    ("8b0500000000", 1, 1, 1, 1),  # mov eax, [0]: no base is no stack pointer
    ("658b0d14000000", 1, 1, 0, 0),
    ("8d07", 0, 0, 0, 0),
    ("0f1f00", 0, 0, 0, 0),
    ("89c8", 0, 0, 0, 0),
    ("0fae28", 1, 0, 1, 0),
    ("0fae6c2408", 1, 0, 0, 0),
]
LAST = "0f"  # the beginning of an instruction, and nothing more
MOV = "MOV r, r/m"


def fail(message):
    print(f"coverage_tool.py: {message}", file=sys.stderr)
    sys.exit(1)


def check(condition, message):
    if not condition:
        fail(message)


class Tool:
    def __init__(self, program, rows):
        self.program, self.rows = program, rows

    def run(self, status, *arguments, rows=None):
        command = [self.program, "--rows", rows or self.rows, *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=50, check=False)
        check(done.returncode == status, f"{command} ended with {done.returncode}, not {status}:\n{done.stdout}{done.stderr}")
        return done

    def json(self, *arguments, rows=None):
        return json.loads(self.run(0, "--json", *arguments, rows=rows).stdout)


def write(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def known_code(tool, folder, code):
    path = write(folder, "known.bin", bytes.fromhex("".join(row[0] for row in code) + LAST))
    found = tool.json("--base", "0x1000", path)["files"][0]
    names = ["accesses", "accepted", "heap_like", "heap_like_accepted"]
    expected = {name: sum(row[i + 1] for row in code) for i, name in enumerate(names)}
    expected.update(instructions=len(code), undecoded_bytes=1, bytes=sum(len(row[0]) // 2 for row in code) + 1)
    for name, value in expected.items():
        check(found[name] == value, f"{name} is {found[name]}, not {value}")
    percent = 100.0 * expected["heap_like_accepted"] / expected["heap_like"]
    check(abs(found["heap_like_percent"] - percent) < 0.001, f"heap_like_percent is {found['heap_like_percent']}")
    decline = found["declines"][0]
    check(len(found["declines"]) == 1 and decline["mnemonic"] == "xrstor", f"declined: {found['declines']}")
    check(decline["count"] == 2 and decline["heap_like"] == 1, f"declined: {decline}")
    at = sum(len(row[0]) // 2 for row in code[:-2])
    check(decline["example"]["address"] == 0x1000 + at and decline["example"]["bytes"] == "0fae28", f"{decline}")
    return path, found


def without_row(tool, folder, path, before):
    """A row that the differential test has not run does not count."""
    with open(tool.rows, encoding="utf-8") as file:
        lines = file.read().split("\n")
    changed = [f"{line.split()[0]} 0 {MOV}" if line.endswith(" " + MOV) else line for line in lines]
    check(changed != lines, f"{tool.rows} has no row {MOV}")
    rows = write(folder, "rows", "\n".join(changed).encode())
    found = tool.json(path, rows=rows)
    check(found["rows_executed"] < found["rows"], "all rows are run but one")
    check(found["files"][0]["accepted"] == 0, f"accepted without its row: {found['files'][0]}")
    reasons = {decline["reason"] for decline in found["files"][0]["declines"]}
    check(any("differential" in reason for reason in reasons), f"reasons: {reasons}")
    every = tool.json("--all-rows", path, rows=rows)
    check(every["files"][0]["accepted"] == before["accepted"], "--all-rows")
    return lines


def bad_rows(tool, folder, path, lines):
    for name, text, message in [
        ("none", None, "cannot be read"),
        ("empty", "", "not a list"),
        ("shorter", lines[0].replace("rows ", "rows 1"), "not a list"),
        ("other-mode", lines[0].replace("bits 64", "bits 0").replace("bits 32", "bits 64"), "not a list"),
        ("renamed", "\n".join([lines[0], "0 5 SOMETHING ELSE"]), "another table"),
    ]:
        rows = os.path.join(folder, name) if text is None else write(folder, name, text.encode())
        done = tool.run(2, path, rows=rows)
        check(message in done.stderr, f"{name}: {done.stderr}")


def elf(machine, bits, sections):
    wide = "Q" if bits == 64 else "I"
    identity = b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9)
    size = 64 if bits == 64 else 40
    rest = struct.pack(f"<HHI{wide}{wide}{wide}IHHHHHH", 3, machine, 1, 0, 0, 64, 0, 64, 56, 0, size, sections, 0)
    return (identity + rest).ljust(64, b"\0")


def bad_files(tool, folder, bits):
    own, other = (62, 3) if bits == 64 else (3, 62)
    for name, content, message in [
        ("missing", None, "cannot be opened"),
        ("nothing", b"", "something in it"),
        ("other-mode", elf(other, 96 - bits, 0), "-bit x86 code"),
        ("other-cpu", elf(183, 64, 0), "another CPU"),
        ("cut", elf(own, bits, 0)[:20], "damaged"),
        ("headers", elf(own, bits, 9), "damaged"),
    ]:
        path = os.path.join(folder, name) if content is None else write(folder, name, content)
        done = tool.run(1, path)
        check(message in done.stderr and message in done.stdout, f"{name}: {done.stderr}")
    tool.run(2)
    tool.run(2, "--declines", "many", path)
    tool.run(2, "--nonsense", path)


def real_file(tool, folder):
    picture = os.path.join(folder, "picture.svg")
    found = tool.json("--svg", picture, tool.program, tool.program)
    one, two, total = *found["files"], found["total"]
    check(one == two and total["accesses"] == 2 * one["accesses"], "the total of a file twice")
    check(one["accesses"] > 1000 and 50 < one["percent"] < 100, f"{one['accesses']} accesses, {one['percent']} %")
    check(sum(decline["count"] for decline in tool.json("--declines", "2048", tool.program)["total"]["declines"])
          == one["accesses"] - one["accepted"], "what is not accepted is declined")
    check(len(xml.dom.minidom.parse(picture).getElementsByTagName("rect")) == 9, "two bars for each file")
    text = tool.run(0, tool.program).stdout
    percent = 100.0 * one["heap_like_accepted"] / one["heap_like"]
    check(f"{percent:.3f} %" in text, "the table says the same")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--rows", required=True)
    parser.add_argument("--bits", type=int, required=True)
    arguments = parser.parse_args()
    tool = Tool(arguments.program, arguments.rows)
    with tempfile.TemporaryDirectory() as folder:
        path, found = known_code(tool, folder, CODE64 if arguments.bits == 64 else CODE32)
        lines = without_row(tool, folder, path, found)
        bad_rows(tool, folder, path, lines)
        bad_files(tool, folder, arguments.bits)
        real_file(tool, folder)
    print("mutator-coverage: all as expected")


main()
