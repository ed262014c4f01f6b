# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import unittest

from demo.people import person
from demo.simulated import millis_text, paris, seconds_text
from tests.demo.running import Program

NOON_US = 1_772_449_981_000_000  # 2026-03-02T11:13:01Z


class ClockTest(unittest.TestCase):
    def test_moves_when_told_and_never_back(self):
        clock = Program("clock.py", "--start-us", NOON_US, "--rate", 0)
        self.addCleanup(clock.close)
        self.assertEqual(clock.call("GET", "/")[1], {"now_us": NOON_US, "rate": 0.0})
        clock.call("POST", "/", {"advance_us": 5})
        clock.call("POST", "/", {"advance_us": -50})
        self.assertEqual(clock.call("GET", "/")[1]["now_us"], NOON_US + 5)
        self.assertEqual(clock.call("POST", "/", b"nonsense")[0], 400)

    def test_goes_on_after_a_kill_where_it_was_or_later(self):
        with tempfile.TemporaryDirectory() as folder:
            options = ["--start-us", NOON_US, "--rate", 100_000, "--state", folder]
            clock = Program("clock.py", *options)
            file = pathlib.Path(folder) / "clock.json"
            while not file.exists():
                pass
            before = clock.call("GET", "/")[1]["now_us"]
            clock.close(kill=True)
            clock = Program("clock.py", *options)
            self.assertGreater(clock.call("GET", "/")[1]["now_us"], before)
            clock.close()


class TimesTest(unittest.TestCase):
    def test_paris_has_winter_and_summer(self):
        self.assertEqual(seconds_text(NOON_US), "2026-03-02 12:13:01 +0100")
        self.assertEqual(millis_text(NOON_US + 1500), "2026-03-02T12:13:01.001+01:00")
        for us, hours in ((1_774_745_999_000_000, 1), (1_774_746_000_000_000, 2),
                          (1_792_889_999_000_000, 2), (1_792_890_000_000_000, 1)):
            self.assertEqual(paris(us).utcoffset().total_seconds(), hours * 3600)


class PeopleTest(unittest.TestCase):
    def test_are_the_same_for_the_same_seed_and_can_be_no_real_ones(self):
        self.assertEqual(person("1", 7), person("1", 7))
        self.assertNotEqual(person("1", 7), person("2", 7))
        for number in range(500):
            one = person("x", number)
            self.assertTrue(one["email"].endswith("@example.org") and one["email"].isascii())
            self.assertRegex(one["phone"], r"^06010203\d\d$")
            self.assertEqual(len(one["ft_number"]), 11)


if __name__ == "__main__":
    unittest.main()
