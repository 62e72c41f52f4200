#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check that every script parses, can be executed and carries its licence.

Usage: scripts.py ROOT
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from tap import Tap

SHELL = re.compile(r"#!.*\b(sh|bash)$")
PYTHON = re.compile(r"#!.*\bpython3$")


def candidates(root):
    """Files of the checkout outside of build folders that could be scripts."""
    for folder, folders, files in os.walk(root):
        top = Path(folder) == root
        folders[:] = sorted(name for name in folders
                            if name not in (".git", "__pycache__")
                            and not (top and re.match(r"build($|-)", name)))
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_file() and path.stat().st_size < 1 << 20:
                yield path


def first_line(path):
    with path.open("rb") as file:
        return file.readline(200).decode("utf-8", "replace").rstrip("\n")


def parse_problems(path, line):
    shell = SHELL.match(line)
    if shell or path.suffix == ".sh":
        command = [shell[1] if shell else "sh", "-n", str(path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return [result.stderr] if result.returncode else []
    try:
        compile(path.read_text("utf-8"), str(path), "exec")
    except SyntaxError as error:
        return [str(error)]
    return []


def problems_of(path, line):
    problems = parse_problems(path, line)
    if line.startswith("#!") and not os.access(path, os.X_OK):
        problems.append("not executable")
    if "SPDX-License-Identifier: MIT" not in path.read_text("utf-8")[:200]:
        problems.append("no licence at the top")
    return problems


def main(root):
    tap = Tap()
    for path in candidates(root):
        line = first_line(path)
        if path.suffix in (".sh", ".py") or SHELL.match(line) or PYTHON.match(line):
            tap.case(path.relative_to(root).as_posix(), problems_of(path, line))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
