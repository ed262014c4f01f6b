# SPDX-License-Identifier: Apache-2.0
"""What a connector's and the broker's stages cost without Kafka: tests/bench/bench_inbound.c and bench_stage.c."""

from tests.bench.machine import CONNECTOR


def measure(bench, table):
    for _ in range(1 if bench.quick else 5):
        figures = bench.figures("bench_inbound", CONNECTOR, "REG-44", 20 if bench.quick else 200)
        table.add("inbound_us", figures["inbound_ns"] / 1000)
        table.note(f"A record of somebody who came by themselves in Kafka: {figures['outbox_records']:.3g} in the outbox ({figures['outbox_bytes']:.0f} "
                   f"bytes), {figures['state_records']:.4g} in the state topic ({figures['state_bytes']:.0f} bytes).")
        figures = bench.figures("bench_inbound", CONNECTOR, "REG-11", 20 if bench.quick else 60)
        table.add("inbound_sealed_us", figures["inbound_ns"] / 1000)
        table.add("seal_floor_us", figures["seal_floor_ns"] / 1000)
        with bench.empty_folder() as folder:
            table.add("broker_stage_us", bench.figures("bench_stage", folder, 4_000 if bench.quick else 100_000)["stage_us"])
