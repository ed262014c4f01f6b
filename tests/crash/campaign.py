# SPDX-License-Identifier: Apache-2.0
"""A crash campaign from start to verdict: load, troubles by seed, rest, the checker, one line of result."""

import collections
import json
import os
import pathlib
import re
import shutil
import tempfile
import time

from confluent_kafka import KafkaException

from demo.reckoning import hops
from demo.supervise import answers
from tests.checker.checks import check
from tests.checker.recorded import read_run
from tests.crash.chaos import Chaos
from tests.crash.kafka_state import hanging, hidden, stops_between, under_way, unread
from tests.crash.world import BROKERS, DESTINATION, World, build_folder

EVENTS_A_HANDOFF = 8.0  # outbox events that one hand-over makes in the end
REST_S = 300
STILL_S = 8  # more than the group's session time-out: so long nobody reads what an instance left
LOOK_S = 30  # from one look at Kafka itself to the next, while something moves
SORTS_SHOWN, OF_EACH_SHOWN = 40, 5
VOID = 3  # what a run returns that says nothing
NO_ROOM = "no room for the broker's state"
EXCUSES = (": Local: ", NO_ROOM)  # what a process may say before it ends by itself
TWIN = "another process runs with the same --instance"  # there is none: its client joined twice over a broken network (DESIGN.md §2)


