# SPDX-License-Identifier: Apache-2.0
"""The points of the growth table: one deployment each, of so many hand-overs, partitions and operators."""

import hashlib
import shutil
import time
from dataclasses import dataclass

from demo.supervise import Trouble
from tests.bench.machine import Deployment, Stretch, connector, cpu_s, memory_mib, metric, written_bytes
from tests.bench.rows_connector import acknowledged, source

A_FILE = 500_000  # records of one input file
REST_S = 20  # how long a network at rest is watched


@dataclass(frozen=True)
class Point:
    part: str  # broker, connector, idle
    handoffs: int
    partitions: int
    operators: int
    limit_s: int

    @property
    def name(self):
        return f"{self.part}-{self.handoffs}-{self.partitions}-{self.operators}"


def disturbance():
    """Processor seconds of a fixed piece of work: what neighbours do to a core's caches and clock shows here."""
    block, began = b"x" * 65536, time.process_time()
    for _ in range(2000):
        hashlib.sha256(block).digest()
    return time.process_time() - began


def disk_bytes(folder):
    """What stands on the disk: the stores and logs are sparse files."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


class Wide(Deployment):
    """The demonstration's operators (two of them hand over), or as many more as asked."""

    def __init__(self, bench, partitions, operators):
        super().__init__(bench, partitions)
        self.codes = ["o21", "o22", *(f"o{300 + number}" for number in range(operators - 2))]

    def make_keys(self):
        super().make_keys()
        for code in self.codes[2:]:
            (self.directory / "operators" / f"{code}.yaml").write_text(
                f"operator: {code}\nname: Organisme d'essai {code}\nnetwork: partner\nphone: \"+33100000099\"\n"
                f"email: relais-{code}@example.org\nvalid_from: 2024-01-02\n", encoding="utf-8")
            self.run("keys", "create", code, "--out", self.keys / f"{code}.yaml", "--public", self.directory / "keys" / f"{code}.yaml")

    def make_topics(self):
        (self.directory / "conventions.yaml").write_text(
            "conventions:\n" + "".join(f"  - {{ from: {one}, to: {other}, valid_from: 2024-01-02 }}\n" for one, other in self.pairs()),
            encoding="utf-8")
        self.run("topics", "apply", "--directory", self.directory, "--brokers", self.brokers, "--partitions", self.partitions,
                 "--replication", 1, timeout=600)
        self.run("directory", "publish", self.directory, "--brokers", self.brokers, timeout=600)

    def pairs(self):
        """Everybody hands over to the next; of two, one to the other."""
        if len(self.codes) == 2:
            return [("o21", "o22")]
        return list(zip(self.codes, self.codes[1:] + self.codes[:1]))

    def connector_settings(self, code):
        """Systems that nobody calls: one address does for all."""
        self.ports.setdefault(code, 0)
        self.ports.setdefault("sim-" + code, self.ports["sim-o21"])
        return super().connector_settings(code)

    def kafka_pid(self):
        return self.supervisor.children[0].pid


def seconds_to_ready(deployment, child, limit):
    """Wall and processor seconds from its start until it says that it is ready."""
    began = time.monotonic()
    deployment.up(child, limit)
    return time.monotonic() - began, cpu_s(child.pid)


# ---- The broker ---------------------------------------------------------------------------------


class Load:
    def __init__(self, deployment):
        self.deployment, self.issued = deployment, 0

    def fill(self, kind, first, count):
        """Hand-overs first to first + count - 1, a slice a pair of operators: those who were handed a round deliver it."""
        pairs = self.deployment.pairs()
        for place, (one, other) in enumerate(pairs):
            low, high = first + count * place // len(pairs), first + count * (place + 1) // len(pairs)
            if high > low:
                self.deployment.bench.program("bench_fill", self.deployment.brokers, kind, one, other, low, high - low, timeout=3000)

    def run(self, count, limit):
        """The broker decides `count` events: what that cost, and what it holds at the end of it."""
        deployment = self.deployment
        child = deployment.broker()
        kafka = cpu_s(deployment.kafka_pid())
        deployment.supervisor.add(child)
        rate, cpu = Stretch(child, deployment.broker_events).between(count / 10, count, limit)
        kafka = (cpu_s(deployment.kafka_pid()) - kafka) * 1e6 / count
        used = {"records_s": rate, "cpu_s_per_million": cpu, "kafka_cpu_s_per_million": kafka, "peak_rss_mib": memory_mib(child.pid, "VmHWM"),
                "busy_anon_mib": memory_mib(child.pid, "RssAnon"), "store_written_kib": written_bytes(child.pid) / 1024 / count}
        accepted = metric(deployment.url("broker") + "/metrics", "relais_broker_outcomes_total", 'outcome="accepted"')
        deployment.down(child)
        if accepted < count:
            raise Trouble(f"only {accepted:.0f} of {count} events were accepted")
        return used


