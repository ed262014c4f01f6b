# SPDX-License-Identifier: Apache-2.0
"""The troubles of a crash campaign, drawn by seed: each begins, lasts, and is healed; every one is counted."""

import collections
import heapq
import random
import shutil
import signal
import time

from demo.reckoning import parse, total
from demo.supervise import Trouble, fetch
from tests.crash.kafka_state import led_by
from tests.crash.world import BROKERS, DESTINATION, LATER

DAY_US = 86_400_000_000
BEYOND_SESSION_S = (7.5, 11.0)  # the group's session time-out is 6 s
BEYOND_TRANSACTION_S = (21.0, 25.0)  # transaction.timeout.ms is 20 s
KAFKA_PAUSE_S = 40  # from one stop of Kafka to the next: it has to start, and to be used again, on a busy machine too
REMOVED = "o23"
JUMPS_OF_A_KIND = 6  # of the clock, while others go on and while nothing comes in


class Chaos:
    """Troubles that last hold their target: nothing else happens to it meanwhile."""

    def __init__(self, world, seed, gap_s, seconds):
        self.world, self.gap_s, self.long = world, gap_s, seconds > 120
        # Eleven days each. What the memory forgets after 90 days must not stand in a backlog still: Kafka's own clock, by which an
        # inbox ends after 29 (schemas/topics.c), does not jump along.
        self.jump_pause_s = seconds / JUMPS_OF_A_KIND
        self.dice = random.Random(f"chaos/{seed}")
        self.done = collections.Counter()
        self.heals = []  # (due, number, what, target)
        self.held = set()
        self.numbers = 0
        self.kafka_after = time.monotonic() + 8
        self.clock_after = time.monotonic() + 10
        self.quiet_after = time.monotonic() + 60
        self.stops = []  # of Kafka nodes: (ms since 1970, what the node led)
        self.full = set()  # brokers whose disk is full
        self.next = time.monotonic() + 2
        self.began = time.monotonic()
        self.removed = []
        # What, and how often against the others.
        self.kinds = [(self.kill_broker, 8), (self.kill_connector, 8), (self.kill_kafka, 2), (self.stop_kafka, 1), (self.stop_broker, 3),
                      (self.stop_connector, 2), (self.delete_state, 2), (self.fill_disk, 1), (self.cut, 4), (self.silence, 2),
                      (self.delay, 3), (self.misbehave, 6), (self.system_down, 2), (self.third_broker, 3), (self.jump, 1),
                      (self.quiet_zombie, 1 if self.long else 0)]

    def step(self):
        now = time.monotonic()
        while self.heals and self.heals[0][0] <= now:
            _, _, heal, target = heapq.heappop(self.heals)
            self.held.discard(target)  # the heal may hold it again, for what follows
            heal()
        for name in self.full:
            child = self.world.children[name]
            child.deaths = child.deaths[-1:]  # it dies over and over, and says why
        if now >= self.next:
            self.next = now + self.dice.expovariate(1 / self.gap_s)
            kind = self.dice.choices([kind for kind, _ in self.kinds], [weight for _, weight in self.kinds])[0]
            kind()

    def heal_all(self):
        while self.heals:
            heapq.heappop(self.heals)[2]()
        self.held.clear()
        self.full.clear()

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

    def kill(self, name, what):
        child = self.world.children[name]
        child.deaths = []
        child.process.kill()
        self.count(what)

    def kafka_is_whole(self):
        nodes = [f"kafka-{n}" for n in range(1, self.world.nodes + 1)]
        return all(node not in self.held and self.world.children[node].alive() and self.world.children[node].is_ready() for node in nodes)

    # --- kill -9 ---

    def kill_broker(self):
        name = self.free(self.brokers())
        if name:
            self.kill(name, "kill -9 broker")

    def kill_connector(self):
        name = self.free(self.world.operators)
        if name:
            self.kill(name, "kill -9 connector")

    def kill_kafka(self):
        node = self.node_to_stop()
        if node:
            self.kill(node, "kill -9 Kafka")
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
        self.stops.append((time.time_ns() // 1_000_000, led))
        return f"kafka-{number}"

    def delete_state(self):
        name = self.free(self.brokers())
        if name:
            self.kill(name, "kill -9 broker")
            self.world.children[name].process.wait()
            shutil.rmtree(self.world.state_folder / name, ignore_errors=True)
            self.count("state folder deleted")

    # --- a disk that is full ---

    def fill_disk(self):
        """The broker ends, says why, and is started over and over until there is room."""
        name = self.free([name for name in self.brokers() if self.world.disks[name].mounted])
        if name and self.world.disks[name].fill():
            self.count("disk full")
            self.full.add(name)

            def empty():
                self.world.disks[name].empty()
                self.full.discard(name)
            self.lasts(name, 3, 15, empty)

    # --- SIGSTOP ---

    def stop_process(self, name, what, low, high):
        child = self.world.children[name]
        pid = child.pid
        child.signal(signal.SIGSTOP)
        self.count(what)

        def go_on():
            if child.alive() and child.pid == pid:
                child.signal(signal.SIGCONT)
        self.lasts(name, low, high, go_on)

    def stop_broker(self):
        name = self.free(self.brokers())
        if name and not any(other in self.held for other in self.brokers()):
            low, high = BEYOND_TRANSACTION_S if self.long and self.dice.random() < 0.4 else BEYOND_SESSION_S
            self.stop_process(name, "SIGSTOP broker (zombie)", low, high)
            if self.dice.random() < 0.5:
                self.jump()  # it wakes with deadlines that are due, which another has seen to

    def stop_kafka(self):
        """With three nodes others lead meanwhile, and it wakes as a leader that is none any more."""
        node = self.node_to_stop()
        if node:
            self.stop_process(node, "SIGSTOP Kafka", 1, 8)

    def quiet_zombie(self):
        """A broker that wakes with deadlines that came due while it slept, another having seen to them, and no input at all."""
        name = self.free(self.brokers())
        if not name or any(other in self.held for other in self.brokers()) or time.monotonic() < self.quiet_after:
            return
        self.quiet_after = time.monotonic() + max(240, self.jump_pause_s)
        self.next = time.monotonic() + 30  # no other trouble meanwhile
        self.world.pause_load(True)
        self.lasts(name, 12, 12, lambda: self.sleep_through(name))  # until what is under way has ended

    def sleep_through(self, name):
        child, others = self.world.children.get(name), [other for other in self.brokers() if other != name]
        if child is None or not child.alive():
            return self.world.pause_load(False)
        pid, before = child.pid, self.deadlines(others)
        child.signal(signal.SIGSTOP)
        self.advance()

        def wake():
            if self.deadlines(others) > before:
                self.count("zombie wakes with due deadlines, no input")
            if child.alive() and child.pid == pid:
                child.signal(signal.SIGCONT)
            self.lasts(name, 3, 3, lambda: self.world.pause_load(False))
        self.lasts(name, 10, 12, wake)

    def deadlines(self, names):
        """That these brokers have fired."""
        return sum(total(parse(fetch(self.world.url(f"http-{name}") + "/metrics")), "relais_broker_deadlines_total") or 0 for name in names)

    def stop_connector(self):
        name = self.free(self.world.operators)
        if name:
            self.stop_process(name, "SIGSTOP connector", 2, 12)

    # --- the network between a client and Kafka ---

    def network(self, what, low, high, *mode):
        name = self.free([*self.brokers(), *self.world.operators])
        if name:
            self.world.network(name, *mode)
            self.count(what)
            self.lasts(name, low, high, lambda: self.world.network(name, "ok"))

    def cut(self):
        self.network("network cut", 0.5, 6, "cut")

    def silence(self):
        self.network("network silent", 2, 14, "silent")

    def delay(self):
        self.network("network slow", 3, 10, "delay", self.dice.choice([20, 100, 400]))

    # --- systems ---

    def misbehave(self):
        code = self.free([f"sim-{code}" for code in self.world.operators])
        if code is None:
            return
        code = code.removeprefix("sim-")
        share = self.dice.choice([0.02, 0.1, 0.5])
        name = self.dice.choice(["http_500", "http_429", "slow", "half_body", "drop_connection"])
        share = min(share, 0.05) if name == "slow" else share
        self.count(f"system: {name}")
        if code == "o10":
            if self.dice.random() < 0.3:
                self.world.control(code, misbehave={"lost_answer": 1})
                self.count("system: lost_answer")
            self.world.control(code, misbehave={name: share})
            self.lasts(f"sim-{code}", 1, 6, lambda: self.world.control(code, misbehave={name: 0}))
        else:
            self.world.control(code, modes={name: share})
            self.lasts(f"sim-{code}", 1, 6, lambda: self.world.control(code, modes={name: 0}))

    def system_down(self):
        code = self.free([f"sim-{code}" for code in self.world.operators if code != "o10"])
        if code is None:
            return
        code = code.removeprefix("sim-")
        self.world.control(code, refuse_connections=True)
        self.count("system down")
        self.lasts(f"sim-{code}", 1, 8, lambda: self.world.control(code, refuse_connections=False))

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

    def operator_joins(self, rate):
        """With keys, topics, conventions, a connector and a system; the others may send to it. False: no Kafka now, ask again."""
        world = self.world
        if not self.kafka_is_whole():
            return False
        world.add_operator(LATER)
        try:
            world.publish()
        except Trouble:
            return False
        world.operators.append(LATER)
        for child in (world.connector(LATER), world.system(LATER)):
            world.children[child.name] = world.supervisor.add(child)
        world.children[f"sim-{LATER}"].wait_ready(30)
        world.load(LATER, rate)
        for code in ("o21", "o22"):
            world.control(code, destinations=[DESTINATION[c] for c in world.operators if c not in (code, "o10")])
        self.count("operator added")
        return True

    def operator_leaves(self):
        """Nobody sends to it any more; a little later it is out of the directory. What is open goes on."""
        world = self.world
        for code in world.operators:
            if code not in ("o10", REMOVED):
                world.control(code, destinations=[DESTINATION[c] for c in world.operators if c not in (code, "o10", REMOVED)])
        world.load(REMOVED, 0)
        world.control(REMOVED, destinations=[])
        self.removed.append(REMOVED)
        self.count("operator removed")
