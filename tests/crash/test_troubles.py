# SPDX-License-Identifier: Apache-2.0
"""Which trouble comes when, when it counts, and how an operator leaves, step by step."""

import pathlib
import tempfile
import unittest
from unittest import mock

from demo.supervise import Trouble
from tests.crash import chaos as chaos_module
from tests.crash import members, table
from tests.crash.chaos import REFUSED, TRANSACTION_S, Chaos
from tests.crash.deaths import NO_ROOM
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
        made_by_others = {table.DISK_FILLED, table.BEYOND_TRANSACTION, "broker leaves", "operator added", "operator removed"}
        self.assertEqual(set(table.TROUBLES) - made_by_others, set(chaos_of(600).kinds))
        self.assertNotIn(table.DISK_MET, chaos_of(600, mounted=False).kinds)

    def test_a_stop_beyond_a_transaction_is_longer_than_its_time_and_kafkas_next_look(self):
        self.assertGreater(chaos_of(600).beyond_transaction_s[0], TRANSACTION_S + 15)

    def test_kafka_stays_while_a_broker_sleeps_beyond_its_transaction(self):
        chaos = chaos_of(600)
        chaos.world.children, chaos.jump = {"b1": mock.Mock(), "b2": mock.Mock()}, lambda: None
        chaos.stop_broker_long()
        self.assertGreater(chaos.kafka_after, chaos.heals[0][0])
        before = chaos.kafka_after
        chaos.stop_broker_long()  # nobody can be stopped now
        self.assertEqual(chaos.kafka_after, before)


    def test_three_nodes_are_killed_until_one_was_between_markers(self):
        chaos = chaos_of(600)
        chaos.world.nodes = 3
        for row in chaos.kinds:
            chaos.done[row] = 1
        self.assertGreater([chaos.choose(chaos.began + 301) for _ in range(200)].count("kill -9 Kafka"), 70)
        chaos.markers.between = {1}
        self.assertLess([chaos.choose(chaos.began + 301) for _ in range(200)].count("kill -9 Kafka"), 40)

    def test_a_stopped_broker_whose_transaction_was_not_aborted_is_stopped_again(self):
        chaos = chaos_of(600)
        for row in chaos.kinds:
            chaos.done[row] = 1
        chaos.done[table.ABORTED] = 0
        self.assertGreater([chaos.choose(chaos.began + 301) for _ in range(200)].count(table.ABORTED), 70)
        chaos.markers.sleeps, chaos.markers.aborts = [("b1", 0, 9000)], [("relais-broker-b1-0-0", 5000)]
        self.assertLess([chaos.choose(chaos.began + 301) for _ in range(200)].count(table.ABORTED), 40)
        self.assertEqual(chaos.done[table.ABORTED], 1)


