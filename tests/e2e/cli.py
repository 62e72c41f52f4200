#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line: exit statuses, where output goes, what is said when something is wrong.

cli.py PROGRAM VERSION
"""

import itertools
import json
import os
import pathlib
import pty
import re
import shutil
import sys
import tempfile
import unittest

import simulator

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
VERSION = sys.argv[2] if len(sys.argv) > 2 else ""
SUBMISSION = simulator.SCENARIOS / "submission.yaml"
ESCAPE = b"\033"

GOOD = """\
scenario: good
vms:
  - name: vm0
    mode: native
    workload:
      steps:
        - fill: {width: 8, height: 8}
        - wait: all
variants:
  - name: first
  - name: second
expect:
  - first.vm0.workload.bytes_verified == 256
  - second.vm0.workload.bytes_verified == 256
"""

TOO_MANY = """\
vms:
  - {name: vm0, mode: gvt, aperture: 200MiB}
  - {name: vm1, mode: gvt, aperture: 200MiB}
"""


class Cli(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.good = self.write("good.yaml", GOOD)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def run_cli(self, *arguments, status=0, **options):
        done = simulator.run(PROGRAM, *arguments, **options)
        self.assertEqual(done.returncode, status,
                         (done.stdout or b"").decode() + (done.stderr or b"").decode())
        return done

    def assert_misused(self, *arguments, says):
        """Refused with status 2, a message and nothing on standard output."""
        done = self.run_cli(*arguments, status=2)
        self.assertEqual(done.stdout, b"")
        self.assertIn(says, done.stderr.decode())

    # ---- asked for nothing to run

    def test_version(self):
        self.assertEqual(self.run_cli("--version").stdout.decode(), f"pvmmio-sim {VERSION}\n")

    def test_help(self):
        text = self.run_cli("--help").stdout.decode()
        for option in ("--json", "--events", "--trace", "--set", "--seed", "--variant", "--color", "--keys"):
            self.assertIn(option, text)
        self.assertIn("Exit status", text)

    def commands(self):
        """The list in the help."""
        text = self.run_cli("--help").stdout.decode()
        block = text.partition("for each:\n")[2].partition("\n\n")[0]
        return [line.split()[0] for line in block.splitlines()]

    def test_commands(self):
        """Each is listed, has a help of its own, and wants no option that it does not have."""
        self.assertIn("run", self.commands())
        for command in self.commands():
            text = self.run_cli(command, "--help").stdout.decode()
            self.assertTrue(text.startswith(f"Usage: pvmmio-sim {command} "), text)
            done = self.run_cli(command, "--no-such-option", status=2)
            self.assertTrue(done.stderr.decode().startswith(f"pvmmio-sim {command}: "))
            self.assertEqual(done.stdout, b"")

    def test_run_is_the_default(self):
        self.assertEqual(self.run_cli("run", "--json", "-", self.good).stdout,
                         self.run_cli("--json", "-", self.good).stdout)

    def test_misspelt_command(self):
        self.assert_misused("rnu", self.good, says="did you mean 'run'?")
        self.assert_misused("nothing-like-it", says="no command and no file is called")
        shutil.copy(self.good, self.folder / "rnu")
        self.run_cli("rnu", cwd=self.folder)

    def test_keys(self):
        text = self.run_cli("--keys").stdout.decode()
        for key in ("memory", "pvmmio", "repeat", "exit.transition"):
            self.assertIn(key, text)

    # ---- wrong command lines

    def test_wrong_option(self):
        self.assert_misused("--no-such-option", self.good, says="--no-such-option")

    def test_no_file(self):
        self.assert_misused(says="no scenario file")

    def test_missing_file(self):
        self.assert_misused(self.folder / "absent.yaml", says="No such file")

    def test_folder(self):
        self.assert_misused(self.folder, says="directory")

    def test_wrong_values(self):
        self.assert_misused("--set", "seed", self.good, says="KEY=VALUE")
        self.assert_misused("--set", "sede=1", self.good, says="seed")
        self.assert_misused("--seed", "many", self.good, says="many")
        self.assert_misused("--color=maybe", self.good, says="maybe")
        self.assert_misused("--variant", "frist", self.good, says="did you mean 'first'?")

    def test_two_outputs_on_stdout(self):
        for first, second in itertools.combinations(("--json", "--events", "--trace"), 2):
            self.assert_misused(first, "-", second, "-", self.good, says="standard output")

    def test_unwritable_outputs(self):
        absent = self.folder / "absent" / "file"
        self.assert_misused("--json", absent, self.good, says="No such file")
        self.assert_misused("--events", absent, self.good, says="No such file")
        self.assert_misused("--trace", absent, self.good, says="No such file")
        self.assert_misused("--json", self.folder, self.good, says="directory")

    def test_inputs_are_kept(self):
        """No command writes over what it reads, whatever the name it is given."""
        report = self.folder / "report.json"
        self.run_cli("--json", report, self.good)
        link = self.folder / "link"
        link.symlink_to(self.good)
        other = self.folder / "other"
        os.link(report, other)
        vary = "platform.costs.exit.transition=1us..2us/2"
        for arguments in (("--json", link, self.good), ("--events", link, self.good),
                          ("--trace", link, self.good),
                          ("sweep", "--force", "--output", link, self.good),
                          ("break-even", "--level", "elsp_submit", "--vary", vary, "--json", link,
                           self.good),
                          ("sensitivity", "--samples", "0", "--json", link, self.good),
                          ("compare", "--json", other, report, report),
                          ("compare", "--json", link, report, f"{self.good}:first")):
            with self.subTest(arguments):
                before = report.read_bytes()
                done = self.run_cli(*arguments, status=2)
                self.assertIn("would be overwritten", done.stderr.decode())
                self.assertEqual(self.good.read_text(), GOOD)
                self.assertEqual(report.read_bytes(), before)

    def test_unwritable_results_of_studies(self):
        """Said before anything is run, and nothing stays behind."""
        absent = self.folder / "absent"
        for output, says in ((absent / "file", "No such file"), (self.folder, "directory")):
            self.assert_misused("sensitivity", "--json", output, self.good, says=says)
            self.assert_misused("break-even", "--level", "elsp_submit", "--vary", "seed=1..9",
                                "--json", output, self.good, says=says)
        self.assert_misused("sensitivity", "--json", absent, "--measure", "vm9.x", self.good,
                            says="vm9")
        self.assertFalse(absent.exists())

    def test_full_device(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        for option in ("--json", "--events", "--trace"):
            done = self.run_cli(option, "/dev/full", self.good, status=3)
            self.assertIn("/dev/full", done.stderr.decode())
        with open("/dev/full", "wb") as full:
            self.run_cli(self.good, status=3, stdout=full)

    # ---- wrong scenarios

    def test_wrong_key(self):
        bad = self.write("bad.yaml", GOOD.replace("width", "widht"))
        done = self.run_cli(bad, status=2)
        self.assertEqual(done.stdout, b"")
        self.assertRegex(done.stderr.decode(), rf"{re.escape(str(bad))}:7:\d+: error: ")
        self.assertIn("width", done.stderr.decode())

    def test_one_wrong_file_stops_all(self):
        bad = self.write("bad.yaml", "vms: 3\n")
        report = self.folder / "report.json"
        self.assert_misused("--json", report, self.good, bad, says="bad.yaml")
        self.assertFalse(report.exists())

    def test_vms_that_do_not_fit_the_gpu(self):
        self.assert_misused(self.write("many.yaml", TOO_MANY), says="aperture")

    # ---- failing expectations

    def test_failed_expectation(self):
        wrong = self.write("wrong.yaml", GOOD.replace("second.vm0.workload.bytes_verified == 256",
                                                      "second.vm0.workload.bytes_verified == 257"))
        done = self.run_cli(wrong, status=1)
        text = done.stdout.decode()
        self.assertIn("line 14: expectation failed: second.vm0.workload.bytes_verified == 257",
                      text)
        self.assertIn("\n-expected == 257\n+measured    256\n", text)
        done = self.run_cli("--json", "-", wrong, status=1)
        report = json.loads(done.stdout)
        self.assertFalse(report["ok"])
        self.assertEqual([e["ok"] for e in report["expectations"]], [True, False])
        self.assertIn("-expected == 257", done.stderr.decode())

    # ---- outputs

    def test_json_on_stdout_alone(self):
        done = self.run_cli("--json", "-", self.good)
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], "pvmmio-sim/report/1")
        self.assertEqual(report["version"], VERSION)
        self.assertTrue(report["ok"])
        self.assertTrue(done.stdout.endswith(b"}\n"))
        self.assertEqual(done.stderr, b"")

    def test_json_beside_the_table(self):
        path = self.folder / "report.json"
        done = self.run_cli("--json", path, self.good)
        self.assertIn("exits per submission", done.stdout.decode())
        self.assertEqual(path.read_bytes(), self.run_cli("--json", "-", self.good).stdout)

    def test_several_files(self):
        other = self.write("other.yaml", GOOD.replace("scenario: good", "scenario: other"))
        reports = json.loads(self.run_cli("--json", "-", self.good, other).stdout)
        self.assertEqual([report["scenario"] for report in reports], ["good", "other"])
        text = self.run_cli(self.good, other).stdout.decode()
        self.assertLess(text.index("good"), text.index("other"))

    def test_events(self):
        path = self.folder / "events"
        self.run_cli("--events", path, self.good)
        lines = path.read_text().splitlines()
        self.assertIn("# scenario good, variant first", lines)
        self.assertIn("# scenario good, variant second", lines)
        self.assertTrue(any(re.match(r"\d+ \d+ \S+ elsp ", line) for line in lines))
        done = self.run_cli("--events", "-", self.good)
        self.assertEqual(done.stdout.decode().splitlines(), lines)

    def test_trace(self):
        path = self.folder / "trace"
        done = self.run_cli("--trace", path, self.good)
        self.assertIn("exits per submission", done.stdout.decode())
        names = {event["args"]["name"] for event in json.loads(path.read_bytes())["traceEvents"]
                 if event.get("name") == "process_name"}
        self.assertEqual(names, {f"good {variant}: {process}" for variant in ("first", "second")
                                 for process in ("vm0", "GPU")})
        done = self.run_cli("--trace", "-", self.good)
        self.assertEqual(done.stdout, path.read_bytes())

    def test_line_width(self):
        for scenario in simulator.scenarios():
            for line in self.run_cli(scenario).stdout.decode().splitlines():
                self.assertLessEqual(len(line), 100, line)

    # ---- choices

    def test_variant(self):
        done = self.run_cli("--json", "-", "--variant", "second", self.good)
        report = json.loads(done.stdout)
        self.assertEqual([variant["name"] for variant in report["variants"]], ["second"])
        self.assertEqual([e["ok"] for e in report["expectations"]], [None, True])
        text = self.run_cli("--variant", "second", self.good).stdout.decode()
        self.assertIn("1 of 1 hold, 1 skipped", text)

    def test_set_and_seed(self):
        report = json.loads(self.run_cli("--json", "-", "--seed", "5", "--set",
                                         "vms.vm0.workload.repeat=3", "--variant", "first",
                                         self.good, status=1).stdout)
        self.assertEqual(report["seed"], 5)
        workload = report["variants"][0]["vms"][0]["workload"]
        self.assertEqual(workload["requests"], 3)
        self.assertEqual(report["variants"][0]["config"]["seed"], 5)

    def test_colour(self):
        self.assertNotIn(ESCAPE, self.run_cli(self.good).stdout)
        self.assertNotIn(ESCAPE, self.run_cli("--color=never", self.good).stdout)
        self.assertIn(ESCAPE, self.run_cli("--color=always", self.good).stdout)

    def on_a_terminal(self, **variables):
        """What the program writes to a terminal."""
        master, slave = pty.openpty()
        env = dict(simulator.environment(), TERM="xterm", **variables)
        done = self.run_cli(self.good, stdout=slave, env=env)
        os.close(slave)
        text = b""
        try:
            while chunk := os.read(master, 65536):
                text += chunk
        except OSError:
            pass
        os.close(master)
        self.assertEqual(done.returncode, 0)
        return text

    def test_colour_on_a_terminal(self):
        self.assertIn(ESCAPE, self.on_a_terminal())
        self.assertNotIn(ESCAPE, self.on_a_terminal(NO_COLOR="1"))


if __name__ == "__main__":
    sys.exit(simulator.main())
