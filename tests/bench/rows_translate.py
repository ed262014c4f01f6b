# SPDX-License-Identifier: Apache-2.0
"""One record on one core: tests/bench/bench_translate.c."""

import re
import subprocess

from demo.supervise import Trouble
from tests.bench.machine import BUILD, CONNECTOR

RECORDS = 2000  # of one round: RECORDS of bench_translate.c


def measure(bench, table):
    for _ in range(1 if bench.quick else 5):
        figures = bench.figures("bench_translate", CONNECTOR, 5 if bench.quick else 25)
        for name in ("translate_vs_handwritten", "translate_records_s", "encode_ns", "decode_ns"):
            table.add(name, figures[name])
        table.note(f"A record is {figures['json_bytes']:.0f} bytes of JSON; its event {figures['event_bytes']:.0f} bytes of Avro, "
                   "and the contact data that is sealed. Processor time of one thread; ids and seals are not in these rows.")


def count(_bench, table):
    """Instructions of one round, without what stands around it."""
    for variant in ("mapping", "handwritten"):
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--toggle-collect=run_{variant}",
                               BUILD / "tests/bench/bench_translate", CONNECTOR, "1", variant],
                              capture_output=True, text=True, timeout=300)
        collected = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not collected:
            raise Trouble(f"callgrind: {done.stderr.strip() or done.returncode}")
        table.add(f"{variant}_instructions", int(collected.group(1)) / RECORDS)
