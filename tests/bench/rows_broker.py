# SPDX-License-Identifier: Apache-2.0
"""The broker's exactly-once stage with rules and store: against librdkafka's bare loop, its memory, its restarts.

Round 0 issues hand-overs and warms everything up. Each later round issues as many again and delivers those of the
round before: half of its events make rows, half change them. The bare loop and the broker read the same outboxes one
after the other, the first of them alternating.
"""

import shutil
import time

from demo.supervise import Trouble
from tests.bench.machine import Deployment, Stretch, memory_mib, metric

ROUNDS = 3
OUTBOXES = ("relais.o21.outbox.v1", "relais.o22.outbox.v1")


def log_bytes(deployment, topic):
    return sum(file.stat().st_size for file in (deployment.data / "kafka/log").glob(f"{topic}-*/*.log"))


class Stage:
    """The broker and the bare loop over what was filled in."""

    def __init__(self, deployment, table):
        self.deployment, self.table = deployment, table
        self.issued = self.done = 0
        self.row_bytes = 0

    def fill(self, kind, first, count):
        self.deployment.bench.program("bench_fill", self.deployment.brokers, kind, "o21", "o22", first, count)

    def bare(self, count):
        return self.deployment.bench.figures("bench_bare_loop", self.deployment.brokers, count, self.deployment.partitions,
                                             self.row_bytes, "bare", *OUTBOXES)

    def broker(self, count):
        """Records a second and CPU-seconds a million, from the first tenth to the end."""
        child = self.deployment.broker()
        self.deployment.supervisor.add(child)
        stretch = Stretch(child, self.deployment.broker_events)
        figures = stretch.between(count / 10, count)
        peak, own = memory_mib(child.pid, "VmHWM"), memory_mib(child.pid, "RssAnon")
        accepted = metric(self.deployment.url("broker") + "/metrics", "relais_broker_outcomes_total", 'outcome="accepted"')
        if accepted < count:
            raise Trouble(f"only {accepted:.0f} of {count} events were accepted")
        self.deployment.down(child)
        return (*figures, peak, own)

    def warm_up(self, count):
        self.fill("issued", 0, count)
        self.issued = count
        before = log_bytes(self.deployment, "relais.handoff.v1")
        self.broker(count)
        self.row_bytes = round((log_bytes(self.deployment, "relais.handoff.v1") - before) / count) - 50
        self.bare(count)

    def round(self, number, count):
        self.fill("issued", self.issued, count)
        self.fill("delivered", self.issued - count, count)
        self.issued += count
        bare = self.bare(2 * count) if number % 2 else None
        rate, cpu, peak, own = self.broker(2 * count)
        bare = bare or self.bare(2 * count)
        self.table.add("broker_vs_bare_loop", rate / bare["records_s"])
        self.table.add("broker_records_s", rate)
        self.table.add("broker_cpu_s_per_million", cpu)
        self.table.add("bare_loop_cpu_s_per_million", bare["cpu_s_per_million"])
        self.table.add("peak_rss_mib_broker", peak)
        self.table.add("anon_mib_broker_at_work", own)


def restart(deployment, kept):
    """Seconds from the start of the process until it is ready."""
    if not kept:
        shutil.rmtree(deployment.data / "broker")
    child = deployment.broker()
    began = time.monotonic()
    deployment.up(child, 300)
    return child, time.monotonic() - began


def measure(bench, table):
    count = 10_000 if bench.quick else 250_000  # hand-overs a round
    with Deployment(bench) as deployment:
        stage = Stage(deployment, table)
        stage.warm_up(count)
        for number in range(1, ROUNDS + 1):
            stage.round(number, count)
        for _ in range(1 if bench.quick else 3):
            child, seconds = restart(deployment, kept=True)
            table.add("restore_kept_s_1m", seconds)
            time.sleep(2)
            table.add("rss_mib_broker_1m", memory_mib(child.pid))
            table.add("rss_anon_mib_broker_1m", memory_mib(child.pid, "RssAnon"))
            deployment.down(child)
        for _ in range(1 if bench.quick else 3):
            child, seconds = restart(deployment, kept=False)
            table.add("restore_s_1m", seconds)
            if deployment.broker_events():
                raise Trouble("the restarted broker decided something again")
            deployment.down(child)
    table.note(f"The broker's rows: {stage.issued:,} hand-overs, {deployment.partitions} partitions, one worker; a row is about {stage.row_bytes} "
               f"bytes; {(ROUNDS + 1) * count + ROUNDS * count:,} rows stand in the topic that a lost store is read from.")
