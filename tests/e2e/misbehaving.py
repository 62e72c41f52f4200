#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A guest that misbehaves costs the VM beside it nothing but time.

misbehaving.py PROGRAM
"""

import json
import sys
import unittest

import simulator

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ""
SCENARIO = simulator.SCENARIOS / "misbehaving-guest.yaml"
NEIGHBOUR = "vm1"


def without_times(node):
    """The node without what may differ because somebody else used the GPU at the time."""
    if isinstance(node, dict):
        return {key: without_times(value) for key, value in node.items()
                if not key.endswith(("_ps", "_share")) and
                key not in ("by_part", "mediator_work", "frames")}
    if isinstance(node, list):
        return [without_times(item) for item in node]
    return node


def contents(vm):
    """What the VM did and got, whatever the time.

    How many interrupts there are is a matter of time: two that come close merge, one that finds
    the vCPU asleep wakes it, one that finds it running makes it exit. So they are left out, and the
    sums that contain them; and so are turns at the GPU.
    """
    vm = without_times(vm)
    del vm["exits"], vm["interrupts"], vm["operations"]["interrupt"], vm["scheduling"]
    return vm


class Misbehaving(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        done = simulator.run(PROGRAM, "--json", "-", SCENARIO)
        cls.report = json.loads(done.stdout)

    def vms(self, name):
        """(variant's name, the VM called name) of every variant."""
        return [(variant["name"], vm) for variant in self.report["variants"]
                for vm in variant["vms"] if vm["name"] == name]

    def test_neighbour_is_the_same_everywhere(self):
        vms = self.vms(NEIGHBOUR)
        self.assertGreater(len(vms), 1)
        first = contents(vms[0][1])
        self.assertGreater(first["workload"]["completed"], 0)
        self.assertEqual(first["workload"]["lost"], 0)
        self.assertEqual(first["workload"]["bytes_wrong"], 0)
        self.assertEqual(first["incidents"], {})
        for variant, vm in vms[1:]:
            with self.subTest(variant):
                self.assertEqual(contents(vm), first)

    def test_each_misuse_has_a_name(self):
        """Somebody misbehaves in every variant but those that say they are the baseline."""
        named = [variant for variant, vm in self.vms("vm0") if vm["incidents"]]
        quiet = [variant for variant, vm in self.vms("vm0") if not vm["incidents"]]
        self.assertGreaterEqual(len(named), 4)
        self.assertLessEqual(len(quiet), 1)

    def test_what_is_dropped_is_lost(self):
        for variant, vm in self.vms("vm0"):
            if not vm["incidents"]:
                continue
            with self.subTest(variant):
                workload = vm["workload"]
                self.assertGreater(workload["requests"], 0)
                self.assertEqual(workload["lost"], workload["requests"])
                self.assertEqual(workload["completed"], 0)
                self.assertEqual(workload["bytes_verified"], 0)


if __name__ == "__main__":
    sys.exit(simulator.main())
