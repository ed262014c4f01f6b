# SPDX-License-Identifier: Apache-2.0
"""What the campaign takes from Kafka about transactions that hide what follows them."""

import struct
import unittest

from tests.crash.kafka_state import ONGOING, hanging, parse

INBOX, OTHER = ("relais.o21.inbox.v1", 3), ("relais.o22.inbox.v1", 3)


def plain(producer, status, partitions, at):
    """A value of the coordinator's log as Kafka before 3.9 writes it (version 0)."""
    data = struct.pack(">hqhib", 0, producer, 4, 20_000, status) + struct.pack(">i", len(partitions))
    for topic, numbers in partitions.items():
        data += struct.pack(">h", len(topic)) + topic.encode() + struct.pack(f">i{len(numbers)}i", len(numbers), *numbers)
    return data + struct.pack(">qq", at, at)


def compact(producer, status, partitions, at):
    """The same with compact arrays and tags (version 1)."""
    data = struct.pack(">hqhib", 1, producer, 4, 20_000, status) + bytes([len(partitions) + 1])
    for topic, numbers in partitions.items():
        data += bytes([len(topic) + 1]) + topic.encode() + bytes([len(numbers) + 1]) + struct.pack(f">{len(numbers)}i", *numbers) + b"\0"
    return data + struct.pack(">qq", at, at) + b"\0"


class KafkaStateTest(unittest.TestCase):
    def test_a_value_of_the_coordinators_log_is_read_in_both_versions(self):
        for write in (plain, compact):
            value = write(77, ONGOING, {"relais.o21.inbox.v1": [3, 5], "relais.handoff.v1": [3]}, 1795400478886)
            self.assertEqual(parse(value), (77, ONGOING, {INBOX, ("relais.o21.inbox.v1", 5), ("relais.handoff.v1", 3)}, 1795400478886))

    def test_what_a_coordinator_still_has_to_end_does_not_hang(self):
        self.assertEqual(hanging({INBOX: 12, OTHER: 7}, {INBOX}, {INBOX: 12, OTHER: 7}), [OTHER])

    def test_what_was_ended_meanwhile_does_not_hang(self):
        self.assertEqual(hanging({INBOX: 12, OTHER: 7}, set(), {OTHER: 7}), [OTHER])

    def test_what_another_transaction_hides_now_does_not_hang(self):
        self.assertEqual(hanging({INBOX: 12, OTHER: 7}, set(), {INBOX: 15, OTHER: 7}), [OTHER])


if __name__ == "__main__":
    unittest.main()
