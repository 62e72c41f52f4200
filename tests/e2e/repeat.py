#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Same scenario, same seed: the same bytes, twenty times over, reports and events.

repeat.py PROGRAM
"""

import json
import sys
import tempfile
import unittest

import simulator

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ""
TIMES = 20


class Repeat(unittest.TestCase):
    def outputs(self, scenario, *arguments):
        """Report and events of one run."""
        with tempfile.NamedTemporaryFile() as events:
            done = simulator.run(PROGRAM, "--json", "-", "--events", events.name, *arguments,
                                 scenario)
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            return done.stdout, events.read()

    def test_twenty_times(self):
        scenario = simulator.SCENARIOS / "submission.yaml"
        first = self.outputs(scenario)
        self.assertTrue(first[0])
        self.assertTrue(first[1])
        for _ in range(TIMES - 1):
            self.assertEqual(self.outputs(scenario), first)

    def test_each_twice(self):
        for scenario in simulator.scenarios():
            with self.subTest(scenario.name):
                self.assertEqual(self.outputs(scenario), self.outputs(scenario))

    def test_alone_as_together(self):
        """A variant's measurements do not depend on what was run before it.

        How it compares with another variant does.
        """
        scenario = simulator.SCENARIOS / "submission.yaml"
        together = json.loads(self.outputs(scenario)[0])
        for variant in together["variants"]:
            for vm in variant["vms"]:
                vm.pop("percent_of_native")
            alone = json.loads(self.outputs(scenario, "--variant", variant["name"])[0])
            for vm in alone["variants"][0]["vms"]:
                vm.pop("percent_of_native")
            self.assertEqual(alone["variants"], [variant])


if __name__ == "__main__":
    sys.exit(simulator.main())
