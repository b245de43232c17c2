#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plant faults that a lint rule must find, and see that it does.

planted.py RULE [--cc CC]

Passes when the rule's script ends with status 1 (problems found: not 2, a
script that failed), names every planted fault, and says nothing about a file
named innocent.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# Rule: planted files, and for each fault a pattern that the script must print.
TEXT_RULES = {
    "compilers": (
        {
            "src/cc/innocent.h": "#define PLANTED __attribute__((packed))\n",
            "src/core/packed.c": "struct __attribute__((packed)) Planted { int x; };\n",
            "src/arch/x86/code.c": 'void planted(void) {\n  __asm__("nop");\n}\n',
            "src/os/linux/innocent.c": '/* __attribute__ */\nconst char *text = "asm";\n',
        },
        [r"src/core/packed\.c:1: __attribute__", r"src/arch/x86/code\.c:2: __asm__"],
    ),
    "no_branches": (
        {
            "src/core/branch.c": "#if defined(__GNUC__) && \\\n    defined(__linux__) /* continued */\n#endif\n",
            "src/os/posix/cpu.h": "# ifdef __x86_64__\n# endif\n",
            "src/arch/x86/width.c": "#if 0\n#elif UINTPTR_MAX > 0xffffffff\n#endif\n",
            "src/cc/system.h": "#ifndef _WIN32\n#endif\n",
            "include/mutator/branch.h": "#ifdef __FreeBSD__\n#endif\n",
            "src/core/innocent.c": "#ifdef __clang__\n#endif\n/* #ifdef __linux__ */\nchar *text = \"#if _WIN32\";\n",
        },
        [
            r"src/core/branch\.c:1: #if tests __linux__",
            r"src/os/posix/cpu\.h:1: #ifdef tests __x86_64__",
            r"src/arch/x86/width\.c:2: #elif tests UINTPTR_MAX",
            r"src/cc/system\.h:1: #ifndef tests _WIN32",
            r"include/mutator/branch\.h:1: #ifdef tests __FreeBSD__",
        ],
    ),
    "workflow": (
        {
            "CMakePresets.json": '{"configurePresets": [{"name": "base", "hidden": true}, {"name": "release"}]}',
            "scripts/cross": "all=(i386 mingw64)\n",
            ".github/workflows/bad.yml": "on: [push]\npermissions: {contents: write}\njobs:\n  a:\n"
            "    runs-on: nowhere\n    strategy: {matrix: {target: [i386, vax]}}\n    stepps: []\n    steps:\n"
            "      - uses: some/thing\n      - run: scripts/missing ${{ secrets.KEY }}\n"
            "      - {uses: a/b@v1, run: cmake --preset base}\n      - run: scripts/cross ${{ matrix.target }}\n",
        },
        [
            r"bad\.yml: may do more than read",
            r"a: unknown key stepps",
            r"a: runs on nowhere",
            r"a: has no timeout-minutes",
            r"a\.0: some/thing names no version",
            r"a\.1: expression secrets\.KEY",
            r"a\.1: scripts/missing is no script",
            r"a\.2: a step either uses or runs",
            r"a\.2: there is no preset base",
            r"a\.3: scripts/cross has no target vax",
        ],
    ),
    "includes": (
        {
            "src/os/os.h": "",
            "src/core/core.h": "",
            "src/core/plan.h": "",
            "src/arch/arch.h": "",
            "src/arch/x86/plan.h": "",
            "src/fault/range.h": "",
            "src/thread/thread.h": "",
            "src/arch/x86/step.c": '#include "os/os.h"\n',
            "src/arch/x86/address.c": "#include <sys/mman.h>\n",
            "src/arch/x86/form.c": "#include <capstone/capstone.h>\n",
            "src/os/linux/setup.c": '#include "arch/arch.h"\n',
            "src/os/linux/x86_64.c": '#include "core/core.h"\n',
            "src/core/context.c": '#include "arch/x86/plan.h"\n',
            "src/core/memory.c": '#include "fault/range.h"\n',
            "src/fault/handler.c": '#include "core/plan.h"\n',
            "src/fault/index.c": '#include "thread/thread.h"\n#include "core/missing.h"\n#include PLAN\n',
            "src/fault/innocent.c": '#include <mutator/fault.h>\n#include "core/core.h"\n#include "fault/range.h"\n',
        },
        [
            r"src/arch/x86/step\.c:1: includes os/os\.h",
            r"src/arch/x86/address\.c:1: includes <sys/mman\.h>",
            r"src/arch/x86/form\.c:1: includes <capstone/capstone\.h>",
            r"src/os/linux/setup\.c:1: includes arch/arch\.h",
            r"src/os/linux/x86_64\.c:1: includes core/core\.h",
            r"src/core/context\.c:1: includes arch/x86/plan\.h",
            r"src/core/memory\.c:1: includes fault/range\.h",
            r"src/fault/handler\.c:1: includes core/plan\.h",
            r"src/fault/index\.c:1: includes thread/thread\.h",
            r'src/fault/index\.c:2: "core/missing\.h" is not a path below src',
            r"src/fault/index\.c:3: includes PLAN",
        ],
    ),
    "text": (
        {
            "src/core/licence.c": "/* nothing */\n",
            "src/core/note.c": "/* SPDX-License-Identifier: BSD-2-Clause */\n/* TO" "DO: later */\n",
            "scripts/blank.sh": "#!/bin/sh\n# SPDX-License-Identifier: BSD-2-Clause\necho \n",
            "cmake/tab.cmake": "# SPDX-License-Identifier: BSD-2-Clause\n\tset(x 1)\n",
            "tests/end.py": "# SPDX-License-Identifier: BSD-2-Clause",
            "src/core/innocent.c": "/* SPDX-License-Identifier: BSD-2-Clause */\n",
        },
        [
            r"src/core/licence\.c:1: no SPDX",
            r"src/core/note\.c:2: a TO" "DO",
            r"scripts/blank\.sh:3: blanks",
            r"cmake/tab\.cmake:2: a tab",
            r"tests/end\.py:1: the last line",
        ],
    ),
}

