# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import unittest

from demo.orchestrate import reckon
from demo.reckoning import Crossing, DeadLetters, hops


def page(taken, delivered, parked, in_flight):
    return (f'relais_deliveries_total{{op="o21"}} {taken}\n'
            f'relais_deliveries_ended_total{{op="o21",outcome="delivered"}} {delivered}\n'
            f'relais_deliveries_pending{{op="o21"}} {parked}\n'
            f'relais_pipeline_in_flight{{op="o21",pipeline="inbox"}} {in_flight}\n'
            f'relais_pipeline_in_flight{{op="o21",pipeline="webhook"}} 7\n')


def sink(*numbers):
    return next(hop for hop in hops({"o21": page(*numbers)}, ["o21"]) if hop.name == "sink o21")


class ReckoningTest(unittest.TestCase):
    def test_what_was_taken_and_has_not_ended_is_pending(self):
        hop = sink(10, 6, 1, 3)
        self.assertTrue(hop.adds_up(), hop.line())
        self.assertEqual(hop.pending(), 4)

    def test_an_event_that_vanished_is_seen(self):
        self.assertFalse(sink(10, 6, 1, 2).adds_up())

    def test_items_are_taken_and_end_apart(self):
        text = ('relais_items_total{op="o21"} 9\nrelais_items_pending{op="o21"} 1\n'
                'relais_items_ended_total{op="o21",outcome="acknowledged"} 4\n'
                'relais_items_ended_total{op="o21",outcome="filtered_when"} 1\n'
                'relais_items_ended_total{op="o21",outcome="returned"} 1\n'
                'relais_items_in_flight{op="o21",pipeline="rest-1"} %d\n')
        self.assertTrue(hops({"o21": text % 2}, ["o21"])[0].adds_up())
        self.assertFalse(hops({"o21": text % 1}, ["o21"])[0].adds_up())

    def crossing(self, written, doubtful, seen):
        outbox = (f'relais_outbox_acknowledged_total{{op="o21"}} {written}\n'
                  f'relais_outbox_doubtful_total{{op="o21"}} {doubtful}\n')
        broker = (f'relais_broker_events_total{{op="o21"}} {seen}\n'
                  f'relais_broker_outcomes_total{{op="o21",outcome="accepted"}} {seen - 1}\n'
                  'relais_broker_outcomes_total{op="o21",outcome="late"} 1\n')
        return Crossing({"o21": outbox, "broker": broker}, ["o21"])

    def test_what_was_acknowledged_was_seen_once_each_but_for_doubts(self):
        self.assertTrue(self.crossing(10, 0, 10).adds_up())
        self.assertTrue(self.crossing(10, 2, 12).adds_up())
        self.assertFalse(self.crossing(10, 0, 9).adds_up(), "lost on the way")
        self.assertFalse(self.crossing(10, 2, 13).adds_up(), "from nowhere")
        self.assertFalse(Crossing({}, ["o21"]).adds_up())

    def dead(self, dead, after, before=None):
        page = ('relais_items_total{op="o21"} 9\n'
                f'relais_items_ended_total{{op="o21",outcome="rejected"}} {dead}\n')
        return DeadLetters("o21", before or {"provoked": {}}, after, page)

    def test_a_bad_record_without_its_dead_letter_is_seen(self):
        self.assertTrue(self.dead(2, {"provoked": {"not_json": 2, "resend_all": 1}}).adds_up())
        self.assertTrue(self.dead(3, {"provoked": {"not_json": 2}}).adds_up(), "sent twice")
        missing = self.dead(2, {"provoked": {"not_json": 2, "missing_field": 1}})
        self.assertFalse(missing.adds_up())
        self.assertIn("MANQUE", missing.line())

    def test_a_bad_record_that_was_not_sent_yet_is_shown(self):
        waits = self.dead(2, {"provoked": {"not_json": 3}, "unsent": {"not_json": 1}})
        self.assertTrue(waits.adds_up())
        self.assertIn("1 pas encore envoyés", waits.line())

    def test_bad_records_of_another_run_are_not_this_ones(self):
        before = {"provoked": {"not_json": 7}, "unsent": {"not_json": 1}}
        self.assertTrue(self.dead(3, {"provoked": {"not_json": 9}}, before).adds_up())
        self.assertFalse(self.dead(2, {"provoked": {"not_json": 9}}, before).adds_up())

    def test_a_system_that_does_not_say_what_it_made_does_not_add_up(self):
        self.assertFalse(self.dead(2, None).adds_up())
        self.assertFalse(DeadLetters("o21", {"provoked": {}}, {"provoked": {}}, None).adds_up())

    def status_of(self, parts, **more):
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            return reckon(parts, more.get("status", "ISSUED 3\n"), more.get("restarted", False)), shown.getvalue()

    def test_the_exit_status_is_that_of_the_reckoning(self):
        good, bad = self.dead(2, {"provoked": {"not_json": 2}}), self.dead(1, {"provoked": {"not_json": 2}})
        self.assertEqual(self.status_of([good])[0], 0)
        status, shown = self.status_of([good, bad])
        self.assertEqual(status, 1)
        self.assertIn("IL EN MANQUE", shown)
        self.assertEqual(self.status_of([good], status="(pas d'état : …)\n")[0], 1)
        self.assertIn("pas comparés", self.status_of([good], restarted=True)[1])

    def test_a_page_without_figures_does_not_add_up(self):
        self.assertFalse(hops({}, ["o21"])[0].adds_up())


if __name__ == "__main__":
    unittest.main()
