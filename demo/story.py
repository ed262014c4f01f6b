# SPDX-License-Identifier: Apache-2.0
"""What a person sees while hand-overs move: one line a step, from the rows that the broker publishes."""

import json
import time

from demo.network import OPERATORS

WORDS = {
    "ISSUED": "passe le relais à", "REFUSED": "refusé par règle", "DELIVERED": "remis à", "RECEIVED": "reçu par",
    "ACCEPTED": "accepté par", "TAKEN_OVER": "pris en charge par", "CLOSED": "clos par", "DECLINED": "décliné par",
    "REDIRECTED": "réorienté par", "CANCEL_REQUESTED": "annulation demandée à", "CANCELLED": "annulé par",
    "OVERDUE": "sans réponse, en retard chez", "EXPIRED": "expiré chez",
    "WITHDRAWN_BY_PERSON": "retiré par la personne ; était chez", "ENTERED_IN_ERROR": "saisi par erreur",
    "ERASED": "effacé",
}


def name_of(code):
    return OPERATORS[code].title if code in OPERATORS else code or "?"


class Story:
    """Reads what `relais tail handoff --json` appends to a file; a line for each new state."""

    def __init__(self, path, say):
        self._path, self._say = path, say
        self._at = path.stat().st_size if path.exists() else 0
        self._rest, self._states = b"", {}
        self.started = time.monotonic()

    def go_on(self):
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._at)
            new = file.read()
        self._at += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            self._tell(line)

    def _tell(self, line):
        try:
            row = json.loads(line).get("value")
        except (ValueError, AttributeError):
            return
        if not isinstance(row, dict) or "state" not in row:
            return
        number, state = str(row.get("handoff_id")), row["state"]
        if self._states.get(number) == state:
            return
        self._states[number] = state
        # Of an erased hand-over nobody keeps whose it was.
        issuer = name_of(row.get("issuer")) if state != "ERASED" else ""
        holder = name_of(row.get("holder"))
        words = WORDS.get(state, state)
        ending = "" if state in ("REFUSED", "ENTERED_IN_ERROR", "ERASED") else " " + holder
        self._say(f"{number[:8]}  {issuer:<15} {words}{ending}")
