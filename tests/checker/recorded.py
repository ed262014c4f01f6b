# SPDX-License-Identifier: Apache-2.0
"""What a run left behind, as the checker sees it: records of topics, journals and rows of the simulated systems.
A record's `at` is when Kafka took it (ms since 1970, the machine's clock: the run's own is driven).

Read from Kafka at read_committed with fastavro and confluent-kafka; of the project only the schemas (*.avsc) are used. An hour
leaves millions of records: of each only what the checks read is kept.
"""

import hashlib
import io
import json
import pathlib
import sys
import time
import uuid

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent.parent / "schemas"
BUILT_IN = 1 << 30  # ids of the built-in schemas: 2^30 + low 30 bits of the CRC-64-AVRO fingerprint
TIMEOUT_S = 60
KEPT = ("type", "event_id", "handoff_id", "thread_id", "parent_handoff_id", "handoff_seq", "operator_code", "source_system", "entity_id",
        "source_version", "occurred_at", "recorded_at", "cause", "sealed", "sealed_for", "status", "from_operator", "to_operator",
        "issuer_ref", "decline_reason", "outcome", "starts_at", "motive", "code", "stage", "event_type", "quarantine_key", "kind",
        "due_at", "state", "issuer", "holder", "next_seq", "slots")


NOT_COMPARED = {"handoff_seq", "sealed", "sealed_for", "test"}  # what the broker may change when it sends an event on
IN_CLEAR = {"note", "comment", "relais_message"}  # what a system's rows say of a person; of herself only digests are kept


def compact(what):
    return json.dumps(what, ensure_ascii=False, separators=(",", ":"))


class Value(dict):
    """A record's KEPT fields; those that are null or that its schema does not have are left out and read as None."""

    def __missing__(self, name):
        if name not in KEPT:
            raise KeyError(name)


class Run:
    """`topics`: short name → [{partition, offset, at, key, value}] in the order of each partition; `systems`: operator code →
    {kind, journal: [line], rows: {table: {id: row}}}; `setting`: what the run was allowed to do (see run.json)."""

    def __init__(self, topics, systems, setting):
        self.topics, self.systems, self.setting = topics, systems, setting

    def records(self, topic):
        return self.topics.get(topic, [])

    def write(self, path):
        """As JSON that from_json() takes: a line a record, for the text of an hour's run does not fit into memory beside the run."""
        with path.open("w", encoding="utf-8") as file:
            file.write('{"topics":{')
            for number, (topic, records) in enumerate(self.topics.items()):
                file.write(f'{"," if number else ""}\n{compact(topic)}:[')
                file.writelines(("," if place else "") + "\n" + compact(record) for place, record in enumerate(records))
                file.write("]")
            file.write('},\n"systems":{')
            for number, (code, system) in enumerate(self.systems.items()):
                file.write(f'{"," if number else ""}\n{compact(code)}:{{"kind":{compact(system["kind"])},"journal":[')
                file.writelines(("," if place else "") + "\n" + compact(line) for place, line in enumerate(system["journal"]))
                file.write(f'],\n"rows":{compact(system["rows"])}}}')
            file.write(f'}},\n"setting":{compact(self.setting)}}}\n')

    @classmethod
    def from_json(cls, told):
        for records in told["topics"].values():
            for record in records:
                if isinstance(record["value"], dict):
                    record["value"] = Value(record["value"])
        return cls(told["topics"], told["systems"], told["setting"])


# ---- Systems -------------------------------------------------------------------------------------------------------------


