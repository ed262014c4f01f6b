# SPDX-License-Identifier: Apache-2.0
"""What the campaign takes from Kafka about transactions that hide what follows them."""

import struct
import sys
import unittest
from unittest import mock

from tests.crash import kafka_state
from tests.crash.kafka_state import COMPLETE, ONGOING, PREPARE, PREPARE_ABORT, hanging, parse
from tests.crash.markers import Markers, transactional_id

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
            self.assertEqual(parse(value), (77, ONGOING, {INBOX, ("relais.o21.inbox.v1", 5), ("relais.handoff.v1", 3)}))

    def test_an_entry_is_of_when_it_was_written_and_not_of_when_the_coordinator_decided(self):
        message = mock.Mock(**{"error.return_value": None, "partition.return_value": 0, "offset.return_value": 6,
                               "key.return_value": b"key", "value.return_value": plain(7, COMPLETE[0], {}, 1000),
                               "timestamp.return_value": (1, 1200)})
        places = {}
        with (mock.patch.dict(sys.modules, {"confluent_kafka": mock.Mock()}), mock.patch.object(kafka_state, "reader"),
              mock.patch.object(kafka_state, "messages_to_ends", lambda *_: [message])):
            self.assertEqual(list(kafka_state.entries("nobody", places)), [(b"key", (7, COMPLETE[0], set()), 1200)])
        self.assertEqual(places, {0: 7})

    def test_what_a_coordinator_still_has_to_end_does_not_hang(self):
        self.assertEqual(hanging({INBOX: 12, OTHER: 7}, {INBOX}, {INBOX: 12, OTHER: 7}), [OTHER])

    def test_what_was_ended_meanwhile_does_not_hang(self):
        self.assertEqual(hanging({INBOX: 12, OTHER: 7}, set(), {OTHER: 7}), [OTHER])

    def test_what_another_transaction_hides_now_does_not_hang(self):
        self.assertEqual(hanging({INBOX: 12, OTHER: 7}, set(), {INBOX: 15, OTHER: 7}), [OTHER])

    # --- what is read while the campaign runs ---

    def markers(self, *entries, stops=(), sleeps=()):
        found = Markers("nobody")
        found.stops, found.sleeps = list(stops), list(sleeps)
        for name, status, at in entries:
            # Of "complete" the coordinator decided right behind "prepare", before the first marker.
            found.take(name, parse(plain(7, status, {INBOX[0]: [INBOX[1]]}, 1001)), at)
        return found

    def test_a_key_of_the_coordinators_log_is_the_transactional_id(self):
        self.assertEqual(transactional_id(struct.pack(">hh", 0, 5) + b"rogue"), "rogue")

    def test_a_stop_between_prepare_and_complete_of_a_led_partition_is_between_the_markers(self):
        entries = [("b", PREPARE[0], 1000), ("b", COMPLETE[0], 1200)]
        self.assertEqual(self.markers(*entries, stops=[(1100, {INBOX})]).between, {1100})
        for stop in ((999, {INBOX}), (1200, {INBOX}), (1100, {OTHER})):
            self.assertEqual(self.markers(*entries, stops=[stop]).between, set())

    def test_the_markers_of_one_transaction_are_not_taken_for_those_of_another(self):
        entries = [("b", PREPARE[0], 1000), ("c", COMPLETE[0], 1300), ("b", COMPLETE[0], 1050)]
        self.assertEqual(self.markers(*entries, stops=[(1100, {INBOX})]).between, set())

    def test_a_sleeper_whose_transaction_kafka_aborted_is_counted_once(self):
        entries = [("relais-broker-b1-0-1", PREPARE_ABORT, 9000), ("relais-broker-b1-1-0", PREPARE_ABORT, 9500)]
        self.assertEqual(self.markers(*entries, sleeps=[("b1", 2000, 12000)]).aborted_asleep(), 1)

    def test_an_abort_of_before_the_sleep_behind_it_or_of_another_counts_for_nobody(self):
        for name, at in (("relais-broker-b1-0-1", 2100), ("relais-broker-b1-0-1", 12001), ("relais-broker-b2-0-1", 9000)):
            self.assertEqual(self.markers((name, PREPARE_ABORT, at), sleeps=[("b1", 2000, 12000)]).aborted_asleep(), 0)

    def test_a_commit_while_it_slept_is_no_abort(self):
        self.assertEqual(self.markers(("relais-broker-b1-0-1", PREPARE[0], 9000), sleeps=[("b1", 2000, 12000)]).aborted_asleep(), 0)

    def test_a_forgotten_id_says_nothing(self):
        found = self.markers()
        found.take("b", None, 1000)
        self.assertEqual((found.between, found.aborts), (set(), []))


if __name__ == "__main__":
    unittest.main()
