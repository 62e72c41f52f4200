#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The job files of docs/cluster/, run by the real programs: GNU parallel, and a Slurm of one node.

cluster.py PROGRAM

Slurm's daemons run in a folder of their own, on ports of their own, as whoever runs the test, without
munge and without accounting. What is not installed, or does not start here, is skipped.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import simulator

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
JOBS = simulator.ROOT / "docs" / "cluster"
START_SECONDS = 60
JOB_SECONDS = 200

# A blank in its name: it must survive every shell on the way.
SCENARIO = "a scenario.yaml"
TEXT = """\
scenario: small
vms:
  - name: vm0
    memory: 16MiB
    workload:
      repeat: 3
      steps:
        - fill: {width: 8, height: 8}
        - wait: all
"""

GRID = ("--vary", "platform.costs.exit.transition=100ns..10us*3", "--vary",
        "vms.vm0.pvmmio=none,[elsp_submit,ppgtt_update]", "--column",
        "vm0.submit.time_ps / vm0.submit.count")

# Types that any user can run, and no more than a node that runs one job at a time.
SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/none
CredType=cred/none
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=1,sched_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
NodeName={host} NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(count):
    """Numbers that nobody listens at now."""
    sockets = [socket.socket() for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def find(name):
    """Daemons are not in everybody's PATH."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Slurm:
    """slurmctld and slurmd in a folder; why is None once they run."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []
        self.why = None
        for name in ("slurmctld", "slurmd", "sbatch", "sinfo"):
            if not find(name):
                self.why = f"no {name} (package slurm-wlm)"
                return
        for name in ("state", "spool"):
            (folder / name).mkdir()
        self.conf = folder / "slurm.conf"
        self.conf.write_text(SLURM_CONF.format(host=socket.gethostname().partition(".")[0],
                                               user=self.user(), ports=free_ports(2),
                                               folder=folder))
        self.env = dict(simulator.environment(), SLURM_CONF=str(self.conf), PVMMIO_SIM=PROGRAM)
        for command in (("slurmctld", "-D", "-c"), ("slurmd", "-D")):
            self.daemons.append(subprocess.Popen(
                [find(command[0]), *command[1:], "-f", self.conf], env=self.env, cwd=folder,
                stdin=subprocess.DEVNULL, stdout=(folder / command[0]).open("wb"),
                stderr=subprocess.STDOUT))
        self.wait_for_node()

    @staticmethod
    def user():
        return subprocess.run(["id", "-un"], stdout=subprocess.PIPE, check=True,
                              text=True).stdout.strip()

    def wait_for_node(self):
        end = time.monotonic() + START_SECONDS
        state = ""
        while time.monotonic() < end and state != "idle":
            ended = [daemon for daemon in self.daemons if daemon.poll() is not None]
            if ended:
                log = self.folder / pathlib.Path(ended[0].args[0]).name
                self.why = "Slurm does not start here: " + log.read_text("utf-8", "replace")[-200:]
                return
            done = subprocess.run([find("sinfo"), "-h", "-o", "%T"], env=self.env, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            state = done.stdout.strip()
            time.sleep(0.2)
        if state != "idle":
            self.why = f"Slurm's node is '{state}' after {START_SECONDS} s"

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


class Cluster(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / SCENARIO).write_text(TEXT)
        self.env = dict(simulator.environment(), PVMMIO_SIM=PROGRAM)

    def whole(self):
        done = simulator.run(PROGRAM, "sweep", SCENARIO, *GRID, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def run_job(self, *command, env=None, status=0):
        done = subprocess.run([str(word) for word in command], cwd=self.folder, check=False,
                              env=env or self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=JOB_SECONDS)
        self.assertEqual(done.returncode, status, done.stdout.decode())
        return done.stdout.decode()

    # ---- GNU parallel

    def need_parallel(self):
        if not find("parallel"):
            self.skipTest("no parallel (package parallel)")
        done = subprocess.run(["parallel", "--version"], check=False, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if not done.stdout.startswith(b"GNU parallel"):
            self.skipTest("parallel is another program of that name")

    def test_parallel(self):
        self.need_parallel()
        whole = self.whole()
        command = (JOBS / "parallel-sweep", "4", "out put.csv", SCENARIO, *GRID)
        self.run_job(*command)
        self.assertEqual((self.folder / "out put.csv").read_bytes(), whole)
        self.assertEqual(len(list(self.folder.glob("out put.csv.*-of-4.csv"))), 4)
        # Again after a part was cut short: it is gone on with.
        part = self.folder / "out put.csv.2-of-4.csv"
        complete = part.read_bytes()
        part.write_bytes(complete[:-30])
        (self.folder / "out put.csv").unlink()
        self.run_job(*command)
        self.assertEqual(part.read_bytes(), complete)
        self.assertEqual((self.folder / "out put.csv").read_bytes(), whole)

    def test_parallel_with_a_wrong_part(self):
        self.need_parallel()
        (self.folder / "out.csv.1-of-2.csv").write_text("something else\n")
        text = self.run_job(JOBS / "parallel-sweep", "2", "out.csv", SCENARIO, *GRID, status=2)
        self.assertIn("out.csv.1-of-2.csv", text)
        self.assertFalse((self.folder / "out.csv").exists())

    def test_usage(self):
        for job in ("parallel-sweep", "slurm-sweep"):
            self.assertIn("usage: ", self.run_job(JOBS / job, "1", status=2))

    # ---- Slurm

    def test_slurm(self):
        where = self.folder / "slurm"
        where.mkdir()
        slurm = Slurm(where)
        self.addCleanup(slurm.stop)
        if slurm.why:
            self.skipTest(slurm.why.replace("\n", " "))
        # One is there already, in part, as after a task that was preempted.
        first = self.folder / "part-1-of-3.csv"
        done = simulator.run(PROGRAM, "sweep", SCENARIO, *GRID, "--shard", "1/3", cwd=self.folder)
        first.write_bytes(done.stdout[:-30])
        self.run_job(find("sbatch"), "--wait", "--array=1-3", "--output", "log-%a",
                     JOBS / "slurm-sweep", "part", SCENARIO, *GRID, env=slurm.env)
        self.assertEqual(first.read_bytes(), done.stdout)
        logs = [(self.folder / f"log-{i}").read_text() for i in (1, 2, 3)]
        self.assertEqual(logs, [""] * 3)
        self.run_job(PROGRAM, "merge", *(f"part-{i}-of-3.csv" for i in (3, 1, 2)), "--output",
                     "all.csv")
        self.assertEqual((self.folder / "all.csv").read_bytes(), self.whole())


if __name__ == "__main__":
    sys.exit(simulator.main())
