#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes README.md's chapter "Files": each source file with the first sentence that it says of itself.

tests/lint/readme_files.py            prints what would change, status 1 if anything
tests/lint/readme_files.py --write    writes it
"""
import json
import os
import re
import subprocess
import sys
import textwrap

FOLDERS = [
    ("base", "what everything stands on: bytes, time, logs, configuration, HTTP, Kafka"),
    ("schemas", "the events, their tables, their bytes, identities, seals, code lists"),
    ("directory", "operators, sites, keys, conventions: files → topic → look-ups by date"),
    ("connectors", "the runtime of connectors: sources, sinks, links, what waits, what is set aside"),
    ("connectors/mapping", "the mapping language"),
    ("broker", "the rules of a hand-over, and the worker that applies them exactly once"),
    ("cli", "`relais`: one binary, each command a file"),
    ("demo", "the simulated systems and `./run`"),
    ("docker/kafka", "a real Kafka from its published jars"),
    ("tests/interop", "ours and programs that we did not write: who reads what of whom"),
    ("tests/support", "what the tests share"),
    ("tests/bench", "what it costs: `tests/bench/run`"),
    ("tests/bench/peers", "others at the same job"),
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


def chapter():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True, text=True).stdout
    files = [f for f in listed.split("\n") if f.endswith(ENDINGS) and os.path.exists(f)]
    out = ["## Files", "", "Written by `tests/lint/readme_files.py --write` from what each file says of itself.", ""]
    for folder, what in FOLDERS:
        inside = sorted(f for f in files if os.path.dirname(f) == folder)
        if not inside:
            continue
        out += [f"**`{folder}/`**: {what}", ""]
        done = set()
        for path in inside:
            stem, ending = os.path.splitext(path)
            if path in done or os.path.basename(path) == "__init__.py" and not os.path.getsize(path):
                if path not in done:
                    out.append(f"* `{path}`")
                continue
            pair = [e for e in (".c", ".h") if stem + e in inside]
            if ending in pair and len(pair) == 2:
                done |= {stem + ".c", stem + ".h"}
                what = said_of(stem + ".h") or said_of(stem + ".c")
                name = stem + ".{c,h}"
            else:
                what, name = said_of(path), path
            out.append(f"* `{name}`" + (f": {what}" if what else ""))
        out.append("")
    return "\n".join(out)


def main():
    readme = open("README.md", encoding="utf-8").read()
    head, _, tail = readme.partition("## Files\n")
    after = re.search(r"^## (?!Files)", tail, re.M)
    new = head + chapter() + ("\n" + tail[after.start():] if after else "")
    if new == readme:
        return 0
    if "--write" in sys.argv[1:]:
        open("README.md", "w", encoding="utf-8").write(new)
        return 0
    print("README.md: the chapter \"Files\" is not what the files say; run tests/lint/readme_files.py --write")
    return 1


sys.exit(main())
