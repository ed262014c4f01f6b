# SPDX-License-Identifier: Apache-2.0
"""Wall clocks that jump forward and back under real processes, which follow no driven clock: nothing is lost, and no deadline fires
until a person has looked."""

import argparse
import os
import pathlib
import shutil
import subprocess
import time
import unittest

from demo.network import ROOT
from demo.reckoning import parse, total
from demo.supervise import fetch
from tests.crash.campaign import Campaign
from tests.crash.world import BROKERS

DAY_S = 86400
RATE = 4.0  # hand-overs a second of each operator
OVERDUE_S = 60


class Jumping(Campaign):
    def __init__(self):
        super().__init__(argparse.Namespace(seed="wall", nodes=1, state_folder=None, minutes=0.0, gap=1.0, rate=0.0, record=None))
        library, self.wrong_by = self.folder / "moving_clock.so", self.folder / "wrong_by"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, ROOT / "tests/support/moving_clock.c"], check=True)
        self.move(0)
        self.world.own_clock = {"LD_PRELOAD": str(library), "RELAIS_TEST_CLOCK": str(self.wrong_by),
                                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def move(self, seconds):
        new = self.wrong_by.with_suffix(".new")
        new.write_text(f"{seconds}\n", encoding="ascii")
        os.replace(new, self.wrong_by)

    def wait(self, seconds, until=lambda: False):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            self.world.supervisor.watch()
            time.sleep(0.1)
        return until()

    def metric(self, name):
        return sum(total(parse(fetch(self.world.url(f"http-{broker}") + "/metrics")), name) or 0 for broker in BROKERS[:2])


class WallClockTest(unittest.TestCase):
    def test_wall_clocks_that_jump_forward_and_back_lose_nothing_and_fire_nothing(self):
        self.running = running = Jumping()
        world = running.world
        self.addCleanup(world.stop)
        world.start()
        running.begin_chaos(0)  # none is begun: what it knows of the run is asked at the end
        running.start_load(0.0)
        world.control("o23", silent=1.0)  # never answers: overdue in ten days
        for code in ("o21", "o22"):
            world.load(code, RATE)
        running.wait(5)
        running.move(11 * DAY_S)
        self.assertTrue(running.wait(30, lambda: running.metric("relais_broker_deadlines_suspended") == 4), "no worker saw the jump")
        for seconds in (11 * DAY_S, -DAY_S, 0):
            running.move(seconds)
            running.wait(4)
        self.assert_nothing_is_lost()
        self.assertEqual(running.metric("relais_broker_deadlines_total"), 0)
        # A person has looked: the clock is right after all, and the brokers are started again.
        running.move(11 * DAY_S)
        for name in BROKERS[:2]:
            world.children[name].process.kill()
        self.assertTrue(running.wait(OVERDUE_S, lambda: running.metric("relais_broker_deadlines_total") > 0), "nothing became overdue")
        self.assert_nothing_is_lost()
        world.stop()
        shutil.rmtree(running.folder, ignore_errors=True)  # of a test that failed it stays

    def assert_nothing_is_lost(self):
        self.assertTrue(self.running.rest(), self.running.restless())
        findings, counts = self.running.verdict()
        self.assertEqual(findings, [])
        self.assertGreater(counts["events"], 100)


if __name__ == "__main__":
    unittest.main()
