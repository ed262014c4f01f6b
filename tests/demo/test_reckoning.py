# SPDX-License-Identifier: Apache-2.0
import unittest

from demo.reckoning import Crossing, dead_letters, hops


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

    def test_a_bad_record_without_its_dead_letter_is_seen(self):
        page = 'relais_items_ended_total{op="o21",outcome="rejected"} 2\n'
        self.assertIn("bon", dead_letters("o21", {"not_json": 2, "resend_all": 1}, page))
        self.assertIn("MANQUE", dead_letters("o21", {"not_json": 2, "missing_field": 1}, page))

    def test_a_page_without_figures_does_not_add_up(self):
        self.assertFalse(hops({}, ["o21"])[0].adds_up())


if __name__ == "__main__":
    unittest.main()
