# SPDX-License-Identifier: Apache-2.0
"""The agenda's job as a Python script does it: json, fastavro, confluent-kafka.

    python_way.py RECORDS.jsonl SCHEMAS_FOLDER [OUT | BROKERS TOPIC]
"""

import datetime
import io
import json
import pathlib
import sys
import time

import fastavro

EVENT_ID, HANDOFF_ID = "4c9b6d0e-5b1f-8a32-9c47-1d2e3f405162", "0f8e7d6c-5b4a-8392-8170-a1b2c3d4e5f6"
ENTITY_ID = "9a8b7c6d-1e2f-8304-b596-c7d8e9fa0b1c"
OPERATORS = {"FT": "o10", "REG-44": "o21", "REG-11": "o22"}
SITES = {31: "o21-metz", 32: "o21-strasbourg", 41: "o22-montreuil"}
STATUSES = {"sent": "ISSUED", "cancel_requested": "CANCEL_REQUESTED", "withdrawn": "WITHDRAWN_BY_PERSON", "error": "ENTERED_IN_ERROR"}
MOTIVES = {"reconversion": "CHANGE_JOB_OR_SECTOR", "creation": "CREATE_OR_TAKE_OVER_BUSINESS", "formation": "ACQUIRE_SKILLS_TRAINING",
           "vae": "CERTIFICATION_VAE", "bilan": "TAKE_STOCK"}
REASONS = {"hors_perimetre": "OUT_OF_SCOPE", "specialiste": "SPECIALISED_OPERATOR", "choix": "PERSON_CHOICE", "capacite": "CAPACITY"}
EPOCH, ZERO = datetime.date(1970, 1, 1), datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def schema(folder, name):
    """Without logical types: plain numbers and texts, as fast as fastavro is."""
    def plain(node):
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items() if key != "logicalType"}
        return [plain(item) for item in node] if isinstance(node, list) else node
    return fastavro.parse_schema(plain(json.loads((pathlib.Path(folder) / name).read_text(encoding="utf-8"))))


def days(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def translate(data):
    at = datetime.datetime.strptime(data["status_at"] or data["sent_at"], "%Y-%m-%d %H:%M:%S %z")
    us = (at - ZERO) // datetime.timedelta(microseconds=1)
    user, agent, receiver = data["user"], data["agent"], OPERATORS[data["destination"]]
    referral = {
        "event_id": EVENT_ID, "handoff_id": HANDOFF_ID, "thread_id": HANDOFF_ID, "entity_id": ENTITY_ID, "operator_code": "o21",
        "site_code": SITES.get(data["organisation"]["id"]), "source_system": "agenda", "source_version": us, "occurred_at": us,
        "occurred_at_offset_min": at.utcoffset() // datetime.timedelta(minutes=1), "occurred_at_precision": "SECOND",
        "observed_at": 1772439181000000, "recorded_at": 1772439181004000, "origin": "OPERATOR", "legal_basis": "L6353_10",
        "test": data["test"], "raw_hash": b"\x5a" * 32, "status": STATUSES[data["status"]], "requested_on": days(data["requested_on"]),
        "from_operator": "o21", "to_operator": receiver, "issuer_ref": {"system": "agenda", "id": f"orientation/{data['id']}"},
        "level_requested": {1: "LEVEL_1", 2: "LEVEL_2"}[data["level"]], "motive": MOTIVES[data["motive"]],
        "motive_source_code": data["motive"], "reason": REASONS[data["reason"]], "urgency": "URGENT" if data["urgent"] else "NORMAL",
        "region_code": data["region"], "departement_code": data["departement"], "choice_recorded": data["informed_choice"],
    }
    contact = {
        "handoff_id": HANDOFF_ID, "event_id": EVENT_ID, "receiver": receiver, "birth_name": user["birth_name"] or user["last_name"],
        "usual_name": user["last_name"], "first_names": user["first_name"], "birth_date": days(user["birth_date"]),
        "phone": user["phone_number_formatted"] or user["phone_number"], "email": user["email"].strip().lower(),
        "address": user["address"], "note": data["note"][:2000],
        "call_back": " ".join((agent["first_name"], agent["last_name"], agent["email"])),
    }
    return referral, contact


def main(file, folder, brokers=None, topic=None):
    referral_schema, contact_schema = schema(folder, "referral.avsc"), schema(folder, "contact.avsc")
    producer, kept = None, open(brokers, "wb") if brokers and not topic else None
    if topic:
        import confluent_kafka
        producer = confluent_kafka.Producer({"bootstrap.servers": brokers, "enable.idempotence": True, "linger.ms": 5})
    began, count = time.process_time(), 0
    with open(file, "rb") as lines:
        for count, line in enumerate(lines, 1):
            out = io.BytesIO()
            referral, contact = translate(json.loads(line)["data"])
            fastavro.schemaless_writer(out, referral_schema, referral)
            fastavro.schemaless_writer(out, contact_schema, contact)
            if kept:
                kept.write(out.getvalue())
            while producer:
                try:
                    producer.produce(topic, out.getvalue(), HANDOFF_ID)
                    producer.poll(0)
                    break
                except BufferError:
                    producer.poll(0.1)
    if producer and producer.flush(60):
        raise SystemExit("not delivered")
    used = time.process_time() - began
    print(f"records_s\t{count / used:.0f}\ncpu_s_per_million\t{used * 1e6 / count:.3f}")


main(*sys.argv[1:])
