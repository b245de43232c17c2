#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""P11: the example dies on Windows, and what its crash reporter does is looked at.

minidump.py DUMP COMMAND...

Runs COMMAND DUMP.  It must say that the post-mortem was whole, walk the stack
through the JIT's frames, and print the list; and the minidump must hold
the heap's pages: the cells, linked, with their values, and the code after them.
"""

import os
import struct
import subprocess
import sys

CELLS = [i * i for i in range(10)]
PAGE = 4096
THREADS, MEMORY, EXCEPTION, SYSTEM, MEMORY64 = 3, 5, 6, 7, 9  # MINIDUMP_STREAM_TYPE
AMD64 = 9  # PROCESSOR_ARCHITECTURE


def fail(text):
    print(f"minidump.py: {text}")
    sys.exit(1)


class Dump:
    """As dbghelp.h lays it out: a header, a directory of streams, memory by ranges."""

    def __init__(self, data):
        self.data = data
        signature, _, count, directory = struct.unpack_from("<4sIII", data, 0)
        if signature != b"MDMP":
            fail(f"the dump begins with {signature}")
        self.streams = {}
        for i in range(count):
            kind, size, at = struct.unpack_from("<III", data, directory + 12 * i)
            self.streams[kind] = (at, size)
        self.ranges = list(self.memory()) + list(self.memory64())
        self.wide = struct.unpack_from("<H", data, self.stream(SYSTEM))[0] == AMD64

    def stream(self, kind):
        if kind not in self.streams:
            fail(f"the dump has no stream {kind}, only {sorted(self.streams)}")
        return self.streams[kind][0]

    def memory(self):
        if MEMORY in self.streams:
            at = self.streams[MEMORY][0]
            for i in range(struct.unpack_from("<I", self.data, at)[0]):
                yield struct.unpack_from("<QII", self.data, at + 4 + 16 * i)

    def memory64(self):
        if MEMORY64 in self.streams:
            at = self.streams[MEMORY64][0]
            count, where = struct.unpack_from("<QQ", self.data, at)
            for i in range(count):
                base, size = struct.unpack_from("<QQ", self.data, at + 16 + 16 * i)
                yield base, size, where
                where += size

    def read(self, address, size):
        for base, length, where in self.ranges:
            if base <= address and address + size <= base + length:
                at = where + address - base
                return self.data[at : at + size]
        fail(f"the dump does not hold {size} bytes at {address:#x}")
        return b""


def check_list(dump, cells):
    """struct { cell *next; int value; }"""
    layout = "<Qi4x" if dump.wide else "<Ii"
    values, cell = [], cells
    while cell != 0 and len(values) <= len(CELLS):
        cell, value = struct.unpack(layout, dump.read(cell, struct.calcsize(layout)))
        values.append(value)
    if values != CELLS:
        fail(f"the dump's cells are {values}")


# The writer stops the process's other threads, and may then meet a lock that one
# holds: that is why Microsoft advises to call it from another process.
ATTEMPTS = 4


def run(command, path):
    if os.path.exists(path):
        os.unlink(path)
    try:
        done = subprocess.run(command + [path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode(errors="replace").replace("\r", "")


def main():
    path, command = sys.argv[1], sys.argv[2:]
    for _ in range(ATTEMPTS):
        text = run(command, path)
        if "dump: " in text:
            break
    print(text)
    lines = text.split("\n")
    for wanted in [
        "post-mortem: MutatorResOK, 1 domain, 1 lock, 8192 bytes",
        "stack:\n  jit_read\n  jit_work\n",
        "cells: " + " ".join(map(str, CELLS)),
        "dump: ",
    ]:
        if wanted not in text:
            fail(f"the program does not say {wanted!r}")
    code, size = next(line for line in lines if line.startswith("code: ")).split()[1:]
    code = int(code, 16)
    with open(path, "rb") as stream:
        dump = Dump(stream.read())
    check_list(dump, code - PAGE)
    if dump.read(code, int(size))[:1] != b"\x55":
        fail("the dump's code is not the JIT's")
    for page in (code - PAGE, code):
        dump.read(page, PAGE)
    print(f"minidump.py: {len(dump.ranges)} ranges, the heap's among them")
    os.unlink(path)


main()
