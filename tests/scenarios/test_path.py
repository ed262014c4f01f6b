# SPDX-License-Identifier: Apache-2.0
import unittest

from demo.network import OPERATORS
from tests.support.harness import FINAL, Scenario

BAD = {"o10": ("unknown_code", "missing_field"), "o21": ("unknown_code", "missing_field", "not_json"),
       "o22": ("unknown_code", "missing_field", "not_json")}
EACH = 12


class PathTest(Scenario):
    def test_from_webhook_to_france_travail_and_back_with_bad_records_in_the_dead_letters_and_nowhere_else(self):
        net = self.network()
        net.start()
        for code in OPERATORS:
            net.control(code, decide={"accept": 0.5, "decline": 0.25, "redirect": 0.25, "ignore": 0},
                        misbehave=dict.fromkeys(BAD[code], 2) | ({"wrong_destination": 2} if code == "o22" else {}))
            net.control(code, issue=EACH)
        handoffs = net.until(self.all_ended, 150, "every hand-over to end")
        net.still(60)
        states = {row["state"] for row in handoffs.values()}
        self.assertTrue({"CLOSED", "DECLINED", "REDIRECTED", "REFUSED"} <= states, states)
        for code in OPERATORS:
            provoked = net.state(code)["provoked"]
            for kind in BAD[code]:
                self.assertEqual(provoked[kind], 2, f"{code} {kind}")
        self.assert_dead_letters({code: 2 * len(BAD[code]) for code in OPERATORS})
        self.assert_adds_up()
        self.assert_agree()
        self.assert_once()
        self.answers_came_back()

    def all_ended(self):
        handoffs = self.net.handoffs()
        ended = all(row["state"] in FINAL for row in handoffs.values())
        return handoffs if ended and len(handoffs) >= EACH * len(OPERATORS) else None

    def answers_came_back(self):
        """Each issuer's own record says what became of it, unless they took it back themselves."""
        for code in OPERATORS:
            for row in self.net.rows(code, "orientation").values():
                if not row.get("bad") and row["status"] not in ("withdrawn", "error"):
                    self.assertIsNotNone(row["relais_state"], f"{code} orientation {row['id']} heard nothing")


if __name__ == "__main__":
    unittest.main()
