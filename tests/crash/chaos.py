# SPDX-License-Identifier: Apache-2.0
"""The troubles of a crash campaign, drawn by seed: each begins, lasts, and is healed. It is counted when somebody felt it: what hit
nothing comes again, by chance or because it is due."""

import collections
import functools
import heapq
import random
import shutil
import time

from demo.reckoning import parse, total
from demo.supervise import fetch
from tests.crash import table
from tests.crash.deaths import NO_ROOM
from tests.crash.kafka_state import led_by
from tests.crash.markers import Markers
from tests.crash.members import Members
from tests.crash.outages import disk
from tests.crash.world import BROKERS

DAY_US = 86_400_000_000
SECOND_US = 1_000_000
SESSION_S, TRANSACTION_S = 6, 20  # the group's session time-out, and transaction.timeout.ms
BEYOND_SESSION_S = (SESSION_S + 1.5, SESSION_S + 5)
ASLEEP_S = (12, 14)  # of a broker that wakes with due deadlines: the others have its tasks for some seconds by then
OTHERS_OWN_S = 3.5  # so long after a stop nobody has the stopped one's tasks yet: what fires until then are the others' own deadlines
KAFKA_PAUSE_S = 40  # from one stop of Kafka to the next: it has to start, and to be used again, on a busy machine too
JUMPS_OF_A_KIND = 6  # of the clock, while others go on and while nothing comes in
WRONG_S = (60, 300)
REFUSED = b"connexion impossible"  # what a connector says of a system that is down


def rose(before, after):
    """False when one of the two is not known."""
    return before is not None and after is not None and after > before


