#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check that the guest driver's objects need nothing but the platform interface and mem*.

Usage: freestanding.py LIBGUEST.A
"""

import re
import subprocess
import sys

from tap import Tap

ALLOWED = re.compile(r"plat_\w+|mem(cpy|set|move|cmp)|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_")


def symbols(archive, kind):
    output = subprocess.run(["nm", "-P", kind, archive], capture_output=True, text=True,
                            check=True).stdout
    return {line.split()[0] for line in output.splitlines() if line and not line.endswith(":")}


def main(archive):
    tap = Tap()
    defined = symbols(archive, "--defined-only")
    needed = symbols(archive, "--undefined-only") - defined
    tap.case("the driver defines i915_create", [] if "i915_create" in defined else ["it does not"])
    tap.case("the driver needs only the platform and mem*",
             sorted("needs " + name for name in needed if not ALLOWED.fullmatch(name)))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
