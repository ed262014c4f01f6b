# SPDX-License-Identifier: Apache-2.0
"""tests/bench/run, once everything is built."""

import argparse
import sys
import time
from subprocess import SubprocessError

from demo.supervise import Trouble
from tests.bench import rows_broker, rows_connector, rows_latency, rows_peers, rows_stages, rows_state, rows_translate
from tests.bench.machine import Bench
from tests.bench.table import GROUPS, ROWS, Table, save

MEASURES = {"translate": rows_translate.measure, "instructions": rows_translate.count, "stages": rows_stages.measure,
            "broker": rows_broker.measure, "connector": rows_connector.measure, "latency": rows_latency.measure, "state": rows_state.measure,
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
    unknown = [name for name in given.rows if name not in GROUPS and name not in {row.name for row in ROWS}]
    if unknown:
        print(f"no row {unknown[0]}: tests/bench/run --list", file=sys.stderr)
        return 2
    if given.save and given.rows:
        print("--save writes the whole table: no rows beside it", file=sys.stderr)
        return 2
    if given.list:
        print("\n".join(f"{row.name:32} {row.unit:9} {row.says}" for row in ROWS))
        return 0
    table, failed, start = Table(), [], time.monotonic()
    with Bench(given.quick) as bench:
        for group, rows in GROUPS.items():
            if given.rows and group not in given.rows and not any(row.name in given.rows for row in rows):
                continue
            began = time.monotonic()
            print(f"… {group}", end="", flush=True, file=sys.stderr)
            try:
                MEASURES[group](bench, table)
            except (Trouble, SubprocessError) as trouble:  # the others' rows are not lost for it
                failed.append(group)
                print(f": {trouble}", end="", file=sys.stderr)
            print(f": {time.monotonic() - began:.0f} s", file=sys.stderr)
    minutes = (time.monotonic() - start) / 60
    print(f"… {minutes:.1f} minutes in all", file=sys.stderr)
    print(table.tsv() if given.tsv else table.text(), end="" if given.tsv else "\n")
    if failed:
        print(f"tests/bench/run: failed: {', '.join(failed)}; nothing is saved", file=sys.stderr)
    elif given.save:
        save(table, given.quick, bench.busy_before, minutes)
    return 1 if failed else 0


try:
    sys.exit(main())
except Trouble as trouble:
    print(f"\ntests/bench/run: {trouble}", file=sys.stderr)
    sys.exit(1)