class Chaos:
    """Troubles that last hold their target: nothing else happens to it meanwhile."""

    def __init__(self, world, seed, gap_s, seconds):
        self.world, self.gap_s, self.long, self.seconds = world, gap_s, seconds > 110, seconds
        # Eleven days each. What the memory forgets after 90 days must not stand in a backlog still: Kafka's own clock, by which an
        # inbox ends after 29 (schemas/topics.c), does not jump along.
        self.jump_pause_s = seconds / JUMPS_OF_A_KIND
        # Longer than a transaction lives and Kafka waits between two looks for such.
        self.beyond_transaction_s = (TRANSACTION_S + world.sweep_s + 2, TRANSACTION_S + world.sweep_s + 6)
        self.dice = random.Random(f"chaos/{seed}")
        self.done = collections.Counter()
        self.killed = collections.Counter()  # name → how often by SIGKILL, and then started again by the supervisor
        self.heals = []  # (due, number, what, target)
        self.held = set()
        self.numbers = 0
        self.began = time.monotonic()
        self.kafka_after = self.began + 8
        self.clock_after = self.began + 10
        self.quiet_after = self.began + min(60, seconds / 4)
        self.next = self.began + 2
        self.full = set()  # brokers whose disk is full
        self.markers, self.members = Markers(world.direct()), Members(world, self)
        # Row of the table → (what, how often against the others).
        self.kinds = {"kill -9 broker": (self.kill_broker, 8), "kill -9 connector": (self.kill_connector, 8),
                      "kill -9 Kafka": (self.kill_kafka, 2), "SIGSTOP Kafka": (self.stop_kafka, 1),
                      table.BEYOND_SESSION: (self.stop_broker, 2), "SIGSTOP connector": (self.stop_connector, 2),
                      "state folder deleted": (self.delete_state, 2), table.DISK_MET: (self.fill_disk, 1), "network cut": (self.cut, 4),
                      "network silent": (self.silence, 2), "network slow": (self.delay, 3), "broker joins": (self.third_broker, 3),
                      "clock jumps 11 days": (self.jump, 1), "clock of a process minutes back and forth": (self.wrong_clock, 2)}
        for name in table.REGIONAL[:-1]:
            self.kinds[f"regional system: {name}"] = (functools.partial(self.misbehave, name), 1)
        for name in [*table.NATIONAL[:-2], "lost_answer"]:
            self.kinds[f"national system: {name}"] = (functools.partial(self.misbehave_nationally, name), 0.4)
        self.kinds |= {"regional system: down": (self.regional_down, 2), "national system: down": (self.national_down, 0.7)}
        self.has_disks = any(disk.mounted for disk in world.disks.values())  # at the end they are gone
        if not self.has_disks:
            del self.kinds[table.DISK_MET]
        if self.long:
            self.kinds |= {table.ABORTED: (self.stop_broker_long, 0.7), table.QUIET: (self.quiet_zombie, 1)}

    # --- what comes next ---

    def step(self):
        now = time.monotonic()
        while self.heals and self.heals[0][0] <= now:
            _, _, heal, target = heapq.heappop(self.heals)
            self.held.discard(target)  # the heal may hold it again, for what follows
            heal()
        for name in self.full:
            child = self.world.children[name]
            child.deaths = child.deaths[-1:]  # it dies over and over, and says why
        self.members.step()
        self.markers.step()
        if now >= self.next:
            self.next = now + self.dice.expovariate(1 / self.gap_s)
            self.kinds[self.choose(now)][0]()

    def choose(self, now):
        """By chance; but at first one of each process is killed, and what has not happened when half the time is over comes before
        what has, in turn with chance: it may have to wait for its target."""
        self.count_markers()
        late = now > self.began + self.seconds / 2
        due = [row for row in (self.kinds if late else table.ALWAYS) if not self.done[row]]
        if late and self.world.nodes > 1 and not self.done[table.BETWEEN]:
            due.append("kill -9 Kafka")  # as often as it takes: with others to lead, no marker is lost
        if due and (not late or self.dice.random() < 0.5):
            return self.dice.choice(due)
        rows = list(self.kinds)
        return self.dice.choices(rows, [self.kinds[row][1] for row in rows])[0]

    def heal_all(self):
        while self.heals:
            heapq.heappop(self.heals)[2]()
        self.held.clear()

    def lasts(self, target, low, high, heal):
        self.held.add(target)
        self.numbers += 1
        heapq.heappush(self.heals, (time.monotonic() + self.dice.uniform(low, high), self.numbers, heal, target))

    def free(self, names):
        there = [name for name in names if name not in self.held and (name not in self.world.children or self.world.children[name].alive())]
        return self.dice.choice(there) if there else None

    def brokers(self):
        return [name for name in BROKERS if name in self.world.children]

    def count(self, what):
        self.done[what] += 1

    def count_markers(self, all_of_them=False):
        """What Kafka's own log told so far; of the aborts only whether there was one, for to count them takes a while."""
        self.done[table.BETWEEN] = len(self.markers.between)
        if all_of_them or not self.done[table.ABORTED]:
            self.done[table.ABORTED] = self.markers.aborted_asleep()

    def felt(self, what, number):
        """What to call when the trouble is over: counts it if `number` told more then than now."""
        before = number()

        def look():
            if number() > before:
                self.count(what)
        return look

    def kill(self, name, what):
        """Starts again at once, however often it dies."""
        self.world.children[name].deaths = []
        if not self.world.kill(name):
            return False
        self.killed[name] += 1
        self.count(what)
        return True

    def said(self, name, words):
        """What to call to know whether this process has said these words since now."""
        log = self.world.children[name].log
        began = log.stat().st_size

        def has_said():
            with log.open("rb") as file:
                file.seek(began)
                return words in file.read()
        return has_said

    def kafka_is_whole(self):
        nodes = [f"kafka-{n}" for n in range(1, self.world.nodes + 1)]
        return all(node not in self.held and self.world.children[node].alive() and self.world.children[node].is_ready() for node in nodes)

    # --- kill -9 ---

    def kill_broker(self):
        name = self.free(self.brokers())
        if name:
            self.kill(name, "kill -9 broker")

    def kill_connector(self):
        name = self.free(self.world.connected())
        if name:
            self.kill(name, "kill -9 connector")

    def kill_kafka(self):
        node = self.node_to_stop()
        if node and self.kill(node, "kill -9 Kafka"):
            log = self.world.folder / node / "kafka.log"
            if log.exists():  # the next start begins it anew
                shutil.copyfile(log, self.world.logs / f"{node}.{self.done['kill -9 Kafka']}.log")

    def node_to_stop(self):
        """One at a time: none while another is away. What it leads is noted: the coordinator's log tells in the end what was
        between its markers."""
        if time.monotonic() < self.kafka_after or not self.kafka_is_whole():
            return None
        number = self.dice.randint(1, self.world.nodes)
        led = led_by(self.world.direct(), number)
        self.kafka_after = time.monotonic() + KAFKA_PAUSE_S
        self.markers.stops.append((time.time_ns() // 1_000_000, led))
        return f"kafka-{number}"

    def delete_state(self):
        name = self.free(self.brokers())
        if name and self.kill(name, "kill -9 broker"):
            shutil.rmtree(self.world.state_folder / name, ignore_errors=True)
            self.count("state folder deleted")

    # --- a disk that is full ---

    def fill_disk(self):
        """The broker ends, says why, and is started over and over until there is room."""
        name = self.free([name for name in self.brokers() if self.world.disks[name].mounted])
        if name and self.world.disks[name].fill():
            self.count(table.DISK_FILLED)
            self.full.add(name)
            has_room, was_met = self.world.outages.begin(disk(name)), self.said(name, NO_ROOM.encode())

            def empty():
                self.world.disks[name].empty()
                self.full.remove(name)
                has_room()
                if was_met():
                    self.count(table.DISK_MET)
            self.lasts(name, 3, 15, empty)

    # --- SIGSTOP ---

    def stop_process(self, name, what, low, high, woken=lambda _: None):
        go_on = self.world.halt(name)
        self.count(what)

        def wake():
            now_ms = time.time_ns() // 1_000_000
            if go_on():
                woken(now_ms)
        self.lasts(name, low, high, wake)

    def asleep_from_now(self, name):
        """What to call when it wakes: Kafka's own log tells whether it ended a transaction of it meanwhile."""
        began = time.time_ns() // 1_000_000
        return lambda ended: self.markers.sleeps.append((name, began, ended))

    def broker_to_stop(self):
        """One at a time: somebody has to take its tasks."""
        return None if any(other in self.held for other in self.brokers()) else self.free(self.brokers())

    def stop_broker(self, what=table.BEYOND_SESSION, lasts_s=BEYOND_SESSION_S):
        name = self.broker_to_stop()
        if name:
            self.stop_process(name, what, *lasts_s, woken=self.asleep_from_now(name))
            if self.dice.random() < 0.5:
                self.jump()  # it wakes with deadlines that are due, which another has seen to
        return name

    def stop_broker_long(self):
        """Kafka stays meanwhile: one that starts counts anew until it looks for transactions that fell due."""
        if self.stop_broker(table.BEYOND_TRANSACTION, self.beyond_transaction_s):
            self.kafka_after = max(self.kafka_after, time.monotonic() + self.beyond_transaction_s[1])

    def stop_kafka(self):
        """With three nodes others lead meanwhile, and it wakes as a leader that is none any more."""
        node = self.node_to_stop()
        if node:
            self.stop_process(node, "SIGSTOP Kafka", 1, 8)

    def quiet_zombie(self):
        """A broker that wakes with deadlines that came due while it slept, another having seen to them, and no input at all."""
        name = self.broker_to_stop()
        if not name or time.monotonic() < self.quiet_after:
            return
        self.quiet_after = time.monotonic() + max(min(240, self.seconds / 4), self.jump_pause_s)
        self.next = time.monotonic() + 30  # no other trouble meanwhile
        self.world.pause_load(True)
        self.lasts(name, 12, 12, lambda: self.sleep_through(name))  # until what is under way has ended

    def sleep_through(self, name):
        child, others = self.world.children.get(name), [other for other in self.brokers() if other != name]
        if child is None or not child.alive():
            return self.world.pause_load(False)
        own, go_on = [], self.world.halt(name)
        self.advance()
        self.lasts("the others' own deadlines", OTHERS_OWN_S, OTHERS_OWN_S, lambda: own.append(self.deadlines(others)))

        def wake():
            if own and rose(own[0], self.deadlines(others)):  # none of their own fell due since then: these were the sleeper's
                self.count(table.QUIET)
            go_on()
            self.lasts(name, 3, 3, lambda: self.world.pause_load(False))
        self.lasts(name, *ASLEEP_S, wake)

    def deadlines(self, names):
        """That these brokers have fired; None when one of them does not say it."""
        fired = [total(parse(fetch(self.world.url(f"http-{name}") + "/metrics")), "relais_broker_deadlines_total") for name in names]
        return None if None in fired else sum(fired)

    def stop_connector(self):
        name = self.free(self.world.connected())
        if name:
            self.stop_process(name, "SIGSTOP connector", 2, 12)

    # --- the network between a client and Kafka ---

    def network(self, what, low, high, *mode):
        name = self.free([*self.brokers(), *self.world.connected()])
        if name:
            mend = self.world.break_network(name, *mode)
            self.lasts(name, low, high, lambda: mend() and self.count(what))

    def cut(self):
        self.network("network cut", 0.5, 6, "cut")

    def silence(self):
        self.network("network silent", 2, 14, "silent")

    def delay(self):
        self.network("network slow", 3, 10, "delay", self.dice.choice([20, 100, 400]))

    # --- systems ---

    def misbehave(self, name):
        target = self.free([f"sim-{code}" for code in self.world.regional()])
        if target is None:
            return
        code, share = target.removeprefix("sim-"), self.share(name)
        was_felt = self.felt(f"regional system: {name}", lambda: self.provoked(code, name))
        self.world.control(code, modes={name: share})

        def behave():
            self.world.control(code, modes={name: 0})
            was_felt()
        self.lasts(target, 1, 6, behave)

    def provoked(self, code, name):
        return self.world.state(code)["provoked"].get(name, 0)

    def share(self, name):
        share = self.dice.choice([0.02, 0.1, 0.5])
        return min(share, 0.05) if name == "slow" else share

    def misbehave_nationally(self, name):
        if self.free(["sim-o10"]) is None:
            return
        was_felt = self.felt(f"national system: {name}", lambda: self.provoked("o10", name))
        # Few calls are made to it; an answer is lost of one of them.
        self.world.control("o10", misbehave={name: 1 if name == "lost_answer" else max(0.1, self.share(name))})

        def behave():
            self.world.control("o10", misbehave={name: 0})
            was_felt()
        self.lasts("sim-o10", 3, 12, behave)

    def regional_down(self):
        target = self.free([f"sim-{code}" for code in self.world.regional()])
        if target is None:
            return
        code = target.removeprefix("sim-")
        was_felt = self.felt("regional system: down", lambda: self.provoked(code, "down"))
        self.world.control(code, refuse_connections=True)

        def up():
            self.world.control(code, refuse_connections=False)
            was_felt()
        self.lasts(target, 1, 8, up)

    def national_down(self):
        """It keeps its rows in a file, a change whole or not at all: it is killed, sessions and all."""
        if self.free(["sim-o10"]) is None:
            return
        child, was_refused = self.world.children["sim-o10"], self.said("o10", REFUSED)
        child.lasting = False
        self.world.kill("sim-o10")

        def up():
            if was_refused():
                self.count("national system: down")
            child.start()
            child.lasting = True
            child.wait_ready(30)
            self.world.calm_national()
        self.lasts("sim-o10", 1, 10, up)

    # --- who is there ---

    def third_broker(self):
        name = BROKERS[2]
        if name in self.held:
            return
        if name in self.world.children:
            self.world.down(name)
            self.count("broker leaves")
        else:
            self.world.children[name] = self.world.supervisor.add(self.world.broker(name))
            self.count("broker joins")

    def jump(self):
        """Eleven days in a moment: every hand-over without an answer is overdue."""
        if time.monotonic() >= self.clock_after:
            self.clock_after = time.monotonic() + max(30, self.jump_pause_s)
            self.advance()

    def advance(self):
        self.world.call(self.world.url("clock") + "/", {"advance_us": 11 * DAY_US})
        self.count("clock jumps 11 days")

    def wrong_clock(self):
        """Of one process, some minutes to either side; in the end it is right again, so one of the two goes back."""
        name = self.free([*self.brokers(), *self.world.connected()])
        if not name or f"clock {name}" in self.held:
            return
        self.world.set_wrong(name, self.dice.choice([-1, 1]) * int(self.dice.uniform(*WRONG_S)) * SECOND_US)

        def right():
            if self.world.set_wrong(name, 0):  # it has asked for the wrong one
                self.count("clock of a process minutes back and forth")
        self.lasts(f"clock {name}", 5, 20, right)  # meanwhile it may be killed and start so
