# SPDX-License-Identifier: BSD-2-Clause
"""Python's faulthandler and we (F2): both take faults in one interpreter.

faulthandler_neighbour.py ORDER LIBRARY [crash]

theirs-first  faulthandler is enabled, then our hook comes in front of it
ours-first    faulthandler comes in front of our hook; it would report our faults as crashes,
              so neighbourGlue comes in front of both
alone         without us, for comparison

LIBRARY is libneighbour.so.  With "crash" the last thing it does is to write where it may not.
"""

import ctypes
import faulthandler
import sys
import threading

ROUNDS = 400
THREADS = 3


def use(library):
    """Every thread steps while the interpreter runs."""
    threads = [threading.Thread(target=library.neighbourUse, args=(slot, ROUNDS)) for slot in range(1, THREADS + 1)]
    for thread in threads:
        thread.start()
    library.neighbourUse(0, ROUNDS)
    for thread in threads:
        thread.join()
    steps = library.neighbourSteps()
    if steps != 8 * ROUNDS * (THREADS + 1):
        sys.exit(f"{steps} steps")


def step_from_python(library):
    """The interpreter's own code touches our page."""
    word = ctypes.c_uint64.from_address(library.neighbourMemory() + 8)
    before = library.neighbourSteps()
    for value in range(1, 200):
        word.value = value << 33
        if word.value != value << 33:
            sys.exit(f"{word.value:#x} is not what was stored")
    # How many loads and stores it takes is the interpreter's business.
    if library.neighbourSteps() - before < 2 * 199:
        sys.exit(f"{library.neighbourSteps() - before} steps from Python's own code")


def crash_here(library):
    """The traceback must name this function."""
    library.neighbourCrash()


def main():
    order, path = sys.argv[1:3]
    library = ctypes.CDLL(path)
    library.neighbourSteps.restype = ctypes.c_ulong
    library.neighbourMemory.restype = ctypes.c_void_p
    if order == "theirs-first":
        faulthandler.enable()
        library.neighbourSetup()
    elif order == "ours-first":
        library.neighbourSetup()
        faulthandler.enable()
        library.neighbourGlue()
    elif order == "alone":
        faulthandler.enable()
    else:
        sys.exit(f"an order, not {order}")
    if order != "alone":
        library.neighbourOpen()
        use(library)
        step_from_python(library)
    if sys.argv[3:] == ["crash"]:
        crash_here(library)
    print(f"{library.neighbourSteps()} steps")


main()
