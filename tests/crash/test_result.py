# SPDX-License-Identifier: Apache-2.0
"""What a campaign makes of what it saw: which deaths are excused, which rows and findings its result has, what a void run proves."""

import collections
import unittest

from tests.crash import deaths, table
from tests.crash.deaths import AWAY, FENCED, FULL, WITHIN_S
from tests.crash.judging import certain
from tests.crash.outages import KAFKA, Outages, disk, network

NOTE = "b1 s'est arrêté (code 1) : il est relancé"
NO_KAFKA = '{"msg":"started"}\nrelais broker : metadata: Local: Broker transport failure\n'
DIED = 1000.0
INBOX, OUTBOX = ("relais.o21.inbox.v1", 0), ("relais.o21.outbox.v1", 3)
TWICE = "doubled: event 1 (Referral, hand-over 2) stands twice in o21.inbox"
ROW = "doubled: row 1 was written 3 times for 2 events"
MEETINGS = "doubled: o10: 3 appointments of hand-over 1, 2 were said"
EVENTS = "doubled: o21: orientation 1 has {'booked': 2}, its inbox tells of {'booked': 1}"
SAID = "doubled: o21: event 1 says what 2 said (CLOSED, hand-over 3)"


def outages(**spans):
    """what → (from, to) before the death, in seconds."""
    found = Outages()
    found.spans.update({what: [[DIED - since, DIED - until]] for what, (since, until) in spans.items()})
    return found


ALL_AWAY = outages(**{KAFKA: (500, 0), disk("b1"): (500, 0)})


def twice(what, *others):
    """Two outages, the second of another kind if one is given."""
    found = outages(**{what: (60, 55)})
    found.spans[others[0] if others else what].append([DIED - 5, DIED - 4])
    return found


ALL_AWAY.spans[KAFKA][:] = [[DIED - 60, DIED - 40], [DIED - 30, DIED]]


def judged(said, away=ALL_AWAY, note=NOTE, lived=None):
    lived = lived or (40.0 if deaths.row_of(deaths.End(note, said, 0.0, DIED)) == AWAY else 500.0)
    return deaths.judge([deaths.End(note, said, DIED - lived, DIED)], away, collections.Counter())


