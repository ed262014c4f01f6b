# SPDX-License-Identifier: Apache-2.0
"""tests/bench/run monday: a week-end without a broker, connectors writing; then it starts. Writes its section of DAY.md."""

import argparse
import asyncio
import sys
import time

from demo.network import ROOT
from demo.supervise import Trouble
from tests.bench import small_page
from tests.bench.machine import Bench, connector, metric
from tests.bench.rows_connector import source
from tests.bench.rows_latency import drive, records
from tests.bench.small_network import SmallNetwork

OPERATORS = 20
WAITING, NEW, NEW_RATE = 120_000, 3_000, 5  # hand-overs: two national days' worth of issues; those of Monday, and how many a second
QUICK = (500, 50, 10)
LIMIT_S = 7200


async def write_week_end(bench, network, count):
    """The connector writes what its system drops into a folder, while there is no broker."""
    folder = network.data / "in"
    folder.mkdir()
    bench.program_to(network.data / "week-end", "bench_records_write", "REG-11", yesterday(), 1_000_000, count)
    (network.data / "week-end").rename(folder / "week-end.jsonl")
    await network.start("connector o21", connector(network, "o21", source(folder)))
    url, end = network.url("o21") + "/metrics", time.monotonic() + LIMIT_S
    while metric(url, "relais_items_ended_total", 'outcome="acknowledged"') < count:
        if time.monotonic() > end:
            raise Trouble("the week-end's records are not durable in time")
        await asyncio.sleep(0.2)
    await network.stop("connector o21")


def yesterday():
    return time.strftime("%Y-%m-%d", time.localtime(time.time() - 86400))


async def catch_up(network, sizes, began):
    """Seconds until all that waited was decided, was delivered, and its answers were decided."""
    count, new, rate = sizes
    loop, times, end = asyncio.get_running_loop(), {}, time.monotonic() + LIMIT_S
    while len(times) < 3:
        events = await loop.run_in_executor(None, network.broker_events)
        delivered = sum(number >= 1_000_000 for number in network.systems.called)
        now = time.monotonic() - began
        events -= min(new, rate * now)  # the new ones, whose answers come behind all others
        for name, reached in (("decided", events >= count), ("delivered", delivered >= count),
                              ("answered", delivered >= count and events >= 2 * count)):
            if reached:
                times.setdefault(name, now)
        if time.monotonic() > end:
            raise Trouble(f"the week-end is not caught up: {times}")
        await asyncio.sleep(0.5)
    return times


async def run(bench, network, sizes):
    count, new, rate = sizes
    await network.play_systems()
    await network.start("connector o22", connector(network, "o22"))
    await network.start_resting()
    await write_week_end(bench, network, count)
    await network.start("connector o21", connector(network, "o21"))
    before, began = network.processor(), time.monotonic()
    # Monday's senders do not wait for the broker, and neither for its first answer.
    port, secret = network.ports["o21"], (network.keys / "webhook.secret").read_bytes().strip()
    monday = asyncio.create_task(drive(network.systems, port, secret, records(bench, 1, new), rate, LIMIT_S))
    await network.start("broker", network.broker())
    ready = time.monotonic() - began
    times = await catch_up(network, sizes, began)
    rows = network.process_rows(before)
    delays = await monday
    await network.stop_work()
    return page(network, sizes, {"ready": ready, **times}, delays, rows, bench.busy_before)


def page(network, sizes, times, delays, rows, busy):
    count, new, rate = sizes
    # Those that were sent while the week-end was still being delivered, and those after it.
    meanwhile = sorted(delay for number, delay in delays.items() if number / rate < times["delivered"])
    after = sorted(delay for number, delay in delays.items() if number / rate > times["answered"] + 5)
    yield "## A Monday morning"
    yield f"\n{small_page.told('monday')} {network.supervisor.says()}"
    yield small_page.shared(busy)
    yield (f"The broker stood still over a week-end while the connectors wrote: {count:,} hand-overs wait in the outboxes, sealed and signed (with "
           f"their answers {2 * count:,} events, {2 * count / 120_000:.2g} whole national days; all of one pair of operators, {len(network.codes) - 2} others rest). Then the "
           f"broker starts, its state empty; new hand-overs come at {rate} a second from that moment on, behind the others.\n")
    yield "| From the broker's start until | s | a second |\n|---|---:|---:|"
    for name, says in (("ready", "it is ready"), ("decided", "all that waited is decided"), ("delivered", "all of it is delivered to the other system"),
                       ("answered", "all answers are decided: caught up")):
        speed = f"{count / times[name]:.0f}" if name != "ready" else ""
        yield f"| {says} | {times[name]:.1f} | {speed} |"
    for says, some in (("came before all was delivered", meanwhile), ("came after it was caught up", after)):
        if some:
            p50, p99 = (small_page.milliseconds(small_page.quantile(some, share)) for share in (0.5, 0.99))
            yield f"\nNew hand-overs that {says}: {len(some):,}, delay p50 {p50}, p99 {p99}."
    yield "\nDelay: from the webhook's 200 to the call of the other system. An inbox is read in order: what is new waits behind what waited.\n"
    yield from small_page.processes(rows)
    peak = network.supervisor.peak_mib()
    if peak:
        yield f"\nAll together held at most {peak:.0f} MiB, page cache included."


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run monday", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few events, into build/bench: only to see that it works")
    parser.add_argument("--operators", type=int, default=OPERATORS, help="how many connectors run (20)")
    parser.add_argument("--waiting", type=int, default=WAITING, help="how many hand-overs wait (120,000)")
    given = parser.parse_args()
    sizes = QUICK if given.quick else (given.waiting, min(NEW, max(300, given.waiting // 40)), NEW_RATE)
    with Bench(given.quick) as bench, SmallNetwork(bench, given.operators) as network:
        lines = list(asyncio.run(run(bench, network, sizes)))
    print(small_page.write(ROOT / ("build/bench" if given.quick else "tests/bench"), "monday", lines))
    return 0


try:
    sys.exit(main())
except Trouble as trouble:
    print(f"tests/bench/run monday: {trouble}", file=sys.stderr)
    sys.exit(1)
