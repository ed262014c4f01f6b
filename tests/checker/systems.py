# SPDX-License-Identifier: Apache-2.0
"""What the simulated systems' own records say, in the words of the hand-over: the two kinds, each with its written rules.

The words stand in the operators' documents (demo/README.md, connectors/operators/*/README.md); here they are told again.
"""

AGENDA_ORIENTATION = {"sent": "ISSUED", "cancel_requested": "CANCEL_REQUESTED", "withdrawn": "WITHDRAWN_BY_PERSON",
                      "error": "ENTERED_IN_ERROR"}
AGENDA_DOSSIER = {"received": "RECEIVED", "accepted": "ACCEPTED", "declined": "DECLINED", "in_progress": "TAKEN_OVER",
                  "cancelled": "CANCELLED", "withdrawn": "WITHDRAWN_BY_PERSON", "closed": "CLOSED"}
AGENDA_RDV = {"unknown": "BOOKED", "seen": "HONOURED", "excused": "CANCELLED_BY_PERSON", "revoked": "CANCELLED_BY_OPERATOR",
              "noshow": "NO_SHOW"}
# What stands inside an event, in the words of both kinds of rows.
DECLINES = {"hors_perimetre": "OUT_OF_SCOPE", "capacite": "CAPACITY", "injoignable": "NOT_REACHABLE", "doublon": "DUPLICATE",
            "non_eligible": "NOT_ELIGIBLE", "refus_personne": "PERSON_DECLINED", "autre": "OTHER"}
OUTCOMES = {"emploi": "EMPLOYMENT", "creation": "BUSINESS_CREATION", "formation": "TRAINING", "vae": "VAE_CERTIFICATION",
            "financement": "FUNDING_FILE_SUBMITTED", "mobilite": "INTERNAL_MOBILITY", "projet": "PROJECT_FORMALISED",
            "information": "INFORMATION_SUFFICIENT", "abandon": "ABANDONED", "injoignable": "UNREACHABLE", "autre": "OTHER"}
MOTIVES = {"reconversion": "CHANGE_JOB_OR_SECTOR", "creation": "CREATE_OR_TAKE_OVER_BUSINESS", "formation": "ACQUIRE_SKILLS_TRAINING",
           "vae": "CERTIFICATION_VAE", "financement": "FUNDING_CPF_PTP", "demission": "RESIGNATION_PROJECT",
           "mobilite": "INTERNAL_MOBILITY", "bilan": "TAKE_STOCK"}
# An operator's word in the systems of the others, unless the run says otherwise (run.json "destinations").
DESTINATIONS = {"o10": "FT", "o21": "REG-44", "o22": "REG-11", "o23": "REG-24", "o24": "REG-84"}
# What must not come in is told apart by what was done to it: the reason that its dead letter has to give.
REASON = {"unknown_code": "unknown_code", "missing_field": "missing_field"}
# What a regional system is told of its own orientation, by the event's status.
TOLD = {"DELIVERED": "delivered", "RECEIVED": "received", "ACCEPTED": "accepted", "DECLINED": "declined", "REDIRECTED": "redirected",
        "TAKEN_OVER": "in_progress", "CANCELLED": "cancelled", "CANCEL_REFUSED": "cancel_refused",
        "CONTACT_UNREADABLE": "contact_unreadable", "WITHDRAWN_BY_PERSON": "withdrawn", "ENTERED_IN_ERROR": "entered_in_error",
        "ERASED": "erased", "CLOSED": "closed", "REFUSED": "refused", "OVERDUE": "overdue", "CANCEL_REQUESTED": "cancel_requested"}
# In which states of the row a dossier may stand so at rest.
SAME = {"closed": {"CLOSED"}, "declined": {"DECLINED"}, "redirected": {"REDIRECTED"}, "cancelled": {"CANCELLED"},
        "in_progress": {"TAKEN_OVER", "CANCEL_REQUESTED"}, "accepted": {"ACCEPTED", "CANCEL_REQUESTED"},
        "received": {"RECEIVED", "CANCEL_REQUESTED", "OVERDUE"}, "new": {"DELIVERED", "OVERDUE", "CANCEL_REQUESTED"}}
TAKEN_BACK = {"WITHDRAWN_BY_PERSON", "ENTERED_IN_ERROR", "ERASED"}
GIVEN_UP_S = 9.9  # so long a connector waits for an answer: 10 s, and what passes until its call is there


class Said:
    """One thing that a system said and that was acknowledged (or, of a list, its newest state at rest)."""

    def __init__(self, kind, status, version, own=None, handoff=None, starts_at=None, mono=0.0, provoked=None, filtered=False,
                 posted=0.0, first=0.0, destination=None, parent=None):
        self.kind, self.status, self.version, self.own, self.handoff = kind, status, version, own, handoff
        self.starts_at, self.provoked, self.filtered = starts_at, provoked, filtered
        self.destination, self.parent = destination, parent  # of an orientation: the word of whom it goes to; what it goes on from
        # When it was sent, the first time and the last, and when it was acknowledged.
        self.first, self.posted, self.mono = first or posted, posted, mono


