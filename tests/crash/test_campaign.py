# SPDX-License-Identifier: Apache-2.0
"""How a campaign comes to rest behind open transactions, what it does with a void run, how it ends processes and what it tells of it, and
what it tells the directory."""

import argparse
import contextlib
import io
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time
import unittest
from unittest import mock

from demo.clock import serve
from demo.supervise import Child
from tests.crash import campaign, main, table
from tests.crash.campaign import VOID, Campaign
from tests.crash.outages import KAFKA, network
from tests.crash.world import DESTINATION, World, build_folder
from tests.crash.wrong_clock import WrongClocks

INBOX = ("relais.o21.inbox.v1", 0)
OPTIONS = argparse.Namespace(seed="unit", nodes=1, state_folder=None, minutes=0.0, gap=1.0, rate=0.0, record=None, result=None)
TWICE = "doubled: event 1 (Referral, hand-over 2) stands twice in o21.inbox"


class CampaignTest(unittest.TestCase):
    def setUp(self):
        self.campaign = Campaign(OPTIONS)
        self.addCleanup(shutil.rmtree, self.campaign.folder)

    def rest_behind(self, hidden, under_way):
        """`hidden`: what is hidden at each look, then nothing."""
        looks = iter(hidden)
        with (mock.patch.object(campaign, "STILL_S", 0), mock.patch.object(campaign, "hidden", lambda _: next(looks, {})),
              mock.patch.object(campaign, "under_way", lambda _: under_way), mock.patch.object(campaign, "unread", lambda *_: []),
              mock.patch.object(self.campaign, "moving", lambda: "still"), mock.patch.object(campaign.time, "sleep", lambda _: None)):
            return self.campaign.comes_to_rest(campaign.time.monotonic() + 20)

    def test_an_open_transaction_that_kafka_has_to_end_is_waited_for(self):
        looks = [{INBOX: 5}] * 6
        self.assertTrue(self.rest_behind(looks, {INBOX}))
        self.assertEqual((self.campaign.hanging, self.campaign.hidden), ([], {}))

    def test_one_that_no_coordinator_has_to_end_hangs(self):
        self.assertFalse(self.rest_behind([{INBOX: 5}] * 2, set()))
        self.assertEqual(self.campaign.hanging, [INBOX])

    # --- a void run ---

    def void(self, *findings):
        self.campaign.hanging = [INBOX]
        with contextlib.redirect_stdout(io.StringIO()) as told:
            result = self.campaign.void(list(findings), {"lost": 1})
        return result, told.getvalue()

    def test_a_void_run_tells_what_it_found_and_says_nothing_else(self):
        result, told = self.void("lost: event 7 is in no inbox")
        self.assertEqual(result, VOID)
        when_and_where, counts, *findings = told.splitlines()
        self.assertIn(f"void: Kafka ended a transaction without its markers (DESIGN.md \"Anchor\", 6): {INBOX[0]} {INBOX[1]};", when_and_where)
        self.assertEqual(counts, "of what can be read, without what stands behind: findings 1, lost 1, doubled for certain 0")
        self.assertEqual(findings, ["lost: event 7 is in no inbox"])

    def test_a_void_run_in_which_something_is_there_twice_fails(self):
        self.assertEqual(self.void("lost: event 7 is in no inbox", TWICE)[0], 1)

    def runs(self, *results):
        """What main() returns, and how many void runs each campaign knew of."""
        found, known = iter(results), []

        def begin(_, voids):
            known.append(voids)
            return mock.Mock(run=lambda: next(found))
        with mock.patch.object(main, "Campaign", begin), mock.patch.object(sys, "argv", ["run"]), mock.patch.object(main.signal, "signal"):
            return main.main(), known

    def test_a_void_run_is_begun_again_and_the_next_one_knows_it(self):
        self.assertEqual(self.runs(VOID, VOID, 0), (0, [0, 1, 2]))

    def test_three_void_runs_are_no_result(self):
        self.assertEqual(self.runs(VOID, VOID, VOID), ("3 runs were void", [0, 1, 2]))

    def test_a_run_that_fails_is_not_begun_again(self):
        self.assertEqual(self.runs(1), (1, [0]))

    # --- the verdict ---

    def verdict(self, failure=None):
        self.campaign.begin_chaos(0)
        self.campaign.world.operators = ["o10"]
        self.campaign.world.call = lambda *_: {"now_us": 5}
        self.campaign.chaos.markers.finish = mock.Mock(side_effect=failure)
        with (mock.patch.object(campaign, "read_run", lambda folder, brokers, setting: setting),
              mock.patch.object(campaign, "check", lambda setting: (["lost: event 7"], setting))):
            return self.campaign.verdict()

    def test_a_figure_that_fails_does_not_take_the_verdict_with_it(self):
        findings, _ = self.verdict(struct.error("unpack requires a buffer of 8 bytes"))
        self.assertEqual((findings[0], len(findings)), ("lost: event 7", 2))
        self.assertIn("wrong: what Kafka's coordinator wrote was not read to its end: error('unpack", findings[1])

    def test_the_figures_of_kafkas_own_log_are_whole_in_the_end(self):
        self.campaign.begin_chaos(0)
        self.campaign.chaos.markers.between = {1, 2}
        with mock.patch.object(self.campaign, "begin_chaos"):
            self.assertEqual(self.verdict()[0], ["lost: event 7"])
        self.assertEqual(self.campaign.chaos.done[table.BETWEEN], 2)

    def test_the_checker_is_told_who_left_when_who_was_ended_when_and_how_systems_name_operators(self):
        self.campaign.world.ended["o23"] = 1_790_000_000_000_000
        self.campaign.world.note_kill("b1")
        _, setting = self.verdict()
        self.assertEqual((setting["ended"], setting["destinations"]), ({"o23": 1_790_000_000_000_000}, DESTINATION))
        self.assertEqual(list(setting["kills"]), ["b1"])
        self.assertLess(abs(setting["kills"]["b1"][0] - time.monotonic()), 60)
        self.assertEqual(json.loads((self.campaign.folder / "run.json").read_text(encoding="utf-8")), setting)

    def test_events_a_second_are_distinct_ones(self):
        self.campaign.begin_chaos(0)
        self.campaign.load_s, self.campaign.options = 10.0, argparse.Namespace(**{**vars(OPTIONS), "gap": 1.0, "minutes": 0.0})
        counts = {**dict.fromkeys(("accepted", "refused", "duplicate", "late", "handoffs", "inbox", "lost", "doubled"), 0), "events": 50,
                  "outbox_records": 90}
        with contextlib.redirect_stdout(io.StringIO()) as told, mock.patch.object(campaign.shutil, "rmtree"):
            self.campaign.report([], counts)
        self.assertIn("events 50 (5 a second)", told.getvalue())

    # --- processes that are ended here, and those that end ---

    def child(self, name, *words):
        child = self.campaign.world.supervisor.add(Child(name, words, self.campaign.folder / "logs" / f"{name}.log"))
        self.campaign.world.children[name] = child
        self.addCleanup(child.reap, 0.0)
        return child

    def test_a_kill_is_noted_and_one_that_came_too_late_is_none(self):
        world = self.campaign.world
        self.child("b1", "sleep", "60")
        self.assertTrue(world.kill("b1"))
        late = self.child("b2", "false")
        os.waitid(os.P_PID, late.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody knows yet
        self.assertFalse(world.kill("b2"))
        self.assertEqual([len(world.kills[name]) for name in ("b1", "b2")], [1, 1])

    def test_a_stop_lasts_until_it_goes_on(self):
        world, child = self.campaign.world, self.child("b1", "sleep", "60")
        began, go_on = time.monotonic(), world.halt("b1")
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        self.assertTrue(go_on())
        os.waitid(os.P_PID, child.pid, os.WCONTINUED)
        over = time.monotonic()
        self.assertTrue(world.outages.met("b1", began, over))
        self.assertFalse(world.outages.met("b1", over + 0.001, over + 9))
        self.assertEqual(len(world.kills["b1"]), 1)
        again = world.halt("b1")
        world.kill("b1")
        self.assertFalse(again())

    def test_an_orderly_end_is_noted_too(self):
        self.child("b1", "sleep", "60")
        self.assertTrue(self.campaign.world.down("b1"))
        self.assertEqual(len(self.campaign.world.kills["b1"]), 1)

    def test_an_end_is_of_when_the_process_said_its_last_words(self):
        world, child = self.campaign.world, self.child("b1", "sh", "-c", "echo last words; exit 1")
        child.process.wait()
        spoken = time.time() - 30
        os.utime(child.log, (spoken, spoken))
        child.started -= 60
        world.supervisor.watch()
        (end,) = world.ends
        self.assertEqual((end.name, end.said), ("b1", "last words\n"))
        self.assertLess(abs(time.monotonic() - 30 - end.died), 5)

    def test_kafka_is_away_from_when_it_was_last_whole_until_it_is_ready_again(self):
        world = self.campaign.world
        node = world.children["kafka-1"] = mock.Mock()
        world.supervisor.watch = lambda: None
        node.alive.return_value = node.is_ready.return_value = True
        world.watch()
        self.assertFalse(world.outages.met(KAFKA, 0, time.monotonic()))
        whole = time.monotonic()
        for alive, ready in ((False, True), (True, False)):  # dead; on its way up
            node.alive.return_value, node.is_ready.return_value = alive, ready
            world.watch()
            world.watch()
            self.assertTrue(world.outages.met(KAFKA, whole, time.monotonic()))
            node.alive.return_value = node.is_ready.return_value = True
            world.watch()
            whole = time.monotonic()
            world.watch()
            self.assertFalse(world.outages.met(KAFKA, whole + 0.0001, whole + 9))
        self.assertEqual(len(world.outages.spans[KAFKA]), 2)

    def test_a_broken_network_is_away_until_it_is_mended_and_says_what_it_met(self):
        world, told = self.campaign.world, []
        with mock.patch.object(world, "network", lambda *asked: told.append(asked) or 7 * len(told)):
            mend = world.break_network("o21", "delay", 100)
            self.assertTrue(world.outages.met(network("o21"), 0, time.monotonic()))
            self.assertEqual(mend(), 14)
        self.assertEqual(told, [("o21", "delay", 100), ("o21", "ok")])
        self.assertFalse(world.outages.met(network("o21"), time.monotonic() + 0.001, time.monotonic() + 9))

    def test_a_single_node_is_told_no_voters_so_that_it_is_fenced_before_it_starts_again(self):
        said = {nodes: " ".join(World(self.campaign.folder, "relais", "unit", nodes).kafka(1).command) for nodes in (1, 3)}
        self.assertEqual({nodes: "controller.quorum.voters" in words for nodes, words in said.items()}, {1: False, 3: True})

    # --- the directory ---

    def test_an_operator_that_leaves_has_an_end_in_a_directory_that_is_in_order(self):
        world = self.campaign.world
        world.relais = pathlib.Path(os.environ.get("RELAIS_BUILD") or build_folder()) / "relais"
        world.make_directory()
        world.ended["o23"], world.out["o23"] = 1_790_000_000_000_000, 1_790_000_060_000_000
        world.write_conventions()
        world.write_operator("o23")
        pairs = (world.directory / "conventions.yaml").read_text(encoding="utf-8").splitlines()[1:]
        self.assertEqual({"o23" in pair for pair in pairs if 'valid_to: "2026-09-21T14:13:20Z"' in pair}, {True})
        self.assertEqual(sum("valid_to" in pair for pair in pairs), sum("o23" in pair for pair in pairs))
        self.assertIn('valid_to: "2026-09-21T14:14:20Z"', world.operator_file("o23").read_text(encoding="utf-8"))
        checked = subprocess.run([world.relais, "directory", "check", world.directory], capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    # --- clocks that are wrong ---

    def test_the_clock_of_one_process_is_wrong_and_right_again_and_the_others_stay_right(self):
        right = f"http://127.0.0.1:{served(self, lambda *_: {'now_us': 100_000_000, 'rate': 0})}/"
        world = self.campaign.world
        world.ports.taken["wrong-clocks"] = served(self, WrongClocks(right).answer)
        told = []
        for wrong_us, times in ((-90_000_000, 0), (90_000_000, 1), (0, 1)):
            self.assertEqual(world.set_wrong("b1", wrong_us), times)
            told.append([world.call(f"{world.url('wrong-clocks')}/{name}")["now_us"] for name in ("b1", "o21")])
        self.assertEqual(told, [[10_000_000, 100_000_000], [190_000_000, 100_000_000], [100_000_000, 100_000_000]])


def served(test, answer):
    """The port."""
    server = serve(answer, 0)
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return server.server_address[1]


if __name__ == "__main__":
    unittest.main()
