# SPDX-License-Identifier: Apache-2.0
"""What a campaign makes of what it saw: which deaths are excused, which rows and findings its result has, what a void run proves."""

import unittest

from tests.crash import deaths, table
from tests.crash.judging import certain

NOTE = "b1 s'est arrêté (code 1) : il est relancé"
AWAY = '{"msg":"started"}\nrelais broker : metadata: Local: Broker transport failure\n'
INBOX, OUTBOX = ("relais.o21.inbox.v1", 0), ("relais.o21.outbox.v1", 3)
TWICE = "doubled: event 1 (Referral, hand-over 2) stands twice in o21.inbox"
ROW = "doubled: row 1 was written 3 times for 2 events"
MEETINGS = "doubled: o10: 3 appointments of hand-over 1, 2 were said"


class DeathsTest(unittest.TestCase):
    def test_each_way_to_end_that_is_excused_is_counted_under_its_reason(self):
        said = {"excused end: Kafka was away": [AWAY, "relais broker : committed offset: Local: Timed out\n",
                                                "relais : x: Local: All broker connections are down"],
                "excused end: no room on its disk": [f"relais broker : store: open: {deaths.NO_ROOM}\n"],
                deaths.FENCED: [f"relais broker : {deaths.TWIN}: it has our tasks now\n"]}
        for row, texts in said.items():
            for text in texts:
                findings, counts = deaths.judge([(NOTE, text)])
                self.assertEqual((findings, counts[row], sum(counts.values())), ([], 1, 1), text)

    def test_another_local_error_is_a_finding(self):
        findings, counts = deaths.judge([(NOTE, "relais broker : produce: Local: Fatal error\n")])
        self.assertEqual((len(findings), sum(counts.values())), (1, 0))

    def test_a_death_is_judged_by_its_own_last_sentence(self):
        other = AWAY + "relais broker : another trouble\n"
        findings, counts = deaths.judge([(NOTE, AWAY), (NOTE, other), (NOTE, '{"msg":"caught up"}\n')])
        self.assertEqual((len(findings), sum(counts.values())), (2, 1))
        self.assertIn("another trouble", findings[0])
        self.assertIn("without a word", findings[1])

    def test_log_records_of_other_threads_may_stand_behind_the_sentence(self):
        self.assertEqual(deaths.judge([(NOTE, AWAY + '{"msg":"the last batch is left to the next start"}\n')])[0], [])

    def test_no_words_excuse_a_signal_or_another_code(self):
        for why in ("signal SIGSEGV", "signal SIGABRT", "code 134"):
            self.assertEqual(len(deaths.judge([(NOTE.replace("code 1", why), AWAY)])[0]), 1, why)

    def test_a_kill_of_the_campaign_is_no_death(self):
        self.assertEqual(deaths.judge([(NOTE.replace("code 1", "signal SIGKILL"), "")]), ([], dict.fromkeys(deaths.ROWS, 0)))

    def test_who_does_not_want_to_end_is_a_finding(self):
        self.assertEqual(len(deaths.judge([("o23 n'a pas voulu s'arrêter : il est tué", "")])[0]), 1)

    def test_a_store_that_fails_for_another_reason_than_room_is_a_finding(self):
        line = '{"because":"store: commit: %s"}'
        found = deaths.stores({"b1": [line % deaths.NO_ROOM, line % "database disk image is malformed"]})
        self.assertEqual(len(found), 1)
        self.assertIn("malformed", found[0])


class TableTest(unittest.TestCase):
    counts = {"events": 10, "accepted": 9, "refused": 1, "duplicate": 0, "late": 0, "inbox": 9, "handoffs": 2, "lost": 0, "doubled": 0}

    def test_what_never_happened_has_a_row_with_zero(self):
        rows = dict(table.rows({"kill -9 broker": 3}, self.counts))
        self.assertEqual(rows["kill -9 broker"], 3)
        self.assertEqual({rows[row] for row in (*table.TROUBLES, *table.SEEN) if row != "kill -9 broker"}, {0})

    def test_a_long_run_without_one_of_its_troubles_fails_and_says_which(self):
        done = dict.fromkeys(table.TROUBLES, 1)
        self.assertEqual(table.missing(done, table.LONG_MINUTES), [])
        del done["network silent"]
        self.assertEqual(table.missing(done, table.LONG_MINUTES), ["wrong: in 10 minutes never happened: network silent"])

    def test_a_short_run_has_to_kill_one_of_each(self):
        for row in table.ALWAYS:
            done = dict.fromkeys(table.ALWAYS, 1) | {row: 0}
            self.assertEqual(len(table.missing(done, 0.7)), 1)
        self.assertEqual(table.missing(dict.fromkeys(table.ALWAYS, 1), 0.7), [])

    def test_a_disk_that_cannot_be_filled_here_is_not_missed(self):
        done = dict.fromkeys(table.TROUBLES, 1) | {table.DISK_FILLED: 0, table.DISK_MET: 0}
        self.assertEqual(table.missing(done, 60, (table.DISK_FILLED, table.DISK_MET)), [])
        self.assertEqual(len(table.missing(done, 60)), 2)

    def test_findings_are_one_sort_when_only_ids_and_numbers_differ(self):
        first = "wrong: row 49a431c3-6608-87f3-9a0f-8f2516f7d379 is CLOSED, written 3 times"
        findings = [first, first.replace("49a4", "50a4").replace("3 times", "14 times"), "wrong: b1 is not ready"]
        self.assertEqual([len(same) for same in table.by_sort(findings).values()], [2, 1])

    def test_the_result_names_other_findings_excuses_and_void_runs(self):
        findings = ["lost: event 1", "wrong: row 1 is CLOSED", "wrong: row 2 is CLOSED"]
        told = table.markdown("run", findings, {}, self.counts | {"lost": 1, "excused": {"past its end": 12}}, 5.0, 2)
        for line in ("| other findings | 2 |", "| `wrong: row # is CLOSED` | 2 |", "| excused by the checker: past its end | 12 |",
                     '| void runs before (Kafka lost a marker: DESIGN.md "Anchor", 6) | 2 |', "| **lost** | **1** |"):
            self.assertIn(line + "\n", told)


class VoidTest(unittest.TestCase):
    def test_what_is_there_twice_is_so_whatever_is_hidden(self):
        self.assertEqual(certain([TWICE, "lost: event 1", "wrong: row 1"], [INBOX, OUTBOX]), [TWICE])

    def test_what_is_counted_against_hidden_records_is_not_certain(self):
        self.assertEqual(certain([ROW, MEETINGS], [INBOX]), [])
        self.assertEqual(certain([ROW, MEETINGS], [OUTBOX]), [MEETINGS])
        self.assertEqual(certain([ROW, MEETINGS], []), [ROW, MEETINGS])


if __name__ == "__main__":
    unittest.main()
