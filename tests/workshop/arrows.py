#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check which folder includes which: the arrows of docs/design.md, as a table.

Usage: arrows.py ROOT
"""

import re
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

from tap import Tap

EVERYTHING = ("sim/abi", "sim/platform.h", "sim/machine", "hw-model", "hw-model/regs", "host",
              "guest", "sim/scenario", "sim/report")

# Room: the rooms and single headers that its files may include besides its own. A file belongs to
# the longest room that its path begins with.
ARROWS = {
    "sim/abi": (),
    "sim/platform.h": (),
    "hw-model/regs": (),
    "sim/machine": ("sim/platform.h",),
    "hw-model": ("sim/machine", "hw-model/regs"),
    "host": ("sim/machine", "sim/abi", "hw-model/regs"),
    "guest": ("sim/platform.h", "sim/abi", "hw-model/regs"),
    "sim/scenario": ("sim/machine", "sim/abi", "hw-model/gen9_gpu.h", "hw-model/regs"),
    "sim/report": ("sim/machine", "sim/scenario", "sim/abi", "hw-model/gen9_gpu.h",
                   "hw-model/regs"),
    "sim/simulation": EVERYTHING,
    "sim/study": ("sim/simulation", "sim/report", "sim/scenario", "sim/machine"),
    "sim/cli": ("sim/study", "sim/simulation", "sim/report", "sim/scenario", "sim/machine"),
}

# What a freestanding driver may ask of a compiler's and a kernel's headers: types, constants and
# mem*. The symbols that guest objects need are checked in tests/guest.
GUEST_SYSTEM_HEADERS = {"assert.h", "errno.h", "limits.h", "stdarg.h", "stdatomic.h", "stdbool.h",
                        "stddef.h", "stdint.h", "string.h"}

FOLDERS = ("sim", "guest", "host", "hw-model")
SUFFIXES = (".c", ".h", ".S", ".inc", ".def")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')

Include = namedtuple("Include", "where room system target")


def files_in(root):
    """The checked files, as paths from root."""
    return [file.relative_to(root).as_posix() for folder in FOLDERS
            for file in sorted((root / folder).rglob("*"))
            if file.suffix in SUFFIXES and file.is_file()]


def within(path, room):
    return path == room or path.startswith(room + "/")


def room_of(path):
    rooms = [room for room in ARROWS if within(path, room)]
    return max(rooms, key=len) if rooms else None


def read_includes(root):
    """Every #include of the checked folders, in the order of paths and lines."""
    includes = []
    for path in files_in(root):
        for number, line in enumerate((root / path).read_text("utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                includes.append(Include("%s:%d" % (path, number), room_of(path),
                                        match[1] == "<", match[2]))
    return includes


def forbidden(includes, room):
    """Includes in room that follow no arrow."""
    problems = []
    for inc in includes:
        if inc.room != room or inc.system:
            continue
        target = room_of(inc.target)
        if target == room or inc.target in ARROWS[room] or target in ARROWS[room]:
            continue
        problems.append('%s: %s may not include "%s"' % (inc.where, room, inc.target))
    return problems


def homeless(root):
    """Files without a row, and rows without a file."""
    files = files_in(root)
    rooms = {room_of(path) for path in files}
    return (["%s: its folder has no row in tests/workshop/arrows.py" % path
             for path in files if room_of(path) is None] +
            ["no file in %s" % room for room in ARROWS if room not in rooms])


def unrooted(root, includes):
    """Quoted includes that are no path from the root of the checkout."""
    return ['%s: no file "%s" from the root' % (inc.where, inc.target)
            for inc in includes if not inc.system and not (root / inc.target).is_file()]


def hosted(includes):
    return ["%s: a freestanding driver has no <%s>" % (inc.where, inc.target)
            for inc in includes
            if inc.room == "guest" and inc.system and inc.target not in GUEST_SYSTEM_HEADERS]


def cycles(includes):
    """Rooms that, over any number of steps, include themselves."""
    reaches = {room: set() for room in ARROWS}
    for inc in includes:
        target = None if inc.system else room_of(inc.target)
        if inc.room and target and target != inc.room:
            reaches[inc.room].add(target)
    for middle in reaches:
        for room in reaches:
            if middle in reaches[room]:
                reaches[room] |= reaches[middle]
    return ["%s includes itself through others" % room for room in reaches
            if room in reaches[room]]


def planted(files, check):
    """What check(root, includes) finds in a tree of the given files; a problem if nothing."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return [] if check(root, read_includes(root)) else ["not noticed: %s" % files]


def check_planted(tap):
    def arrow(source, target):
        files = {source: '#include "%s"\n' % target, target: ""}
        tap.case("a planted %s -> %s is noticed" % (source, target),
                 planted(files, lambda _, incs: forbidden(incs, room_of(source))))

    arrow("host/elsp.c", "guest/i915.h")
    arrow("host/elsp.c", "hw-model/gen9_gpu.h")
    arrow("guest/i915_lrc.c", "sim/machine/bus.h")
    arrow("hw-model/engine.c", "host/gvt.h")
    arrow("sim/machine/bus.c", "hw-model/gen9_gpu.h")
    arrow("sim/scenario/schema.c", "hw-model/engine.h")
    arrow("hw-model/regs/gen9_regs.c", "sim/machine/bus.h")
    tap.case("a planted cycle is noticed",
             planted({"host/a.h": '#include "hw-model/b.h"\n',
                      "hw-model/b.h": '#include "sim/machine/c.h"\n',
                      "sim/machine/c.h": '#  include "host/a.h"\n'},
                     lambda _, incs: cycles(incs)))
    tap.case("a planted include beside the root is noticed",
             planted({"host/a.c": '#include "gvt.h"\n', "host/gvt.h": ""}, unrooted))
    tap.case("a planted libc header in the guest is noticed",
             planted({"guest/a.c": "#include <stdio.h>\n"}, lambda _, incs: hosted(incs)))
    tap.case("a planted folder without a row is noticed",
             planted({"sim/extra/a.c": ""},
                     lambda root, _: [line for line in homeless(root) if "sim/extra" in line]))


def main(root):
    tap = Tap()
    includes = read_includes(root)
    for room in ARROWS:
        tap.case("%s includes only what it may" % room, forbidden(includes, room))
    tap.case("every folder has a row, every row a file", homeless(root))
    tap.case("no cycle between folders", cycles(includes))
    tap.case("includes are written from the root", unrooted(root, includes))
    tap.case("the guest includes no libc", hosted(includes))
    check_planted(tap)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
