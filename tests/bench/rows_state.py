# SPDX-License-Identifier: Apache-2.0
"""The connector's memory: tests/bench/bench_state.c."""


def measure(bench, table):
    handoffs = 34000 if bench.quick else 340000  # three entries each
    for _ in range(1 if bench.quick else 3):
        figures = bench.figures("bench_state", handoffs)
        million = 1e6 / figures["state_entries"]
        table.add("state_bytes_a_handoff", figures["state_bytes_a_handoff"])
        table.add("state_load_s_1m", figures["state_load_s"] * million)
        table.add("state_tombstones_s_1m", figures["state_tombstones_s"] * million)
        table.note(f"A connector's memory of {figures['state_handoffs_in_32_mib']:.0f} hand-overs fits into 32 MiB: "
                   f"{figures['state_entries'] / figures['state_handoffs']:.0f} entries each.")
