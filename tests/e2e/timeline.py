#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The timeline of --trace: its structure, and that it tells what the report tells.

timeline.py PROGRAM

Times are read as exact decimals: sums of slices have to equal the report's, to the picosecond.
"""

import collections
import decimal
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

import simulator

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ""
PARTS = ("transition", "dispatch", "forwarding", "emulation", "guest_memory", "lock_wait",
         "reentry", "cpu_wait")
WINDOW_PS = 100 * 10**6


def exact_ps(value, digits):
    """The number of picoseconds that value stands for, if it has as many digits as it should."""
    assert -value.as_tuple().exponent == digits, value
    return int(value.scaleb(digits))


def us(value):
    return exact_ps(value, 6)


def ns(value):
    return exact_ps(value, 3)


Slice = collections.namedtuple("Slice", "category name start end args depth")
Flow = collections.namedtuple("Flow", "phase name pid tid at")


class Timeline:
    """A trace file, taken apart and checked on the way."""

    def __init__(self, text):
        self.events = json.loads(text, parse_float=decimal.Decimal)["traceEvents"]
        self.processes = {}
        self.threads = {}
        self.slices = collections.defaultdict(list)  # by (pid, tid)
        self.counters = collections.defaultdict(list)  # by pid
        self.instants = collections.Counter()
        self.flows = collections.defaultdict(list)  # by id
        self.open = collections.defaultdict(list)  # by (pid, tid)
        self.last = {}
        for event in self.events:
            getattr(self, "phase_" + event["ph"])(event)
        assert not any(self.open.values()), "slices are left open"
        assert len(set(self.processes.values())) == len(self.processes)
        for slices in self.slices.values():
            check_nesting(slices)

    def place(self, event):
        """The event's track, which has been named before."""
        pid, tid = event["pid"], event["tid"]
        assert self.threads[tid][0] == pid and pid in self.processes, event
        return pid, tid

    def phase_M(self, event):
        if event["name"] == "process_name":
            assert event["pid"] not in self.processes
            self.processes[event["pid"]] = event["args"]["name"]
        elif event["name"] == "thread_name":
            assert event["tid"] not in self.threads
            self.threads[event["tid"]] = (event["pid"], event["args"]["name"])
        else:
            assert event["name"] in ("process_sort_index", "thread_sort_index"), event

    def in_order(self, track, event):
        at = us(event["ts"])
        assert at >= self.last.get(track, 0), event
        self.last[track] = at
        return at

    def phase_B(self, event):
        track = self.place(event)
        self.open[track].append((event, self.in_order(track, event)))

    def phase_E(self, event):
        track = self.place(event)
        begin, start = self.open[track].pop()
        assert begin["name"] == event["name"], event
        self.slices[track].append(Slice(begin["cat"], begin["name"], start,
                                        self.in_order(track, event), begin.get("args", {}),
                                        len(self.open[track])))

    def phase_X(self, event):
        track = self.place(event)
        start = us(event["ts"])
        self.slices[track].append(Slice(event["cat"], event["name"], start,
                                        start + us(event["dur"]), event["args"],
                                        len(self.open[track])))

    def phase_i(self, event):
        self.place(event)
        assert event["s"] == "t"
        self.instants[event["name"]] += 1

    def phase_C(self, event):
        assert event["pid"] in self.processes
        (name, value), = event["args"].items()
        assert (event["name"], name) == ("exits per second", "exits/s"), event
        at = us(event["ts"])
        assert at % WINDOW_PS == 0
        self.counters[event["pid"]].append((at, value))

    def flow(self, event):
        pid, tid = self.place(event)
        self.flows[event["id"]].append(Flow(event["ph"], event["name"], pid, tid,
                                            us(event["ts"])))

    phase_s = phase_t = phase_f = flow

    def of_process(self, name, category):
        """All slices of a category in the process called name."""
        return [one for (pid, _), slices in self.slices.items() for one in slices
                if self.processes[pid] == name and one.category == category]

    def under(self, flow):
        """Names of the slices that the end of an arrow touches."""
        return {one.name for one in self.slices[flow.pid, flow.tid]
                if one.start <= flow.at <= one.end}


def check_nesting(slices):
    """Any two slices of a track are apart or one in the other."""
    ends = []
    for one in sorted(slices, key=lambda one: (one.start, -one.end, one.depth)):
        assert one.end >= one.start, one
        while ends and ends[-1] <= one.start:
            ends.pop()
        assert not ends or one.end <= ends[-1], one
        ends.append(one.end)


def self_times(slices):
    """{name: (count, time)} of operations, nested operations not counted in."""
    result = collections.Counter()
    counts = collections.Counter()
    inside = collections.Counter()  # time of those nested directly in the open ones, by depth
    for one in slices:  # in the order of their ends
        if one.category != "operation":
            continue
        counts[one.name] += 1
        result[one.name] += one.end - one.start - inside.pop(one.depth + 1, 0)
        inside[one.depth] += one.end - one.start
    return {name: (counts[name], result[name]) for name in counts}


