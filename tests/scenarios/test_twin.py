# SPDX-License-Identifier: Apache-2.0
import time
import unittest

from demo.network import OPERATORS, choose_ports
from tests.support.harness import Scenario

# Issue 5: the older of two is told at its next write, or after ten seconds.
END_S = 20


class TwinTest(Scenario):
    def test_a_second_connector_of_an_operator_ends_the_first_and_no_call_is_doubled(self):
        net = self.network()
        net.start(noise=0)
        for code in OPERATORS:
            net.control(code, pace=0.05, issue=60)
        net.rest(4)
        # France Travail's system has a call that can be neither recognised nor looked up: a new appointment.
        older = net.children["connector-o10"]
        older.lasting = False
        older.deaths.append(time.monotonic())  # what it counted is gone with it
        net.ports["o10"] = choose_ports()["o10"]
        younger = net.connector("o10")
        younger.name, younger.log = "connector-o10-younger", net.logs / "connector-o10-younger.log"
        net.up(younger, 60)
        for code in OPERATORS:
            net.control(code, issue=40)
        self.assertTrue(older.reap(END_S), "the older one goes on")
        self.assertEqual(older.process.returncode, 1, older.said())
        self.assertIn("a pris la suite", older.said())
        net.still(300, quiet=8)
        self.assertTrue(younger.alive())
        self.assert_agree()  # no appointment stands there twice
        self.assert_once()
        self.assert_dead_letters({}, kills={"o10": 1})


if __name__ == "__main__":
    unittest.main()
