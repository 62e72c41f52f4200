#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Count test cases in Meson's testlog.json and print "N passed, N failed, N skipped".

Each line of the log is one test program. What it wrote in TAP (CMocka does with
CMOCKA_MESSAGE_OUTPUT=TAP) are its cases; the rules for the rest are in tests/run --help.
"""

import json
import re
import sys
from collections import Counter

PLAN = re.compile(r"^1\.\.(\d+)")
CASE = re.compile(r"^(not )?ok \d+(.*)")
SKIP = re.compile(r"#\s*skip", re.IGNORECASE)
ENDED_WELL = ("OK", "SKIP")


def count_cases(output):
    """Cases in TAP output; those planned and missing count as failed."""
    cases, planned = Counter(), 0
    for line in output.splitlines():
        plan, case = PLAN.match(line), CASE.match(line)
        if plan:
            planned += int(plan[1])
        elif case and SKIP.search(case[2]):
            cases["skipped"] += 1
        elif case:
            cases["failed" if case[1] else "passed"] += 1
    cases["failed"] += max(0, planned - sum(cases.values()))
    return cases


def count_program(entry):
    if entry["result"] == "EXPECTEDFAIL":
        return Counter(passed=1)
    cases = count_cases(entry.get("stdout", ""))
    ended_well = entry["result"] in ENDED_WELL
    if not sum(cases.values()):
        kind = "skipped" if entry["result"] == "SKIP" else "passed" if ended_well else "failed"
        cases[kind] = 1
    elif not ended_well and not cases["failed"]:
        cases["failed"] = 1
    return cases


def main(path):
    try:
        with open(path, encoding="utf-8") as log:
            total = sum((count_program(json.loads(line)) for line in log), Counter())
    except OSError:
        total = Counter()
    if not sum(total.values()):
        print("no test was run", file=sys.stderr)
        total["failed"] = 1
    print("%d passed, %d failed, %d skipped"
          % (total["passed"], total["failed"], total["skipped"]), flush=True)
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
