# SPDX-License-Identifier: Apache-2.0
"""Which trouble comes when, and how an operator leaves, step by step."""

import unittest
from unittest import mock

from demo.supervise import Trouble
from tests.crash import table
from tests.crash.chaos import TRANSACTION_S, Chaos
from tests.crash.members import LEAVER, Members


def chaos_of(seconds, mounted=True):
    world = mock.Mock(nodes=1, sweep_s=15, disks={"b1": mock.Mock(mounted=mounted)})
    return Chaos(world, "unit", 1.5, seconds)


class ChoiceTest(unittest.TestCase):
    def test_one_of_each_process_is_killed_before_anything_else_happens(self):
        chaos, chosen = chaos_of(42), []
        for _ in table.ALWAYS:
            chosen.append(chaos.choose(chaos.began))
            chaos.count(chosen[-1])
        self.assertEqual(sorted(chosen), sorted(table.ALWAYS))

    def test_what_has_not_happened_by_half_the_time_is_chosen_every_other_time(self):
        chaos = chaos_of(600)
        for row in chaos.kinds:
            chaos.done[row] = 1
        chaos.done["national system: down"] = 0
        chosen = [chaos.choose(chaos.began + 301) for _ in range(200)]
        self.assertGreater(chosen.count("national system: down"), 70)

    def test_each_trouble_of_the_table_has_something_that_makes_it(self):
        made_by_others = {table.DISK_FILLED, "broker leaves", "operator added", "operator removed"}
        self.assertEqual(set(table.TROUBLES) - made_by_others, set(chaos_of(600).kinds))
        self.assertNotIn(table.DISK_MET, chaos_of(600, mounted=False).kinds)

    def test_a_stop_beyond_a_transaction_is_longer_than_its_time_and_kafkas_next_look(self):
        self.assertGreater(chaos_of(600).beyond_transaction_s[0], TRANSACTION_S + 15)


class LeavingTest(unittest.TestCase):
    def setUp(self):
        self.chaos = mock.Mock(held=set())
        self.world = mock.Mock(leaving=[], ended={}, out={}, children={LEAVER: mock.Mock(), "b1": mock.Mock()})
        self.world.regional.return_value = ["o21", LEAVER]
        self.world.down.side_effect = self.world.children.pop
        self.members = Members(self.world, self.chaos)

    def step(self):
        self.members.next = 0.0
        self.members.step()

    def test_one_that_comes_is_sent_to_when_all_have_read_of_it(self):
        self.world.operators = ["o21"]
        self.world.children["sim-o24"] = mock.Mock()
        self.world.connector.return_value.name = "o24"
        self.world.system.return_value.name = "sim-o24"
        self.assertTrue(self.members.joins(1.0))
        self.members.step()  # at once
        self.chaos.held.add("o21")
        self.step()
        self.world.load.assert_not_called()
        self.chaos.held.clear()
        self.step()
        self.world.load.assert_called_once_with("o24", 1.0)
        self.chaos.count.assert_called_once_with("operator added")

    def test_who_has_not_begun_when_the_load_is_over_does_not_begin(self):
        self.members.steps = [lambda: self.members.begin(1.0)]
        self.assertTrue(self.members.comes_for_the_rest())
        self.world.load.assert_not_called()

    def test_nobody_sends_to_it_then_its_conventions_end_then_its_connector_stops(self):
        self.members.leave()
        self.assertEqual((self.world.leaving, self.members.removed), ([LEAVER], []))
        self.members.step()  # at once: it is not time yet
        self.world.publish.assert_not_called()
        self.step()
        self.world.publish.assert_called_once()
        self.assertEqual((self.members.removed, list(self.world.ended), self.world.out), ([LEAVER], [LEAVER], {}))
        self.assertIn(LEAVER, self.world.children)
        self.step()
        self.assertNotIn(LEAVER, self.world.children)
        self.chaos.count.assert_called_once_with("operator removed")

    def test_what_kafka_did_not_take_has_not_happened_and_is_tried_again(self):
        self.members.leave()
        self.world.publish.side_effect = Trouble("away")
        self.step()
        self.assertEqual(self.members.removed, [])
        self.world.publish.side_effect = None
        self.step()
        self.assertEqual(self.members.removed, [LEAVER])

    def test_a_connector_that_something_else_happens_to_is_not_stopped_yet(self):
        self.members.leave()
        self.step()
        self.chaos.held.add(LEAVER)
        self.step()
        self.assertIn(LEAVER, self.world.children)

    def test_it_comes_once_more_for_the_rest_and_is_then_out_for_good(self):
        self.members.leave()
        self.step()
        self.step()
        self.assertTrue(self.members.comes_for_the_rest())
        self.world.up.assert_called_once()
        self.assertFalse(self.members.is_out())
        self.world.children[LEAVER] = mock.Mock()
        self.world.publish.side_effect = Trouble("away")
        self.assertFalse(self.members.take_out() or self.members.is_out())
        self.world.publish.side_effect = None
        self.assertTrue(self.members.take_out() and self.members.is_out())
        self.assertEqual([call.args for call in self.world.down.call_args_list], [(LEAVER,), (LEAVER,), ("b1",)])


if __name__ == "__main__":
    unittest.main()
