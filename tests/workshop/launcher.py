#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check the launcher on a small checkout of its own: what it builds, says and survives.

Usage: launcher.py ROOT
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tap import Tap

PROGRAM = r"""
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char cwd[4096];

	printf("%s", getcwd(cwd, sizeof(cwd)));
	for (int i = 1; i < argc; i++)
		printf(" [%s]", argv[i]);
	puts("");
	return 7;
}
"""

MESON = """
project('small', 'c')
configure_file(output: 'source-root', capture: true,
  command: ['printf', '%s\\n', meson.project_source_root()])
subdir('sim/cli')
"""

# Stand-ins for system commands. State lives in files beside them.
FAKES = {
    "id": 'cat "${0%/*}/uid"',
    "pkg-config": """
        case "$*" in
        "--exists libfyaml") [ -e "${0%/*}/libfyaml-dev" ]; exit ;;
        "--exists "*) exit 0 ;;
        esac
        exit 1""",
    "apt-get": """
        here=${0%/*}
        while [ $# -gt 0 ] && [ "$1" != install ] && [ "$1" != update ]; do shift; done
        echo "$*" >>"$here/calls"
        case $1 in
        update) touch "$here/lists"; exit 0 ;;
        esac
        [ -e "$here/lists" ] || { echo "E: Unable to locate package" >&2; exit 100; }
        shift
        for package in "$@"; do case $package in -*) ;; *) touch "$here/$package" ;; esac; done""",
}

INSTALL = "install -y --no-install-recommends libfyaml-dev"


