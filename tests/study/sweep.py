#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sweeps: the same bytes however they come about, and what is wrong is said.

sweep.py PROGRAM
"""

import csv
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import simulator

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""

# Small, and with something to measure: two variants of a few fills.
SMALL = """\
scenario: small
vms:
  - name: vm0
    memory: 16MiB
    workload:
      repeat: 3
      steps:
        - fill: {width: 8, height: 8}
        - wait: all
variants:
  - name: baseline
  - name: pv
    set: {vms.vm0.pvmmio: [elsp_submit]}
"""

TRANSITION = "platform.costs.exit.transition"
REPEAT = "vms.vm0.workload.repeat"
GRID = ("--vary", f"{TRANSITION}=0ns,100ns..10us*4", "--vary", f"{REPEAT}=1..4")
POINTS = 20


def table(text):
    """(what the first line says, rows as dictionaries) of a CSV output."""
    first, _, rest = text.decode().partition("\n")
    return json.loads(first.removeprefix("# ")), list(csv.DictReader(io.StringIO(rest)))


class Sweep(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.small = self.folder / "small.yaml"
        self.small.write_text(SMALL)

    def sweep(self, *arguments, status=0, command="sweep", scenario=None):
        scenario = () if command == "merge" else (scenario or self.small,)
        done = simulator.run(PROGRAM, command, *scenario, *arguments)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done

    def assert_misused(self, *arguments, says, **options):
        done = self.sweep(*arguments, status=2, **options)
        self.assertEqual(done.stdout, b"")
        self.assertIn(says, done.stderr.decode())

    # ---- rows

    def test_rows(self):
        head, rows = table(self.sweep(*GRID, "--set", "vms.vm0.fences=2").stdout)
        self.assertEqual(head["points"], POINTS)
        self.assertEqual(head["variants"], ["baseline", "pv"])
        self.assertEqual(head["set"], ["vms.vm0.fences=2"])
        self.assertEqual([row["point"] for row in rows],
                         [str(i // 2) for i in range(2 * POINTS)])
        self.assertEqual([row[f"{TRANSITION} [ps]"] for row in rows[::8]],
                         ["0", "100000", "464200", "2154000", "10000000"])
        self.assertEqual([row[REPEAT] for row in rows[:8:2]], ["1", "2", "3", "4"])
        for row in rows:
            self.assertEqual(row["vm0.submit.exits_per_op"],
                             "4" if row["variant"] == "baseline" else "1")
            self.assertEqual(row["vm0.submit.count"], row[REPEAT])
            self.assertEqual((row["note"], row["error"]), ("", ""))

    def test_a_row_is_what_a_run_gives(self):
        done = simulator.run(PROGRAM, "--json", "-", "--set", f"{TRANSITION}=3us", self.small)
        report = json.loads(done.stdout)
        _, rows = table(self.sweep("--vary", f"{TRANSITION}=1us..3us/3", "--column",
                                   "virtual_time_ps", "--column", "vm0.exits.time_ps").stdout)
        for variant, row in zip(report["variants"], rows[4:]):
            self.assertEqual(row["variant"], variant["name"])
            self.assertEqual(int(row["virtual_time_ps"]), variant["virtual_time_ps"])
            self.assertEqual(int(row["vm0.exits.time_ps"]), variant["vms"][0]["exits"]["time_ps"])

    def test_json_lines(self):
        lines = self.sweep(*GRID, "--format", "jsonl").stdout.decode().splitlines()
        head, rows = json.loads(lines[0]), [json.loads(line) for line in lines[1:]]
        self.assertEqual(head["schema"], "pvmmio-sim/sweep/1")
        _, table_rows = table(self.sweep(*GRID).stdout)
        self.assertEqual(len(rows), len(table_rows))
        for row, same in zip(rows, table_rows):
            self.assertEqual({key: "" if value is None else str(value)
                              for key, value in row.items()}, same)

    def test_columns(self):
        _, rows = table(self.sweep("--vary", f"{REPEAT}=3", "--column", "vm0.pvmmio", "--column",
                                   "vm0.interrupt.exits / vm0.submit.count", "--column",
                                   "vm0.submit.time_ps/vm0.submit.count", "--column",
                                   "vm0.exits.count/baseline.vm0.exits.count", "--column",
                                   "vm0.init_error").stdout)
        self.assertEqual([row["vm0.pvmmio"] for row in rows], ["none", "elsp_submit"])
        self.assertEqual(rows[0]["vm0.exits.count/baseline.vm0.exits.count"], "1")
        self.assertLess(float(rows[1]["vm0.exits.count/baseline.vm0.exits.count"]), 1)
        self.assertGreater(float(rows[0]["vm0.submit.time_ps/vm0.submit.count [ps]"]),
                           float(rows[1]["vm0.submit.time_ps/vm0.submit.count [ps]"]))
        self.assertIn("vm0.interrupt.exits / vm0.submit.count", rows[0])
        self.assertEqual(rows[0]["vm0.init_error"], "")

    def test_texts_and_tied_keys(self):
        _, rows = table(self.sweep("--vary", "vms.vm0.pvmmio=none,[elsp_submit,ppgtt_update]",
                                   "--vary", "vms.vm0.aperture,vms.vm0.hidden=32MiB,64MiB",
                                   "--variant", "pv", "--column", "vm0.pvmmio").stdout)
        self.assertEqual([row["vms.vm0.pvmmio"] for row in rows],
                         ["none"] * 2 + ["[elsp_submit,ppgtt_update]"] * 2)
        self.assertEqual([row["vm0.pvmmio"] for row in rows],
                         ["none"] * 2 + ["elsp_submit,ppgtt_update"] * 2)
        self.assertEqual(rows[1]["vms.vm0.aperture,vms.vm0.hidden [B]"], str(64 << 20))
        self.assertEqual({row["variant"] for row in rows}, {"pv"})

    def test_points_with_errors(self):
        done = self.sweep("--vary", "vms.vm0.aperture=64MiB,200MiB,1GiB", status=1)
        _, rows = table(done.stdout)
        self.assertEqual([bool(row["error"]) for row in rows], [False] * 2 + [True] * 4)
        self.assertIn("aperture adds up", rows[2]["error"])
        self.assertIn("'aperture' is 1GiB", rows[4]["error"])
        self.assertEqual(rows[4]["virtual_time_ps"], "")
        self.assertIn("4 rows could not be run", done.stderr.decode())

    def test_notes(self):
        done = self.sweep("--vary", "vms.vm0.workload.steps.0.fill.misuse=none,batch_address")
        _, rows = table(done.stdout)
        self.assertEqual(rows[0]["note"], "")
        self.assertIn("vm0 in failsafe mode", rows[2]["note"])
        self.assertIn("amiss in 2 rows", done.stderr.decode())

    # ---- the same bytes

    def test_any_number_of_workers(self):
        outputs = [self.sweep(*GRID, "--workers", workers).stdout for workers in (1, 2, 7)]
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[0], outputs[2])
        self.assertEqual(outputs[0], self.sweep(*GRID).stdout)

    def test_resume_after_any_cut(self):
        for name in ("out.csv", "out.jsonl"):
            whole = self.sweep(*GRID, "--format", name[4:]).stdout
            path = self.folder / name
            head = len(whole.splitlines(True)[0])
            for cut in (0, 1, head - 1, head, head + 9, len(whole) // 2, len(whole) - 1,
                        len(whole)):
                path.write_bytes(whole[:cut])
                self.sweep(*GRID, "--output", path, "--resume")
                self.assertEqual(path.read_bytes(), whole, f"{name} cut at {cut}")

    def test_resume_without_a_file(self):
        path = self.folder / "out.csv"
        self.sweep(*GRID, "--output", path, "--resume")
        self.assertEqual(path.read_bytes(), self.sweep(*GRID).stdout)

    def stopped(self, number, path, arguments):
        """Start a sweep, wait for its first rows, send it the signal; its exit status."""
        with subprocess.Popen([PROGRAM, "sweep", self.small, *arguments, "--output", path],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              env=simulator.environment()) as process:
            end = time.monotonic() + 60
            while time.monotonic() < end and (not path.exists() or
                                              path.read_bytes().count(b"\n") < 6):
                time.sleep(0.01)
            process.send_signal(number)
            process.communicate()
            return process.returncode

    def test_stopped_and_resumed(self):
        grid = ("--vary", f"{REPEAT}=400..480", "--workers", "2")
        whole = self.sweep(*grid).stdout
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143),
                               (signal.SIGKILL, -9)):
            path = self.folder / f"{number.name}.csv"
            self.assertEqual(self.stopped(number, path, grid), status)
            left = path.read_bytes()
            self.assertTrue(whole.startswith(left))
            self.assertLess(len(left), len(whole))
            if number != signal.SIGKILL:
                self.assertTrue(left.endswith(b"\n"))
                self.assertEqual(len(left.splitlines()) % 2, 0, "half a point")
            self.sweep(*grid, "--output", path, "--resume")
            self.assertEqual(path.read_bytes(), whole)

    def shards(self, count, suffix, *more):
        paths = []
        for i in range(1, count + 1):
            paths.append(self.folder / f"part-{i}{suffix}")
            self.sweep(*GRID, "--shard", f"{i}/{count}", "--output", paths[-1], *more)
        return paths

    def test_shards_and_merge(self):
        for suffix in (".csv", ".jsonl"):
            whole = self.sweep(*GRID, "--format", suffix[1:]).stdout
            for count in (1, 3, 7, 25):
                paths = self.shards(count, suffix, "--force")
                merged = self.sweep(*reversed(paths), command="merge").stdout
                self.assertEqual(merged, whole)
        out = self.folder / "all.jsonl"
        self.sweep(*paths, "--output", out, command="merge")
        self.assertEqual(out.read_bytes(), whole)

    def test_where_merged_rows_go(self):
        """To what is behind a link, and into a pipe; nothing is put in the place of either."""
        paths = self.shards(2, ".csv")
        whole = self.sweep(*GRID).stdout
        target, link, pipe = (self.folder / name for name in ("target", "link", "pipe"))
        target.write_text("before\n")
        link.symlink_to(target)
        self.sweep(*paths, "--output", link, command="merge")
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_bytes(), whole)
        os.mkfifo(pipe)
        with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
            self.sweep(*paths, "--output", pipe, command="merge")
            read, _ = reader.communicate()
        self.assertEqual(read, whole)
        self.assertTrue(pipe.is_fifo())
        self.assert_misused(*paths, "--output", self.folder, says="directory", command="merge")
        self.sweep(*paths, "--output", paths[0], command="merge")
        self.assertEqual(paths[0].read_bytes(), whole)

    def test_merged_errors(self):
        arguments = ("--vary", "vms.vm0.aperture=64MiB,1GiB")
        whole = self.sweep(*arguments, status=1).stdout
        paths = [self.folder / "a.csv", self.folder / "b.csv"]
        self.sweep(*arguments, "--shard", "1/2", "--output", paths[0])
        self.sweep(*arguments, "--shard", "2/2", "--output", paths[1], status=1)
        self.assertEqual(self.sweep(*paths, command="merge", status=1).stdout, whole)

    # ---- what does not fit together

    def test_wrong_merges(self):
        parts = self.shards(3, ".csv")

        def wrong(*paths, says):
            self.assert_misused(*paths, says=says, command="merge")

        wrong(says="no file of a shard")
        wrong(parts[0], parts[2], says="shard 2/3 is missing")
        wrong(parts[0], parts[1], parts[1], parts[2], says="given twice")
        wrong(self.folder / "absent.csv", says="No such file")
        wrong(self.small, says="no output of `sweep'")
        other = self.folder / "other.csv"

        def replaced(*arguments, says):
            self.sweep(*arguments, "--shard", "2/3", "--output", other, "--force")
            wrong(parts[0], other, parts[2], says=says)

        replaced("--vary", f"{REPEAT}=1..20", says="its 'vary' differs")
        replaced(*GRID, "--set", "seed=2", says="its 'set' differs")
        replaced(*GRID, "--column", "virtual_time_ps", says="its 'digest' differs")
        replaced(*GRID, "--format", "jsonl", says="its form or columns")
        self.small.write_text(SMALL.replace("width: 8", "width: 9"))
        replaced(*GRID, says="its 'digest' differs")
        self.small.write_text(SMALL)
        self.sweep(*GRID, "--shard", "2/4", "--output", other, "--force")
        wrong(parts[0], other, parts[2], says="part of 4")
        whole = parts[1].read_bytes()
        lines = whole.splitlines(True)
        for text, says in ((b"", "not a line of it"), (whole[:-1], "6 of 7 points"),
                           (lines[0], "columns' names"),
                           (b"".join(lines[:-2]), "6 of 7 points"), (whole + b"9,x,\n", "more rows"),
                           (b"".join(lines[:2] + lines[4:]), "no row of point 1"),
                           (lines[0].replace(b"2/3", b"4/3") + whole, "damaged"),
                           (b"# {}\n", "no output of")):
            other.write_bytes(text)
            wrong(parts[0], other, parts[2], says=says)

    def test_resume_of_something_else(self):
        path = self.folder / "out.csv"
        self.sweep(*GRID, "--output", path)
        whole = path.read_bytes()
        for arguments in (("--vary", f"{REPEAT}=1..2"), (*GRID, "--variant", "pv"),
                          (*GRID, "--shard", "1/2"), (*GRID, "--column", "virtual_time_ps"),
                          (*GRID, "--set", "seed=9"), (*GRID, "--format", "jsonl")):
            self.assert_misused(*arguments, "--output", path, "--resume",
                                says="not what this sweep would have written")
            self.assertEqual(path.read_bytes(), whole)
        path.write_bytes(whole.replace(b"\n3,pv", b"\n4,pv"))
        self.assert_misused(*GRID, "--output", path, "--resume", says="line 10 is not")
        path.write_bytes(whole + b"and more\n")
        self.assert_misused(*GRID, "--output", path, "--resume", says="is not what")

    def test_a_file_is_not_overwritten(self):
        path = self.folder / "out.csv"
        path.write_text("dear\n")
        self.assert_misused(*GRID, "--output", path, says="it exists; --resume")
        self.assertEqual(path.read_text(), "dear\n")
        self.sweep(*GRID, "--output", path, "--force")
        self.assertEqual(path.read_bytes(), self.sweep(*GRID).stdout)

    # ---- wrong command lines

    def test_wrong_input(self):
        def wrong(*arguments, says):
            self.assert_misused(*arguments, says=says)

        wrong("--vary", "seed", says="expected KEY=VALUES")
        wrong("--vary", "vms.vm0.memroy=16MiB,32MiB", says="did you mean 'memory'?")
        wrong("--vary", "vms.vm1.memory=16MiB", says="no VM is called 'vm1'")
        wrong("--vary", "platform.costs.exit.transitoin=1us", says="did you mean")
        wrong("--vary", "scenario=a,b", says="belongs to the whole file")
        wrong("--vary", "seed=1", "--vary", "seed=2", says="varied twice")
        wrong("--vary", f"{TRANSITION}=1us..2us", says="does not say which values")
        wrong("--variant", "pw", says="did you mean 'pv'?")
        wrong("--column", "vm0.sbmit.count", says="did you mean 'submit'?")
        wrong("--column", "vm0.exits", says="no single value")
        wrong("--column", "a/b/c", says="no measure")
        wrong("--column", "vm0.submit.count/vm0.mode", says="no quotient")
        wrong("--set", "seed", says="KEY=VALUE")
        wrong("--workers", "0", says="--workers is 1 to")
        wrong("--shard", "4/3", says="no part of a whole")
        wrong("--format", "xml", says="csv or jsonl")
        wrong("--resume", says="needs --output")
        wrong("--progress", "sometimes", says="auto, always or never")
        wrong("again.yaml", says="one scenario at a time")
        self.assert_misused(scenario="absent.yaml", says="No such file")
        self.assert_misused("--output", self.folder, says="directory")
        self.small.write_text("vms: 3\n")
        self.assert_misused(*GRID, says="small.yaml:1:")

    def test_misspelt_column_leaves_no_file(self):
        path = self.folder / "out.csv"
        self.assert_misused("--column", "vm0.sbmit.count", "--output", path, says="submit")
        self.assertFalse(path.exists())

    def test_full_device(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        done = self.sweep(*GRID, "--output", "/dev/full", status=3)
        self.assertIn("No space left", done.stderr.decode())

    def test_progress(self):
        done = self.sweep(*GRID, "--progress", "always")
        self.assertIn(f"of {POINTS} points", done.stderr.decode())
        self.assertTrue(done.stderr.endswith(b"\r\033[K"))
        self.assertEqual(done.stdout, self.sweep(*GRID).stdout)
        self.assertEqual(self.sweep(*GRID).stderr, b"")


if __name__ == "__main__":
    sys.exit(simulator.main())