class FeltTest(unittest.TestCase):
    """A trouble that hit nothing does not count, and what hit something does."""

    def setUp(self):
        self.chaos = chaos_of(600)
        self.world = self.chaos.world
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = pathlib.Path(folder.name) / "log"
        self.log.write_text("", encoding="utf-8")
        self.world.url.return_value = "http://nobody"
        names = ("b1", "b2", "o10", "o21", "sim-o10", "sim-o21")
        self.world.children = {name: mock.Mock(log=self.log) for name in names}
        self.world.disks["b1"] = self.world.disks["b2"] = mock.Mock(mounted=True)
        self.world.connected.return_value, self.world.regional.return_value = [], ["o21"]

    def count_of(self, row, begin, meanwhile=lambda: None):
        begin()
        self.assertEqual(self.chaos.done[row], 0, "counted before it was felt")
        meanwhile()
        self.chaos.heal_all()
        return self.chaos.done[row]

    def test_a_broken_network_counts_when_it_met_connections_or_bytes(self):
        for met in (0, 7):
            self.world.break_network.return_value = lambda met=met: met
            for row, begin in (("network cut", self.chaos.cut), ("network silent", self.chaos.silence), ("network slow", self.chaos.delay)):
                self.assertEqual(self.count_of(row, begin), min(met, 1), row)

    def test_a_misbehaviour_counts_when_a_call_met_it(self):
        states = {"sim-o21": [("regional system: http_500", lambda: self.chaos.misbehave("http_500"), "http_500"),
                              ("regional system: down", self.chaos.regional_down, "down")],
                  "sim-o10": [("national system: slow", lambda: self.chaos.misbehave_nationally("slow"), "slow"),
                              ("national system: lost_answer", lambda: self.chaos.misbehave_nationally("lost_answer"), "lost_answer")]}
        for row, begin, name in (kind for kinds in states.values() for kind in kinds):
            for before, after in (({}, {}), ({name: 3}, {name: 3}), ({name: 3}, {name: 4})):
                self.chaos.done.clear()
                self.world.state.side_effect = [{"provoked": before}, {"provoked": after}]
                self.assertEqual(self.count_of(row, begin), int(before != after), row)

    def test_a_national_system_that_is_down_counts_when_its_connector_said_so(self):
        for said in ("", "kafka: 2/2 brokers are down", REFUSED.decode()):
            self.log.write_text(REFUSED.decode(), encoding="utf-8")  # of before
            self.chaos.done.clear()
            count = self.count_of("national system: down", self.chaos.national_down, lambda said=said: append(self.log, said))
            self.assertEqual(count, int(said == REFUSED.decode()), said)

    def test_a_national_system_that_was_down_is_told_again_that_nobody_regrets(self):
        self.chaos.national_down()
        self.world.calm_national.assert_not_called()
        self.chaos.heal_all()
        self.world.calm_national.assert_called_once()

    def test_a_full_disk_is_met_when_its_broker_said_so(self):
        for said in ("", NO_ROOM):
            self.assertEqual(self.count_of(table.DISK_MET, self.chaos.fill_disk, lambda said=said: append(self.log, said)), int(said != ""))

    def test_a_wrong_clock_counts_when_it_was_asked(self):
        row = "clock of a process minutes back and forth"
        for times in (0, 3):
            self.world.set_wrong.return_value = times
            self.assertEqual(self.count_of(row, self.chaos.wrong_clock), min(times, 1))

    def test_a_kill_counts_when_it_killed(self):
        self.world.kill.return_value = False  # it had ended by itself
        self.chaos.kill_broker()
        self.assertEqual((self.chaos.done["kill -9 broker"], sum(self.chaos.killed.values())), (0, 0))
        self.world.kill.return_value = True
        self.chaos.kill_broker()
        self.assertEqual((self.chaos.done["kill -9 broker"], sum(self.chaos.killed.values())), (1, 1))

    def test_a_sleep_that_its_process_did_not_live_through_is_no_sleep(self):
        for lived in (False, True):
            self.world.halt.return_value = lambda lived=lived: lived
            self.chaos.stop_broker()
            self.chaos.heal_all()
            self.assertEqual(len(self.chaos.markers.sleeps), int(lived))

    # --- awake with due deadlines and no input ---

    def quiet(self, *pages):
        """How often it is counted when the other broker's pages are these."""
        found = iter(pages)
        with mock.patch.object(chaos_module, "fetch", lambda _: next(found)):
            self.chaos.sleep_through("b1")
            self.chaos.heal_all()
        return self.chaos.done[table.QUIET]

    def test_deadlines_that_another_fired_for_the_sleeper_count(self):
        fired = "relais_broker_deadlines_total %d\n"
        self.assertEqual(self.quiet(fired % 5, fired % 5), 0)
        self.assertEqual(self.quiet(fired % 5, fired % 6), 1)

    def test_a_page_that_does_not_answer_says_nothing_about_deadlines(self):
        fired = "relais_broker_deadlines_total 5\n"
        for pages in ((None, fired), (fired, None), (None, None)):
            self.assertEqual(self.quiet(*pages), 0)


def append(log, text):
    with log.open("a", encoding="utf-8") as file:
        file.write(text)


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
        with mock.patch.object(members.time, "monotonic") as clock:
            clock.return_value = 0.0
            self.world.children["o21"] = mock.Mock()
            self.assertTrue(self.members.joins(1.0))
            self.assertEqual(set(self.members.readers), {"b1", "o21", "o24"})
            for now, held, whole in ((1, {"b1"}, True), (9, {"b1"}, True), (11, set(), True), (12, {"o21"}, True), (18, set(), False),
                                     (27, {"o21"}, True)):  # o21 knew it at 12, b1 does not yet: it slept, and then Kafka was away
                clock.return_value, self.chaos.held, self.chaos.kafka_is_whole.return_value = now, held, whole
                self.step()
                self.world.load.assert_not_called()
            clock.return_value = 29
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
