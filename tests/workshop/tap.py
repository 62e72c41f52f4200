# SPDX-License-Identifier: MIT
"""Reporting for the checks in this folder: one TAP line per case, notes for what failed."""

import sys


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def case(self, name, problems):
        """One case; it failed when problems, a list of lines, is not empty."""
        self.count += 1
        if problems:
            self.failed += 1
        print("%sok %d - %s" % ("not " if problems else "", self.count, name))
        for problem in problems:
            for line in problem.splitlines():
                print("# " + line)
        sys.stdout.flush()

    def skip(self, name, why):
        self.count += 1
        print("ok %d # SKIP %s: %s" % (self.count, name, why))

    def finish(self):
        """Print the plan; the exit status."""
        print("1..%d" % self.count)
        return 1 if self.failed or not self.count else 0
