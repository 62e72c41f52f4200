#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`compare`: what can be a side, what is said about it, exit statuses.

compare.py PROGRAM
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
SUBMISSION = simulator.SCENARIOS / "submission.yaml"


class Compare(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.report = self.folder / "report.json"
        simulator.run(PROGRAM, "--json", self.report, SUBMISSION)

    def compare(self, *arguments, status=0, says=None):
        """Its standard output; says is on standard error."""
        done = simulator.run(PROGRAM, "compare", *arguments)
        error = done.stderr.decode()
        self.assertEqual(done.returncode, status, done.stdout.decode() + error)
        if says is None:
            self.assertEqual(error, "")
        else:
            self.assertIn(says, error)
        return done.stdout.decode()

    def changed(self, change, name="changed.json"):
        """A report after change(report)."""
        report = json.loads(self.report.read_text())
        change(report)
        path = self.folder / name
        path.write_text(json.dumps(report))
        return path

    def numbers(self, *arguments, **options):
        """By path, of one pair."""
        tree = json.loads(self.compare("--json", "-", *arguments, **options))
        self.assertEqual(tree["schema"], "pvmmio-sim/compare/1")
        return {row["path"]: row for row in tree["comparisons"][0]["numbers"]}

    # ---- sides

    def test_report_and_scenario_are_alike(self):
        """Sides are what they are, whether a file has them or a run."""
        reports = f"{self.report}:baseline", f"{self.report}:pvmmio"
        scenarios = f"{SUBMISSION}:baseline", f"{SUBMISSION}:pvmmio"
        expected = self.compare(*reports)
        self.assertEqual(self.compare(*scenarios), expected)
        self.assertEqual(self.compare(reports[0], scenarios[1]), expected)
        self.assertIn("\n  vm0.submit.exits ", expected)

    def test_values_are_those_of_the_report(self):
        report = json.loads(self.report.read_text())
        a, b = report["variants"][1:3]
        rows = self.numbers(f"{self.report}:{a['name']}", f"{self.report}:{b['name']}")
        for key in ("count", "time_ps"):
            row = rows[f"vm0.exits.{key}"]
            left, right = a["vms"][0]["exits"][key], b["vms"][0]["exits"][key]
            self.assertEqual((row["a"], row["b"], row["difference"]), (left, right, right - left))
            self.assertAlmostEqual(row["ratio"], right / left, places=6)

    def test_same_names(self):
        tree = json.loads(self.compare("--json", "-", self.report, self.report))
        self.assertEqual([pair["a"]["variant"] for pair in tree["comparisons"]],
                         ["native", "baseline", "pvmmio"])
        self.assertTrue(all(pair["same"] for pair in tree["comparisons"]))

    def test_one_variant_and_its_namesake(self):
        out = self.compare(f"{self.report}:native", self.report)
        self.assertTrue(out.startswith("native: "), out)

    def test_variants_on_one_side(self):
        def drop(report):
            del report["variants"][2]

        out = self.compare(self.changed(drop), self.report, says="only '" + str(self.report)
                           + "' has variant 'pvmmio'")
        self.assertIn("0 differ", out)
        self.compare(self.changed(drop), self.report, "--tolerance", "5", status=1,
                     says="'pvmmio'")

    def test_no_variant_in_common(self):
        def rename(report):
            for variant in report["variants"]:
                variant["name"] += "-now"

        self.compare(self.report, self.changed(rename), status=2, says="no variant in common")
        self.compare(f"{self.report}:native", self.changed(rename), status=2,
                     says="several variants, none of them 'native'")

    def test_list_of_one(self):
        path = self.folder / "list.json"
        path.write_text("[" + self.report.read_text() + "]")
        self.compare(path, self.report)
        path.write_text("[" + self.report.read_text() + "," + self.report.read_text() + "]")
        self.compare(path, self.report, status=2, says="2 reports")

    def test_colon_in_a_file_name(self):
        path = self.folder / "a:native"
        shutil.copy(self.report, path)
        self.compare(path, f"{path}:native")

    # ---- what is wrong

    def test_missing(self):
        self.compare("absent.json", self.report, status=2, says="No such file")
        self.compare(f"{self.report}:natvie", self.report, status=2,
                     says="did you mean 'native'?")
        self.compare(f"{SUBMISSION}:natvie", self.report, status=2, says="did you mean 'native'?")
        self.compare(self.report, status=2, says="two sides")
        self.compare(self.report, self.report, self.report, status=2, says="two sides")

    def test_other_version(self):
        def newer(report):
            report["schema"] = "pvmmio-sim/report/2"

        self.compare(self.changed(newer), self.report, status=2,
                     says="another version, pvmmio-sim/report/2")

    def test_no_report(self):
        path = self.folder / "x.json"
        for text, says in (("{", "no JSON"), ("{}", "is no report"), ("", "no JSON"),
                           ('{"schema": "x", "schema": "x"}', "no JSON"), ("[]", "0 reports")):
            path.write_text(text)
            self.compare(path, self.report, status=2, says=says)

    def test_wrong_scenario(self):
        path = self.folder / "x.yaml"
        path.write_text("vms: 3\n")
        self.compare(path, self.report, status=2, says="x.yaml:1:")

    def test_damaged_report(self):
        """Nothing that is wrong with a report crashes, whatever value it replaces."""
        report = json.loads(self.report.read_text())
        places = []

        def walk(node, path):
            for key in (node if isinstance(node, dict) else range(len(node))):
                places.append(path + [key])
                if isinstance(node[key], (dict, list)):
                    walk(node[key], path + [key])

        walk(report["variants"][2], ["variants", 2])
        for i, place in enumerate(places[::97]):
            def damage(tree, place=place, i=i):
                for key in place[:-1]:
                    tree = tree[key]
                tree[place[-1]] = (None, [], {}, [[]], "x", -1, 1e400, {"x": [{}]})[i % 8]

            done = simulator.run(PROGRAM, "compare", f"{self.report}:pvmmio",
                                 f"{self.changed(damage)}:pvmmio", "--all",
                                 "--budget", "vm0.submit.exits_per_op=1")
            self.assertIn(done.returncode, (0, 1, 2), (place, done))

    def test_only_one_side(self):
        def add(report):
            vm = report["variants"][1]["vms"][0]
            vm["news"] = {"x": 1, "y": 2}

        out = self.compare(self.report, self.changed(add))
        self.assertIn("  only changed.json has vm0.news\n", out)

    # ---- budgets and tolerance

    def test_budgets(self):
        sides = f"{self.report}:baseline", f"{self.report}:pvmmio"
        kept = ("--budget", "vm0.submit.exits_per_op=1", "--budget", "vm0.exits.time_ps<=1s")
        self.assertIn("budgets: 2 of 2 kept\n", self.compare(*sides, *kept))
        out = self.compare(*sides, *kept, "--budget", "vm0.submit.exits_per_op<1", status=1)
        self.assertIn("budget not kept: vm0.submit.exits_per_op<1: it is 1\n", out)
        self.assertIn("budgets: 2 of 3 kept\n", out)
        out = self.compare(*sides, "--budget", "vm0.sumbit.exits=1", status=1)
        self.assertIn("did you mean 'submit'?", out)
        self.compare(*sides, "--budget", "vm0.submit.exits", status=2, says="--budget: ")

    def test_budget_is_for_b(self):
        sides = f"{self.report}:pvmmio", f"{self.report}:baseline"
        self.compare(*sides, "--budget", "vm0.submit.exits_per_op=4")
        self.compare(*sides, "--budget", "vm0.submit.exits_per_op=1", status=1)

    def test_tolerance(self):
        def slower(report):
            for variant in report["variants"]:
                variant["virtual_time_ps"] = variant["virtual_time_ps"] * 101 // 100

        path = self.changed(slower)
        self.compare(self.report, path)
        self.assertIn("1 within the tolerance, 0 differ",
                      self.compare(self.report, path, "--tolerance", "1%"))
        out = self.compare(self.report, path, "--tolerance", "0.99", status=1)
        self.assertIn("not the same within the tolerance", out)
        self.compare(self.report, self.report, "--tolerance", "0")
        for wrong in ("x", "", "%", "-1", "1.00001", "1.2.3", "99999999999999999999"):
            self.compare(self.report, path, f"--tolerance={wrong}", status=2, says="percentage")

    # ---- equivalence

    def test_equivalent(self):
        """Whatever the levels, the guest's work is the same."""
        for scenario in ("submission", "ppgtt-update", "compositor", "two-vms", "transcode"):
            report = self.folder / "all.json"
            simulator.run(PROGRAM, "--json", report, simulator.SCENARIOS / f"{scenario}.yaml")
            first, *others = json.loads(report.read_text())["variants"]
            for other in others:
                out = self.compare("--equivalent", f"{report}:{first['name']}",
                                   f"{report}:{other['name']}")
                self.assertRegex(out, r"^\S+ and \S+ left the same state: \d+ values\n$")

    def test_not_equivalent(self):
        scenario = simulator.SCENARIOS / "misbehaving-guest.yaml"
        out = self.compare("-e", f"{scenario}:calm", f"{scenario}:batch-address", status=1)
        self.assertIn("did not leave the same state: vm0.state.contents.submission0.count: 2 -> 0",
                      out)

    def test_wrong_memory_shows(self):
        """A key more or less gives other contents; so does one submission more."""
        other = self.folder / "other.json"
        for setting in ("vms.vm0.workload.repeat=99", "vms.vm0.workload.steps.0.fill.width=65"):
            simulator.run(PROGRAM, "--json", other, "--set", setting, SUBMISSION)
            out = self.compare("-e", f"{self.report}:native", f"{other}:native", status=1)
            self.assertIn("vm0.state.contents.submission0.", out)

        def spoil(report):
            contents = report["variants"][0]["vms"][0]["state"]["contents"]["submission0"]
            contents["digest"] = contents["digest"][:-1] + "x"

        tree = json.loads(self.compare("-e", "--json", "-", f"{self.report}:native",
                                       f"{self.changed(spoil)}:native", status=1,
                                       says="submission0.digest"))
        self.assertIs(tree["comparisons"][0]["equivalent"], False)

    # ---- outputs

    def test_json_on_stdout_alone(self):
        sides = f"{self.report}:baseline", f"{self.report}:pvmmio"
        tree = json.loads(self.compare(*sides, "--json", "-", "--budget", "vm0.submit.exits=1",
                                       status=1, says="budget not kept"))
        self.assertFalse(tree["ok"])
        self.assertEqual(tree["comparisons"][0]["budgets"][0]["measured"], 100)
        self.assertEqual(tree["comparisons"][0]["a"]["scenario"], "submission")

    def test_outputs_that_fail(self):
        self.compare(self.report, self.report, "--json", self.folder / "no" / "x", status=2,
                     says="No such file")
        if os.path.exists("/dev/full"):
            self.compare(self.report, self.report, "--json", "/dev/full", status=3,
                         says="/dev/full")

    def test_line_width(self):
        for scenario in simulator.scenarios():
            done = simulator.run(PROGRAM, "compare", scenario, SUBMISSION, "--all")
            self.assertIn(done.returncode, (0, 2))
            for line in done.stdout.decode().splitlines():
                if "->" not in line:
                    self.assertLessEqual(len(line), 100, line)


if __name__ == "__main__":
    sys.exit(simulator.main())
