#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Break-even: what is found is what two runs beside each other show.

break_even.py PROGRAM
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

# Objects of one page are cheaper to shadow than to announce, larger ones are not.
BINDS = """\
scenario: binds
vms:
  - name: vm0
    workload:
      repeat: 5
      steps:
        - fill: {width: 8, height: 8}
        - wait: all
        - bind: {object: glyphs, pages: 1, count: 40}
        - unbind: {object: glyphs}
variants:
  - name: native
    set: {vms.vm0.mode: native}
  - name: strict
  - name: pv
    set: {vms.vm0.pvmmio: [elsp_submit, ppgtt_update]}
"""

PAGES = "vms.vm0.workload.steps.2.bind.pages"
FAULT = "platform.costs.dispatch.write_protect"


class BreakEven(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.binds = self.folder / "binds.yaml"
        self.binds.write_text(BINDS)

    def search(self, *arguments, status=0):
        done = simulator.run(PROGRAM, "break-even", self.binds, *arguments)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done

    def find(self, *arguments, status=0):
        return json.loads(self.search(*arguments, "--json", "-", status=status).stdout)

    def duration(self, levels, *settings):
        """The measure, by a run of its own."""
        words = [word for setting in settings for word in ("--set", setting)]
        done = simulator.run(PROGRAM, "--json", "-", "--variant", "strict", "--set",
                             f"vms.vm0.pvmmio={levels}", *words, self.binds)
        return json.loads(done.stdout)["variants"][0]["vms"][0]["workload"]["duration_ps"]

    def test_whole_numbers(self):
        found = self.find("--level", "ppgtt_update", "--vary", f"{PAGES}=1..40")
        self.assertEqual(found["variant"], "strict")
        self.assertEqual(found["points"][0]["value"], 1)
        self.assertEqual(found["points"][-1]["value"], 40)
        self.assertEqual(len(found["crossings"]), 1)
        below, above = (found["crossings"][0][side] for side in ("below", "above"))
        self.assertEqual(above["value"], below["value"] + 1)
        self.assertEqual((below["verdict"], above["verdict"]), ("costs", "pays"))
        for point in (below, above, found["points"][3]):
            setting = f"{PAGES}={point['value']}"
            self.assertEqual(point["without"], self.duration("none", setting))
            self.assertEqual(point["with"], self.duration("[ppgtt_update]", setting))

    def test_narrowed_down(self):
        """As exact as promised, and the same verdicts in runs on both sides."""
        found = self.find("--level", "ppgtt_update", "--vary", f"{FAULT}=100ns..100us*5")
        self.assertEqual(found["unit"], "ps")
        self.assertEqual(len(found["crossings"]), 1)
        below, above = (found["crossings"][0][side] for side in ("below", "above"))
        self.assertLessEqual((above["value"] - below["value"]) * 10000, above["value"])
        for point, pays in ((below, False), (above, True)):
            setting = f"{FAULT}={point['value']}ps"
            self.assertEqual(self.duration("[ppgtt_update]", setting) <
                             self.duration("none", setting), pays)
        text = self.search("--level", "ppgtt_update", "--vary",
                           f"{FAULT}=100ns..100us*5").stdout.decode()
        self.assertRegex(text, r"\nup to [0-9.]+us it costs more than it saves, "
                               r"from [0-9.]+us on it pays\n")

    def test_a_range_that_falls(self):
        up = self.find("--level", "ppgtt_update", "--vary", f"{PAGES}=1..9")
        down = self.find("--level", "ppgtt_update", "--vary", f"{PAGES}=9..1")
        self.assertEqual(up["points"], down["points"])
        self.assertEqual(up["crossings"], down["crossings"])
        up = self.find("--level", "ppgtt_update", "--vary", f"{FAULT}=1us..10us/4")
        down = self.find("--level", "ppgtt_update", "--vary", f"{FAULT}=10us..1us/4")
        self.assertEqual(up["crossings"], down["crossings"])

    def test_steps_only(self):
        found = self.find("--level", "ppgtt_update", "--vary", f"{PAGES}=1..41:10")
        self.assertEqual([point["value"] for point in found["points"]], [1, 11, 21, 31, 41])
        self.assertEqual(found["crossings"][0]["above"]["value"], 11)

    def test_several_changes(self):
        """Counts: the first page of a table brings its entry along, 512 are one huge page."""
        arguments = ("--level", "ppgtt_update", "--vary", f"{PAGES}=1..512", "--measure",
                     "vm0.objects.glyphs.bind.exits_per_op", "--set",
                     "vms.vm0.workload.repeat=1", "--set",
                     "vms.vm0.workload.steps.2.bind.count=4", "--set",
                     "vms.vm0.workload.steps.2.bind.align=2MiB", "--set",
                     "vms.vm0.huge_pages=true")
        found = self.find(*arguments)
        self.assertEqual([(crossing[side]["value"], crossing[side]["verdict"])
                          for crossing in found["crossings"] for side in ("below", "above")],
                         [(1, "same"), (2, "pays"), (511, "pays"), (512, "same")])
        self.assertIn("2 changes: there is no single break-even",
                      self.search(*arguments).stdout.decode())

    def test_everywhere_nowhere_and_no_difference(self):
        vary = ("--vary", "platform.costs.exit.transition=1us..9us/3")
        self.assertIn("it pays at every value tried",
                      self.search("--level", "elsp_submit", *vary).stdout.decode())
        self.assertIn("it pays at no value tried",
                      self.search("--level", "elsp_submit", "--more-is-better",
                                  *vary).stdout.decode())
        self.assertIn("it makes no difference at any value tried",
                      self.search("--level", "elsp_submit", "--measure",
                                  "vm0.workload.completed", *vary).stdout.decode())

    def test_levels_beside_it_stay(self):
        """In variant pv the other level is on both sides."""
        found = self.find("--level", "ppgtt_update", "--vary", f"{PAGES}=3..4", "--variant", "pv",
                          "--measure", "vm0.submit.exits_per_op")
        self.assertEqual([found["points"][0][side] for side in ("without", "with")], [1, 1])
        found = self.find("--level", "ppgtt_update,elsp_submit", "--vary", f"{PAGES}=3..4",
                          "--measure", "vm0.submit.exits_per_op")
        self.assertEqual([found["points"][0][side] for side in ("without", "with")], [4, 1])
        self.assertEqual(found["levels"], ["elsp_submit", "ppgtt_update"])

    def test_values_that_cannot_be_run(self):
        done = self.search("--level", "ppgtt_update", "--vary", "vms.vm0.aperture=64MiB..256MiB/3",
                           status=1)
        self.assertIn("unknown: the VMs' aperture adds up", done.stdout.decode())

    def test_any_number_of_workers(self):
        arguments = ("--level", "ppgtt_update", "--vary", f"{PAGES}=1..40")
        outputs = {self.search(*arguments, "--workers", workers).stdout for workers in (1, 2, 7)}
        self.assertEqual(len(outputs), 1)

    def test_wrong_input(self):
        def wrong(*arguments, says):
            done = self.search(*arguments, status=2)
            self.assertEqual(done.stdout, b"")
            self.assertIn(says, done.stderr.decode())

        level, vary = ("--level", "ppgtt_update"), ("--vary", f"{PAGES}=1..3")
        wrong(says="--level and --vary must be given")
        wrong(*level, says="--level and --vary must be given")
        wrong(*level, *vary, *vary, says="one key at a time")
        wrong("--level", "ppgtt", *vary, says="no level is called 'ppgtt'")
        wrong("--level", "ppgtt_update,", *vary, says="no level is called ''")
        wrong(*level, "--vary", f"{PAGES}=1,2", says="no range")
        wrong(*level, "--vary", f"{PAGES}", says="expected KEY=RANGE")
        wrong(*level, "--vary", f"{PAGES}=4..4", says="one value only")
        wrong(*level, "--vary", "seed=1..3", "--vm", "vm1", says="a VM called vm1")
        wrong(*level, *vary, "--variant", "native", says="no VM with `mode: gvt`")
        wrong(*level, *vary, "--variant", "strikt", says="did you mean 'strict'?")
        wrong(*level, *vary, "--variant", "pv", "--variant", "strict", says="one --variant")
        wrong(*level, "--vary", "vms.vm0.memroy=16MiB..32MiB/2", says="did you mean 'memory'?")
        wrong(*level, *vary, "--measure", "vm0.sbmit.count", says="did you mean 'submit'?")
        wrong(*level, *vary, "--measure", "vm0.mode", says="is no number")
        wrong(*level, *vary, "--measure", "a/b/c", says="no measure")
        wrong(*level, "--vary", f"{FAULT}=1us..2us/200000", says="more than 100000")
        self.binds.unlink()
        wrong(*level, *vary, says="No such file")


if __name__ == "__main__":
    sys.exit(simulator.main())
