# SPDX-License-Identifier: Apache-2.0
"""What a page of results says of where it comes from: the day, the commit, the class of the machine; and what it keeps of itself."""

import datetime
import os
import re
import subprocess

from demo.network import ROOT


def machine():
    """Its class, nothing that names it."""
    cpu = re.search(r"model name\s*:\s*(.+)", open("/proc/cpuinfo", encoding="utf-8").read())
    memory = int(re.search(r"MemTotal:\s*(\d+)", open("/proc/meminfo", encoding="utf-8").read()).group(1)) / 2**20
    system = re.search(r'PRETTY_NAME="(.+)"', open("/etc/os-release", encoding="utf-8").read()).group(1)
    return f"{len(os.sched_getaffinity(0))} cores ({cpu.group(1) if cpu else 'unknown'}), {memory:.0f} GiB, {system}"


def commit():
    """What was measured."""
    def git(*words):
        done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    return f"commit {git('rev-parse', '--short=12', 'HEAD') or 'unknown'}" + (" with changes" if git("status", "--porcelain", "-uno") else "")


def where():
    """When, what and on which machine."""
    return f"{datetime.date.today()}, {commit()}, {machine()}"


def kept(page, name):
    """What was written by hand between that page's two marks of this name, the marks included; empty marks when there are none yet."""
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    found = re.search(f"<!-- {name}:[^>]*-->.*<!-- /{name} -->", old, re.S)
    return found.group(0) if found else f"<!-- {name}: by hand, kept by the command -->\n<!-- /{name} -->"
