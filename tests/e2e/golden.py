#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every shipped scenario's report, to the byte.

golden.py PROGRAM            compare with tests/e2e/golden/
golden.py PROGRAM --update   what is measured becomes what is wanted

A report is what it is because of the code: look at what changed before taking it over.
"""

import difflib
import json
import re
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


    def test_every_key_is_documented(self):
        manual = (simulator.ROOT / "docs" / "report.md").read_text("utf-8")
        known = set(re.findall(r"`(\w+)`", manual))
        for scenario in simulator.scenarios():
            report = json.loads(simulator.golden_of(scenario).read_bytes())
            self.assertEqual(set(keys_of(report)) - known, set())


def keys_of(node):
    """All keys below node but those that are the names of engines, incidents, objects, clients and
    submissions, and but the configuration, which the scenario's manual describes."""
    if isinstance(node, list):
        for item in node:
            yield from keys_of(item)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        yield key
        if key in ("engines", "incidents", "objects", "clients", "contents", "vcpus",
                   "host_threads"):
            yield from keys_of(list(value.values()))
        elif key != "config":
            yield from keys_of(value)


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
