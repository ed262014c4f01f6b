# SPDX-License-Identifier: Apache-2.0
"""DAY.md: what `tests/bench/run day` and `tests/bench/run monday` found, each in a section of its own."""

import re
import shlex
import sys

from tests.bench.machine import QUIET_CORES
from tests.support.place import where

HEAD = "# One small machine: a national day, and a Monday morning\n"
SECTIONS = ("day", "monday")


def quantile(delays, share):
    """Milliseconds; `delays` in seconds, sorted."""
    return delays[min(len(delays) - 1, int(len(delays) * share))] * 1000


def milliseconds(value):
    return f"{value:.1f} ms" if value < 10_000 else f"{value / 1000:.0f} s"


def told(section):
    """The command that was given, when, what and on which machine."""
    return f"`{shlex.join(['tests/bench/run', section, *sys.argv[1:]])}`, {where()}."


def shared(busy):
    """`busy`: cores that were at work before the run."""
    return "" if busy <= QUIET_CORES else (f"\n**The machine was shared** ({busy:.1f} cores at work before the run): delays are too long, "
                                             "CPU-seconds some tenths too high, memory is right.\n")


def processes(rows):
    """`rows`: (name, RSS, its own, peak RSS, CPU-s)."""
    yield "| Process | RSS, MiB | of these its own | peak RSS | CPU-s |"
    yield "|---|---:|---:|---:|---:|"
    for name, rss, anon, peak, cpu in rows:
        yield f"| {name} | {rss:.0f} | {anon:.0f} | {peak:.0f} | {cpu:.1f} |"


def write(folder, section, lines):
    """Replaces that section of DAY.md."""
    file = folder / "DAY.md"
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    out = [HEAD]
    for name in SECTIONS:
        found = re.search(f"<!-- {name} -->\n.*?<!-- /{name} -->\n", old, re.S)
        if name == section:
            text = "\n".join(lines).strip()
            out.append(f"<!-- {name} -->\n{text}\n<!-- /{name} -->\n")
        elif found:
            out.append(found.group(0))
    file.write_text("\n".join(out), encoding="utf-8")
    return file
