# SPDX-License-Identifier: Apache-2.0
"""Who comes into the network of a campaign and who leaves it, while all others go on.

An operator leaves as one does: nobody sends to it any more, its conventions end in the directory's folder, and that is published. Its
connector stops at once, with hand-overs open; when the load is over it comes once more, for what the others said meanwhile. When
nothing is under way its own time in the directory ends too, and its connector stops for good.
"""

import time

from demo.supervise import Trouble
from tests.crash.world import BROKERS, LATER

LEAVER = "o23"
SENT_BEFORE_S = 5  # so long after the last hand-over to it its conventions end
STAY_S = 3
READ_BY_ALL_S = 10
TRY_AGAIN_S = 3


class Members:
    def __init__(self, world, chaos):
        self.world, self.chaos = world, chaos
        self.removed = []  # codes whose conventions have ended
        self.steps, self.next = [], 0.0  # of the leaving, those that are still to come
        self.readers = {}  # who may not have read yet of the one that came → since when nothing has kept it from that

    # --- one comes ---

    def joins(self, rate):
        """With keys, topics, conventions, a connector and a system; the others may send to it. False: no Kafka now, ask again."""
        world = self.world
        if not self.chaos.kafka_is_whole():
            return False
        world.add_operator(LATER)
        try:
            world.apply_topics()
            world.publish()
        except Trouble:
            return False
        world.operators.append(LATER)
        for child in (world.connector(LATER), world.system(LATER)):
            world.children[child.name] = world.supervisor.add(child)
        world.children[f"sim-{LATER}"].wait_ready(30)
        self.readers = dict.fromkeys((name for name in (*BROKERS, *world.operators) if name in world.children), time.monotonic())
        self.steps, self.next = [lambda: self.begin(rate)], 0.0
        return True

    def watch_readers(self):
        """Who runs so long with a network and a Kafka has read the directory anew; who starts does so first."""
        now, away = time.monotonic(), not self.chaos.kafka_is_whole()
        self.readers = {name: now if away or name in self.chaos.held else since for name, since in self.readers.items()
                        if now - since < READ_BY_ALL_S}

    def begin(self, rate):
        """It sends, and the others to it: when each has read the directory anew, for who does not know it yet may not send to it, and a
        broker that slept since before refuses what is sent to it."""
        if self.readers or not self.chaos.kafka_is_whole():
            return False
        self.world.load(LATER, rate)
        self.tell_destinations()
        self.chaos.count("operator added")
        return True

    def tell_destinations(self):
        for code in self.world.regional():
            self.world.control(code, destinations=self.world.destinations(code))

    # --- one goes ---

    def leave(self):
        """Nobody sends to it any more, nor it to others."""
        self.world.leaving.append(LEAVER)
        self.world.load(LEAVER, 0)
        self.tell_destinations()
        self.steps += [self.end_conventions, self.stop_connector]
        self.next = time.monotonic() + SENT_BEFORE_S

    def step(self):
        """Goes on with the leaving when it is time; a step that says False is tried again."""
        if self.readers:
            self.watch_readers()
        if self.steps and time.monotonic() >= self.next:
            done = self.steps[0]()
            self.steps = self.steps[1:] if done else self.steps
            self.next = time.monotonic() + (STAY_S if done else TRY_AGAIN_S)

    def end_conventions(self):
        if not self.chaos.kafka_is_whole() or not self.publish_end(self.world.ended):
            return False
        self.removed.append(LEAVER)
        return True

    def publish_end(self, which):
        """False: Kafka did not take it. `which`: world.ended or world.out."""
        which.setdefault(LEAVER, self.world.now_us())
        self.world.write_conventions()
        self.world.write_operator(LEAVER)
        try:
            self.world.publish()
        except Trouble:
            return False
        return True

    def stop_connector(self):
        child = self.world.children[LEAVER]
        if LEAVER in self.chaos.held or not self.chaos.kafka_is_whole() or not child.alive():
            return False
        self.world.down(LEAVER)
        self.chaos.count("operator removed")
        return True

    # --- when the load is over ---

    def comes_for_the_rest(self):
        """True when it reads once more: its leaving has come so far, and its connector runs. Who has not begun yet does not begin."""
        self.steps = [step for step in self.steps if step in (self.end_conventions, self.stop_connector)]
        if self.steps:
            self.step()
            return False
        if self.removed and LEAVER not in self.world.children and not self.world.out:
            self.world.up(self.world.connector(LEAVER))
        return True

    def is_out(self):
        return not self.removed or LEAVER in self.world.out

    def take_out(self):
        """Nothing is under way: its time in the directory ends, its connector stops for good, and what reads the directory anew
        finds all in order. False: Kafka did not take it."""
        if not self.publish_end(self.world.out):
            del self.world.out[LEAVER]
            return False
        self.world.down(LEAVER)
        for name in [name for name in BROKERS if name in self.world.children]:
            self.world.down(name)
            self.world.up(self.world.broker(name))
        return True