def broker(bench, point):
    size, limit = point.handoffs, point.limit_s
    round_size = min(size, 100_000)
    with Wide(bench, point.partitions, point.operators) as deployment:
        load = Load(deployment)
        for first in range(0, size, round_size):
            load.fill("issued", first, round_size)
        filling = load.run(size, limit)
        load.fill("delivered", 0, round_size)
        load.fill("issued", size, round_size)
        figures = load.run(2 * round_size, limit)
        figures |= {"fill_records_s": filling["records_s"], "fill_cpu_s_per_million": filling["cpu_s_per_million"],
                    "peak_rss_mib": max(figures["peak_rss_mib"], filling["peak_rss_mib"]),
                    "store_mib": disk_bytes(deployment.data / "broker") / 2**20}
        child = deployment.broker()
        figures["restore_kept_s"], figures["restore_kept_cpu_s"] = seconds_to_ready(deployment, child, limit)
        time.sleep(2)
        figures["rss_mib"], figures["anon_mib"] = memory_mib(child.pid), memory_mib(child.pid, "RssAnon")
        deployment.down(child)
        shutil.rmtree(deployment.data / "broker")
        child = deployment.broker()
        figures["restore_lost_s"], figures["restore_lost_cpu_s"] = seconds_to_ready(deployment, child, limit)
        figures["kafka_rss_mib"] = memory_mib(deployment.kafka_pid())
        figures["kafka_log_mib"] = disk_bytes(deployment.data / "kafka/log") / 2**20
        deployment.down(child)
        return figures


# ---- A connector --------------------------------------------------------------------------------


def one_connector(bench, point):
    """People who came by themselves, through one connector: everything it remembers is its own."""
    size, limit = point.handoffs, point.limit_s
    with Wide(bench, point.partitions, point.operators) as deployment:
        folder = deployment.data / "in"
        folder.mkdir()
        child = connector(deployment, "o21", source(folder))
        deployment.supervisor.add(child)
        child.wait_ready(60)
        count = lambda: acknowledged(deployment)  # noqa: E731
        kafka, rate, cpu = cpu_s(deployment.kafka_pid()), 0, 0
        for first in range(0, size, A_FILE):
            most = min(A_FILE, size - first)
            next_file = deployment.data / f"{first:09}.jsonl"
            bench.program_to(next_file, "bench_records_write", "REG-44", "2026-03-02", first + 1, most)
            next_file.rename(folder / next_file.name)
            # The last file's cost stands for this size.
            rate, cpu = Stretch(child, count).between(first + most / 10, first + most, limit)
            for done in (folder / "done").glob("*"):
                done.unlink()
        kafka = (cpu_s(deployment.kafka_pid()) - kafka) * 1e6 / size
        figures = {"records_s": rate, "cpu_s_per_million": cpu, "kafka_cpu_s_per_million": kafka, "rss_mib": memory_mib(child.pid),
                   "anon_mib": memory_mib(child.pid, "RssAnon"), "peak_rss_mib": memory_mib(child.pid, "VmHWM")}
        deployment.down(child)
        child = connector(deployment, "o21", source(folder))
        figures["restore_lost_s"], figures["restore_lost_cpu_s"] = seconds_to_ready(deployment, child, limit)
        figures["kafka_rss_mib"] = memory_mib(deployment.kafka_pid())
        figures["kafka_log_mib"] = disk_bytes(deployment.data / "kafka/log") / 2**20
        deployment.down(child)
        return figures


# ---- A network at rest --------------------------------------------------------------------------


def idle(bench, point):
    """Every operator's connector and the broker, with nothing to do."""
    with Wide(bench, point.partitions, point.operators) as deployment:
        deployment.up(deployment.broker(), 120)
        connectors = []
        for code in deployment.codes:
            deployment.ports.setdefault(code, 0)
            child = connector(deployment, code)
            if deployment.ports[code] == 0:
                child.url = None  # a port of its own choice: its log says when it is ready
            deployment.supervisor.add(child)
            connectors.append(child)
            time.sleep(0.05)
        end = time.monotonic() + point.limit_s / 2
        while any('"msg":"ready"' not in child.said(100_000) for child in connectors):
            if time.monotonic() > end or not all(child.alive() for child in connectors):
                raise Trouble("not every connector became ready: " + next(c for c in connectors if "ready" not in c.said()).last_words())
            time.sleep(0.2)
        time.sleep(5)
        pids = {"connectors": [c.pid for c in connectors], "broker": [deployment.supervisor.children[1].pid], "kafka": [deployment.kafka_pid()]}
        before = {name: sum(map(cpu_s, of)) for name, of in pids.items()}
        began = time.monotonic()
        time.sleep(REST_S)
        wall = time.monotonic() - began
        cores = {name: (sum(map(cpu_s, of)) - before[name]) / wall for name, of in pids.items()}
        rss = sorted(memory_mib(pid) for pid in pids["connectors"])
        anon = sorted(memory_mib(pid, "RssAnon") for pid in pids["connectors"])
        return {"rss_mib": rss[len(rss) // 2], "anon_mib": anon[len(anon) // 2], "all_anon_mib": sum(anon),
                "connectors_cores": cores["connectors"], "broker_cores": cores["broker"], "kafka_cores": cores["kafka"],
                "broker_rss_mib": memory_mib(pids["broker"][0]), "kafka_rss_mib": memory_mib(pids["kafka"][0])}


MEASURES = {"broker": broker, "connector": one_connector, "idle": idle}


def measure(bench, point):
    before = disturbance()
    figures = MEASURES[point.part](bench, point)
    return figures | {"loop_cpu_s": (before + disturbance()) / 2, "busy_before": bench.busy_before}
