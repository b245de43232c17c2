#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run a gdb recipe of docs/debugging.md as it is printed there, on a program made for it.

A recipe is the fenced block after a line <!-- recipe: NAME -->.  What it must show is in the table below.
--all checks that the table and the document name the same recipes.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

CRASH = r"#\d+ .*<signal handler called>\n#\d+ .*neighbourCrash \("
DEATH = r"Program terminated with signal|Error in sourced"

# What the program is told, commands that follow the recipe, what must be seen (how often), what must not.
RECIPES = {
    "expected-faults": [
        ("steps", ["run"], [(r"80 steps", 1), (r"exited normally", 1)], r"received signal|" + DEATH),
    ],
    "real-crash": [
        ("crash", [], [(r"80 steps", 1), (r"hit Breakpoint 1, MutatorFaultUnclaimed", 1), (CRASH, 1)], DEATH),
        # No stack is left to print when the program has ended well.
        ("steps", [], [(r"80 steps", 1), (r"exited normally", 1)], r"hit Breakpoint|Program terminated"),
    ],
    "log-faults": [
        ("steps", [], [(r"fault: address 0x\w+, instruction 0x\w+", 80), (r"80 steps", 1), (r"exited normally", 1)], DEATH),
    ],
    "in-callback": [
        (
            "steps",
            ["print MutatorContextDecline(context)", "delete", "continue"],
            [(r"#0 +callback \(", 1), (r"<signal handler called>\n#\d+ .*useOnce \(", 1), (r"= MutatorDeclineNONE", 1),
             (r"80 steps", 1), (r"exited normally", 1)],
            DEATH,
        ),
    ],
    "break-at-a-fault": [
        (
            "steps",
            ["x/i $pc", "delete", "continue"],
            [(r"hit Breakpoint 1, .*useOnce", 2), (r"=> 0x\w+.*:\tmov ", 1), (r"80 steps", 1), (r"exited normally", 1)],
            DEATH,
        ),
    ],
    "past-a-fault": [
        (
            "steps",
            ["delete", "continue"],
            [(r"hit Breakpoint 1, .*useOnce", 1), (r"hit Temporary breakpoint 2", 1), (r"=> 0x\w+.*:\tmov ", 1),
             (r"80 steps", 1), (r"exited normally", 1)],
            DEATH,
        ),
    ],
    "own-int3": [
        (
            "traps",
            ["signal SIGTRAP"] * 9,
            [(r"received signal SIGTRAP", 10), (r"10 traps", 1), (r"exited normally", 1)],
            DEATH,
        ),
        # Breakpoints of the library's, in code that is rewritten meanwhile: those stores are faults too.
        (
            "int3",
            ["signal SIGTRAP"] * 9,
            [(r"received signal SIGTRAP", 10), (r"10 hits", 1), (r"exited normally", 1)],
            DEATH,
        ),
    ],
    "breakpoints-of-both": [
        # One of gdb's next to the library's, on the same page of rewritten code.
        (
            "halt",
            ["tbreak *(compiled + 5)", "continue", "x/i $pc"] + ["continue"] * 10,
            [(r"^Breakpoint 1, returned", 10), (r"^Temporary breakpoint 2, ", 1), (r"=> 0x\w+:\tret", 1),
             (r"10 hits", 1), (r"exited normally", 1)],
            r"received signal|" + DEATH,
        ),
    ],
    "core-file": [
        # gdb itself shows the first frame as it opens the file.
        ("core", [], [(r"\* 1 +", 1), (r"^#0 .*neighbourCrash \(", 2), (r"\$1 = \(void \*\) 0x\w+18$", 1),
                      (r"=> 0x\w+ <neighbourCrash\+\d+>:\tmovl +\$0x2a,", 1)], r"Error in sourced"),
    ],
}

# The 81st fault is the crash.
MAKE_CORE = ["handle SIGSEGV nostop noprint pass", "catch signal SIGSEGV", "ignore 1 80", "run", "generate-core-file {core}"]


def fail(message):
    print(f"gdb_recipe.py: {message}", file=sys.stderr)
    sys.exit(1)


def recipes_of(document):
    with open(document, encoding="utf-8") as file:
        text = file.read()
    return dict(re.findall(r"<!-- recipe: (\S+) -->\n```\w*\n(.*?)```", text, re.DOTALL))


def gdb(arguments, script, folder):
    path = os.path.join(folder, "recipe.gdb")
    with open(path, "w", encoding="utf-8") as file:
        file.write(script)
    # Nobody's own settings; and where the debugger may not turn off randomised addresses it does not try.
    return [arguments.gdb, "-nx", "-batch", "-ex", "set disable-randomization off", "-ex", "set width 0", "-x", path]


def run(command, folder):
    environment = dict(os.environ, LC_ALL="C", DEBUGINFOD_URLS="")
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=50, check=False)
    except subprocess.TimeoutExpired:
        fail("gdb did not come to an end in 50 s")
    return done.stdout


def make_core(arguments, folder):
    core = os.path.join(folder, "core")
    script = "\n".join(MAKE_CORE).format(core=core) + "\n"
    output = run(gdb(arguments, script, folder) + ["--args", arguments.program, "crash"], folder)
    if not os.path.exists(core):
        fail(f"no core file was made:\n{output}")
    return core


def try_case(arguments, recipe, case, folder):
    told, after, expected, forbidden = case
    script = recipe + "".join(line + "\n" for line in after)
    command = gdb(arguments, script, folder)
    if told == "core":
        core = make_core(arguments, folder)
        command = gdb(arguments, script, folder) + [arguments.program, core]
    else:
        command += ["--args", arguments.program, told]
    output = run(command, folder)
    if re.search(r"ptrace: Operation not permitted|Could not trace the inferior", output):
        print("skipped: the system lets nobody trace a process")
        sys.exit(77)
    for pattern, times in expected:
        found = len(re.findall(pattern, output, re.MULTILINE))
        if found != times:
            fail(f"{told}: /{pattern}/ was seen {found} times, not {times}, in:\n{output}")
    if re.search(forbidden, output):
        fail(f"{told}: /{forbidden}/ was seen in:\n{output}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--document", required=True)
    parser.add_argument("--program")
    parser.add_argument("--gdb")
    parser.add_argument("--all", action="store_true", help="only compare the names")
    parser.add_argument("name", nargs="?")
    arguments = parser.parse_args()
    recipes = recipes_of(arguments.document)
    if arguments.all:
        if set(recipes) != set(RECIPES):
            fail(f"only in the document or only here: {', '.join(sorted(set(recipes) ^ set(RECIPES)))}")
        return
    if arguments.name not in recipes:
        fail(f"{arguments.document} has no recipe {arguments.name}")
    for case in RECIPES[arguments.name]:
        with tempfile.TemporaryDirectory() as folder:
            try_case(arguments, recipes[arguments.name], case, folder)
    print(f"{arguments.name}: as the document says")


main()
