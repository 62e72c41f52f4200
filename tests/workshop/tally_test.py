#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check how tally.py counts what test programs report."""

import sys

from tally import count_program
from tap import Tap

PLAN_3 = "1..3\nok 1 - a\n"

# What it is, Meson's result, standard output; passed, failed, skipped.
ROWS = (
    ("all cases pass", "OK", PLAN_3 + "ok 2 - b\nok 3 - c\n", (3, 0, 0)),
    ("one fails", "FAIL", PLAN_3 + "not ok 2 - b\n# why\nok 3 - c\n", (2, 1, 0)),
    ("CMocka's skip is no failure", "OK", PLAN_3 + "not ok 2 # SKIP b\nok 3 - c\n", (2, 0, 1)),
    ("TAP's skip", "OK", PLAN_3 + "ok 2 - b # skip: why\nok 3 - c\n", (2, 0, 1)),
    ("cases that never ran failed", "FAIL", PLAN_3, (1, 2, 0)),
    ("and so they did in a program that ends well", "OK", PLAN_3, (1, 2, 0)),
    ("a bad end after good cases is a failure", "FAIL", "1..1\nok 1 - a\n", (1, 1, 0)),
    ("several groups of cases", "OK", "1..1\nok 1 - a\n1..1\nok 1 - b\n", (2, 0, 0)),
    ("a plan at the end", "OK", "ok 1 - a\n1..1\n", (1, 0, 0)),
    ("no cases, well", "OK", "done\n", (1, 0, 0)),
    ("no cases, badly", "FAIL", "", (0, 1, 0)),
    ("no cases, too late", "TIMEOUT", "", (0, 1, 0)),
    ("no cases, skipped", "SKIP", "", (0, 0, 1)),
)


def main():
    tap = Tap()
    for name, result, stdout, expected in ROWS:
        total = count_program({"result": result, "stdout": stdout})
        counted = (total["passed"], total["failed"], total["skipped"])
        tap.case(name, [] if counted == expected else ["%s, expected %s" % (counted, expected)])
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
