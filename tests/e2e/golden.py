#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every shipped scenario's report, to the byte.

golden.py PROGRAM            compare with tests/e2e/golden/
golden.py PROGRAM --update   what is measured becomes what is wanted

A report is what it is because of the code: look at what changed before taking it over.
"""

import difflib
import sys
import unittest

import simulator

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ""
DIFF_LINES = 60


def measured(scenario):
    """The scenario's report; its expectations must hold."""
    done = simulator.run(PROGRAM, "--json", "-", scenario)
    if done.returncode != 0:
        raise AssertionError(f"{scenario.name}: exit status {done.returncode}\n"
                             + done.stderr.decode())
    return done.stdout


def difference(want, got):
    lines = difflib.unified_diff(want.decode().splitlines(), got.decode().splitlines(),
                                 "golden", "measured", lineterm="")
    return "\n".join(list(lines)[:DIFF_LINES])


class Golden(unittest.TestCase):
    def test_every_report_is_golden(self):
        for scenario in simulator.scenarios():
            with self.subTest(scenario.name):
                golden = simulator.golden_of(scenario)
                self.assertTrue(golden.exists(), f"{golden} is missing: tests/e2e/update-golden")
                want, got = golden.read_bytes(), measured(scenario)
                self.assertTrue(want == got, difference(want, got))

    def test_every_golden_has_its_scenario(self):
        have = {simulator.golden_of(scenario) for scenario in simulator.scenarios()}
        self.assertTrue(have, "no scenario at all")
        self.assertEqual(set(simulator.GOLDEN.glob("*")), have)


def update():
    simulator.GOLDEN.mkdir(exist_ok=True)
    for scenario in simulator.scenarios():
        golden = simulator.golden_of(scenario)
        got = measured(scenario)
        if not golden.exists() or golden.read_bytes() != got:
            golden.write_bytes(got)
            print(f"updated {golden.relative_to(simulator.ROOT)}")
    for stale in set(simulator.GOLDEN.glob("*")) - {
            simulator.golden_of(scenario) for scenario in simulator.scenarios()}:
        stale.unlink()
        print(f"removed {stale.relative_to(simulator.ROOT)}")


if __name__ == "__main__":
    if sys.argv[2:] == ["--update"]:
        update()
    else:
        sys.exit(simulator.main())