class DeathsTest(unittest.TestCase):
    said = {AWAY: [NO_KAFKA, "relais broker : committed offset: Local: Timed out\n", "relais : x: Local: All broker connections are down"],
            FULL: [f"relais broker : store: open: {deaths.NO_ROOM}\n"],
            FENCED: [f"relais broker : {deaths.TWIN}: it has our tasks now\n"]}

    def test_each_way_to_end_that_is_excused_is_counted_under_its_reason(self):
        for row, texts in self.said.items():
            for text in texts:
                findings, counts = judged(text)
                self.assertEqual((findings, counts[row], sum(counts.values())), ([], 1, 1), text)

    def test_without_its_cause_no_end_is_excused(self):
        others = outages(**{network("b2"): (500, 0), "b2": (500, 0), disk("b2"): (500, 0)})
        for row, (text, *_) in self.said.items():
            for away in (others, outages(**({KAFKA: (500, 0)} if row == FULL else {disk("b1"): (500, 0)}))):
                findings, counts = judged(text, away)
                self.assertEqual((len(findings), sum(counts.values())), (1, 0), text)
                self.assertIn("nothing was away then", findings[0])

    def test_each_cause_excuses_what_it_can_bring_about(self):
        for what in (KAFKA, network("b1"), "b1"):
            self.assertEqual(judged(self.said[AWAY][0], outages(**{what: (5, 4)}))[0], [], what)
            self.assertEqual(judged(self.said[FENCED][0], twice(what))[0], [], what)
        self.assertEqual(judged(self.said[FULL][0], outages(**{disk("b1"): (5, 4)}))[0], [])

    def test_a_cause_excuses_as_long_as_the_program_waits_and_no_longer(self):
        for row, (text, *_) in self.said.items():
            what, bound = disk("b1") if row == FULL else KAFKA, WITHIN_S[row]
            for until, found in ((bound - 1, 0), (bound + 1, 1)):
                away = outages(**{what: (bound + 5, until)})
                if row == FENCED:
                    away.spans[what].append([DIED - 5, DIED - 4])
                self.assertEqual(len(judged(text, away)[0]), found, row)

    def test_what_runs_does_not_end_because_kafka_is_away(self):
        self.assertEqual(judged(NO_KAFKA, lived=deaths.STARTS_S - 1)[0], [])
        self.assertEqual(len(judged(NO_KAFKA, lived=deaths.STARTS_S + 1)[0]), 1)
        stopped = outages(**{KAFKA: (500, 0), "b1": (30, 10)})
        self.assertEqual(judged(NO_KAFKA, stopped, lived=deaths.STARTS_S + 19)[0], [])
        self.assertEqual(len(judged(NO_KAFKA, stopped, lived=deaths.STARTS_S + 21)[0]), 1)

    def test_a_twin_takes_two_outages_that_do_not_overlap(self):
        text = self.said[FENCED][0]
        self.assertEqual(judged(text, twice(KAFKA, network("b1")))[0], [])
        self.assertEqual(len(judged(text, outages(**{KAFKA: (5, 4)}))[0]), 1)
        self.assertEqual(len(judged(text, outages(**{KAFKA: (20, 4), network("b1"): (10, 2), "b1": (3, 1)}))[0]), 1)

    def test_what_was_over_when_it_started_is_no_cause(self):
        self.assertEqual(len(judged(NO_KAFKA, outages(**{KAFKA: (20, 6)}), lived=5.0)[0]), 1)
        self.assertEqual(judged(NO_KAFKA, outages(**{KAFKA: (20, 4)}), lived=5.0)[0], [])

    def test_an_outage_that_lasts_is_one_until_it_is_over(self):
        found = Outages()
        end = found.begin(KAFKA, since=DIED)
        self.assertTrue(found.met(KAFKA, DIED + 1, DIED + 2))
        self.assertFalse(found.met(KAFKA, DIED - 2, DIED - 1))
        found.spans[KAFKA][0][0] = 0.0
        end()
        self.assertFalse(found.met(KAFKA, found.spans[KAFKA][0][1] + 1, float("inf")))

    def test_another_local_error_is_a_finding(self):
        findings, counts = judged("relais broker : produce: Local: Fatal error\n")
        self.assertEqual((len(findings), sum(counts.values())), (1, 0))
        self.assertNotIn("nothing was away", findings[0])

    def test_a_death_is_judged_by_its_own_last_sentence(self):
        self.assertIn("another trouble", judged(NO_KAFKA + "relais broker : another trouble\n")[0][0])
        self.assertIn("without a word", judged('{"msg":"caught up"}\n')[0][0])

    def test_log_records_of_other_threads_may_stand_behind_the_sentence(self):
        self.assertEqual(judged(NO_KAFKA + '{"msg":"the last batch is left to the next start"}\n')[0], [])

    def test_no_words_excuse_a_signal_or_another_code(self):
        for why in ("signal SIGSEGV", "signal SIGABRT", "code 134"):
            self.assertEqual(len(judged(NO_KAFKA, note=NOTE.replace("code 1", why))[0]), 1, why)

    def killed(self, times, by_us):
        end = deaths.End(NOTE.replace("code 1", "signal SIGKILL"), "", 0.0, DIED)
        return deaths.judge([end] * times, Outages(), collections.Counter(["b1"] * by_us))

    def test_a_kill_of_the_campaign_is_no_death(self):
        self.assertEqual(self.killed(2, by_us=2), ([], dict.fromkeys(deaths.ROWS, 0)))

    def test_a_kill_by_somebody_else_is_a_finding(self):
        self.assertEqual(self.killed(3, by_us=2)[0], ["wrong: b1 died of SIGKILL 3 times, killed here 2 times"])
        self.assertEqual(len(self.killed(1, by_us=0)[0]), 1)
        self.assertEqual(len(self.killed(0, by_us=1)[0]), 1)

    def test_who_does_not_want_to_end_is_a_finding(self):
        self.assertEqual(len(judged("", note="o23 n'a pas voulu s'arrêter : il est tué")[0]), 1)

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
        self.assertEqual(table.missing(done, 60, impossible=(table.DISK_FILLED, table.DISK_MET)), [])
        self.assertEqual(len(table.missing(done, 60)), 2)

    def test_a_long_run_wakes_a_broker_behind_an_aborted_transaction(self):
        done = dict.fromkeys(table.TROUBLES, 1) | {table.ABORTED: 0}
        self.assertEqual(len(table.missing(done, table.LONG_MINUTES)), 1)

    def test_three_nodes_are_stopped_between_markers_in_a_long_run(self):
        done = dict.fromkeys(table.TROUBLES, 1)
        self.assertEqual(len(table.missing(done, table.LONG_MINUTES, nodes=3)), 1)
        self.assertEqual(table.missing(done | {table.BETWEEN: 1}, table.LONG_MINUTES, nodes=3), [])
        self.assertEqual(table.missing(done, table.LONG_MINUTES - 1, nodes=3), [])

    def test_findings_are_one_sort_when_only_ids_and_numbers_differ(self):
        first = "wrong: row 49a431c3-6608-87f3-9a0f-8f2516f7d379 is CLOSED, written 3 times"
        findings = [first, first.replace("49a4", "50a4").replace("3 times", "14 times"), "wrong: b1 is not ready"]
        self.assertEqual([len(same) for same in table.by_sort(findings).values()], [2, 1])

    def test_the_result_names_other_findings_excuses_and_void_runs(self):
        findings = ["lost: event 1", "wrong: row 1 is CLOSED", "wrong: row 2 is CLOSED"]
        told = table.markdown("run", findings, {}, self.counts | {"lost": 1, "excused": {"past its end": 12}}, 5.0, 2, "by hand")
        for line in ("| other findings | 2 |", "| `wrong: row # is CLOSED` | 2 |", "| excused by the checker: past its end | 12 |",
                     '| void runs before (Kafka lost a marker: DESIGN.md "Anchor", 6) | 2 |', "| **lost** | **1** |", "by hand"):
            self.assertIn(line + "\n", told)


class VoidTest(unittest.TestCase):
    def test_what_is_there_twice_is_so_whatever_is_hidden(self):
        self.assertEqual(certain([TWICE, "lost: event 1", "wrong: row 1"], [INBOX, OUTBOX]), [TWICE])

    def test_what_is_counted_against_hidden_records_is_not_certain(self):
        self.assertEqual(certain([ROW, MEETINGS], [INBOX]), [])
        self.assertEqual(certain([ROW, MEETINGS], [OUTBOX]), [MEETINGS])
        self.assertEqual(certain([ROW, MEETINGS], []), [ROW, MEETINGS])
        self.assertEqual(certain([EVENTS, SAID], [INBOX]), [])
        self.assertEqual(certain([EVENTS, SAID], [OUTBOX]), [EVENTS, SAID])


if __name__ == "__main__":
    unittest.main()
