#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check that every header compiles by itself, twice in a row, and says what it is.

Usage: headers.py ROOT CC...
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tap import Tap

FLAGS = ("-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror",
         "-fsyntax-only", "-x", "c", "-")


def problems_of(root, compiler, path):
    """What is wrong with one header."""
    source = '#include "%s"\n#include "%s"\n' % (path, path)
    result = subprocess.run([*compiler, "-I", str(root), *FLAGS], input=source, text=True,
                            capture_output=True, check=False)
    problems = [result.stderr] if result.returncode else []
    if "SPDX-License-Identifier: MIT" not in (root / path).read_text("utf-8").split("\n")[0]:
        problems.append("%s: no licence in the first line" % path)
    return problems


def main(root, compiler):
    tap = Tap()
    headers = [file.relative_to(root).as_posix() for folder in ("sim", "hw-model", "host", "guest")
               for file in sorted((root / folder).rglob("*.h"))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda path: problems_of(root, compiler, path), headers)
        for path, problems in zip(headers, found):
            tap.case("%s stands alone" % path, problems)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
