#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check the documents against the checkout: sample output, links, names of files.

Usage: documents.py ROOT PROGRAM [--update]

In a fenced block marked `console`, what follows "$ ./pvmmio-sim ..." is compared with what PROGRAM
prints now, standard output and error together. A line "..." stands for any number of lines. With
--update the documents are changed to what it prints, but for outputs with such a line and blocks that
are indented.
"""

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tap import Tap

FENCE = re.compile(r"^( *)```console\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
NAMED_FILE = re.compile(r"`((?:sim|guest|host|hw-model|scenarios|tests|docs|\.ci)/[\w./*-]*)`")
LAUNCHER = "./pvmmio-sim"


def documents(root):
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def examples(text):
    """(command, expected output) of every command in console blocks."""
    for indent, block in FENCE.findall(text):
        block = re.sub("^" + indent, "", block, flags=re.MULTILINE)
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def run(root, program, command):
    """What the command prints, in a scratch folder that looks like the checkout."""
    words = [str(program) if word == LAUNCHER else word for word in shlex.split(command)]
    with tempfile.TemporaryDirectory() as folder:
        for entry in root.iterdir():
            Path(folder, entry.name).symlink_to(entry)
        return subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout


def matches(expected, actual):
    pattern = "".join("(?:.*\n)*?" if line == "..." else re.escape(line) + "\n"
                      for line in expected.splitlines())
    return re.fullmatch(pattern, actual)


def check_examples(tap, root, program, name, text):
    for command, expected in examples(text):
        if not command.startswith(LAUNCHER + " "):
            continue
        actual = run(root, program, command)
        tap.case("%s: output of %s" % (name, command),
                 [] if matches(expected, actual) else ["it prints now:\n" + actual])


def update(root, program):
    """Put what the program prints now into the documents."""
    for path in documents(root):
        text = path.read_text("utf-8")
        for command, expected in examples(text):
            if command.startswith(LAUNCHER + " ") and "..." not in expected.splitlines():
                text = text.replace("$ %s\n%s" % (command, expected),
                                    "$ %s\n%s" % (command, run(root, program, command)))
        path.write_text(text, "utf-8")


def missing(root, folder, text):
    """Links and names of files that lead nowhere."""
    links = [link for link in LINK.findall(text) if not (folder / link).exists()]
    names = [name for name in NAMED_FILE.findall(text) if not any(root.glob(name.rstrip("/")))]
    return ["no such file: " + path for path in links + names]


def main(root, program):
    tap = Tap()
    shown = False
    for path in documents(root):
        name = path.relative_to(root).as_posix()
        text = path.read_text("utf-8")
        tap.case(name + ": links and file names", missing(root, path.parent, text))
        check_examples(tap, root, program, name, text)
        shown |= name == "README.md" and any(command.startswith(LAUNCHER)
                                             for command, _ in examples(text))
    tap.case("README.md shows what the program prints", [] if shown else ["no example in it"])
    return tap.finish()


if __name__ == "__main__":
    sys.exit((update if "--update" in sys.argv[3:] else main)(Path(sys.argv[1]).resolve(),
                                                              Path(sys.argv[2]).resolve()))
