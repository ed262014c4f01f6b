# SPDX-License-Identifier: Apache-2.0
"""The three codecs that the tests compare: ours and Java's, each a child that answers a line of JSON with
a line of JSON, and Python's fastavro. Values are plain, as tests/interop/codec.c says."""

import datetime
import io
import json
import os
import subprocess
import uuid

import fastavro

HERE = os.path.dirname(os.path.abspath(__file__))
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Child:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[0]} ended with {self.process.wait()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=30)


class Ours(Child):
    def __init__(self):
        super().__init__(os.environ["RELAIS_INTEROP_CODEC"])

    def schemas(self):
        return {one["record"]: json.loads(one["schema"]) for one in self.ask(do="schemas")["schemas"]}

    def decode(self, record, writer, body):
        return self.ask(do="decode", record=record, schema=json.dumps(writer), bytes=body.hex())

    def avro_c(self, writer, reader, body):
        return self.ask(do="avro_c", schema=json.dumps(writer), reader=json.dumps(reader), bytes=body.hex())


class Java(Child):
    name = "Java"

    def __init__(self):
        super().__init__(os.path.join(HERE, "../support/interop.sh"), "java", os.path.join(HERE, "Codec.java"))

    def encode(self, writer, value):
        answer = self.ask(do="encode", schema=json.dumps(writer), value=value)
        if "error" in answer:
            raise ValueError(answer["error"])
        return bytes.fromhex(answer["bytes"])

    def decode(self, writer, body, reader=None):
        answer = self.ask(do="decode", schema=json.dumps(writer), bytes=body.hex(),
                          reader=None if reader is None else json.dumps(reader))
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["value"]


class Fastavro:
    name = "fastavro"

    def encode(self, writer, value):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(without_logical(writer)), datum(value, writer, names(writer)))
        return out.getvalue()

    def decode(self, writer, body, reader=None, logical=False):
        own = (lambda schema: schema) if logical else without_logical
        source = io.BytesIO(body)
        value = fastavro.schemaless_reader(source, fastavro.parse_schema(own(writer)),
                                           fastavro.parse_schema(own(reader)) if reader else None)
        if source.read():
            raise ValueError("bytes left over")
        return plain(value)

    def close(self):
        return 0


def without_logical(schema):
    """The same with dates and times as the numbers that they are: fastavro's own end with the year 9999."""
    if isinstance(schema, dict):
        return {key: without_logical(value) for key, value in schema.items() if key != "logicalType"}
    return [without_logical(one) for one in schema] if isinstance(schema, list) else schema


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        return (value - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def names(schema):
    """The types that a schema defines, by their short names."""
    found = {}
    if isinstance(schema, dict):
        if schema.get("type") in ("record", "enum", "fixed"):
            found[schema["name"].rsplit(".", 1)[-1]] = schema
        schema = list(schema.values())
    for one in schema if isinstance(schema, list) else []:
        found.update(names(one))
    return found


def datum(value, schema, named):
    """A plain value as fastavro takes it."""
    if isinstance(schema, str):
        known = named.get(schema.rsplit(".", 1)[-1])
        return datum(value, known, named) if known else bytes.fromhex(value) if schema == "bytes" else value
    if isinstance(schema, list):
        return None if value is None else datum(value, next(one for one in schema if fits(value, one, named)), named)
    kind = schema["type"]
    if kind == "record":
        return {field["name"]: datum(value[field["name"]], field["type"], named) for field in schema["fields"]}
    if kind == "array":
        return [datum(one, schema["items"], named) for one in value]
    if kind == "map":
        return {key: datum(one, schema["values"], named) for key, one in value.items()}
    if kind == "fixed":
        return bytes.fromhex(value)
    return value if kind == "enum" else datum(value, kind, named)


def fits(value, schema, named):
    schema = named.get(schema.rsplit(".", 1)[-1], schema) if isinstance(schema, str) else schema
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "enum":
        return value in schema["symbols"]
    wanted = {"string": str, "bytes": str, "fixed": str, "boolean": bool, "int": int, "long": int, "double": (int, float),
              "float": (int, float), "array": list, "record": dict, "map": dict}
    return kind in wanted and isinstance(value, wanted[kind])
