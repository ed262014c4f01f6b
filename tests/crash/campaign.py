# SPDX-License-Identifier: Apache-2.0
"""A crash campaign from start to verdict: load, troubles by seed, rest, the checker, one line of result."""

import json
import pathlib
import shutil
import tempfile
import time

from confluent_kafka import KafkaException

from demo.reckoning import hops
from demo.supervise import answers
from tests.checker.checks import check
from tests.checker.recorded import read_run
from tests.crash import deaths, table
from tests.crash.chaos import Chaos
from tests.crash.judging import certain
from tests.crash.kafka_state import hanging, hidden, under_way, unread
from tests.crash.world import BROKERS, DESTINATION, World, build_folder
from tests.support.place import kept

EVENTS_A_HANDOFF = 8.0  # outbox events that one hand-over makes in the end
REST_S = 300
STILL_S = 8  # more than the group's session time-out: so long nobody reads what an instance left
REMEMBERED_S = 22  # so long France Travail says nothing of somebody, and then does (demo/decisions.py, at its pace here)
LOOK_S = 30  # from one look at Kafka itself to the next, while something moves
VOID = 3  # what a run returns that Kafka has spoilt


class Campaign:
    def __init__(self, options, voids=0):
        self.options, self.voids = options, voids  # voids: runs before this one, for the same result
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="relais-crash-"))
        self.world = World(self.folder, build_folder() / "relais", options.seed, options.nodes, options.state_folder)
        self.chaos = None
        self.rest_s = REST_S + options.minutes * 30  # what was held up has to be caught up
        self.load_s = self.remembered = 0.0
        # Of Kafka's partitions: behind open transactions; behind such as nobody will end; with records that the broker has to read.
        self.hidden, self.hanging, self.unread = {}, [], []

    def say(self, text):
        print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)

    # --- load ---

    def start_load(self, rate):
        each = rate / EVENTS_A_HANDOFF / len(self.world.regional())
        for code in self.world.regional():
            self.world.load(code, each)
            self.world.control(code, destinations=self.world.destinations(code), wrong=0.1 if code == "o23" else 0,
                               modes={"unknown_code": 0.01, "missing_field": 0.01, "bad_signature": 0.01, "duplicate_webhook": 0.02})
        self.world.calm_national()
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
            self.world.watch()
            self.chaos.step()
            if now >= issue_at and not self.world.paused and self.world.children["sim-o10"].alive():
                issue_at = now + 3
                self.world.control("o10", issue=1)
            if not added and now > began + seconds * 0.3:
                added = self.chaos.members.joins(each)
            if not removed and now > began + seconds * 0.7:
                removed = True
                self.chaos.members.leave()
            if now > told_at:
                told_at = now + 30
                self.say(f"{now - began:.0f} s, {sum(self.world.state(c)['acked'] for c in self.world.regional())} webhooks, "
                         f"{sum(self.chaos.done.values())} troubles")
            time.sleep(0.05)
        self.load_s = time.monotonic() - began

    # --- rest ---

    def moving(self):
        """What still moves, as something that can be compared; None while anything is known to wait."""
        states = {code: self.world.state(code) for code in self.world.operators}
        for code in self.world.regional():
            if states[code]["waiting"] or states[code]["planned"]:
                return None
        if not all(answers(self.world.url(f"http-{name}") + "/readyz") for name in BROKERS if name in self.world.children):
            return None  # a worker that has not caught up yet
        pages = self.world.pages()
        pages["broker"] = "".join(pages.get(name) or "" for name in BROKERS)
        found = hops(pages, self.world.connected())
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
        lines = [hop.line() for hop in hops(self.world.pages(), self.world.connected())
                 if hop.name != "broker" and (hop.pending() or hop.whole is None)]
        behind = [f"{topic} {partition} is hidden from {at} on" for (topic, partition), at in self.hidden.items()]
        behind += [f"{topic} {partition} was not read to its end" for topic, partition in self.unread]
        return "; ".join([f"{name} is not ready: {self.world.children[name].last_words()}" for name in busy] + lines + behind)

    def rest(self):
        self.world.paused = False
        self.chaos.heal_all()
        for code in self.world.regional():
            self.world.load(code, 0)
            self.world.control(code, modes={name: 0 for name in ("http_500", "http_429", "slow", "half_body", "drop_connection",
                                                                         "duplicate_webhook")})
        self.world.control("o10", decide={"ignore": 0})
        self.remembered = time.monotonic() + REMEMBERED_S
        end = time.monotonic() + self.rest_s
        if not self.until(end, self.chaos.members.comes_for_the_rest) or not self.comes_to_rest(end):
            return False
        return self.chaos.members.is_out() or (self.until(end, self.chaos.members.take_out) and self.comes_to_rest(end))

    def until(self, end, done):
        while not done():
            if time.monotonic() > end:
                return False
            self.world.watch()
            time.sleep(0.3)
        return True

    def comes_to_rest(self, end):
        before, since, looked = None, time.monotonic(), time.monotonic()
        while time.monotonic() < end and not self.hanging:
            self.world.watch()
            try:
                now = self.moving()
            except OSError:
                now = None
            if now is None or now != before or time.monotonic() < self.remembered:
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

    def setting(self):
        """What the checker has to know of the run. `ended`: µs from which an operator has no convention any more; `kills`: monotonic
        seconds at which the campaign ended or stopped a process."""
        world = self.world
        return {"operators": {code: "france_travail" if code == "o10" else "agenda" for code in world.operators},
                "destinations": DESTINATION, "no_convention": [["o23", "o10"]], "removed": self.chaos.members.removed,
                "ended": world.ended, "kills": world.kills, "wall_less_mono_s": time.time() - time.monotonic(),
                "now_us": world.call(world.url("clock") + "/")["now_us"]}

    def verdict(self):
        world = self.world
        (self.folder / "systems").mkdir(exist_ok=True)
        for code in world.regional():
            world.control(code, dump=str(self.folder / "systems" / f"{code}.rows.json"))
        setting = self.setting()
        (self.folder / "run.json").write_text(json.dumps(setting), encoding="utf-8")
        run = read_run(self.folder, world.direct(), setting)
        if self.options.record:
            run.write(self.options.record)
        findings, counts = check(run)
        return findings + self.last_look_at_markers(), counts

    def last_look_at_markers(self):
        """Findings: figures that fail do not take the verdict with them."""
        try:
            self.chaos.markers.finish()
        except Exception as error:  # pylint: disable=broad-except
            return [f"wrong: what Kafka's coordinator wrote was not read to its end: {error!r}"]
        self.chaos.count_markers(all_of_them=True)
        return []

    def run(self):
        seconds = self.options.minutes * 60
        try:
            self.world.start()
            self.say(f"up; {seconds:.0f} s of load and troubles, seed {self.options.seed}, files in {self.folder}")
            self.load(seconds)
            self.say("no more load, no more troubles: coming to rest")
            still = self.rest()
            trouble = None if still or self.hanging else self.restless()
            if self.hanging:
                self.world.end_relais()  # so that nothing moves while it is read
            findings, counts = self.verdict()
            if trouble is not None:
                findings.insert(0, f"wrong: nothing comes to rest within {self.rest_s:.0f} s: {trouble}")
            findings += self.deaths()
        finally:
            self.world.stop()
        return self.void(findings, counts) if self.hanging else self.report(findings, counts)

    def deaths(self):
        """Findings: ends that nobody caused and no rule excuses, and stores that failed; the excused ones are counted."""
        findings, counts = deaths.judge(self.world.ends, self.world.outages, self.chaos.killed)
        self.chaos.done.update(counts)
        return findings + deaths.stores({log.stem: log.read_text(encoding="utf-8", errors="replace").splitlines()
                                         for log in self.world.logs.glob("b?.log")})

    def tell(self, findings):
        """Some of each sort; all of them stand in the folder."""
        (self.folder / "findings.txt").write_text("".join(finding + "\n" for finding in findings), encoding="utf-8")
        for line in table.shown(findings):
            print(line)

    def void(self, findings, counts):
        """Kafka lost a marker: what is hidden cannot be judged, and no client could have helped it. What is there twice is."""
        doubled = certain(findings, self.hanging)
        places = ", ".join(f"{topic} {number}" for topic, number in self.hanging)
        self.say(f"void: Kafka ended a transaction without its markers (DESIGN.md \"Anchor\", 6): {places}; its log: {self.folder}")
        print(f"of what can be read, without what stands behind: findings {len(findings)}, lost {counts['lost']}, "
              f"doubled for certain {len(doubled)}")
        self.tell(findings)
        if doubled:
            print(f"whatever is hidden, this is there twice: {doubled[0]}", flush=True)
            return 1
        return VOID

    def report(self, findings, counts):
        done, o = self.chaos.done, self.options
        if o.gap < o.minutes * 60:  # else no troubles were asked for
            findings += table.missing(done, o.minutes, o.nodes, () if self.chaos.has_disks else (table.DISK_FILLED, table.DISK_MET))
        self.tell(findings)
        print("\n".join(table.printed(done, counts)))
        rate = counts["events"] / self.load_s
        print(f"seed {o.seed}  minutes {o.minutes:g}  nodes {o.nodes}  void runs before {self.voids}  kills {table.kills(done)}  "
              f"events {counts['events']} ({rate:.0f} a second)  hand-overs {counts['handoffs']}  inbox {counts['inbox']}  "
              f"findings {len(findings)}  lost {counts['lost']}  doubled {counts['doubled']}", flush=True)
        if o.result:
            command = f"tests/crash/run --minutes {o.minutes:g} --seed {o.seed} --rate {o.rate:g} --gap {o.gap:g} --nodes {o.nodes}"
            o.result.write_text(table.markdown(command, findings, done, counts, rate, self.voids, kept(o.result, "notes")), encoding="utf-8")
        if findings:
            print(f"first of them: {findings[0]}\nfiles of the failed campaign: {self.folder}")
            return 1
        shutil.rmtree(self.folder, ignore_errors=True)
        return 0
