# SPDX-License-Identifier: Apache-2.0
"""tests/bench/run day: a national day on one small machine, with its peak at the real rate. Writes its section of DAY.md."""

import argparse
import asyncio
import sys
import time

from demo.network import ROOT
from demo.supervise import Trouble
from tests.bench import small_page
from tests.bench.machine import Bench, connector
from tests.bench.rows_latency import drive, records
from tests.bench.small_network import SmallNetwork

OPERATORS = 20
# Hand-overs, and how many a second: each is two events, the issue and the answer DELIVERED. 120,000 events in all.
PHASES = ((10_000, 25), (20_000, 50), (30_000, 100))
QUICK = ((100, 25), (200, 50), (300, 100))


async def run(bench, network, phases):
    await network.play_systems()
    await network.start("broker", network.broker())
    for code in ("o21", "o22"):
        await network.start(f"connector {code}", connector(network, code))
    await network.start_resting()
    port, secret = network.ports["o21"], (network.keys / "webhook.secret").read_bytes().strip()
    await drive(network.systems, port, secret, records(bench, 1, 50), 10, 120)
    first, before, began, done = 1000, network.processor(), time.monotonic(), []
    for count, rate in phases:
        delays = await drive(network.systems, port, secret, records(bench, first, count), rate, 300)
        done.append((count, rate, sorted(delays.values())))
        first += count
    wall = time.monotonic() - began
    cores = sum(spent - before[pid] for pid, spent in network.processor().items()) / wall
    rows = network.process_rows(before)
    await network.stop_work()
    return page(network, done, {"rows": rows, "wall": wall, "cores": cores}, bench.busy_before)


def page(network, done, used, busy):
    events = 2 * sum(count for count, _, _ in done)
    compressed = "the day has the events of a whole one and" if events >= 120_000 else f"the day has {events / 1200:.0f} % of a whole one's events,"
    yield "## A national day"
    yield f"\n{small_page.told('day')} {network.supervisor.says()}"
    yield small_page.shared(busy)
    yield (f"{events:,} events: {events // 2:,} hand-overs, each issued by a webhook, sealed and signed, delivered by calls to the other system, and "
           f"answered DELIVERED. All go through one pair of operators, so one connector bears what {len(network.codes)} would share; the other "
           f"{len(network.codes) - 2} rest beside it. *Compressed*: {compressed} its peak's real rate, but not its quiet hours: it "
           f"takes {used['wall'] / 60:.1f} minutes.\n")
    yield "| Stretch | Events/s | Events | delay p50 | p99 | longest |\n|---|---:|---:|---:|---:|---:|"
    for name, (count, rate, delays) in zip(("quiet", "busy", "peak"), done):
        p50, p99, most = (small_page.milliseconds(small_page.quantile(delays, share)) for share in (0.5, 0.99, 1))
        yield f"| {name} | {2 * rate} | {2 * count:,} | {p50} | {p99} | {most} |"
    yield "\nDelay: from the webhook's 200 (it is durable then) to the call of the other system.\n"
    yield from small_page.processes(used["rows"])
    peak = network.supervisor.peak_mib()
    held = f", at most {peak:.0f} MiB held together, page cache included" if peak else ""
    yield f"\nAll processes: {used['cores']:.2f} cores on average{held}.\n"
    yield network.fitting(used["rows"], used["wall"])


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run day", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few events, into build/bench: only to see that it works")
    parser.add_argument("--operators", type=int, default=OPERATORS, help="how many connectors run (20)")
    parser.add_argument("--part", type=int, default=1, metavar="N", help="the Nth part of the events, at the same rates")
    given = parser.parse_args()
    phases = QUICK if given.quick else [(count // given.part, rate) for count, rate in PHASES]
    with Bench(given.quick) as bench, SmallNetwork(bench, given.operators) as network:
        lines = list(asyncio.run(run(bench, network, phases)))
    print(small_page.write(ROOT / ("build/bench" if given.quick else "tests/bench"), "day", lines))
    return 0


try:
    sys.exit(main())
except Trouble as trouble:
    print(f"tests/bench/run day: {trouble}", file=sys.stderr)
    sys.exit(1)
