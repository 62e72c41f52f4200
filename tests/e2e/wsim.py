#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Workload descriptors of gem_wsim: what each kind of step does to the time that a run takes.

wsim.py PROGRAM

Times are those of a native VM, in milliseconds, give or take what submitting costs.
"""

import json
import pathlib
import sys
import tempfile
import unittest

import simulator

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ""
SLACK_MS = 0.15  # for a few submissions


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text):
        path = pathlib.Path(self.folder.name, name)
        path.write_text(text)
        return path


class Steps(Folder):
    def vm(self, steps, variant="native", clients=1, repeat=1, settings=()):
        """Results of one VM that has run the steps, all of them checked."""
        path = self.write("w.wsim", "\n".join(steps.split()))
        options = [f"--set=vms.vm0.workload.{key}" for key in
                   (f"clients={clients}", f"repeat={repeat}", *settings)]
        done = simulator.run(PROGRAM, "--json", "-", "--variant", variant, *options, path)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        run = json.loads(done.stdout)["variants"][0]
        vm = run["vms"][0]
        self.assertIsNone(vm["workload"]["error"])
        self.assertEqual(vm["workload"]["lost"], 0)
        self.assertEqual(vm["workload"]["completed"], vm["workload"]["requests"])
        self.assertEqual(vm["workload"]["bytes_wrong"], 0)
        self.assertGreater(vm["workload"]["bytes_verified"], 0)
        return run, vm

    def takes(self, expected_ms, steps, **options):
        run, vm = self.vm(steps, **options)
        found_ms = vm["workload"]["duration_ps"] / 1e9
        self.assertGreaterEqual(found_ms, expected_ms * 0.999, steps)
        self.assertLess(found_ms, expected_ms * 1.02 + SLACK_MS, steps)
        return run, vm

    def busy_ms(self, run, engine):
        return run["engines"][engine]["busy_ps"] / 1e9

    def test_engines_work_side_by_side(self):
        run, _ = self.takes(2, "1.RCS.2000.0.0 1.BCS.1000.0.0 1.VCS1.1500.0.0 1.VCS2.500.0.0 "
                               "1.VECS.2000.0.0")
        for engine, ms in ("RCS0", 2), ("BCS0", 1), ("VCS0", 1.5), ("VCS1", 0.5), ("VECS0", 2):
            self.assertAlmostEqual(self.busy_ms(run, engine), ms, delta=0.05, msg=engine)

    def test_one_engine_does_one_after_the_other(self):
        self.takes(3, "1.RCS.2000.0.0 2.RCS.1000.0.0")

    def test_data_is_waited_for(self):
        self.takes(3, "1.RCS.2000.0.0 1.BCS.1000.-1.0")

    def test_a_writer_waits_for_readers(self):
        # The second turn's first batch writes what the first turn's second still reads.
        self.takes(6, "1.RCS.1000.0.0 1.VCS1.2000.-1.0", repeat=2)

    def test_fences_of_batches(self):
        self.takes(4, "1.RCS.1000.0.0 2.VCS1.2000.f-1.0 3.VCS2.3000.f-2.0")

    def test_submit_fences(self):
        # It starts when the third one gets a port, not when that ends.
        self.takes(4, "1.RCS.1000.0.0 2.RCS.1000.0.0 3.RCS.1000.0.0 4.VCS1.3000.s-1.0")
        self.takes(6, "1.RCS.1000.0.0 2.RCS.1000.0.0 3.RCS.1000.0.0 4.VCS1.3000.f-1.0")

    def test_fences_made_and_signalled(self):
        self.takes(3, "f 1.VCS1.1000.f-1.0 d.2000 a.-3")

    def test_a_fence_that_nobody_signals_is_signalled_at_the_end(self):
        self.takes(3, "f 1.VCS1.1000.f-1.0 d.2000")

    def test_waiting(self):
        self.takes(4, "1.RCS.1000.0.1 1.BCS.1000.0.0 s.-1 1.RCS.2000.0.0")

    def test_throttle_by_batches(self):
        # Each batch but the first waits for the one before it: engines do not overlap.
        self.takes(4, "t.1 1.RCS.1000.0.0 1.BCS.1000.0.0 1.VCS1.1000.0.0 1.VECS.1000.0.0")
        self.takes(2, "t.2 1.RCS.1000.0.0 1.BCS.1000.0.0 1.VCS1.1000.0.0 1.VECS.1000.0.0")

    def test_throttle_by_queue_depth(self):
        # With one in the queue at most, the delay begins when the first batch has ended.
        self.takes(2, "1.RCS.1000.0.0 1.RCS.1000.0.0 d.1000")
        self.takes(2, "q.1 1.RCS.1000.0.0 1.RCS.1000.0.0 d.1000")
        self.takes(3, "q.1 1.RCS.1000.0.0 1.RCS.1000.0.0 d.2000")
        self.takes(2, "q.2 1.RCS.1000.0.0 1.RCS.1000.0.0 d.2000")

    def test_periods(self):
        _, vm = self.takes(8, "1.RCS.1000.0.1 p.4000", repeat=2)
        self.assertEqual(vm["clients"]["0"]["late_periods"], 0)
        _, vm = self.takes(4, "1.RCS.2000.0.1 p.1000", repeat=2)
        self.assertEqual(vm["clients"]["0"]["late_periods"], 2)

    def test_endless_batches(self):
        run, _ = self.takes(3, "1.VECS.*.0.0 d.3000 T.-2 s.-3")
        self.assertAlmostEqual(self.busy_ms(run, "VECS0"), 3, delta=0.1)
        self.takes(6, "1.VECS.*.0.0 d.3000 T.-2", repeat=2)

    def test_load_balancing(self):
        four = "1.DEFAULT.1000.0.0 2.DEFAULT.1000.0.0 1.DEFAULT.1000.0.0 2.DEFAULT.1000.0.0"
        run, _ = self.takes(2, "M.1.VCS B.1 M.2.VCS1|VCS2 B.2 " + four)
        self.assertAlmostEqual(self.busy_ms(run, "VCS0"), self.busy_ms(run, "VCS1"), delta=0.05)
        self.takes(4, "M.1.VCS M.2.VCS1|VCS2 " + four.replace("DEFAULT", "VCS1"))
        self.takes(4, four)

    def test_bonds(self):
        maps = "M.1.RCS|VECS B.1 M.2.VCS1|VCS2 B.2 "
        pair = "1.%s.1000.0.0 2.DEFAULT.1000.s-1.0"
        for bonds, master, slave in (("b.2.VCS1.RCS b.2.VCS2.VECS ", "RCS", "VCS0"),
                                     ("b.2.VCS2.RCS b.2.VCS1.VECS ", "RCS", "VCS1"),
                                     ("b.2.VCS1.RCS b.2.VCS2.VECS ", "VECS", "VCS1")):
            run, _ = self.takes(1, maps + bonds + pair % master)
            self.assertAlmostEqual(self.busy_ms(run, slave), 1, delta=0.05)

    def test_clients_alternate_between_video_engines(self):
        run, _ = self.takes(2, "1.VCS.2000.0.0", clients=2)
        self.assertAlmostEqual(self.busy_ms(run, "VCS0"), self.busy_ms(run, "VCS1"), delta=0.05)

    def test_clients_run_at_once(self):
        _, vm = self.takes(3, "1.RCS.1000.0.0 d.3000", clients=3)
        self.assertEqual(vm["frames"]["count"], 3)
        self.assertEqual([vm["clients"][str(i)]["batches"] for i in range(3)], [1, 1, 1])

    def test_vcpus_are_busy_outside_of_sleep(self):
        # Two clients sleep nearly all the time, and a third waits: none of them is busy.
        for steps in "1.RCS.10.0.0 d.5000", "1.RCS.5000.0.1":
            _, vm = self.vm(steps, clients=2)
            work = vm["workload"]
            self.assertGreater(work["busy_ps"], 0)
            self.assertLess(work["busy_share"], 0.02)
        # Requests one after the other, without a wait between them, keep a vCPU busy.
        _, vm = self.vm("1.RCS.1.0.0 " * 20)
        self.assertGreater(vm["workload"]["busy_share"], 0.5)
        self.assertLessEqual(vm["workload"]["busy_ps"], vm["workload"]["duration_ps"])

    def test_working_sets(self):
        self.takes(3, "w.1.4k/2n64k 1.RCS.1000.w1-0-2.0 2.BCS.2000.r1-1.0")
        # Readers do not wait for each other, and another object is none of theirs.
        self.takes(2, "w.1.4k/2n64k 1.RCS.1000.r1-0.0 2.BCS.2000.r1-0/w1-2.0")

    def test_shared_working_sets(self):
        steps = "%s.1.1m 1.VCS.2000.w1-0.0"
        self.takes(4, steps % "W", clients=2)
        self.takes(2, steps % "w", clients=2)

    def test_priorities(self):
        # The first one is in the port already; of the others the third goes first.
        steps = "%s 1.RCS.1000.0.0 2.RCS.5000.0.0 3.RCS.1000.0.0 4.RCS.1000.0.0 5.RCS.1000.0.0 s.-1"
        _, vm = self.takes(9, steps % "P.6.0")
        plain = vm["clients"]["0"]["frames"]["time"]["max_ps"] / 1e9
        _, vm = self.takes(9, steps % "P.5.1 P.4.-1")
        urgent = vm["clients"]["0"]["frames"]["time"]["max_ps"] / 1e9
        self.assertGreater(plain, urgent + 1)

    def test_durations_drawn(self):
        _, vm = self.vm("1.RCS.100-900.0.1", repeat=50)
        times = vm["frames"]["time"]
        self.assertLess(times["p50_ps"], times["max_ps"])
        self.assertLess(times["max_ps"] / 1e9, 0.9 + SLACK_MS)
        self.assertAlmostEqual(times["mean_ps"] / 1e9, 0.5, delta=0.12)

    def test_points_of_preemption(self):
        # 20 commands and 19 points between them take hardly longer than one.
        run, _ = self.takes(2, "X.1.100 1.RCS.2000.0.0")
        plain, _ = self.takes(2, "X.1.0 1.RCS.2000.0.0")
        self.assertEqual(run["engines"]["RCS0"]["commands"],
                         plain["engines"]["RCS0"]["commands"] + 38)

    def test_a_batch_as_long_as_the_ring_is_full(self):
        # More batches than a ring has room for.
        self.vm("1.RCS.10.0.0 " * 400, repeat=2)

    def test_virtual_machines_do_the_same(self):
        steps = ("M.1.VCS B.1 w.1.2n64k 1.DEFAULT.300.w1-0.0 2.RCS.200.-1/r1-0.0 f "
                 "3.BCS.100.f-1/-2.0 a.-2 4.VECS.50.s-2.1 p.1000")
        found = []
        for variant in "native", "baseline", "pvmmio":
            _, vm = self.vm(steps, variant=variant, clients=2, repeat=3)
            found.append({key: vm["workload"][key]
                          for key in ("requests", "completed", "bytes_verified", "bytes_wrong")})
        self.assertEqual(found[0]["requests"], 24)
        self.assertEqual(found[1], found[0])
        self.assertEqual(found[2], found[0])


class Hangs(Folder):
    """
    The first batch never ends; nothing gets as far as the step that would end it. Behind the
    mediator an engine comes back when the host's own hang check has found it, after 6 s.
    """
    STEPS = "1.VECS.*.0.0\n1.BCS.500.-1.0\n2.VECS.500.0.1\nT.-3\n"

    def results(self, steps, *settings):
        path = self.write("w.wsim", steps)
        options = [f"--set=vms.vm0.{key}" for key in settings]
        done = simulator.run(PROGRAM, "--json", "-", *options, path)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        for variant in json.loads(done.stdout)["variants"]:
            yield variant["name"], variant["vms"][0]["workload"]

    def expect(self, workload, name, **expected):
        self.assertEqual({key: workload[key] for key in expected}, expected, name)

    def test_a_hang_is_mended(self):
        for name, workload in self.results(self.STEPS, "hangcheck=2ms",
                                           "workload.timeout=30s"):
            self.expect(workload, name, requests=3, completed=2, failed=1, lost=0, hangs=1,
                        bytes_wrong=0, error="EIO")
            self.assertGreater(workload["bytes_verified"], 0)

    def test_waiting_for_what_hung_is_an_error(self):
        steps = "1.VECS.*.0.0\n2.BCS.500.f-1.0\ns.-2\nT.-3\n"
        for name, workload in self.results(steps, "hangcheck=2ms", "workload.clients=3",
                                           "workload.timeout=30s"):
            self.expect(workload, name, requests=6, completed=3, failed=3, lost=0, hangs=3,
                        bytes_wrong=0, error="EIO")

    def test_without_hang_check_it_is_lost(self):
        for name, workload in self.results(self.STEPS, "workload.timeout=20ms",
                                           "workload.clients=2"):
            self.expect(workload, name, requests=6, completed=0, failed=0, lost=6, hangs=0,
                        bytes_wrong=0, error="ETIME")


class Files(Folder):
    def refused(self, message, *arguments):
        done = simulator.run(PROGRAM, *arguments)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, b"")
        self.assertIn(message, done.stderr.decode())

    def scenario(self, workload, more=""):
        return self.write("s.yaml", "scenario: s\nvms:\n  - name: vm0\n" + more +
                          "    workload: {" + workload + "}\n")

    def test_the_report_contains_the_descriptor(self):
        self.write("w.wsim", "# a comment\n1.RCS.5.0.0\n")
        path = self.scenario('wsim: w.wsim, repeat: 3')
        done = simulator.run(PROGRAM, "--json", "-", path)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        first = json.loads(done.stdout)["variants"][0]
        again = self.write("again.yaml", json.dumps(first["config"]))
        done = simulator.run(PROGRAM, "--json", "-", again)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertEqual(json.loads(done.stdout)["variants"][0], first)

    def test_warnings_have_lines_and_stop_nothing(self):
        path = self.write("w.wsim", "S.1.1\n1.RCS.5.0.0\n")
        done = simulator.run(PROGRAM, path)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr.decode().count("warning"), 1)
        self.assertIn("w.wsim:1:1: warning: no effect: slices are not modelled",
                      done.stderr.decode())

    def test_wrong_descriptors(self):
        path = self.write("w.wsim", "1.RCS.5.0.0\n1.RCS.5.-2.0\n")
        self.refused("w.wsim:2:9: error:", path)
        self.refused("w.wsim:2:9: error:", self.scenario("wsim: w.wsim"))
        self.refused("cannot read", self.write("w.wsim", "").with_name("none.wsim"))

    def test_wrong_scenarios(self):
        self.refused("cannot read", self.scenario("wsim: none.wsim"))
        self.refused("more than one of 'steps', 'wsim' and 'wsim_text'",
                     self.scenario("steps: [wait: all], wsim_text: 1.RCS.5.0.0"))
        self.refused("none of 'steps', 'wsim' and 'wsim_text'", self.scenario("repeat: 2"))
        self.refused("'wsim' is a list", self.scenario("wsim: [a]"))
        self.refused("3 clients on 2 vCPUs",
                     self.scenario("wsim_text: 1.RCS.5.0.0, clients: 3", "    vcpus: 2\n"))
        self.refused("'ppgtt' is none",
                     self.scenario("wsim_text: 1.RCS.5.0.0", "    ppgtt: none\n"))
        self.refused("'period' of a workload with 'wsim'",
                     self.scenario("wsim_text: 1.RCS.5.0.0, period: 1ms"))
        self.refused("'clients' of a workload with 'steps'",
                     self.scenario("steps: [wait: all], clients: 2", "    vcpus: 2\n"))

    def test_odd_names_of_files(self):
        path = self.write('a "b" \\n: #.wsim', "1.RCS.5.0.0\n")
        self.assertEqual(simulator.run(PROGRAM, path).returncode, 0)


if __name__ == "__main__":
    sys.exit(simulator.main())
