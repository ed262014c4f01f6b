# SPDX-License-Identifier: Apache-2.0
"""tests/bench/run, once everything is built."""

import argparse
import sys
import time

from demo.supervise import Trouble
from tests.bench import rows_broker, rows_connector, rows_latency, rows_peers, rows_state, rows_translate
from tests.bench.machine import Bench
from tests.bench.table import GROUPS, ROWS, Table, save

MEASURES = {"translate": rows_translate.measure, "broker": rows_broker.measure,
            "connector": rows_connector.measure, "latency": rows_latency.measure, "state": rows_state.measure,
            "peers": rows_peers.measure}


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--tsv", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    return parser.parse_args()


def main():
    given = arguments()
    if given.list:
        print("\n".join(f"{row.name:32} {row.unit:9} {row.says}" for row in ROWS))
        return 0
    unknown = [name for name in given.rows if name not in GROUPS and name not in {row.name for row in ROWS}]
    if unknown:
        print(f"no row {unknown[0]}: tests/bench/run --list", file=sys.stderr)
        return 2
    table = Table()
    with Bench(given.quick) as bench:
        for group, rows in GROUPS.items():
            if given.rows and group not in given.rows and not any(row.name in given.rows for row in rows):
                continue
            began = time.monotonic()
            print(f"… {group}", end="", flush=True, file=sys.stderr)
            MEASURES[group](bench, table)
            print(f": {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(table.tsv() if given.tsv else table.text(), end="" if given.tsv else "\n")
    if given.save:
        save(table, given.quick)
    return 0


try:
    sys.exit(main())
except Trouble as trouble:
    print(f"\ntests/bench/run: {trouble}", file=sys.stderr)
    sys.exit(1)
