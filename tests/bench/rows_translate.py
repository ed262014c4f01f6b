# SPDX-License-Identifier: Apache-2.0
"""One record on one core: tests/bench/bench_translate.c; and its instructions."""

from tests.bench.machine import CONNECTOR

RECORDS = 2000  # of one round: RECORDS of bench_translate.c


def measure(bench, table):
    for _ in range(1 if bench.quick else 5):
        figures = bench.figures("bench_translate", CONNECTOR, 5 if bench.quick else 25)
        for name in ("translate_vs_handwritten", "translate_records_s", "encode_ns", "decode_ns"):
            table.add(name, figures[name])
        table.note(f"A record is {figures['json_bytes']:.0f} bytes of JSON; its event {figures['event_bytes']:.0f} bytes of Avro, "
                   "and the contact data that is sealed. Processor time of one thread; ids and seals are not in these rows.")


def count(bench, table):
    """Instructions of one round, without what stands around it."""
    for variant in ("mapping", "handwritten"):
        instructions, _ = bench.instructions(f"run_{variant}", "bench_translate", CONNECTOR, 1, variant)
        table.add(f"{variant}_instructions", instructions / RECORDS)
    pushes = 4
    instructions, figures = bench.instructions("run_push", "bench_inbound", CONNECTOR, "REG-44", pushes)
    table.add("inbound_instructions", instructions / pushes / figures["push_records"])
    with bench.empty_folder() as folder:
        instructions, figures = bench.instructions("decide_all", "bench_stage", folder, 4000)
    table.add("broker_stage_instructions", instructions / figures["events"])
