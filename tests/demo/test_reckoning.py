# SPDX-License-Identifier: Apache-2.0
import unittest

from demo.reckoning import hops


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

    def test_a_page_without_figures_does_not_add_up(self):
        self.assertFalse(hops({}, ["o21"])[0].adds_up())


if __name__ == "__main__":
    unittest.main()