def said_by_agenda(system):
    for line in system["journal"]:
        if line["what"] != "acked":
            continue
        if line.get("provoked"):
            yield Said(None, None, None, own=line["id"], provoked=line["provoked"])
        elif line["model"] == "Orientation":
            yield Said("Referral", AGENDA_ORIENTATION[line["status"]], line["version"], own=f"orientation/{line['id']}",
                       mono=line["mono"], posted=line["posted"], destination=line["destination"], parent=line["parent"])
        elif line["model"] == "Dossier":
            status = AGENDA_DOSSIER.get(line["status"])
            yield Said("Closure" if status == "CLOSED" else "Referral", status, line["version"], handoff=line["external_ref"],
                       own=f"dossier/{line['id']}", mono=line["mono"], posted=line["posted"], filtered=status is None,
                       first=line.get("first", 0.0))
        else:
            yield Said("Appointment", AGENDA_RDV[line["status"]], line["sent_us"], handoff=line["external_ref"],
                       own=f"rdv/{line['id']}", starts_at=line["starts_us"], mono=line["mono"], posted=line["posted"],
                       first=line.get("first", 0.0))


NATIONAL_ORIENTATION = AGENDA_ORIENTATION
NATIONAL_DOSSIER = AGENDA_DOSSIER
NATIONAL_RDV = {"unknown": "BOOKED", "seen": "HONOURED", "noshow": "NO_SHOW", "excused": "CANCELLED_UNSPECIFIED",
                "revoked": "CANCELLED_UNSPECIFIED"}


def whole_ms(us):
    return us // 1000 * 1000


def shown(system, table, row):
    """A row as the polled list shows it."""
    if table == "orientation":
        there = system["rows"].get("orientation", {}).get(str(row["id"]), row)  # whom it goes to never changes, and no list shows it
        return Said("Referral", NATIONAL_ORIENTATION[row["status"]], whole_ms(row["status_us"]), own=row["id"],
                    provoked=row.get("bad"), destination=there.get("destination"), parent=there.get("parent"))
    if table == "dossier":
        status = NATIONAL_DOSSIER.get(row["status"])
        return Said("Closure" if status == "CLOSED" else "Referral", status, whole_ms(row["status_us"]), own=row["id"],
                    handoff=row["external_ref"], filtered=status is None)
    version, starts_at, status = whole_ms(row["updated_us"]), whole_ms(row["starts_us"]), NATIONAL_RDV[row["status"]]
    if row["status"] == "unknown":
        status = "RESCHEDULED" if row["moved"] else "UNRECORDED" if starts_at < version else "BOOKED"
    dossier = system["rows"].get("dossier", {}).get(str(row["dossier"]), {})
    return Said("Appointment", status, version, own=row["id"], handoff=dossier.get("external_ref"), starts_at=starts_at,
                filtered=not dossier)


def said_by_national(system):
    """A polled list shows the newest state only: what must have come is how the rows stand at rest."""
    for table in ("orientation", "dossier", "rdv"):
        for row in system["rows"].get(table, {}).values():
            yield shown(system, table, row)


def said_by(system):
    """What must have come."""
    return said_by_agenda(system) if system["kind"] == "agenda" else said_by_national(system)


def may_be_said_by(system):
    """What can have come: of a list also what it showed in between."""
    if system["kind"] == "agenda":
        return said_by_agenda(system)
    return (shown(system, line["table"], line) for line in system["journal"] if line["what"] == "shown")


def dossiers(system):
    """external reference → the dossiers that stand there for it."""
    found = {}
    for row in system["rows"].get("dossiers" if system["kind"] == "agenda" else "dossier", {}).values():
        found.setdefault(row["external_ref"], []).append(row)
    return found


def orientations(system):
    """The entity's name in events → row."""
    if system["kind"] == "agenda":
        return {f"orientation/{row['id']}": row for row in system["rows"].get("orientations", {}).values()}
    return {row["id"]: row for row in system["rows"].get("orientation", {}).values()}


def orientations_of(run, code):
    """The same, made once a run."""
    cache = run.__dict__.setdefault("orientations", {})
    if code not in cache:
        cache[code] = orientations(run.systems[code])
    return cache[code]


def told(row):
    """What we wrote into an orientation last, in one spelling."""
    return str(row["relais_state"]).lower().replace("taken_over", "in_progress") if row["relais_state"] else None


def person_of(system, row):
    """Digests of whom an orientation is about: who she is, how to reach her, the rest (None: that system does not tell it)."""
    if system["kind"] == "agenda":
        told = row.get("person")
        return told.split() if told else [None] * 3
    told = system["rows"].get("user", {}).get(str(row["user"]), {}).get("digests")
    return [*told.split()[:2], None] if told else [None] * 3


def calls(system):
    """(what was written to: table, number there, state or "message") of each call that was carried out and says something of a row."""
    for line in system["journal"]:
        if line["what"] != "called" or line["effect"] is None or line["method"] not in ("PATCH", "PUT"):
            continue
        table = line["path"].split("/")[3] if system["kind"] == "agenda" else line["table"] + "s"
        state = line.get("state")
        if state:
            yield table, line["of"], state.replace("taken_over", "in_progress")
        elif line.get("message"):
            yield table, line["of"], "message"


def calls_of(system, number, of):
    """The calls that were carried out on a row and wrote `of` ("state", "status")."""
    return [line for line in system["journal"] if line["what"] == "called" and line.get("of") == number and line.get(of)
            and line["effect"] is not None]


def came(line):
    return line.get("came", line["mono"])


def told_in_order(lines, gave_up):
    """Of calls to one row the one that would stand there had the last not been carried out late; None: it was not. A slow system's call
    can be of a process that was killed meanwhile, or gave it up, and come behind what the next one wrote: nothing that calls without
    a version can prevent it. Whoever lives and goes on without the answer is no such case: `gave_up`(came, when the next one came)."""
    last = max(lines, key=lambda line: line["mono"], default=None)
    behind = [line for line in lines if last and "came" in last and came(line) > last["came"]]
    if not behind or not gave_up(last["came"], min(map(came, behind))):
        return None
    return max(behind, key=came)
