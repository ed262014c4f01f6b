# SPDX-License-Identifier: Apache-2.0
"""What stands inside an event is what its system said, and what the other system was told is what stands in the event: reasons,
outcomes, motives, senders. (Of an appointment: when it is. That goes with what was said, sources.py, and with the calls, sinks.py.)
"""

from tests.checker import systems
from tests.checker.rules import fact_of

UNKNOWN = "UNKNOWN"
OF_A_DOSSIER = {"DECLINED": ("decline_reason", systems.DECLINES), "CLOSED": ("outcome", systems.OUTCOMES)}
NATIONAL_MOTIVES = {word: name.upper() for name, word in systems.MOTIVES.items()}
NATIONAL_ELSE = "BILAN"  # their motive is compulsory: the most general one


class Content:
    def __init__(self, checker):
        self.checker, self.run, self.replay = checker, checker.run, checker.replay
        self.words = self.run.setting.get("destinations") or systems.DESTINATIONS

    def check(self):
        for code in self.checker.operators:
            self.orientations, self.dossiers = systems.orientations_of(self.run, code), systems.dossiers(self.run.systems[code])
            for number, event in self.replay.events.items():
                if self.replay.sender[number] == code:
                    self.as_said(code, event)
            for event in self.checker.inbox[code]:
                if fact_of(event) == "ISSUED" and event["handoff_id"] in self.dossiers:
                    self.as_told(code, event, self.dossiers[event["handoff_id"]][0])

    def as_said(self, code, event):
        """A row says a reason once: it is that of the event, or there was none."""
        fact = fact_of(event)
        if fact == "ISSUED" and event["issuer_ref"]:
            self.same(code, event, "motive", self.orientations.get(event["issuer_ref"]["id"]), systems.MOTIVES)
        elif fact in OF_A_DOSSIER:
            name, words = OF_A_DOSSIER[fact]
            self.same(code, event, name, next(iter(self.dossiers.get(event["handoff_id"], ())), None), words)

    def same(self, code, event, name, row, words):
        if row is None:
            return  # sources.py: nobody said it; sinks.py: nobody has it
        meant = words.get(row[name], UNKNOWN)
        if (event[name] or UNKNOWN) != meant:
            self.checker.say("wrong", f"{code}: event {event['event_id']} of hand-over {event['handoff_id']} says {name} {event[name]}, its system "
                                      f"said {meant}")

    def as_told(self, code, event, row):
        if self.run.systems[code]["kind"] == "agenda":
            name, told, meant = "source", row["source"], self.words.get(event["from_operator"])
        else:
            name, told, meant = "motive", row["motive"], NATIONAL_MOTIVES.get(event["motive"], NATIONAL_ELSE)
        if told != meant:
            self.checker.say("wrong", f"{code}: the dossier of hand-over {event['handoff_id']} was told {name} {told}, its ISSUED {event['event_id']} "
                                      f"says {meant}")
