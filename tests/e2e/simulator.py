# SPDX-License-Identifier: MIT
"""Running the built program, for the end-to-end tests."""

import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"
GOLDEN = ROOT / "tests" / "e2e" / "golden"


def environment():
    """No terminal, no colour, no locale of the user's."""
    env = dict(os.environ, LC_ALL="C", TERM="dumb")
    env.pop("NO_COLOR", None)
    return env


def run(program, *arguments, **options):
    """The finished process, its outputs as bytes."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    options.setdefault("env", environment())
    return subprocess.run([program, *map(str, arguments)], check=False, timeout=300, **options)


def scenarios():
    """All that are shipped, in order."""
    return sorted(SCENARIOS.glob("*.yaml"))


def golden_of(scenario):
    return GOLDEN / (scenario.stem + ".json")


class TapResult(unittest.TestResult):
    """One line of TAP per test method, notes for what failed."""

    count = 0

    def line(self, test, verdict, note=""):
        self.count += 1
        print(f"{verdict} {self.count} - {test.id().partition('.')[2]}")
        for line in note.splitlines():
            print("# " + line)

    def stopTest(self, test):
        super().stopTest(test)
        problems = [note for which, note in self.failures + self.errors
                    if getattr(which, "test_case", which) is test]
        skipped = [why for which, why in self.skipped if which is test]
        if problems:
            self.line(test, "not ok", "\n".join(problems))
        elif skipped:
            print(f"ok {self.count + 1} # SKIP {skipped[0]}")
            self.count += 1
        else:
            self.line(test, "ok")
        sys.stdout.flush()


def main():
    """Run the test cases of the program's main file; the exit status."""
    result = TapResult()
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).run(result)
    print(f"1..{result.count}")
    return 0 if result.wasSuccessful() and result.count else 1
