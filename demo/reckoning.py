# SPDX-License-Identifier: Apache-2.0
"""Conservation (DESIGN.md "Conservation"): reads /metrics pages and says of each hop whether it adds up.

The words are those of the design, and no others.
"""

import re

LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([-+0-9.eE]+|NaN|[+-]Inf)$")
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')

SOURCE = ("relais_source_items_total", {
    "acknowledged": "relais_source_acknowledged_total", "rejected": "relais_source_rejected_total",
    "filtered": "relais_source_filtered_total", "pending": "relais_source_pending"})
SINK = ("relais_sink_events_total", {
    "delivered": "relais_sink_delivered_total", "rejected": "relais_sink_rejected_total",
    "skipped": "relais_sink_skipped_total", "pending": "relais_sink_pending"})
BROKER = ("relais_broker_events_total", {
    "accepted": "relais_broker_accepted_total", "refused": "relais_broker_refused_total",
    "duplicate": "relais_broker_duplicate_total", "late": "relais_broker_late_total"})


def parse(page):
    """[(name, {label: value}, number)] of a page in Prometheus' text format."""
    found = []
    for line in (page or "").splitlines():
        match = LINE.match(line)
        if match:
            found.append((match[1], dict(LABEL.findall(match[2] or "")), float(match[3])))
    return found


def total(samples, name):
    """The sum over all labels, or None when the page does not have it."""
    numbers = [number for found, _, number in samples if found == name]
    return int(sum(numbers)) if numbers else None


class Hop:
    """What went into a hop, and what became of it."""

    def __init__(self, name, samples, terms):
        self.name = name
        whole, parts = terms
        self.whole = total(samples, whole)
        self.parts = {word: total(samples, metric) for word, metric in parts.items()}
        self.by_reason = {labels.get("reason", "?"): int(number) for found, labels, number in samples
                          if found == parts.get("filtered")}

    def adds_up(self):
        return self.whole is not None and self.whole == sum(part or 0 for part in self.parts.values())

    def pending(self):
        return self.parts.get("pending") or 0

    def line(self):
        if self.whole is None:
            return f"{self.name:<12} aucune mesure"
        word = "events" if "accepted" in self.parts or "delivered" in self.parts else "items"
        reasons = ", ".join(f"{reason} {number}" for reason, number in sorted(self.by_reason.items()) if number)
        parts = " + ".join(f"{word} {part or 0}" + (f" ({reasons})" if word == "filtered" and reasons else "")
                           for word, part in self.parts.items())
        verdict = "le compte est bon" if self.adds_up() else "LE COMPTE N'EST PAS BON"
        return f"{self.name:<12} {word} {self.whole} = {parts} : {verdict}"


def hops(pages, operators):
    """`pages`: name of the process → its page; a connector's name is its operator's code."""
    found = []
    for code in operators:
        found.append(Hop(f"source {code}", parse(pages.get(code)), SOURCE))
    found.append(Hop("broker", parse(pages.get("broker")), BROKER))
    for code in operators:
        found.append(Hop(f"sink {code}", parse(pages.get(code)), SINK))
    return found
