# SPDX-License-Identifier: Apache-2.0
"""A small machine within this one: two cores by CPU affinity, 4 GiB by a memory control group where one can be had."""

import os
import pathlib

from demo.supervise import Supervisor

CORES, MEMORY_MIB = 2, 4096
GROUPS = pathlib.Path("/sys/fs/cgroup")


class SmallMachine(Supervisor):
    """A supervisor whose children are held to it: pass it to a deployment before it starts."""

    def __init__(self, say=lambda text: None):
        super().__init__(say)
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])  # children inherit it
        self.group, self.version = None, 0
        for version, base, limit in ((2, GROUPS, "memory.max"), (1, GROUPS / "memory", "memory.limit_in_bytes")):
            if self._make(base / f"relais-bench-{os.getpid()}", limit):
                self.version = version
                break

    def _make(self, group, limit):
        try:
            group.mkdir()
        except OSError:
            return False
        try:
            # A group of version 2 without the controller has no such file; neither has a plain folder.
            with (group / limit).open("r+", encoding="utf-8") as file:
                file.write(str(MEMORY_MIB << 20))
        except OSError:
            group.rmdir()
            return False
        self.group = group
        return True

    def add(self, child):
        super().add(child)
        if self.group:
            (self.group / "cgroup.procs").write_text(str(child.pid), encoding="utf-8")
        return child

    def close(self):
        """Once its children have ended."""
        if self.group:
            self.group.rmdir()

    def peak_mib(self):
        """The most that it held, page cache included; None without a group."""
        name = {2: "memory.peak", 1: "memory.max_usage_in_bytes"}.get(self.version)
        if not name or not (self.group / name).exists():
            return None
        return int((self.group / name).read_text(encoding="utf-8")) / 2**20

    def says(self):
        memory = (f"{MEMORY_MIB >> 10} GiB for Kafka, broker and connectors together with their page cache, by a memory control group "
                  f"(version {self.version})" if self.group else "memory **not limited** (no control group could be made here), only measured")
        return (f"{CORES} cores by CPU affinity, {memory}. Not limited: the disk's speed, the loopback network. The played systems run on the "
                "same cores, outside the memory limit.")