def scenarios():
    """Those whose timelines are of a size to look at: not a second of eight busy VMs."""
    return [scenario for scenario in simulator.scenarios() if scenario.name != "fair-share.yaml"]


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def run_traced(self, *arguments, status=0):
        """Report and trace of a run, as bytes."""
        path = self.folder / "trace.json"
        done = simulator.run(PROGRAM, "--json", "-", "--trace", path, *arguments)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout, path.read_bytes()


class Shape(Files):
    def check_exits(self, timeline, process, vm):
        exits = timeline.of_process(process, "exit")
        self.assertEqual(len(exits), vm["exits"]["count"])
        self.assertEqual(sum(one.end - one.start for one in exits), vm["exits"]["time_ps"])
        reasons = collections.Counter(one.args["reason"] for one in exits)
        self.assertEqual(reasons, {name: sums["count"] for name, sums
                                   in vm["exits"]["by_reason"].items()})
        registers = collections.Counter((one.args["register"], one.args["reason"])
                                        for one in exits if "register" in one.args)
        expected = collections.Counter()
        for register in vm["exits"]["by_register"]:
            expected[register["register"], register["reason"]] += register["count"]
        self.assertEqual(registers, expected)
        for one in exits:
            self.assertEqual(one.name, one.args.get("register", one.args["reason"]))
        closed = [one for one in exits if "open" not in one.args]
        for one in closed:
            parts = [ns(one.args[part + "_ns"]) for part in PARTS]
            self.assertEqual(sum(parts), one.end - one.start)
            self.assertEqual(ns(one.args["duration_ns"]), one.end - one.start)
        if len(closed) == len(exits):
            for part, time_ps in vm["exits"]["by_part"].items():
                self.assertEqual(sum(ns(one.args[part + "_ns"]) for one in exits), time_ps)

    def check_operations(self, timeline, process, vm):
        measured = {}
        for (pid, _), slices in timeline.slices.items():
            if timeline.processes[pid] == process:
                self.assertFalse(measured.keys() & self_times(slices).keys())
                measured.update(self_times(slices))
        expected = {name: (one["count"], one["time_ps"]) for name, one in vm["operations"].items()
                    if one["count"]}
        if not vm["hung"]:
            self.assertEqual(measured, expected)

    def check_work(self, timeline, title, variant):
        """The mediator's work by kind, whoever it was for."""
        measured = collections.Counter()
        expected = collections.Counter()
        for process in timeline.processes.values():
            if process.startswith(title + ": "):
                for one in timeline.of_process(process, "work"):
                    self.assertEqual(one.name, one.args["kind"])
                    measured[one.name, "count"] += one.args["count"]
                    measured[one.name, "time_ps"] += one.end - one.start
        books = [variant["mediator_work"]]
        for vm in variant["vms"]:
            books += [one["mediator_work"] for one
                      in [*vm["operations"].values(), vm["outside_operations"]]]
        for book in books:
            for kind, sums in book["by_kind"].items():
                expected[kind, "count"] += sums["count"]
                expected[kind, "time_ps"] += sums["time_ps"]
        self.assertEqual(measured, expected)

    def check_engines(self, timeline, title, variant):
        tracks = {name: slices for tid, (pid, name) in timeline.threads.items()
                  for slices in [timeline.slices[pid, tid]]
                  if timeline.processes[pid] == title + ": GPU"}
        for engine, stats in variant["engines"].items():
            slices = tracks.get("gpu " + engine, [])
            busy = sum(one.end - one.start for one in slices if one.name == "active")
            if not stats["hangs"]:
                self.assertEqual(busy, stats["busy_ps"])

    def check_rate(self, timeline, process, vm):
        """The counter's integral is the number of exits."""
        for pid, name in timeline.processes.items():
            if name != process:
                continue
            samples = timeline.counters[pid]
            self.assertEqual(samples, sorted(samples))
            if samples:
                self.assertEqual(samples[-1][1], 0)
            total = sum((after[0] - before[0]) * before[1]
                        for before, after in zip(samples, samples[1:]))
            self.assertEqual(total, vm["exits"]["count"] * 10**12)

    def check_pipes(self, timeline, process, vm):
        """A VM's virtual pipe: frame after frame, without gaps."""
        frames = timeline.of_process(process, "display")
        if "display" not in vm or vm["mode"] == "native":
            self.assertEqual(frames, [])
            return
        self.assertGreaterEqual(len(frames), vm["display"]["vblank_interrupts"])
        for one, after in zip(frames, frames[1:]):
            self.assertEqual(one.end, after.start)
            self.assertLess(one.args["frame"], after.args["frame"])

    def check_flows(self, timeline):
        for flow in timeline.flows.values():
            ends = [one for one in flow if one.phase != "t"]
            self.assertEqual([one.phase for one in ends], ["s", "f"])
            self.assertEqual(len({one.name for one in flow}), 1)
            self.assertEqual([one.at for one in flow], sorted(one.at for one in flow))
            for one in flow:
                self.assertTrue(timeline.under(one), one)

    def check(self, timeline, report):
        self.check_flows(timeline)
        for variant in report["variants"]:
            title = f"{report['scenario']} {variant['name']}"
            for vm in variant["vms"]:
                process = f"{title}: {vm['name']}"
                self.assertIn(process, timeline.processes.values())
                self.check_exits(timeline, process, vm)
                self.check_operations(timeline, process, vm)
                self.check_rate(timeline, process, vm)
                self.check_pipes(timeline, process, vm)
            self.check_work(timeline, title, variant)
            self.check_engines(timeline, title, variant)

    def test_all_scenarios(self):
        for scenario in scenarios():
            with self.subTest(scenario.name):
                report, trace = self.run_traced(scenario)
                self.check(Timeline(trace), json.loads(report))

    def test_chain_of_a_submission(self):
        """From the doorbell's exit to the guest's handler, along the arrows."""
        _, trace = self.run_traced("--variant", "pvmmio", simulator.SCENARIOS / "submission.yaml")
        timeline = Timeline(trace)
        chains = [flow for flow in timeline.flows.values() if flow[0].name == "doorbell"]
        self.assertTrue(chains)
        for chain in chains:
            self.assertEqual([one.phase for one in chain], ["s", "t", "t", "f"])
            exit_, taken, engine, done = chain
            self.assertIn("BCS0_ELSP", timeline.under(exit_))
            self.assertIn("workload", timeline.under(taken))
            self.assertIn("active", timeline.under(engine))
            self.assertEqual((taken.pid, taken.tid), (done.pid, done.tid))
            handled = {"interrupt" for flow in timeline.flows.values()
                       if flow[0].name == "msi" and flow[0].tid == done.tid
                       and taken.at <= flow[0].at <= done.at
                       and "interrupt" in timeline.under(flow[1])}
            self.assertTrue(handled)

    def test_vblank_to_handler(self):
        """Each vblank that the driver handles has an arrow from the frame that it begins."""
        for variant, process, thread in (("native", "GPU", "gpu pipe A"),
                                         ("one", "vm0", "virtual pipe A")):
            with self.subTest(variant):
                report, trace = self.run_traced("--variant", variant,
                                                simulator.SCENARIOS / "flip.yaml")
                timeline = Timeline(trace)
                (vm,) = json.loads(report)["variants"][0]["vms"]
                (tid,) = [tid for tid, (pid, name) in timeline.threads.items() if name == thread
                          and timeline.processes[pid] == f"flip {variant}: {process}"]
                told = [flow for flow in timeline.flows.values() if flow[0].tid == tid]
                self.assertEqual(len(told), vm["display"]["vblank_interrupts"])
                for begin, end in told:
                    self.assertTrue(any(name.startswith("frame ")
                                        for name in timeline.under(begin)))
                    self.assertIn("interrupt", timeline.under(end))

    def test_hangs_and_resets(self):
        _, trace = self.run_traced(simulator.SCENARIOS / "misbehaving-guest.yaml")
        timeline = Timeline(trace)
        self.assertTrue(timeline.instants["failsafe"])

    def test_several_files(self):
        scenarios = [simulator.SCENARIOS / name for name in ("submission.yaml", "two-vms.yaml")]
        reports, trace = self.run_traced(*scenarios)
        timeline = Timeline(trace)
        for report in json.loads(reports):
            self.check(timeline, report)


class Onlooker(Files):
    def test_same_bytes(self):
        for scenario in scenarios():
            with self.subTest(scenario.name):
                self.assertEqual(self.run_traced(scenario), self.run_traced(scenario))

    def test_same_report(self):
        for scenario in scenarios():
            with self.subTest(scenario.name):
                alone = simulator.run(PROGRAM, "--json", "-", scenario).stdout
                self.assertEqual(self.run_traced(scenario)[0], alone)

    def test_beside_events(self):
        """Two onlookers see what each sees alone."""
        scenario = simulator.SCENARIOS / "submission.yaml"
        events = self.folder / "events"
        _, beside = self.run_traced("--events", events, scenario)
        self.assertEqual(beside, self.run_traced(scenario)[1])
        alone = simulator.run(PROGRAM, "--events", "-", scenario).stdout
        self.assertEqual(events.read_bytes(), alone)


if __name__ == "__main__":
    sys.exit(simulator.main())
