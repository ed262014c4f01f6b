# SPDX-License-Identifier: Apache-2.0
"""What Kafka's coordinator writes of transactions, read while a campaign runs: its log is compacted, and an hour later most is gone.

Two questions: which stops of a node fell between the markers of one transaction, and which brokers that were stopped woke behind the
end of a transaction of theirs, which Kafka had aborted. A look reads what is new since the last one, in a thread, for it may wait.
"""

import struct
import threading
import time

from tests.crash import kafka_state
from tests.crash.kafka_state import COMPLETE, PREPARE, PREPARE_ABORT

LOOK_S = 15
AFTER_STOP_MS = 1000  # what a process asked for just before it was stopped is done by then


def transactional_id(key):
    """Of an entry's key: version, length, text."""
    _, size = struct.unpack_from(">hh", key)
    return key[4:4 + size].decode()


class Markers:
    def __init__(self, brokers):
        self.brokers = brokers
        self.stops = []  # of Kafka nodes: (ms since 1970, {(topic, partition)} that the node led)
        self.sleeps = []  # of brokers: (name, from ms, to ms)
        self.between = set()  # when of the stops between markers
        self.aborts = []  # (transactional id, ms)
        self.failure = None
        self._prepared = {}  # transactional id → (partitions, ms)
        self._places = {}  # partition of the log → where the next look begins
        self._thread, self._next = None, time.monotonic() + LOOK_S

    def take(self, name, value, at):
        """An entry of the log, those of one id in their order, written `at`; None: the id is forgotten. "Complete" is written after the
        last marker (Kafka's TransactionMarkerChannelManager), though the time in it is of before the first."""
        if value is None:
            return
        _, status, partitions = value
        if status in PREPARE:
            self._prepared[name] = (partitions, at)
        if status == PREPARE_ABORT:
            self.aborts.append((name, at))
        if status in COMPLETE and name in self._prepared:
            partitions, began = self._prepared.pop(name)
            self.between |= {stop for stop, led in list(self.stops) if began <= stop < at and partitions & led}

    def look(self):
        """False: Kafka did not answer; the next look begins where this one ended."""
        from confluent_kafka import KafkaException
        try:
            for key, value, at in kafka_state.entries(self.brokers, self._places):
                self.take(transactional_id(key), value, at)
        except (KafkaException, KeyError):  # it is away, or has no such topic yet
            return False
        return True

    def _look(self):
        try:
            self.look()
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error  # told in the end, by the thread that asks for the figures

    def step(self):
        """Begins a look when it is time; never waits."""
        if time.monotonic() >= self._next and not (self._thread and self._thread.is_alive()):
            self._next = time.monotonic() + LOOK_S
            self._thread = threading.Thread(target=self._look, daemon=True)
            self._thread.start()

    def finish(self):
        """What is left to read. Fails when Kafka does not answer: the figures would be wrong."""
        if self._thread:
            self._thread.join()
        if self.failure:
            raise self.failure
        if not self.look():
            raise TimeoutError("Kafka says nothing about transactions")

    def aborted_asleep(self):
        """How many sleeps Kafka ended a transaction of the sleeper in."""
        return sum(any(name.startswith(f"relais-broker-{who}-") and began + AFTER_STOP_MS < at <= ended for name, at in self.aborts)
                   for who, began, ended in self.sleeps)
