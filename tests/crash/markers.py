# SPDX-License-Identifier: Apache-2.0
"""Which stops of a Kafka node fell between the markers of one transaction: told by the coordinator's own log.

A transaction that is to end stands in __transaction_state as "prepare" before its markers are written, and as "complete" after the
last of them. A node that was stopped in between, and that led one of its partitions, was stopped between its markers.
"""

import struct
import time

TOPIC = "__transaction_state"
PREPARE, COMPLETE = (2, 3), (4, 5)
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
    """(producer's id and epoch, status, {(topic, partition)}, time in ms)."""
    reader = Reader(value)
    compact = reader.number("h") > 0
    producer, _, _, status = reader.number("q"), reader.number("h"), reader.number("i"), reader.number("b")
    partitions = set()
    for _ in range(max(0, reader.count(compact, "i"))):
        topic = reader.text(compact)
        partitions |= {(topic, reader.number("i")) for _ in range(reader.count(compact, "i"))}
        if compact:
            reader.skip_tags()
    return producer, status, partitions, reader.number("q")


def endings(brokers):
    """(partitions, began in ms, ended in ms) of each transaction that was committed or aborted."""
    from confluent_kafka import Consumer, KafkaError, TopicPartition
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "markers", "enable.partition.eof": True,
                         "enable.auto.commit": False, "auto.offset.reset": "earliest"})
    left = set(consumer.list_topics(TOPIC, timeout=TIMEOUT_S).topics[TOPIC].partitions)
    consumer.assign([TopicPartition(TOPIC, number, 0) for number in left])
    prepared, end = {}, time.monotonic() + TIMEOUT_S
    try:
        while left and time.monotonic() < end:
            for message in consumer.consume(1000, 0.1):
                if message.error() is None and message.value():
                    producer, status, partitions, at = parse(message.value())
                    if status in PREPARE:
                        prepared[producer] = (partitions, at)
                    elif status in COMPLETE and producer in prepared:
                        yield *prepared.pop(producer), at
                elif message.error() is not None and message.error().code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
    finally:
        consumer.close()


def led_by(brokers, node):
    """{(topic, partition)} that this node leads now."""
    from confluent_kafka.admin import AdminClient
    known = AdminClient({"bootstrap.servers": brokers, "log_level": 0}).list_topics(timeout=5)
    return {(name, number) for name, topic in known.topics.items() for number, found in topic.partitions.items() if found.leader == node}


def stops_between(brokers, stops):
    """How many of `stops`, each (ms since 1970, {(topic, partition)} led by what was stopped), fell between markers."""
    found = set()
    for partitions, began, ended in endings(brokers):
        found |= {at for at, led in stops if began <= at < ended and partitions & led}
    return len(found)
