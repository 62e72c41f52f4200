#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`import-costs`: profiles from listings, what is said about them, damaged listings.

import_costs.py PROGRAM
"""

import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import unittest

import simulator

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
SAMPLES = pathlib.Path(__file__).resolve().parent / "import"
SCENARIO = """\
vms: [{name: vm0, mode: gvt, workload: {steps: [{fill: {width: 8, height: 8}}, {wait: all}]}}]
"""


class ImportCosts(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def sample(self, name, *changes):
        """A copy of a sample, with (old, new) changed."""
        text = (SAMPLES / name).read_text()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.folder / name
        path.write_text(text)
        return path

    def run_import(self, *arguments, status=0):
        """Standard output and standard error."""
        done = simulator.run(PROGRAM, "import-costs", *arguments)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode(), done.stderr.decode()

    def parameters(self, *arguments):
        """What a simulation takes from the profile, and what was said of it."""
        path = self.folder / "mine.yaml"
        _, notes = self.run_import("-o", path, *arguments)
        scenario = self.folder / "scenario.yaml"
        scenario.write_text(SCENARIO)
        done = simulator.run(PROGRAM, "--json", "-", "--set", f"platform.costs={path}", scenario)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        config = json.loads(done.stdout)["variants"][0]["config"]
        return {key.removeprefix("costs."): value
                for key, value in config["platform"]["set"].items()}, notes

    def base(self):
        scenario = self.folder / "scenario.yaml"
        scenario.write_text(SCENARIO)
        report = json.loads(simulator.run(PROGRAM, "--json", "-", scenario).stdout)
        return {key.removeprefix("costs."): value for key, value in
                report["variants"][0]["config"]["platform"]["set"].items()}

    # ---- perf

    def check_perf(self, name):
        got, notes = self.parameters(self.sample(name))
        base = self.base()
        # 5.2 us less dispatch.mmio, 1000 cycles of 3.4 GHz
        self.assertEqual(got["forward.mmio"], "4905882ps")
        self.assertEqual(got["dispatch.interrupt"], "440ns")
        for key in ("exit.transition", "dispatch.mmio", "work.handler", "interrupt.posted"):
            self.assertEqual(got[key], base[key], key)
        self.assertIn("exit.transition, exit.reentry: not in perf kvm stat", notes)
        return got, notes

    def test_perf(self):
        got, notes = self.check_perf("perf.txt")
        self.assertEqual(got["dispatch.eoi"], "520ns")
        self.assertIn("HLT is not used: the vCPU sleeps in it", notes)
        self.assertIn("EPT_VIOLATION is not used: memory touched first", notes)
        self.assertIn("CPUID is not used: no parameter is about it", notes)
        self.assertIn("line 11: a mean that is no mean; left out", notes)
        self.assertIn(f"{len(self.base()) - 18 - 3} of ", notes)

    def test_perf_in_ns(self):
        got, notes = self.check_perf("perf-ns.txt")
        self.assertEqual(got["dispatch.eoi"], self.base()["dispatch.eoi"])
        self.assertNotIn("EPT_MISCONFIG is not used", notes)

    def test_perf_range(self):
        out, _ = self.run_import(self.sample("perf.txt"))
        # from the shortest to the mean and what it may be off by, 1.75 %
        self.assertIn("  dispatch.interrupt:\n    value: 440000ps\n"
                      "    range: [360000ps, 447700ps]\n", out)

    def test_perf_of_something_else(self):
        path = self.sample("perf.txt", ("VM-EXIT", "MMIO Access"))
        _, notes = self.run_import(path, status=2)
        self.assertIn("it is neither", notes)

    def test_perf_that_is_quicker_than_dispatch(self):
        path = self.sample("perf-ns.txt", ("2800            5200", "  10             290"))
        got, notes = self.parameters(path)
        self.assertIn("EPT_MISCONFIG is not used: no longer than dispatch.mmio", notes)
        self.assertEqual(got["forward.mmio"], self.base()["forward.mmio"])

    def test_the_row_with_most_samples(self):
        row = "  EXTERNAL_INTERRUPT         10     2.68%     0.08%      9.00us     22.10us      9.44us ( +-   1.75% )\n"
        path = self.sample("perf.txt", ("  EXTERNAL_INTERRUPT        900", row + "  EXTERNAL_INTERRUPT        900"))
        got, notes = self.parameters(path)
        self.assertEqual(got["dispatch.interrupt"], "440ns")
        self.assertIn("another row of that name is used", notes)

    # ---- vmexit

    def test_vmexit(self):
        got, notes = self.parameters(self.sample("vmexit.txt"), "--cpu-frequency", "2GHz")
        # 500 ps a cycle
        self.assertEqual(got["exit.transition"], "297500ps")
        self.assertEqual(got["exit.reentry"], "297500ps")
        self.assertEqual(got["dispatch.hypercall"], "0ps")
        self.assertEqual(got["dispatch.mmio"], "462500ps")
        self.assertEqual(got["forward.mmio"], "1952500ps")
        self.assertEqual(got["vcpu.wake"], "1648500ps")
        # the base's times stay what they are, whatever this clock is
        self.assertEqual(got["work.handler"], self.base()["work.handler"])
        self.assertIn("ipi was skipped", notes)
        self.assertIn("inl_from_pmtimer is not used: a device's own work is in it", notes)
        self.assertIn("mov_dr is not used", notes)

    def test_vmexit_without_pci_testdev(self):
        path = self.sample("vmexit.txt")
        path.write_text("".join(line for line in path.read_text().splitlines(True)
                                if "pci" not in line))
        got, _ = self.parameters(path, "--cpu-frequency", "2GHz")
        self.assertEqual(got["forward.mmio"], "1570ns")
        self.assertEqual(got["dispatch.mmio"], self.base()["dispatch.mmio"])

    def test_vmexit_of_one_test(self):
        path = self.folder / "one.txt"
        path.write_text("cpuid 1001\n")
        got, notes = self.parameters(path)
        self.assertIn("cpu_frequency: assumed as in kvm-userspace", notes)
        self.assertEqual(got["exit.transition"], "147059ps")
        self.assertEqual(got["exit.reentry"], "147353ps")

    def test_vmexit_that_is_odd(self):
        path = self.sample("vmexit.txt", ("self_ipi_sti_hlt 7300", "self_ipi_sti_hlt 7"))
        got, notes = self.parameters(path)
        self.assertIn("vcpu.wake: not set: self_ipi_sti_hlt does not take longer", notes)
        self.assertEqual(got["vcpu.wake"], self.base()["vcpu.wake"])
        path = self.sample("vmexit.txt", ("vmcall 1190", "vmcall 900000000000"))
        got, notes = self.parameters(path)
        self.assertIn("no price is longer than 1 s", notes)

    # ---- both

    def test_base_and_keep(self):
        path = self.sample("vmexit.txt")
        got, notes = self.parameters(path, "--base", "acrn-kernel", "--keep", "forward.mmio")
        self.assertIn("forward.mmio: kept\n", notes)
        self.assertEqual(got["forward.mmio"], got["forward.hypercall"])
        self.assertIs(got["interrupt.posted"], True)
        _, notes = self.run_import(path, "--base", "acrn-kernal", status=2)
        self.assertIn("did you mean 'acrn-kernel'?", notes)
        _, notes = self.run_import(path, "--keep", "forward.mmoi", status=2)
        self.assertIn("no parameter is called", notes)
        _, notes = self.run_import(path, "--base", "zero", status=2)
        self.assertIn("clock that must be given", notes)

    def test_name(self):
        path = self.sample("perf.txt")
        self.assertIn("\nprofile: imported\n", self.run_import(path)[0])
        self.assertIn("\nprofile: box-7\n", self.run_import(path, "--name", "box-7")[0])
        for name in ("", "a b", "a/b", "x" * 99):
            _, notes = self.run_import(path, "--name", name, status=2)
            self.assertIn("no name for a profile", notes)

    def test_strange_file_name(self):
        path = self.folder / "a\"b\\c\n: #.txt"
        shutil.copy(SAMPLES / "perf.txt", path)
        self.parameters(path)

    def test_misuse(self):
        path = self.sample("perf.txt")
        for arguments, says in (((), "no file"), ((path, path), "one file"),
                                ((self.folder / "absent",), "No such file"),
                                ((self.folder,), "directory"),
                                ((path, "--cpu-frequency", "3"), "--cpu-frequency"),
                                ((path, "--cpu-frequency", "0Hz"), "no clock"),
                                ((path, "-o", self.folder / "no" / "x.yaml"), "No such file")):
            out, notes = self.run_import(*arguments, status=2)
            self.assertEqual(out, "")
            self.assertIn(says, notes)
        if os.path.exists("/dev/full"):
            self.run_import(path, "-o", "/dev/full", "--name", "x", status=3)

    # ---- damaged

    def test_no_listing(self):
        path = self.folder / "x"
        for text, says in ((b"", "it is neither"), (b"cpuid\n1\n", "it is neither"),
                           (b"cpuid 1\0", "no text"), (b"\n" * (5 << 20), "no text"),
                           (b"a" * 100000 + b" 1\n", "it is neither"),
                           (b"cpuid 99999999999999999999999\n", "it is neither"),
                           (b"cpuid -5\n", "it is neither"), (b"mov_dr 5\n", "it is neither"),
                           (b"mov_to_cr8 5\n", "none of its rows"),
                           (b"cpuid 5\nVM-EXIT Samples Min Max Avg\n", "both")):
            path.write_bytes(text)
            out, notes = self.run_import(path, status=2)
            self.assertEqual(out, "")
            self.assertIn(says, notes)
        path.write_bytes(b"VM-EXIT Samples Min Max Avg\nHLT x\n")
        self.assertIn("no row that can be read", self.run_import(path, status=2)[1])

    def test_damaged_bytes(self):
        """Whatever is wrong, what comes out is a profile, or nothing does."""
        rng = random.Random(1)
        path = self.folder / "damaged"
        scenario = self.folder / "scenario.yaml"
        scenario.write_text(SCENARIO)
        profile = self.folder / "mine.yaml"
        for i in range(60):
            text = bytearray((SAMPLES / ("perf.txt", "perf-ns.txt", "vmexit.txt")[i % 3])
                             .read_bytes())
            for _ in range(rng.randrange(1, 40)):
                text[rng.randrange(len(text))] = rng.choice(b"0123456789.% \n\tus()-+:aZ\xff\x01")
            path.write_bytes(text[:rng.randrange(len(text))] if i % 4 == 0 else text)
            profile.unlink(missing_ok=True)
            done = simulator.run(PROGRAM, "import-costs", path, "-o", profile)
            self.assertIn(done.returncode, (0, 2), done)
            self.assertEqual(profile.exists(), done.returncode == 0)
            if done.returncode == 0:
                done = simulator.run(PROGRAM, "--set", f"platform.costs={profile}", scenario)
                self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    sys.exit(simulator.main())