class Campaign:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="relais-crash-"))
        self.world = World(self.folder, build_folder() / "relais", options.seed, options.nodes, options.state_folder)
        self.chaos = None
        self.rest_s = REST_S + options.minutes * 30  # what was held up has to be caught up
        self.load_s = 0.0
        # Of Kafka's partitions: behind open transactions; behind such as nobody will end; with records that the broker has to read.
        self.hidden, self.hanging, self.unread = {}, [], []

    def say(self, text):
        print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)

    # --- load ---

    def regional(self):
        return [code for code in self.world.operators if code != "o10"]

    def start_load(self, rate):
        each = rate / EVENTS_A_HANDOFF / len(self.regional())
        for code in self.regional():
            others = [DESTINATION[c] for c in self.regional() if c != code]
            if code == "o21":
                others = others * 20 + ["FT"]  # France Travail is the slow one
            self.world.load(code, each)
            self.world.control(code, destinations=others, wrong=0.1 if code == "o23" else 0,
                               modes={"unknown_code": 0.01, "missing_field": 0.01, "bad_signature": 0.01, "duplicate_webhook": 0.02})
        self.world.control("o10", misbehave={}, regret=0)
        return each

    def begin_chaos(self, seconds):
        self.chaos = Chaos(self.world, self.options.seed, self.options.gap, seconds)

    def load(self, seconds):
        each = self.start_load(self.options.rate)
        began = time.monotonic()
        self.begin_chaos(seconds)
        issue_at, told_at = began, began + 30
        added = removed = seconds < 60
        while (now := time.monotonic()) < began + seconds:
            self.world.supervisor.watch()
            self.chaos.step()
            if now >= issue_at and not self.world.paused:
                issue_at = now + 3
                self.world.control("o10", issue=1)
            if not added and now > began + seconds * 0.3:
                added = self.chaos.operator_joins(each)
            if not removed and now > began + seconds * 0.7:
                removed = True
                self.chaos.operator_leaves()
            if now > told_at:
                told_at = now + 30
                self.say(f"{now - began:.0f} s, {sum(self.world.state(c)['acked'] for c in self.regional())} webhooks, "
                         f"{sum(self.chaos.done.values())} troubles")
            time.sleep(0.05)
        self.load_s = time.monotonic() - began

    # --- rest ---

    def moving(self):
        """What still moves, as something that can be compared; None while anything is known to wait."""
        states = {code: self.world.state(code) for code in self.world.operators}
        for code in self.regional():
            if states[code]["waiting"] or states[code]["planned"]:
                return None
        if not all(answers(self.world.url(f"http-{name}") + "/readyz") for name in BROKERS if name in self.world.children):
            return None  # a worker that has not caught up yet
        pages = self.world.pages()
        pages["broker"] = "".join(pages.get(name) or "" for name in BROKERS)
        found = hops(pages, self.world.operators)
        if any(hop.whole is None or hop.pending() for hop in found if hop.name.split()[0] in ("source", "sink")):
            return None
        return json.dumps([{k: v for k, v in state.items() if k != "now_us"} for state in states.values()]) + "".join(
            hop.line() for hop in found)

    def look_at_kafka(self):
        """What a process leaves open when it goes for good hides what follows until Kafka ends it; what Kafka forgot to end, for ever.
        True when nothing is hidden, and the broker has read it all."""
        brokers = self.world.direct()
        try:
            self.hidden = hidden(brokers)
            if self.hidden:
                self.hanging = hanging(self.hidden, under_way(brokers), hidden(brokers))
            self.unread = unread(brokers, "relais-broker", [f"relais.{code}.outbox.v1" for code in self.world.operators])
        except KafkaException:
            return False  # Kafka is on its way up: to be asked again
        return not self.hidden and not self.unread

    def restless(self):
        busy = [name for name in BROKERS if name in self.world.children and not answers(self.world.url(f"http-{name}") + "/readyz")]
        lines = [hop.line() for hop in hops(self.world.pages(), self.world.operators)
                 if hop.name != "broker" and (hop.pending() or hop.whole is None)]
        behind = [f"{topic} {partition} is hidden from {at} on" for (topic, partition), at in self.hidden.items()]
        behind += [f"{topic} {partition} was not read to its end" for topic, partition in self.unread]
        return "; ".join([f"{name} is not ready: {self.world.children[name].last_words()}" for name in busy] + lines + behind)

    def rest(self):
        self.world.paused = False
        self.chaos.heal_all()
        for code in self.regional():
            self.world.load(code, 0)
            self.world.control(code, modes={name: 0 for name in ("http_500", "http_429", "slow", "half_body", "drop_connection",
                                                                         "duplicate_webhook")})
        end = time.monotonic() + self.rest_s
        before, since, looked = None, time.monotonic(), time.monotonic()
        while time.monotonic() < end and not self.hanging:
            self.world.supervisor.watch()
            try:
                now = self.moving()
            except OSError:
                now = None
            if now is None or now != before:
                before, since = now, time.monotonic()
            still = time.monotonic() - since > STILL_S
            if still or time.monotonic() - looked > LOOK_S:
                if self.look_at_kafka() and still:
                    return True
                looked = time.monotonic()
                if still:
                    since = looked
            time.sleep(0.3)
        return False

    # --- verdict ---

    def verdict(self):
        world = self.world
        (self.folder / "systems").mkdir(exist_ok=True)
        for code in self.regional():
            world.control(code, dump=str(self.folder / "systems" / f"{code}.rows.json"))
        setting = {"operators": {code: "france_travail" if code == "o10" else "agenda" for code in world.operators},
                   "no_convention": [["o23", "o10"]], "removed": self.chaos.removed,
                   "wall_less_mono_s": time.time() - time.monotonic(),
                   "now_us": world.call(world.url("clock") + "/")["now_us"]}
        (self.folder / "run.json").write_text(json.dumps(setting), encoding="utf-8")
        run = read_run(self.folder, world.direct(), setting)
        if self.options.record:
            self.options.record.write_text(json.dumps(run.to_json(), ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        self.chaos.done["Kafka stopped between the markers of a transaction"] += stops_between(world.direct(), self.chaos.stops)
        return check(run)

    def run(self):
        seconds = self.options.minutes * 60
        try:
            self.world.start()
            self.say(f"up; {seconds:.0f} s of load and troubles, seed {self.options.seed}, files in {self.folder}")
            self.load(seconds)
            self.say("no more load, no more troubles: coming to rest")
            still = self.rest()
            if self.hanging:
                return self.void()
            trouble = None if still else self.restless()
            findings, counts = self.verdict()
            if not still:
                findings.insert(0, f"wrong: nothing comes to rest within {self.rest_s:.0f} s: {trouble}")
            findings += self.deaths()
        finally:
            self.world.stop()
        return self.report(findings, counts)

    def deaths(self):
        """Ends that nobody caused. A process that is started while Kafka is away says so and ends, and one without room on its disk:
        that is no finding. Nor is an instance without a twin that was fenced as if it had one: those are counted."""
        found = [note for note in self.world.notes if "s'est arrêté" in note and "SIGKILL" not in note or "n'a pas voulu" in note]
        for log in self.world.logs.glob("*.log"):
            name, said = log.stem, log.read_text(encoding="utf-8", errors="replace").splitlines()
            fenced = sum(not line.startswith("{") and TWIN in line for line in said)
            self.chaos.done["instance fenced by its own second join"] += fenced
            excused = fenced + sum(not line.startswith("{") and any(why in line for why in EXCUSES) for line in said)
            for note in [note for note in found if note.startswith(f"{name} ") and "(code 1)" in note][:excused]:
                found.remove(note)
        return [f"wrong: {note}" for note in found] + self.stores()

    def stores(self):
        """A disk without room is said as such: a store that fails in another way is a finding."""
        return [f"wrong: {log.stem}: {line.strip()[-160:]}" for log in self.world.logs.glob("b?.log")
                for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
                if '"because":"store: ' in line and NO_ROOM not in line][:5]

    def tell(self, findings):
        """Some of each sort, which is its words without ids and numbers; all of them stand in the folder."""
        (self.folder / "findings.txt").write_text("".join(finding + "\n" for finding in findings), encoding="utf-8")
        sorts = collections.defaultdict(list)
        for finding in findings:
            sorts[re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "#", finding)].append(finding)
        for same in list(sorts.values())[:SORTS_SHOWN]:
            print("\n".join(same[:OF_EACH_SHOWN]))
            if len(same) > OF_EACH_SHOWN:
                print(f"  and {len(same) - OF_EACH_SHOWN} of this sort")

    def void(self):
        """Kafka lost a marker: what is hidden cannot be judged, and no client could have helped it. Nothing is said of this run."""
        places = ", ".join(f"{topic} {number}" for topic, number in self.hanging)
        self.say(f"void: Kafka ended a transaction without its markers (DESIGN.md \"Anchor\", 6): {places}; its log: {self.folder}")
        return VOID

    def report(self, findings, counts):
        kills = sum(n for what, n in self.chaos.done.items() if what.startswith("kill"))
        self.tell(findings)
        print("  ".join(f"{what} {number}" for what, number in sorted(self.chaos.done.items())))
        rate = counts["outbox_records"] / self.load_s
        print(f"seed {self.options.seed}  minutes {self.options.minutes:g}  nodes {self.options.nodes}  kills {kills}  "
              f"events {counts['events']} ({rate:.0f} a second)  hand-overs {counts['handoffs']}  inbox {counts['inbox']}  "
              f"findings {len(findings)}  lost {counts['lost']}  doubled {counts['doubled']}", flush=True)
        if self.options.result:
            self.write_result(findings, counts, kills, rate)
        if findings:
            print(f"first of them: {findings[0]}\nfiles of the failed campaign: {self.folder}")
            return 1
        shutil.rmtree(self.folder, ignore_errors=True)
        return 0

    def write_result(self, findings, counts, kills, rate):
        o = self.options
        lines = ["# The longest crash campaign so far", "", "Written by `tests/crash/run --result`: do not edit.", "",
                 f"`tests/crash/run --minutes {o.minutes:g} --seed {o.seed} --rate {o.rate:g} --gap {o.gap:g} --nodes {o.nodes}` on {os.cpu_count()} cores, "
                 f"{time.strftime('%Y-%m-%d')}.", "", "| What | How many |", "| --- | --- |",
                 f"| events (distinct, in outboxes) | {counts['events']} |", f"| a second, while the load lasted | {rate:.0f} |",
                 f"| records in outboxes: accepted, refused, duplicate, late | {counts['accepted']}, {counts['refused']}, "
                 f"{counts['duplicate']}, {counts['late']} |", f"| events in inboxes | {counts['inbox']} |",
                 f"| hand-overs | {counts['handoffs']} |", f"| `kill -9` in all | {kills} |",
                 *(f"| {what} | {number} |" for what, number in sorted(self.chaos.done.items())),
                 f"| **lost** | **{counts['lost']}** |", f"| **doubled** | **{counts['doubled']}** |",
                 f"| other findings | {len(findings) - counts['lost'] - counts['doubled']} |"]
        o.result.write_text("\n".join(lines) + "\n", encoding="utf-8")