HANDLER_SOURCES = {
    "src/core/allocates.c": "#include <stdlib.h>\nvoid *mutatorPlanted1(void);\n"
    "void *mutatorPlanted1(void) { return malloc(8); }\n",
    "src/core/locks.c": "#include <pthread.h>\nstatic pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n"
    "void mutatorPlanted2(void);\n"
    "void mutatorPlanted2(void) { pthread_mutex_lock(&lock); pthread_mutex_unlock(&lock); }\n",
    "src/core/asserts.c": "#undef NDEBUG\n#include <assert.h>\nvoid mutatorPlanted3(int x);\n"
    "void mutatorPlanted3(int x) { assert(x); }\n",
    "src/core/decodes.c": "unsigned cs_disasm_iter(void);\nunsigned mutatorPlanted4(void);\n"
    "unsigned mutatorPlanted4(void) { return cs_disasm_iter(); }\n",
    "src/core/setup_planted.c": "void mutatorPlanted5(void);\nvoid mutatorPlanted5(void) {}\n",
    "src/core/sets_up.c": "void mutatorPlanted5(void);\nvoid mutatorPlanted6(void);\n"
    "void mutatorPlanted6(void) { mutatorPlanted5(); }\n",
    "src/core/thread_local.c": "extern _Thread_local int mutatorPlanted7;\nint mutatorPlanted8(void);\n"
    "_Thread_local int mutatorPlanted7;\nint mutatorPlanted8(void) { return ++mutatorPlanted7; }\n",
    "src/core/innocent.c": "void mutatorPlanted6(void);\nvoid mutatorPlanted9(void);\n"
    "void mutatorPlanted9(void) { mutatorPlanted6(); }\n",
}
HANDLER_FAULTS = [
    r"src/core/allocates\.c: refers to malloc, which is not known to be safe",
    r"src/core/locks\.c: refers to pthread_mutex_lock, which is not known to be safe",
    r"src/core/asserts\.c: refers to __assert_fail, which is not known to be safe",
    r"src/core/decodes\.c: refers to cs_disasm_iter, which only src/arch/x86/decode\.c may",
    r"src/core/sets_up\.c: refers to mutatorPlanted5, which src/core/setup_planted\.c defines",
    # General dynamic: the address comes from a function that may allocate.
    r"src/core/thread_local\.c: refers to __tls_get_addr, which is not known to be safe",
]

EXPORTS_HEADER = (
    '#define MUTATOR_API __attribute__((visibility("default")))\n'
    "MUTATOR_API int MutatorPlantedGood(void);\nMUTATOR_API const char *MutatorPlantedMissing(int (*f)(void));\n"
)
EXPORTS_SOURCE = (
    "int MutatorPlantedGood(void);\nint MutatorPlantedGood(void) { return 1; }\n"
    "int mutatorPlantedExtra(void);\nint mutatorPlantedExtra(void) { return 2; }\n"
    'int plantedGlobal(void);\n__attribute__((visibility("hidden"))) int plantedGlobal(void) { return 3; }\n'
)
EXPORTS_FAULTS = [
    r"does not export MutatorPlantedMissing",
    r"exports mutatorPlantedExtra",
    r"defines plantedGlobal for every program",
    r"libplanted\.so: asks for an executable stack",
    r"stack\.o\)?: asks for an executable stack",
]


