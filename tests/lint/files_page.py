#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/files.md: each source file with the first sentence that it says of itself. README.md's chapter
"Files" has a line a folder, from the same table.

tests/lint/files_page.py            prints what would change, status 1 if anything
tests/lint/files_page.py --write    writes it
"""
import json
import os
import re
import subprocess
import sys
import textwrap

FOLDERS = [
    ("base", "what everything stands on: bytes, time, logs, configuration, HTTP, CSV, Kafka"),
    ("schemas", "the events, their tables, their bytes, identities, seals, code lists, registry"),
    ("schemas/history", "every published version of each schema: what `relais schemas check` compares with"),
    ("schemas/codes", "code lists as dated files, and what made them"),
    ("directory", "operators, sites, keys, conventions: files → topic → look-ups by date"),
    ("connectors", "the runtime of connectors: pipelines, what comes in, what goes out, what waits"),
    ("connectors/drivers", "sources and sinks: webhook, REST, folder, the inbox"),
    ("connectors/memory", "what a connector remembers, and the compacted topic that it is true in"),
    ("connectors/mapping", "the mapping language"),
    ("broker", "the rules of a hand-over, and the worker that applies them exactly once"),
    ("cli", "`relais`: one binary, each command a file"),
    ("demo", "the simulated systems and `./run`"),
    ("docker/kafka", "a real Kafka from its published jars"),
    ("tests", "each folder beneath is a kind of test, or what tests are made of (`./test --help` lists the labels)"),
    ("tests/pipeline", "a connector's two pipelines between scripted ends"),
    ("tests/contract", "each driver against what `connectors/connector.h` promises"),
    ("tests/kafka", "against a real Kafka"),
    ("tests/scenarios", "whole networks of processes: outages, kills, files, a marked person"),
    ("tests/checker", "a second opinion that knows nothing of the program: is anything lost or doubled?"),
    ("tests/crash", "the crash campaign, which the checker judges"),
    ("tests/interop", "ours and programs that we did not write: who reads what of whom"),
    ("tests/fuzz", "a target for each parser"),
    ("tests/bench", "what it costs: `tests/bench/run`"),
    ("tests/bench/peers", "others at the same job"),
    ("tests/versions", "other client libraries, other Kafkas, and what one of them does wrong"),
    ("tests/demo", "the simulated systems"),
    ("tests/lint", "the text of the project"),
    ("tests/support", "what the tests share"),
]
ENDINGS = (".c", ".h", ".py", ".sh", ".avsc")


def sentence(text):
    """The first sentence of a comment, on one line."""
    text = " ".join(text.split())
    match = re.match(r"(.+?[.:])(?: [A-Z\"`(-]|$)", text)
    return textwrap.shorten((match.group(1) if match else text).rstrip(".:"), 150, placeholder=" …")


def said_of(path):
    text = open(path, encoding="utf-8").read()
    if path.endswith(".avsc"):
        return sentence(json.loads(text).get("doc", ""))
    if path.endswith(".py"):
        match = re.search(r'^"""(.+?)"""', text, re.S | re.M)
        return sentence(match.group(1).split("\n\n")[0]) if match else ""
    if path.endswith(".sh"):
        lines = [line[1:].strip() for line in text.split("\n")[1:12] if line.startswith("#")]
        return sentence(" ".join(line for line in lines if line and "SPDX" not in line))
    match = re.match(r"/\* SPDX[^\n*]*\n \*(.*?)\*/", text, re.S)
    comment = re.sub(r"^ \* ?", "", match.group(1), flags=re.M) if match else ""
    return sentence(comment.strip().split("\n\n")[0])


def listed():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True, text=True).stdout
    return [f for f in out.split("\n") if f.endswith(ENDINGS) and os.path.exists(f)]


def lines_of(inside):
    """A line a file; a .c and its .h are one."""
    done = set()
    for path in inside:
        stem, ending = os.path.splitext(path)
        if path in done or os.path.basename(path) == "__init__.py":
            continue
        if ending in (".c", ".h") and stem + ".c" in inside and stem + ".h" in inside:
            done |= {stem + ".c", stem + ".h"}
            what, name = said_of(stem + ".h") or said_of(stem + ".c"), stem + ".{c,h}"
        else:
            what, name = said_of(path), path
        yield f"* `{os.path.basename(name)}`" + (f": {what}" if what else "")


def page(files):
    out = ["# Files", "", "Written by `tests/lint/files_page.py --write` from what each file says of itself.", ""]
    for folder, what in FOLDERS:
        inside = sorted(f for f in files if os.path.dirname(f) == folder)
        out += [f"## `{folder}/`", "", what[0].upper() + what[1:] + ".", "", *lines_of(inside), ""]
    return "\n".join(out).rstrip("\n") + "\n"


def chapter():
    out = ["## Files", "", "A line a folder; [docs/files.md](docs/files.md) has a line a file.", ""]
    out += [f"* `{folder}/`: {what}" for folder, what in FOLDERS]
    return "\n".join(out) + "\n"


def readme():
    head, _, tail = open("README.md", encoding="utf-8").read().partition("## Files\n")
    after = re.search(r"^## (?!Files)", tail, re.M)
    return head + chapter() + ("\n" + tail[after.start():] if after else "")


def main():
    files = listed()
    unnamed = {os.path.dirname(f) for f in files} - {folder for folder, _ in FOLDERS}
    unnamed = sorted(f for f in unnamed if not re.match(r"tests/unit|connectors/operators/", f))
    if unnamed:
        print("tests/lint/files_page.py: FOLDERS does not say what is in " + ", ".join(unnamed))
        return 1
    status = 0
    for path, new in (("README.md", readme()), ("docs/files.md", page(files))):
        if os.path.exists(path) and open(path, encoding="utf-8").read() == new:
            continue
        if "--write" in sys.argv[1:]:
            open(path, "w", encoding="utf-8").write(new)
        else:
            print(f"{path}: the files are not what it says; run tests/lint/files_page.py --write")
            status = 1
    return status


sys.exit(main())
