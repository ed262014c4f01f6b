# SPDX-License-Identifier: Apache-2.0
"""How a campaign comes to rest behind open transactions, what it does with a void run, and what it tells the directory."""

import argparse
import contextlib
import io
import os
import pathlib
import shutil
import subprocess
import sys
import unittest
from unittest import mock

from tests.crash import campaign, main
from tests.crash.campaign import VOID, Campaign
from tests.crash.world import build_folder
from tests.crash.wrong_clock import WrongClocks, serve

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
        self.assertIn("lost: event 7 is in no inbox", told)

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
        right = serve_fixed(self)
        clocks = WrongClocks(right)
        server = serve(clocks, 0)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        world = self.campaign.world
        world.ports.taken["wrong-clocks"] = server.server_address[1]
        told = []
        for wrong_us in (-90_000_000, 90_000_000, 0):
            world.set_wrong("b1", wrong_us)
            told.append([world.call(f"{world.url('wrong-clocks')}/{name}")["now_us"] for name in ("b1", "o21")])
        self.assertEqual(told, [[10_000_000, 100_000_000], [190_000_000, 100_000_000], [100_000_000, 100_000_000]])


def serve_fixed(test):
    """A clock that stands at 100 s."""
    server = serve(mock.Mock(told=lambda _: {"now_us": 100_000_000, "rate": 0}), 0)
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return f"http://127.0.0.1:{server.server_address[1]}/"


if __name__ == "__main__":
    unittest.main()