def write(root, files):
    for path, text in files.items():
        target = os.path.join(root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as stream:
            stream.write(text)


def script(name, *arguments):
    command = [sys.executable, os.path.join(HERE, name + ".py"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False)
    return done.returncode, done.stdout


def compile_in(root, cc, *arguments):
    subprocess.run(cc.split() + list(arguments), cwd=root, check=True)


def plant_text(rule, root, _):
    write(root, TEXT_RULES[rule][0])
    return script(rule, "--root", root), TEXT_RULES[rule][1]


def plant_handler_symbols(_, root, arguments):
    write(root, HANDLER_SOURCES)
    objects = []
    for path in HANDLER_SOURCES:
        model = "global-dynamic" if path.endswith("thread_local.c") else "initial-exec"
        compile_in(root, arguments.cc, "-O2", "-fPIC", f"-ftls-model={model}", "-c", path, "-o", path + ".o")
        objects.append(os.path.join(root, path + ".o"))
    with open(os.path.join(root, "objects.txt"), "w", encoding="utf-8") as stream:
        stream.write("\n".join(objects) + "\n")
    allowed = os.path.join(HERE, "allowed-symbols.txt")
    return script("handler_symbols", "--objects", os.path.join(root, "objects.txt"), "--allowed", allowed), HANDLER_FAULTS


def plant_exports(_, root, arguments):
    write(
        root,
        {
            "include/mutator.h": EXPORTS_HEADER,
            "include/mutator/empty.h": "",
            "planted.c": EXPORTS_SOURCE,
            "stack.s": ".globl mutatorPlantedStack\n.hidden mutatorPlantedStack\nmutatorPlantedStack:\n .byte 0\n",
        },
    )
    compile_in(root, arguments.cc, "-fPIC", "-c", "planted.c", "stack.s")
    compile_in(root, arguments.cc, "-shared", "-Wl,-z,execstack", "-o", "libplanted.so", "planted.o", "stack.o")
    subprocess.run(["ar", "rc", "libplanted.a", "planted.o", "stack.o"], cwd=root, check=True)
    return (
        script(
            "exports",
            *("--include", os.path.join(root, "include")),
            *("--shared", os.path.join(root, "libplanted.so")),
            *("--static", os.path.join(root, "libplanted.a")),
            *("--cc", arguments.cc),
        ),
        EXPORTS_FAULTS,
    )


def plant_compilers(rule, root, __):
    """Among the real headers, which must still compile."""
    shutil.copytree(os.path.join(HERE, "../../src/cc"), os.path.join(root, "src/cc"))
    return plant_text(rule, root, __)


# A wrong instruction, a pair that is forgotten, a family out of order, a line that does not assemble.
NATIVES_FAULTS = [
    ("        mov     eax, 2\n", "        mov     eax, 3\n", r"mutatorNativeSwap4: differs: mov eax,0x2 \| mov eax,0x3"),
    ("        FIXUP   faulting, faulted\n", "", r"mutatorNativeFixups: different accesses: .*mutatorNativeSwap16"),
    ("&symbol&2\n", "&symbol&4\n", r"families: have different members"),
    ("        lock exchange", "        lock nonsense exchange", r"does not assemble"),
]


def plant_natives(_, root, __):
    status, output = 1, ""
    for old, new, _ in NATIVES_FAULTS:
        shutil.copytree(os.path.join(HERE, "../../src"), os.path.join(root, "src"), dirs_exist_ok=True)
        path = os.path.join(root, "src/cc/masm/natives.inc")
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        if old not in text:
            output += f"{path} has no {old}\n"
        write(root, {"src/cc/masm/natives.inc": text.replace(old, new)})
        status, words = script("natives", "--root", root)
        output += words
    return (status, output), [fault for _, _, fault in NATIVES_FAULTS]


RULES = {
    "natives": plant_natives,
    "no_branches": plant_text,
    "includes": plant_text,
    "text": plant_text,
    "workflow": plant_text,
    "compilers": plant_compilers,
    "handler_symbols": plant_handler_symbols,
    "exports": plant_exports,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rule", choices=sorted(RULES))
    parser.add_argument("--cc", default="cc")
    arguments = parser.parse_args()

    root = tempfile.mkdtemp(prefix="mutator-lint-")
    try:
        (status, output), faults = RULES[arguments.rule](arguments.rule, root, arguments)
    finally:
        shutil.rmtree(root)
    print(output)
    if status == 77 or output.startswith("skip: "):
        sys.exit(77)
    missed = [fault for fault in faults if not re.search(fault, output)]
    for fault in missed:
        print(f"planted fault not found: {fault}")
    innocent = "innocent" in output
    if innocent:
        print("a file without a fault was reported")
    if status != 1:
        print(f"the script ended with {status}, not with 1")
    sys.exit(1 if missed or innocent or status != 1 else 0)


main()