def read_journal(path):
    """What the system sent and was acknowledged, and the calls that changed something there."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [shared(line) for line in map(json.loads, file) if line.get("effect") or line["what"] == "acked"]


def rows_of_state(path):
    """The tables of a system that keeps a line a change: [[table, key, row or null]]."""
    tables = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            changes = json.loads(line)
        except ValueError:
            continue  # cut off by a kill
        for table, key, row in changes:
            rows = tables.setdefault(table, {})
            if row is None:
                rows.pop(str(key), None)
            else:
                rows[str(key)] = row
    return tables


def without_person(table, row):
    return {name: value for name, value in row.items() if name not in IN_CLEAR and (table != "user" or name in ("id", "digests"))}


def read_system(folder, code, kind):
    journal = read_journal(folder / "journals" / f"{code}.jsonl")
    if kind == "agenda":
        rows = json.loads((folder / "systems" / f"{code}.rows.json").read_text(encoding="utf-8"))
    else:
        rows = rows_of_state(folder / "systems" / code / "state.jsonl")
        rows = {table: {key: without_person(table, row) for key, row in there.items()} for table, there in rows.items()}
    return {"kind": kind, "journal": journal, "rows": rows}


# ---- Kafka ---------------------------------------------------------------------------------------------------------------


def schemas_by_id():
    """schema id → parsed schema."""
    import fastavro
    from fastavro.schema import fingerprint, to_parsing_canonical_form
    found = {}
    for path in SCHEMAS.glob("*.avsc"):
        raw = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict):
            continue
        crc = fingerprint(to_parsing_canonical_form(raw), "CRC-64-AVRO")
        # The standard's 64 bits, little endian, as fastavro prints them.
        number = int.from_bytes(bytes.fromhex(crc), "little")
        for bits in (number, int(crc, 16)):
            found[BUILT_IN + (bits & (BUILT_IN - 1))] = fastavro.parse_schema(raw)
    return found


def plain(value):
    """JSON's types: ids as text, times as microseconds, bytes as their number. Equal texts are one: an id stands in many records."""
    if isinstance(value, str):
        return sys.intern(value)
    if isinstance(value, uuid.UUID):
        return sys.intern(str(value))
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, dict):
        return shared(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def shared(record):
    return {name: plain(value) for name, value in record.items()}


def digest(what):
    return int.from_bytes(hashlib.blake2b(repr(what).encode(), digest_size=6).digest(), "big")


def kept(record):
    """Of an event also `rest`: a digest of what no check looks into, for it has to arrive as it was sent; so has what is `sealed`, of
    which a digest stands for bytes that only their addressee can read."""
    value = Value((name, (digest if name == "sealed" else plain)(record[name])) for name in KEPT if record.get(name) is not None)
    rest = [(name, item) for name, item in sorted(record.items()) if name not in KEPT and name not in NOT_COMPARED]
    value["rest"] = digest(rest)
    return value


def decoder():
    import fastavro

    # Times stay numbers: nothing here reads a calendar.
    for kind in ("long-timestamp-micros", "int-date", "string-uuid"):
        fastavro.read.LOGICAL_READERS.pop(kind, None)
    schemas = schemas_by_id()

    def decode(value):
        if value is None:
            return None
        schema = schemas.get(int.from_bytes(value[1:5], "big")) if len(value) > 5 and value[0] == 0 else None
        if schema is None:
            return Value(undecoded=len(value))
        return kept({"type": schema["name"].rpartition(".")[2], **fastavro.schemaless_reader(io.BytesIO(value[5:]), schema)})

    return decode


def messages_to_ends(consumer, starts):
    """Messages from these offsets ([TopicPartition]) to the ends of their partitions; each end is one with the error _PARTITION_EOF.
    Of a consumer with enable.partition.eof. All partitions in one assignment: each costs a second or two when it is read alone."""
    from confluent_kafka import KafkaError, KafkaException
    left = {(start.topic, start.partition) for start in starts}
    consumer.assign(starts)
    end = time.monotonic() + TIMEOUT_S
    while left:
        messages = consumer.consume(500, 0.1)  # waits for all of them or for so long
        if messages:
            end = time.monotonic() + TIMEOUT_S
        elif time.monotonic() > end:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"no end of the partitions {sorted(left)}"))
        for message in messages:
            if message.error() is not None:
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
                left.discard((message.topic(), message.partition()))
            yield message


def read_topics(consumer, topics, decode):
    from confluent_kafka import TopicPartition
    known = consumer.list_topics(timeout=TIMEOUT_S).topics
    starts = [TopicPartition(topic, partition, 0) for topic in sorted(topics) for partition in sorted(known[topic].partitions)]
    found, ends, rows = {topic: [] for topic in topics}, {}, {}
    for message in messages_to_ends(consumer, starts):
        key, topic = message.key(), message.topic()
        if message.error() is not None:
            ends[topic, message.partition()] = message.offset()
            continue
        value = plain(message.value()) if topic.endswith(".quarantine.v1") else decode(message.value())
        record = {"partition": message.partition(), "offset": message.offset(), "at": message.timestamp()[1],
                  "key": key and plain(key.decode("utf-8", "replace")), "value": value}
        if topic.startswith("relais.handoff."):
            before = rows.get(record["key"])
            rows[record["key"]] = record
            if before:
                before["value"] = None  # of a row only its last state is compared
        found[topic].append(record)
    for records in found.values():
        records.sort(key=lambda record: (record["partition"], record["offset"]))
    return found, ends


def log_ends(brokers, places, isolation):
    """(topic, partition) → where its log ends for readers of this isolation level."""
    from confluent_kafka import Consumer, TopicPartition
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "checker", "isolation.level": isolation})
    try:
        return {place: consumer.get_watermark_offsets(TopicPartition(*place), timeout=TIMEOUT_S)[1] for place in places}
    finally:
        consumer.close()


def open_transactions(brokers, stable):
    """Where committed records end before the log does: a transaction that nobody ends hides what follows. `stable`: (topic,
    partition) → the end that a reader of committed records saw."""
    return [f"{topic} {partition}: open at {stable[topic, partition]}, end {end}"
            for (topic, partition), end in sorted(log_ends(brokers, stable, "read_uncommitted").items()) if end > stable[topic, partition]]


def read_run(folder, brokers, setting):
    """`setting["operators"]`: code → kind of its simulated system."""
    from confluent_kafka import Consumer
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "checker", "isolation.level": "read_committed",
                         "enable.auto.commit": False, "enable.partition.eof": True, "auto.offset.reset": "earliest"})
    decode = decoder()
    names = {"handoff": "relais.handoff.v1"}
    for code in setting["operators"]:
        names |= {f"{code}.{name}": f"relais.{code}.{name}.v1" for name in ("outbox", "inbox", "rejected", "quarantine")}
    try:
        found, ends = read_topics(consumer, list(names.values()), decode)
        topics = {short: found[name] for short, name in names.items()}
    finally:
        consumer.close()
    setting = {**setting, "open_transactions": open_transactions(brokers, ends)}
    systems = {code: read_system(pathlib.Path(folder), code, kind) for code, kind in setting["operators"].items()}
    return Run(topics, systems, setting)
