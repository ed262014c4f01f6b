# SPDX-License-Identifier: Apache-2.0
"""Others at the same job, same records, same run: tests/bench/peers. Before anything is timed, all three write the same bytes."""

import subprocess

from demo.network import ROOT
from demo.supervise import Trouble
from tests.bench.machine import BUILD, CONNECTOR, Deployment, venv

PEERS = ROOT / "tests/bench/peers"


def python():
    """A Python with the peer's libraries."""
    return venv("peers", PEERS / "requirements.txt")


def figures(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise Trouble(f"{command[0]}: {done.stderr.strip()[-300:]}")
    return {key: float(value) for key, value in (line.split("\t") for line in done.stdout.splitlines())}


def compare(bench, commands, file):
    ours = subprocess.run([BUILD / "tests/bench/bench_translate", CONNECTOR, "write"], capture_output=True, check=True, timeout=60).stdout
    for name, command in commands.items():
        out = bench.folder / f"{name}.bytes"
        figures([*command, file, ROOT / "schemas", out])
        if out.read_bytes() != ours:
            raise Trouble(f"the {name} peer's bytes are not the mapping's")


def write(bench, count):
    file = bench.folder / f"records-{count}.jsonl"
    file.write_text(bench.program("bench_records_write", "REG-11", "2026-03-02", 100000, count), encoding="utf-8")
    return file


def measure(bench, table):
    commands = {"naive_c": [BUILD / "tests/bench/bench_naive"], "python": [python(), PEERS / "python_way.py"]}
    compare(bench, commands, write(bench, 2000))
    file = write(bench, 2000 if bench.quick else 50_000)
    for _ in range(1 if bench.quick else 5):
        ours = bench.figures("bench_translate", CONNECTOR, 15)["translate_records_s"]
        for name, command in commands.items():
            table.add(f"translate_vs_{name}", ours / figures([*command, file, ROOT / "schemas"])["records_s"])
    with Deployment(bench) as deployment:
        for _ in range(1 if bench.quick else 3):
            for name, command in commands.items():
                words = [*command, file, ROOT / "schemas", deployment.brokers, "relais.o21.outbox.v1"]
                table.add(f"{name}_cpu_s_per_million", figures(words)["cpu_s_per_million"])
    table.note("The peers write the mapping's own bytes (compared); to Kafka they send one record a record, without ids, seal, memory, "
               "headers or dead letters.")
