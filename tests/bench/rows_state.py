# SPDX-License-Identifier: Apache-2.0
"""The connector's memory: tests/bench/bench_state.c."""


def measure(bench, table):
    handoffs = 17000 if bench.quick else 170000
    for _ in range(1 if bench.quick else 3):
        figures = bench.figures("bench_state", handoffs)
        million = 1e6 / figures["state_entries"]
        table.add("state_bytes_a_handoff", figures["state_bytes_a_handoff"])
        table.add("state_load_s_1m", figures["state_load_s"] * million)
        table.add("state_tombstones_s_1m", figures["state_tombstones_s"] * million)
        table.note(f"A connector's memory of {figures['state_handoffs_in_32_mib']:.0f} hand-overs fits into 32 MiB: six entries each.")
