# SPDX-License-Identifier: Apache-2.0
"""A connector as a process: its source → the agenda's mapping → outbox in Kafka, acknowledged, with what it remembers.

Twice: people who came by themselves (the operator hands over to itself, so there is nobody to seal to: most of a country's
events carry no contact data), and people sent to another operator, whose contact data is sealed and signed.
"""

from tests.bench.machine import Deployment, Stretch, connector, memory_mib, metric


def source(folder):
    return f"source: {{ type: folder, path: {folder}, format: json_lines, settle_ms: 0, poll_ms: 100 }}\n"


def acknowledged(deployment):
    """Events known to be durable in the outbox."""
    return metric(deployment.url("o21") + "/metrics", "relais_items_ended_total", 'outcome="acknowledged"')


def one(bench, destination, count):
    with Deployment(bench) as deployment:
        folder = deployment.data / "in"
        folder.mkdir()
        (folder / "a.jsonl").write_text(bench.program("bench_records_write", destination, "2026-03-02", 1, count), encoding="utf-8")
        child = connector(deployment, "o21", source(folder))
        deployment.supervisor.add(child)
        stretch = Stretch(child, lambda: acknowledged(deployment))
        rate, cpu = stretch.between(count / 10, count)
        memory = memory_mib(child.pid), memory_mib(child.pid, "RssAnon")
        deployment.down(child)
        return rate, cpu, memory


def measure(bench, table):
    count = 5_000 if bench.quick else 100_000
    for _ in range(1 if bench.quick else 3):
        rate, cpu, memory = one(bench, "REG-44", count)
        table.add("connector_records_s", rate)
        table.add("connector_cpu_s_per_million", cpu)
        table.add("rss_mib_connector", memory[0])
        rate, cpu, memory = one(bench, "REG-11", count // 2)
        table.add("connector_sealed_records_s", rate)
        table.add("connector_sealed_cpu_s_per_million", cpu)
    table.note(f"A connector's rows: {count:,} records of people who came by themselves, {count // 2:,} sealed ones; a file of "
               f"JSON lines, moved to done/. Its memory holds a link a hand-over: it is that after {count:,} of them.")
