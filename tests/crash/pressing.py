# SPDX-License-Identifier: Apache-2.0
"""Back-pressure, shown: what a connector does while Kafka is away and its system goes on calling, and whom a slow system slows.

First Kafka is ended for --minutes while o21's system sends --rate webhooks a second: its connector's memory, and what the system is
answered. Then one call a minute is what o22's system answers, while all others hand over to each other and to it. At the end all
comes to rest, and the checker (tests/checker) reads everything.
"""

import argparse
import collections
import json
import pathlib
import shutil
import signal
import sys
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from tests.crash.campaign import Campaign
from tests.crash.world import DESTINATION
from tests.support.place import where

PRESSED, SLOW, OTHERS = "o21", "o22", ("o21", "o23")
SLOW_ANSWER_S = 60.0
MOST_GROWTH_MIB = 16  # of the connector that waits for Kafka: its queue of webhooks, and librdkafka's noise
CONNECTIONS = 200  # more than the connector has room for


def rss_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def percentile(numbers, share):
    return sorted(numbers)[min(len(numbers) - 1, int(len(numbers) * share))] if numbers else float("nan")


class Pressure(Campaign):
    def __init__(self, options):
        options.nodes, options.state_folder, options.record, options.gap = 1, None, None, 1.0
        super().__init__(options)
        self.rows, self.wrong = [], []
        self.begin_chaos(1.0)  # none is ever begun: what it knows of the run is asked at the end

    def row(self, what, value, holds=True):
        self.rows.append((what, value))
        self.say(f"{what}: {value}")
        if not holds:
            self.wrong.append(f"wrong: {what}: {value}")

    def wait(self, seconds, each=lambda: None):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.world.watch()
            each()
            time.sleep(0.2)

    # --- Kafka is away ---

    def kafka_away(self, seconds):
        world, kafka, connector = self.world, self.world.children["kafka-1"], self.world.children[PRESSED]
        world.load(PRESSED, self.options.rate)
        self.wait(10)
        pid = connector.pid
        memory = [rss_mib(pid)]
        kafka.lasting = False
        kafka.end(15)
        began, before = time.monotonic(), world.state(PRESSED)
        self.wait(seconds, lambda: memory.append(rss_mib(pid)))
        away, after = time.monotonic() - began, world.state(PRESSED)
        kafka.start()
        kafka.lasting = True
        kafka.wait_ready(60)
        world.load(PRESSED, 0)
        answers = {status: after["answers"].get(status, 0) - before["answers"].get(status, 0) for status in after["answers"]}
        self.row("Kafka away, seconds", f"{away:.0f}")
        self.row("new webhooks a second meanwhile", f"{(after['issued'] - before['issued']) / away:.0f}")
        self.row("posts answered 503 meanwhile", answers.get("503", 0), answers.get("503", 0) > 0)
        self.row("of them without Retry-After", after["without_retry_after"], after["without_retry_after"] == 0)
        self.row("posts answered 2xx meanwhile (what was durable as Kafka ended)", answers.get("200", 0), answers.get("200", 0) <= 64)
        self.row("resident memory of the connector, MiB: before, at most, at the end",
                 f"{memory[0]:.1f}, {max(memory):.1f}, {memory[-1]:.1f}", max(memory) - memory[0] < MOST_GROWTH_MIB)
        self.row("the connector lived through it", "yes" if connector.pid == pid and connector.alive() else "no",
                 connector.pid == pid and connector.alive())

    # --- one slow system ---

    def latencies(self, since, until):
        """Receiver → seconds from the issuer's acknowledged webhook to the call at the receiver, of what was sent in that span."""
        acked, found = {}, {}
        for code in OTHERS:
            for line in self.journal(code):
                if line["what"] == "acked" and line["model"] == "Orientation" and since <= line["mono"] < until:
                    acked.setdefault((code, line["id"]), line["mono"])
        for record in self.issued():
            at = acked.get((record["operator_code"], int(record["issuer_ref"]["id"].rpartition("/")[2])))
            if at is not None:
                found.setdefault(record["to_operator"], {})[record["handoff_id"]] = at
        late = {}
        for code, sent in found.items():
            called = {line["ref"]: line["mono"] for line in self.journal(code) if line["what"] == "called" and line.get("effect") == "created"
                      and line.get("ref")}
            late[code] = [called[number] - at for number, at in sent.items() if number in called]
        return late

    def journal(self, code):
        path = self.folder / "journals" / f"{code}.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]

    def issued(self):
        from confluent_kafka import Consumer
        from tests.checker.recorded import decoder, read_topics
        names = [f"relais.{code}.outbox.v1" for code in OTHERS]
        consumer = Consumer({"bootstrap.servers": self.world.direct(), "group.id": "pressure", "enable.partition.eof": True,
                             "isolation.level": "read_committed", "enable.auto.commit": False, "auto.offset.reset": "earliest"})
        try:
            topics, _ = read_topics(consumer, names, decoder())
        finally:
            consumer.close()
        return [record["value"] for name in names for record in topics[name] if record["value"].get("status") == "ISSUED"
                and record["value"].get("issuer_ref")]

    def one_slow_system(self, seconds):
        world, spans = self.world, []
        for code in OTHERS:
            world.control(code, destinations=[DESTINATION[c] for c in (SLOW, *OTHERS) if c != code])
        for slow_s in (0.0, SLOW_ANSWER_S):
            world.control(SLOW, answer_after_s=slow_s)
            self.wait(2)
            for code in OTHERS:
                world.load(code, self.options.rate / 10)
            began = time.monotonic()
            self.wait(seconds)
            for code in OTHERS:
                world.load(code, 0)
            spans.append((began, time.monotonic()))
            self.wait(10)
        world.control(SLOW, answer_after_s=0.0)
        self.wait(1)
        before, during = (collections.defaultdict(list, self.latencies(*span)) for span in spans)
        for code in OTHERS:
            now, then = percentile(during[code], 0.5), percentile(before[code], 0.5)
            self.row(f"delivery to {code}, ms, p50 and p99: {SLOW} quick", self.told(before[code]))
            self.row(f"delivery to {code}, ms, p50 and p99: {SLOW} slow", self.told(during[code]), now < max(2 * then, then + 1))
        self.row(f"deliveries to {SLOW} in that time: quick, slow (of {len(during[OTHERS[0]]) + len(during[OTHERS[1]])} to others)",
                 f"{len(before[SLOW])}, {self.calls(*spans[1])}", self.calls(*spans[1]) <= seconds / SLOW_ANSWER_S + 2)

    def told(self, numbers):
        return f"{percentile(numbers, 0.5) * 1000:.0f}, {percentile(numbers, 0.99) * 1000:.0f} ({len(numbers)})"

    def calls(self, since, until):
        return sum(line["what"] == "called" and since <= line["mono"] < until for line in self.journal(SLOW))

    # --- the whole ---

    def run(self):
        seconds = self.options.minutes * 60
        findings, counts = [], {}
        try:
            self.world.patient = {SLOW: 90_000}
            self.world.agenda_options = ["--connections", CONNECTIONS]
            self.world.start()
            self.start_load(0.0)
            self.kafka_away(seconds)
            if not self.rest():
                findings.append(f"wrong: nothing comes to rest: {self.restless()}")
            self.one_slow_system(max(20.0, seconds / 2))
            if not self.rest():
                findings.append(f"wrong: nothing comes to rest: {self.restless()}")
            found, counts = self.verdict()
            findings += found + self.deaths()
        finally:
            self.world.stop()
        findings += self.wrong
        self.row("acknowledged and lost, doubled, other findings",
                 f"{counts['lost']}, {counts['doubled']}, {len(findings) - counts['lost'] - counts['doubled']}")
        for finding in findings[:40]:
            print(finding)
        if self.options.result:
            self.write_table(counts)
        if findings:
            print(f"files: {self.folder}")
            return 1
        shutil.rmtree(self.folder, ignore_errors=True)
        return 0

    def write_table(self, counts):
        o = self.options
        lines = ["# Back-pressure", "", "Written by `tests/crash/pressure --result`: do not edit.", "",
                 f"`tests/crash/pressure --minutes {o.minutes:g} --seed {o.seed} --rate {o.rate:g}`; {where()}; "
                 f"{counts['events']} events, {counts['handoffs']} hand-overs.", "",
                 "| What | Value |", "| --- | --- |", *(f"| {what} | {value} |" for what, value in self.rows)]
        o.result.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before its end"))  # so that nothing stays mounted
    parser = argparse.ArgumentParser(prog="tests/crash/pressure", description="Kafka away while webhooks come in; then one slow system.")
    parser.add_argument("--minutes", type=float, default=2.0, help="that Kafka is away (2); half of it for each part of what follows")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--rate", type=float, default=50.0, help="webhooks a second (50)")
    parser.add_argument("--result", type=pathlib.Path, help="file for the result, in Markdown")
    return Pressure(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
