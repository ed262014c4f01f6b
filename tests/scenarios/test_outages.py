# SPDX-License-Identifier: Apache-2.0
import os
import random
import signal
import time
import unittest

from demo.network import OPERATORS
from tests.support.harness import Scenario

LONG = bool(os.environ.get("RELAIS_LONG"))
OUTAGE_S = 30
# 5 s are promised; the rest is for a machine that does much else, under the address sanitizer.
STOP_S = 8
# A hand-over makes at least five events: issued, delivered, received, decided, and its end.
HANDOFFS_EACH = 350


class OutageTest(Scenario):
    def test_kafka_away_for_half_a_minute_loses_nothing(self):
        net = self.network()
        net.match_wait_s = 40  # a delivery that failed is tried again after up to 32 s, and its link is written only then
        net.start(noise=1)
        for code in OPERATORS:
            net.control(code, issue=10)
        net.rest(3)
        kafka = net.children["kafka"]
        kafka.lasting = False
        kafka.end(15)
        began = time.monotonic()
        for code in OPERATORS:
            net.control(code, issue=10)
        net.rest(5)
        waiting = sum(net.state(code)["webhooks"]["waiting"] for code in OPERATORS if code != "o10")
        self.assertGreater(waiting, 0, "a connector took a webhook that it could not keep")
        net.rest(OUTAGE_S - (time.monotonic() - began))
        kafka.start()
        kafka.lasting = True
        kafka.wait_ready(60)
        net.still(300, quiet=net.match_wait_s + 6)
        self.assert_adds_up()
        self.assert_agree()
        self.assert_once()
        self.assert_dead_letters({})

    def test_with_kafka_frozen_every_process_ends_in_time_and_loses_nothing(self):
        net = self.network()
        net.start(noise=0)
        for code in OPERATORS:
            net.control(code, issue=20)
        net.rest(2)
        stopped = [net.children[name] for name in ["broker"] + [f"connector-{code}" for code in OPERATORS]]
        kafka = net.children["kafka"]
        kafka.signal(signal.SIGSTOP)
        try:
            net.rest(0.5)  # all of them wait for Kafka now
            for child in stopped:
                child.lasting = False
                child.signal(signal.SIGTERM)
            began = time.monotonic()
            for child in stopped:
                self.assertTrue(child.reap(began + STOP_S - time.monotonic()), f"{child.name} did not end in time")
                self.assertEqual(child.process.returncode, 0, child.said())
        finally:
            kafka.signal(signal.SIGCONT)
        for child in stopped:
            child.start()
            child.lasting = True
        for child in stopped:
            child.wait_ready(60)
        net.still(300, quiet=6)
        self.assert_agree()
        self.assert_once()
        # A call that was cut and can be neither recognised nor looked up is left to a person: France Travail's.
        self.assert_dead_letters({}, kills={"o10": 1})

    def test_kill_9_of_broker_and_connectors_during_5000_events(self):
        net = self.network()
        net.start(noise=0)
        for code in OPERATORS:
            net.control(code, pace=0.05, issue=HANDOFFS_EACH)
        dice = random.Random(7)
        names = ["broker"] + [f"connector-{code}" for code in OPERATORS]
        # The first kills fall while the webhooks pour in.
        kills = [(name, dice.uniform(0.5, 1.0)) for name in ["connector-o21", "connector-o22"] * 3]
        kills += [(name, dice.uniform(1.5, 4)) for name in names]
        kills += [(dice.choice(names), dice.uniform(1.5, 4)) for _ in range(20 if LONG else 2)]
        for name, pause in kills:
            net.rest(pause)
            net.kill(name)
        net.still(300, quiet=8)
        self.assert_agree()
        self.assert_once()
        # Only France Travail has a call that can be neither recognised nor looked up: a new appointment.
        self.assert_dead_letters({}, kills={"o10": sum(name == "connector-o10" for name, _ in kills)})
        events = sum(len(net.read(code + ".inbox")) for code in OPERATORS)
        self.assertGreater(events, 3 * HANDOFFS_EACH * len(OPERATORS))


if __name__ == "__main__":
    unittest.main()