class Checkout:
    """A checkout with the real launcher and a program of a few lines, in a path with spaces."""

    def __init__(self, source, folder):
        self.root = folder / "check out"
        self.cli = self.root / "sim" / "cli"
        self.build = self.root / "build"
        self.cli.mkdir(parents=True)
        shutil.copy(source / "pvmmio-sim", self.root)
        shutil.copy(source / "sim/cli/build.sh", self.cli)
        (self.root / "meson.build").write_text(MESON)
        (self.cli / "meson.build").write_text("executable('pvmmio-sim', 'main.c')\n")
        (self.cli / "main.c").write_text(PROGRAM)
        self.fakes = folder / "bin"
        self.fakes.mkdir()
        for name, body in FAKES.items():
            (self.fakes / name).write_text("#!/bin/sh\n%s\n" % body)
            (self.fakes / name).chmod(0o755)
        (self.fakes / "uid").write_text("1000\n")
        (self.fakes / "libfyaml-dev").touch()

    def start(self, *args, cwd=None, launcher=None):
        path = "%s:%s" % (self.fakes, os.environ["PATH"])
        return subprocess.Popen([str(launcher or self.root / "pvmmio-sim"), *args],
                                cwd=cwd or self.root, env=dict(os.environ, PATH=path),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def run(self, *args, **where):
        process = self.start(*args, **where)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


def differs(what, actual, expected):
    return [] if actual == expected else ["%s: %r, expected %r" % (what, actual, expected)]


def ran(result, output, says=""):
    """The program ran and printed output; standard error holds says, or nothing."""
    status, out, err = result
    return (differs("status", status, 7) + differs("standard output", out, output + "\n") +
            ([] if says and says in err else differs("standard error", err, says)))


def failed(result, *says):
    status, out, err = result
    return (differs("status", status, 3) + differs("standard output", out, "") +
            ["standard error lacks %r: %s" % (say, err) for say in says if say not in err])


def first_start(checkout):
    root = str(checkout.root)
    return (ran(checkout.run("a", "b c", ""), root + " [a] [b c] []", "building in") +
            ran(checkout.run("again"), root + " [again]"))


def concurrent_starts(checkout):
    starts = [checkout.start() for _ in range(4)]
    outputs = [start.communicate(timeout=120) for start in starts]
    builders = sum("building" in err for _, err in outputs)
    return ([problem for start, (out, err) in zip(starts, outputs)
             for problem in ran((start.returncode, out, ""), str(checkout.root))] +
            differs("starts that built", builders, 1))


def elsewhere(checkout):
    checkout.run()
    link = checkout.fakes / "a link"
    link.symlink_to(checkout.root / "pvmmio-sim")
    return (ran(checkout.run("x.yaml", cwd="/"), "/ [x.yaml]") +
            ran(checkout.run("x.yaml", cwd="/", launcher=link), "/ [x.yaml]"))


def second_start_is_quick(checkout):
    checkout.run()
    program = checkout.build / "sim/cli/pvmmio-sim"

    def best_s(launcher):
        times = []
        for _ in range(7):
            begin = time.monotonic()
            checkout.run(launcher=launcher)
            times.append(time.monotonic() - begin)
        return min(times)

    overhead = best_s(None) - best_s(program)
    return [] if overhead < 0.2 else ["%.3f s over the program's own time" % overhead]


def changed_source(checkout):
    checkout.run()
    (checkout.cli / "main.c").write_text(PROGRAM.replace('puts("")', 'puts("!")'))
    return ran(checkout.run(), str(checkout.root) + "!", "building in")


def interrupted_setup(checkout):
    checkout.run()
    (checkout.build / "build.ninja").unlink()
    return ran(checkout.run(), str(checkout.root), "building in")


def corrupt_folder(checkout):
    checkout.run()
    (checkout.build / "build.ninja").write_text("garbage\n")
    return ran(checkout.run(), str(checkout.root), "from scratch")


def moved_checkout(checkout):
    checkout.run()
    moved = checkout.root.with_name("moved")
    checkout.root.rename(moved)
    checkout.root = moved
    return ran(checkout.run(), str(moved), "building in")


def foreign_folder(checkout):
    checkout.build.mkdir()
    keep = checkout.build / "keep"
    keep.write_text("mine")
    problems = failed(checkout.run(), "in the way")
    return problems + ([] if keep.is_file() else ["somebody's file in build/ was removed"])


def meson_error(checkout):
    (checkout.root / "meson.build").write_text("garbage\n")
    problems = failed(checkout.run(), "first statement must be a call to project")
    (checkout.root / "meson.build").write_text(MESON)
    return problems + ran(checkout.run(), str(checkout.root), "building in")


def compile_error(checkout):
    (checkout.cli / "main.c").write_text("int main(void) { return nonsense; }\n")
    problems = failed(checkout.run(), "nonsense", "the build failed")
    (checkout.cli / "main.c").write_text(PROGRAM)
    return problems + ran(checkout.run(), str(checkout.root), "building in")


def missing_package_as_user(checkout):
    (checkout.fakes / "libfyaml-dev").unlink()
    problems = failed(checkout.run(), "sudo apt-get " + INSTALL)
    return problems + (["built something"] if checkout.build.exists() else [])


def missing_package_as_root(checkout):
    (checkout.fakes / "libfyaml-dev").unlink()
    (checkout.fakes / "uid").write_text("0\n")
    problems = ran(checkout.run(), str(checkout.root), "installing libfyaml-dev")
    calls = (checkout.fakes / "calls").read_text().splitlines()
    return problems + differs("apt-get", calls, [INSTALL, "update", INSTALL])


CASES = (
    ("the first start builds and says so, the second is silent", first_start),
    ("of several first starts at once one builds, all run", concurrent_starts),
    ("any working directory, and through a link", elsewhere),
    ("a second start costs under 0.2 s", second_start_is_quick),
    ("a changed source is built", changed_source),
    ("an interrupted set-up is made good", interrupted_setup),
    ("a corrupt build folder is made anew", corrupt_folder),
    ("a moved checkout is set up again", moved_checkout),
    ("a folder that Meson did not make is left alone", foreign_folder),
    ("an error in meson.build is shown, status 3, and goes away when fixed", meson_error),
    ("a compile error is shown, status 3, and goes away when fixed", compile_error),
    ("a missing package: the command is named", missing_package_as_user),
    ("a missing package, as root: it is installed, after an update", missing_package_as_root),
)


def main(source):
    tap = Tap()
    for name, check in CASES:
        with tempfile.TemporaryDirectory() as folder:
            tap.case(name, check(Checkout(source, Path(folder).resolve())))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
