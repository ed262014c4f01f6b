# SPDX-License-Identifier: Apache-2.0
"""Conservation (DESIGN.md "Conservation"): reads /metrics pages and says of each hop whether it adds up.

The words are those of the design, and no others.
"""

import re

LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([-+0-9.eE]+|NaN|[+-]Inf)$")
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')

# What a simulated system provokes that can only become a dead letter.
BAD = ("unknown_code", "missing_field", "not_json")

# Of each hop: what went in; what became of it by the label `outcome`; what waits.
SOURCE = ("items", "relais_items_total", "relais_items_ended_total", "relais_items_pending",
          ["acknowledged", "rejected", "filtered", "returned", "pending"])
SINK = ("events", "relais_deliveries_total", "relais_deliveries_ended_total", "relais_deliveries_pending",
        ["delivered", "rejected", "skipped", "pending"])
BROKER = ("events", "relais_broker_events_total", "relais_broker_outcomes_total", None,
          ["accepted", "refused", "duplicate", "late"])


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


def in_flight(samples, terms):
    """What was taken and has not ended: items of the sources, records of the inbox."""
    if terms is SOURCE:
        return total(samples, "relais_items_in_flight") or 0
    return int(sum(number for name, labels, number in samples
                   if name == "relais_pipeline_in_flight" and labels.get("pipeline") == "inbox"))


class Hop:
    """What went into a hop, and what became of it. "filtered_when" counts as "filtered", for the reason "when"."""

    def __init__(self, name, samples, terms):
        self.name, (self.word, whole, ended, waiting, words) = name, terms
        self.whole = total(samples, whole)
        self.parts = dict.fromkeys(words, 0)
        self.reasons = {}
        for found, labels, number in samples:
            if found == ended:
                word, _, reason = labels.get("outcome", "?").partition("_")
                self.parts[word] = self.parts.get(word, 0) + int(number)
                if reason and number:
                    self.reasons[reason] = int(number)
        if waiting:
            self.parts["pending"] = (total(samples, waiting) or 0) + in_flight(samples, terms)

    def adds_up(self):
        return self.whole is not None and self.whole == sum(self.parts.values())

    def pending(self):
        return self.parts.get("pending", 0)

    def line(self):
        if self.whole is None:
            return f"{self.name:<12} aucune mesure"
        reasons = ", ".join(f"{reason} {number}" for reason, number in sorted(self.reasons.items()))
        parts = " + ".join(f"{word} {number}" + (f" ({reasons})" if word == "filtered" and reasons else "")
                           for word, number in self.parts.items())
        verdict = "le compte est bon" if self.adds_up() else "LE COMPTE N'EST PAS BON"
        return f"{self.name:<12} {self.word} {self.whole} = {parts} : {verdict}"


class Crossing:
    """From the connectors' outboxes to the broker: what was acknowledged there was seen here, once each but for doubts."""

    def __init__(self, pages, operators):
        outboxes = [parse(pages.get(code)) for code in operators]
        self.written = [total(samples, "relais_outbox_acknowledged_total") for samples in outboxes]
        self.doubtful = sum(total(samples, "relais_outbox_doubtful_total") or 0 for samples in outboxes)
        self.seen = Hop("broker", parse(pages.get("broker")), BROKER)

    def adds_up(self):
        if None in self.written or self.seen.whole is None:
            return False
        seen = sum(self.seen.parts.values())
        return sum(self.written) <= seen <= sum(self.written) + self.doubtful

    def line(self):
        if None in self.written or self.seen.whole is None:
            return "outbox → broker : aucune mesure"
        doubts = f" (et {self.doubtful} dans le doute, répétés)" if self.doubtful else ""
        verdict = "le compte est bon" if self.adds_up() else "LE COMPTE N'EST PAS BON"
        return f"outbox → broker : {sum(self.written)} acquittés{doubts} = {sum(self.seen.parts.values())} vus : {verdict}"


class DeadLetters:
    """Bad records that a simulated system made in this run, beside its connector's dead letters. `before` and `after`
    are its /_state at the start (a folder of data may have seen other runs) and at the end, or None. A record that is
    sent twice is two, so fewer dead letters are a mistake and more are none; what it has not sent yet is shown."""

    def __init__(self, code, before, after, page):
        self.name, self.made, self.pending = f"dead {code:<7}", None, 0
        samples = parse(page)
        if before is not None and after is not None and total(samples, "relais_items_total") is not None:
            self.made = self.bad(after, "provoked") - self.bad(before, "provoked") + self.bad(before, "unsent")
            self.pending = self.bad(after, "unsent")
        self.dead = sum(int(number) for name, labels, number in samples
                        if name == "relais_items_ended_total" and labels.get("outcome") == "rejected")

    @staticmethod
    def bad(state, what):
        return sum(state.get(what, {}).get(kind, 0) for kind in BAD)

    def adds_up(self):
        return self.made is not None and self.made <= self.dead + self.pending

    def line(self):
        if self.made is None:
            return f"{self.name} aucune mesure"
        waits = f", {self.pending} pas encore envoyés" if self.pending else ""
        return (f"{self.name} {self.made} enregistrements fautifs provoqués{waits}, {self.dead} lettres mortes : "
                + ("le compte est bon" if self.adds_up() else "IL EN MANQUE"))


def hops(pages, operators):
    """`pages`: name of the process → its page; a connector's name is its operator's code."""
    found = []
    for code in operators:
        found.append(Hop(f"source {code}", parse(pages.get(code)), SOURCE))
    found.append(Hop("broker", parse(pages.get("broker")), BROKER))
    for code in operators:
        found.append(Hop(f"sink {code}", parse(pages.get(code)), SINK))
    return found
