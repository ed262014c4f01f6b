# SPDX-License-Identifier: Apache-2.0
"""One record on one core: tests/bench/bench_translate.c."""

from tests.bench.machine import CONNECTOR


def measure(bench, table):
    for _ in range(1 if bench.quick else 5):
        figures = bench.figures("bench_translate", CONNECTOR, 5 if bench.quick else 25)
        for name in ("translate_vs_handwritten", "translate_records_s", "encode_ns", "decode_ns"):
            table.add(name, figures[name])
        table.note(f"A record is {figures['json_bytes']:.0f} bytes of JSON; its event {figures['event_bytes']:.0f} bytes of Avro, "
                   "and the contact data that is sealed. Processor time of one thread; ids and seals are not in these rows.")
