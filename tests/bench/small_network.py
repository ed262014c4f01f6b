# SPDX-License-Identifier: Apache-2.0
"""The deployment of `tests/bench/run day` and `monday`: Kafka, the broker, connectors of many operators, two of which work."""

import asyncio

from tests.bench.growth_points import Wide
from tests.bench.machine import connector, cpu_s, memory_mib
from tests.bench.rows_latency import Systems
from tests.bench.small import MEMORY_MIB, SmallMachine

PARTITIONS = 8
SYSTEM_MIB = 512  # left to the operating system and the disk's cache when we say how many fit


class SmallNetwork(Wide):
    java = "-Xms512m -Xmx512m -XX:+UseSerialGC"

    def __init__(self, bench, operators):
        super().__init__(bench, PARTITIONS, operators)
        self.supervisor = SmallMachine()
        self.systems, self.servers, self.at_work = Systems(), [], {}

    def __exit__(self, *reason):
        super().__exit__(*reason)
        self.supervisor.close()

    async def play_systems(self):
        self.servers = [await asyncio.start_server(self.systems.serve, "127.0.0.1", self.ports["sim-" + code]) for code in ("o21", "o22")]

    async def start(self, name, child):
        self.at_work[name] = child
        self.supervisor.add(child)
        await asyncio.get_running_loop().run_in_executor(None, child.wait_ready, 300)

    async def stop(self, name):
        await asyncio.get_running_loop().run_in_executor(None, self.down, self.at_work.pop(name))

    async def stop_work(self):
        """Those who call the played systems, then these."""
        for name in list(self.at_work):
            await self.stop(name)
        for server in self.servers:
            server.close()
        await asyncio.sleep(0.2)

    async def start_resting(self):
        """The connectors of all the other operators, to whose webhooks nobody comes."""
        for code in self.codes[2:]:
            self.ports[code] = 0  # any
            child = connector(self, code)
            child.url = None
            self.supervisor.add(child)
            await asyncio.sleep(0.2)

    def resting(self):
        named = set(self.at_work.values())
        return [child for child in self.supervisor.children[1:] if child not in named]

    def processor(self):
        return {child.pid: cpu_s(child.pid) for child in self.supervisor.children}

    def process_rows(self, before):
        """For small_page.processes(): those that work, and the median of those that rest."""
        def row(name, child):
            return (name, memory_mib(child.pid), memory_mib(child.pid, "RssAnon"), memory_mib(child.pid, "VmHWM"), cpu_s(child.pid) - before.get(child.pid, 0))
        rows = [row("Kafka", self.supervisor.children[0]), *(row(name, child) for name, child in self.at_work.items())]
        resting = sorted((row(f"each of {len(self.resting())} connectors at rest (median)", child) for child in self.resting()), key=lambda r: r[2])
        return rows + resting[len(resting) // 2:][:1]

    def fitting(self, rows, wall):
        """How many operators fit, as a sentence; `rows` of so many seconds."""
        of = {row[0]: row for row in rows}
        at_rest = next((row for row in rows if "at rest" in row[0]), of["connector o22"])
        busiest = max((row for row in rows if row[0].startswith("connector")), key=lambda row: row[2])
        shared = at_rest[1] - at_rest[2]  # code and libraries: once in memory for all
        free = MEMORY_MIB - SYSTEM_MIB - of["Kafka"][3] - of["broker"][3] - shared
        cores = at_rest[4] / wall
        return (f"**How many operators fit**: {MEMORY_MIB} MiB less {SYSTEM_MIB} for the system, less the peaks of Kafka and the broker, less what the "
                f"connectors share ({shared:.0f}), leave {free:.0f} MiB: {int(free / at_rest[2])} connectors of {at_rest[2]:.1f} MiB of their own as at "
                f"rest, {int(free / busiest[2])} if each held what the busiest does ({busiest[2]:.1f}). Resting takes {cores:.4f} cores each, so "
                f"one core carries {int(1 / cores) if cores else 'any number'}: the fewer of these fit. A connector's memory grows with its own "
                "hand-overs (GROWTH.md).")
