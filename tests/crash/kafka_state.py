# SPDX-License-Identifier: Apache-2.0
"""What Kafka itself knows of a run: what its coordinator wrote of transactions, which partitions wait for a marker that will never
come, and what a group has not read yet.

A transaction that is to end stands in __transaction_state as "prepare" before its markers are written, and as "complete" after the
last of them. A node that was stopped in between, and that led one of its partitions, was stopped between its markers. What is open
in a partition and under way for no coordinator hangs: Kafka forgot its marker (DESIGN.md "Anchor", 6).
"""

import struct

from tests.checker.recorded import log_ends, messages_to_ends

TOPIC = "__transaction_state"
ONGOING, PREPARE_ABORT = 1, 3
PREPARE, COMPLETE = (2, PREPARE_ABORT), (4, 5)
TIMEOUT_S = 60


class Reader:
    """The log's values, written plainly (version 0) or compactly (1): https://kafka.apache.org/protocol, "TransactionLogValue"."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, kind):
        (value,) = struct.unpack_from(">" + kind, self.data, self.at)
        self.at += struct.calcsize(kind)
        return value

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def count(self, compact, kind):
        return self.varint() - 1 if compact else self.number(kind)

    def text(self, compact):
        size = self.count(compact, "h")
        self.at += size
        return self.data[self.at - size:self.at].decode()

    def skip_tags(self):
        for _ in range(self.varint()):
            self.varint()
            self.at += self.varint()


def parse(value):
    """(producer's id, status, {(topic, partition)}). Its own time says when the coordinator decided, of "complete" before the markers."""
    reader = Reader(value)
    compact = reader.number("h") > 0
    producer, _, _, status = reader.number("q"), reader.number("h"), reader.number("i"), reader.number("b")
    partitions = set()
    for _ in range(max(0, reader.count(compact, "i"))):
        topic = reader.text(compact)
        partitions |= {(topic, reader.number("i")) for _ in range(reader.count(compact, "i"))}
        if compact:
            reader.skip_tags()
    return producer, status, partitions


def reader(brokers, group, isolation):
    from confluent_kafka import Consumer
    return Consumer({"bootstrap.servers": brokers, "group.id": group, "isolation.level": isolation, "enable.partition.eof": True,
                     "enable.auto.commit": False, "auto.offset.reset": "earliest", "log_level": 0})


def entries(brokers, places=None):
    """(key, parsed value or None, ms at which it was written) of each entry of the coordinator's log, those of one id in their order.
    `places`: partition → where to begin, which moves on with what was read."""
    from confluent_kafka import TopicPartition
    places = {} if places is None else places
    consumer = reader(brokers, "markers", "read_uncommitted")
    try:
        numbers = consumer.list_topics(TOPIC, timeout=TIMEOUT_S).topics[TOPIC].partitions
        for message in messages_to_ends(consumer, [TopicPartition(TOPIC, number, places.get(number, 0)) for number in numbers]):
            if message.error() is None:
                places[message.partition()] = message.offset() + 1
                yield message.key(), message.value() and parse(message.value()), message.timestamp()[1]
    finally:
        consumer.close()


def under_way(brokers):
    """{(topic, partition)} of the transactions that a coordinator still has to end."""
    last = {key: value for key, value, _ in entries(brokers)}
    return set().union(*(value[2] for value in last.values() if value and value[1] in (ONGOING, *PREPARE)))


def unread(brokers, group, topics):
    """[(topic, partition)] with committed records behind the group's offset."""
    from confluent_kafka import OFFSET_BEGINNING, TopicPartition
    consumer = reader(brokers, group, "read_committed")
    try:
        known = consumer.list_topics(timeout=TIMEOUT_S).topics
        starts = consumer.committed([TopicPartition(topic, number) for topic in topics for number in known[topic].partitions], TIMEOUT_S)
        for start in starts:
            start.offset = start.offset if start.offset >= 0 else OFFSET_BEGINNING
        return sorted({(message.topic(), message.partition()) for message in messages_to_ends(consumer, starts)
                       if message.error() is None})
    finally:
        consumer.close()


def hidden(brokers):
    """(topic, partition) → where readers of committed records stop before the log's end, which they do behind an open transaction."""
    from confluent_kafka.admin import AdminClient
    known = AdminClient({"bootstrap.servers": brokers, "log_level": 0}).list_topics(timeout=TIMEOUT_S).topics
    places = [(name, number) for name, topic in known.items() if name.startswith("relais.") for number in topic.partitions]
    stable, ends = (log_ends(brokers, places, level) for level in ("read_committed", "read_uncommitted"))
    return {place: stable[place] for place in places if stable[place] < ends[place]}


def hanging(before, waited_for, after):
    """Of what was hidden `before`, and still is at the same place `after`, what no coordinator had to end in between."""
    return sorted(place for place, at in before.items() if after.get(place) == at and place not in waited_for)


def led_by(brokers, node):
    """{(topic, partition)} that this node leads now."""
    from confluent_kafka.admin import AdminClient
    known = AdminClient({"bootstrap.servers": brokers, "log_level": 0}).list_topics(timeout=5)
    return {(name, number) for name, topic in known.topics.items() for number, found in topic.partitions.items() if found.leader == node}
