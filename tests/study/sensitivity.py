#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sensitivity: effects are those of runs, ranges those of profiles.

sensitivity.py PROGRAM
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

import simulator

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""

# Nothing costs anything but what --range says.
FREE = """\
scenario: free
platform: {costs: zero}
vms:
  - name: vm0
    memory: 16MiB
    workload:
      repeat: 10
      steps:
        - fill: {width: 8, height: 8}
        - wait: all
variants:
  - name: native
    set: {vms.vm0.mode: native}
  - name: baseline
  - name: pv
    set: {vms.vm0.pvmmio: [elsp_submit]}
"""


class Sensitivity(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.free = self.folder / "free.yaml"
        self.free.write_text(FREE)

    def study(self, *arguments, status=0):
        done = simulator.run(PROGRAM, "sensitivity", self.free, *arguments)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done

    def find(self, *arguments, status=0):
        return json.loads(self.study(*arguments, "--json", "-", status=status).stdout)

    def fixed_hardware(self):
        """--set for what the hardware's profile leaves open, so that --range alone is left."""
        found = self.find("--samples", "0")
        return [word for parameter in found["parameters"] for word in
                ("--set", f"platform.{parameter['parameter']}={parameter['value']}"
                          f"{parameter['unit']}")]

    def test_a_model_that_is_known(self):
        """Exit time of submissions is a sum of products: what each parameter does is plain."""
        found = self.find(*self.fixed_hardware(), "--measure", "vm0.submit.exit_time_ps",
                          "--range", "exit.transition=0ns..1us", "--range",
                          "exit.reentry=0ns..3us", "--range", "dispatch.hypercall=0ns..9us",
                          "--samples", "50")
        self.assertEqual(found["variant"], "baseline")
        self.assertEqual([(p["parameter"], p["low"], p["high"]) for p in found["parameters"]],
                         [("costs.exit.reentry", 0, 3000000),
                          ("costs.exit.transition", 0, 1000000),
                          ("costs.dispatch.hypercall", 0, 9000000)])
        exits = 4 * 10
        base = found["result"]
        self.assertEqual([p["at_high"] - base for p in found["parameters"]],
                         [exits * 3000000, exits * 1000000, 0])
        self.assertEqual([p["at_low"] - base for p in found["parameters"]], [0, 0, 0])
        self.assertAlmostEqual(found["parameters"][0]["share"], 0.9, 5)
        self.assertAlmostEqual(found["parameters"][1]["share"], 0.1, 5)
        samples = found["samples"]
        self.assertEqual(samples["count"], 50)
        self.assertGreater(samples["explained"], 0.9999)
        self.assertEqual(found["ranked_by"], "share")
        self.assertGreaterEqual(samples["lowest"], base)
        self.assertLessEqual(samples["highest"], base + exits * 4000000)
        order = [samples[key] for key in ("lowest", "p5", "median", "p95", "highest")]
        self.assertEqual(order, sorted(order))
        self.assertGreater(found["parameters"][0]["sample_share"], 0.7)

    def test_two_variants(self):
        found = self.find("--measure", "pv.vm0.submit.exits / baseline.vm0.submit.exits",
                          "--samples", "3")
        self.assertEqual(found["result"], 0.25)
        self.assertEqual(found["samples"]["lowest"], 0.25)
        self.assertEqual({p["share"] for p in found["parameters"]}, {0})

    def test_ranges_of_profiles(self):
        """kvm-userspace as it is; what is set is known, and no parameter any more."""
        self.free.write_text(FREE.replace("zero", "kvm-userspace"))
        found = {p["parameter"]: p for p in self.find("--samples", "0")["parameters"]}
        interrupt = found["costs.dispatch.interrupt"]
        self.assertEqual([interrupt[key] for key in ("value", "low", "high")],
                         [430000, 430000, 580000])
        self.assertIn("hardware.context.load", found)
        less = {p["parameter"] for p in
                self.find("--samples", "0", "--set", "platform.costs.dispatch.interrupt=1us",
                          "--set", "platform.set.context.load=1us")["parameters"]}
        self.assertEqual(set(found) - less, {"costs.dispatch.interrupt", "hardware.context.load"})
        self.assertIsNone(self.find("--samples", "0")["samples"])

    def test_same_bytes(self):
        arguments = ("--samples", "20", "--range", "exit.transition=0ns..1us")
        outputs = {self.study(*arguments, "--workers", workers).stdout for workers in (1, 2, 7)}
        self.assertEqual(len(outputs), 1)
        other = self.study(*arguments, "--sample-seed", "2").stdout
        self.assertNotIn(other, outputs)
        self.assertIn(b"20 samples drawn with seed 2", other)

    def test_text(self):
        text = self.study("--range", "exit.transition=0ns..1us", "--samples", "20").stdout.decode()
        self.assertIn("vm0.workload.duration_ps of scenario free, variant baseline", text)
        self.assertRegex(text, r"\n  costs.exit.transition +0ps\.\.1us +0\.00 % ")
        self.assertRegex(text, r"\nin 20 samples of all ranges: \S+ [um]s to \S+ [um]s\n")
        self.assertRegex(text, r"added up, explain [0-9.]+ % of the samples' variance\n")
        for line in text.splitlines():
            self.assertLessEqual(len(line), 100)

    def test_runs_that_go_wrong(self):
        """What is lost is left out, and said."""
        self.free.write_text(FREE.replace("repeat: 10", "repeat: 10\n      timeout: 100us"))
        done = self.study("--range", "work.thread_wake=0ns..10ms", "--samples", "10", status=1)
        self.assertRegex(done.stdout.decode(), r"left out: [0-9]+ runs, one of them because: vm0 ")

    def test_wrong_input(self):
        def wrong(*arguments, says):
            done = self.study(*arguments, status=2)
            self.assertEqual(done.stdout, b"")
            self.assertIn(says, done.stderr.decode())

        wrong("--range", "exit.transitoin=0ns..1us", says="did you mean 'exit.transition'?")
        wrong("--range", "exit.transition", says="expected PARAMETER=LOW..HIGH")
        wrong("--range", "exit.transition=1us", says="expected PARAMETER=LOW..HIGH")
        wrong("--range", "exit.transition=0..1", says="two values of its unit")
        wrong("--range", "exit.transition=0ns..1KiB", says="two values of its unit")
        wrong("--range", "exit.transition=x..1us", says="two values of its unit")
        wrong("--range", "exit.transition=1us..0ns", says="lower end first")
        wrong("--range", "exit.transition=1us..2us", says="that holds the value")
        wrong("--range", "exit.transition=0ns..1us", "--range", "costs.exit.transition=0ns..2us",
              says="given twice")
        wrong("--samples", "many", says="--samples is a number")
        wrong("--samples", "10001", says="--samples is a number")
        wrong("--variant", "baselin", says="did you mean 'baseline'?")
        wrong("--variant", "pv", "--variant", "native", says="one --variant")
        wrong("--measure", "vm0.sbmit.count", says="did you mean 'submit'?")
        wrong("--measure", "vm0.mode", says="is no number")
        wrong("--measure", "", says="no measure")
        wrong(*self.fixed_hardware(), says="no parameter has a range")
        wrong("--set", "vms.vm0.memroy=16MiB", says="did you mean 'memory'?")
        self.free.unlink()
        wrong(says="No such file")


if __name__ == "__main__":
    sys.exit(simulator.main())
