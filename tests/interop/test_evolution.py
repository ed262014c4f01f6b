# SPDX-License-Identifier: Apache-2.0
"""A writer whose schema is older, newer or somebody else's, and our reader: one table, printed and asserted. Each row's
bytes are written by fastavro and by Java's Avro; avro-c, which we do not use for bytes from outside, is asked too, so
that the reason stays true or is found to have ended. Apache Avro 1.11 specification, "Schema Resolution"."""

import copy
import json
import time
import unittest

from tests.interop.codecs import Fastavro, Java, Ours, names


class Row:
    """`change` makes the writer's schema and value out of ours and returns what our reader must find: changes of the
    plain value, or a part of the sentence that it refuses with. `avro_c`: same, wrong, refused, crashed."""

    def __init__(self, name, change, avro_c, record="Closure"):
        self.name, self.change, self.avro_c, self.record = name, change, avro_c, record


def field(schema, name):
    return next(one for one in schema["fields"] if one["name"] == name)


def drop(schema, value, name):
    schema["fields"].remove(field(schema, name))
    del value[name]


def add(schema, value, at, name, kind, content, **more):
    schema["fields"].insert(at, {"name": name, "type": kind, **more})
    value[name] = content


def nullable(schema, name):
    return field(schema, name)["type"][1]


def field_added(schema, value):
    add(schema, value, 3, "later", "string", "x", default="")


def fields_of_all_types_added(schema, value):
    tree = {"type": "record", "name": "Tree", "fields": [
        {"name": "kids", "type": {"type": "array", "items": "Tree"}}, {"name": "note", "type": ["null", "string"]}]}
    leaf = {"kids": [], "note": None}
    for kind, content in [
            ({"type": "map", "values": "double"}, {"a": 1.5, "b": -2.0}), ("bytes", "00ff"), ("float", 0.5), ("null", None),
            ({"type": "fixed", "name": "Four", "size": 4}, "01020304"), (["null", "long", "string"], "word"),
            ({"type": "enum", "name": "Sky", "symbols": ["BLUE", "GREY"]}, "GREY"),
            (tree, {"kids": [{"kids": [leaf], "note": "é"}, leaf], "note": None})]:
        add(schema, value, len(schema["fields"]) // 2, f"later_{len(value)}", kind, content)


def field_removed(schema, value):
    drop(schema, value, "outcome_source_code")
    drop(schema, value, "outcome")
    drop(schema, value, "person_refs")
    drop(schema, value, "test")
    return {"outcome_source_code": None, "outcome": "UNKNOWN", "person_refs": [], "test": False}


def field_without_default_removed(schema, value):
    drop(schema, value, "thread_id")
    return "no field thread_id, which has no default"


def symbol_added(schema, value):
    field(schema, "outcome")["type"]["symbols"].insert(1, "EMIGRATED")
    value["outcome"] = "EMIGRATED"
    return {"outcome": "UNKNOWN"}


def symbols_before_ours_added(schema, value):
    field(schema, "outcome")["type"]["symbols"][1:1] = ["EMIGRATED", "RETIRED"]


def symbols_reordered(schema, value):
    field(schema, "outcome")["type"]["symbols"].reverse()


def symbol_removed(schema, value):
    field(schema, "outcome")["type"]["symbols"].remove("EMPLOYMENT")


def fields_reversed(schema, value):
    # A type is defined where it is used first: only fields of simple types change places.
    simple = [one for one in schema["fields"] if not names(one["type"]) and "record" not in json.dumps(one["type"])]
    rest = [one for one in schema["fields"] if one not in simple]
    schema["fields"] = rest + simple[::-1]


def record_renamed(schema, value):
    schema["name"] = "Ending"
    return "not of a record Closure"


def record_with_our_name_as_alias(schema, value):
    schema["name"], schema["aliases"] = "Ending", ["Closure"]
    return "not of a record Closure"


def record_of_another_namespace(schema, value):
    schema["namespace"] = "fr.example"


def field_under_its_former_name(schema, value):
    field(schema, "name")["name"] = "title"
    value["title"] = value.pop("name")
    return {"name": value["title"]}


def field_under_a_foreign_name(schema, value):
    field(schema, "name")["name"] = "label"
    value["label"] = value.pop("name")
    return {"name": None}


def int_for_long(schema, value):
    field(schema, "source_version")["type"] = "int"
    value["source_version"] = 2147483647
    return {"source_version": 2147483647}


def long_for_int(schema, value):
    field(schema, "handoff_seq")["type"] = "long"
    return "field handoff_seq has another type here"


def bytes_for_string(schema, value):
    field(schema, "source_system")["type"] = "bytes"
    value["source_system"] = "Agenda é".encode().hex()
    return {"source_system": "Agenda é"}


def bytes_that_are_no_text(schema, value):
    field(schema, "source_system")["type"] = "bytes"
    value["source_system"] = "ff"
    return "source_system"


def milliseconds(schema, value):
    field(schema, "occurred_at")["type"]["logicalType"] = "timestamp-millis"
    return "field occurred_at has another type here"


def nested_changed(schema, value):
    sealed = nullable(schema, "sealed")
    sealed["fields"].reverse()
    sealed["fields"].append({"name": "hint", "type": ["null", "long"]})
    value["sealed"]["hint"] = 7
    reference = field(schema, "person_refs")["type"]["items"]
    reference["fields"].insert(0, {"name": "when", "type": {"type": "array", "items": "int"}})
    for one in value["person_refs"]:
        one["when"] = [1, 2, 3]


def nested_field_missing(schema, value):
    drop(field(schema, "person_refs")["type"]["items"], value["person_refs"][0], "key_id")
    for one in value["person_refs"]:
        one.pop("key_id", None)
    return [{**one, "key_id": ""} for one in value["person_refs"]]


def union_widened(schema, value):
    field(schema, "outcome_source_code")["type"] += ["long", {"type": "map", "values": "int"}]


def union_widened_and_used(schema, value):
    field(schema, "outcome_source_code")["type"] += ["long"]
    value["outcome_source_code"] = 7
    return "outcome_source_code"


def union_reordered(schema, value):
    field(schema, "outcome_source_code")["type"].reverse()
    field(schema, "outcome_source_code").pop("default")


def null_dropped(schema, value):
    field(schema, "outcome_source_code")["type"] = "string"
    field(schema, "outcome_source_code").pop("default")


def null_added(schema, value):
    field(schema, "synthesis_given")["type"] = ["null", "boolean"]
    field(schema, "synthesis_given")["default"] = None


def null_added_and_used(schema, value):
    null_added(schema, value)
    value["synthesis_given"] = None
    return "synthesis_given"


ROWS = [
    Row("the same schema", lambda schema, value: None, "same"),
    Row("field added with a default", field_added, "same"),
    Row("fields of every type added", fields_of_all_types_added, "same"),
    Row("fields with defaults removed", field_removed, "refused"),
    Row("field without default removed", field_without_default_removed, "refused"),
    Row("enum symbol added, used", symbol_added, "wrong"),
    Row("enum symbols added before ours", symbols_before_ours_added, "wrong"),
    Row("enum symbols reordered", symbols_reordered, "wrong"),
    Row("enum symbol removed", symbol_removed, "wrong"),
    Row("fields reordered", fields_reversed, "same"),
    Row("record renamed", record_renamed, "refused"),
    Row("record renamed, ours its alias", record_with_our_name_as_alias, "refused"),
    Row("record of another namespace", record_of_another_namespace, "same"),
    Row("alias of a field: former name", field_under_its_former_name, "refused", "Renamed"),
    Row("field under a name we never had", field_under_a_foreign_name, "refused", "Renamed"),
    Row("int where we have long", int_for_long, "same"),
    Row("long where we have int", long_for_int, "refused"),
    Row("bytes where we have string", bytes_for_string, "refused"),
    Row("bytes that are no UTF-8", bytes_that_are_no_text, "refused"),
    Row("timestamp-millis for -micros", milliseconds, "wrong"),
    Row("nested records changed", nested_changed, "same"),
    Row("nested field missing", lambda schema, value: {"person_refs": nested_field_missing(schema, value)}, "crashed"),
    Row("union widened", union_widened, "same"),
    Row("union widened, and used", union_widened_and_used, "refused"),
    Row("union reordered", union_reordered, "same"),
    Row("nullable there plain", null_dropped, "same"),
    Row("plain there nullable", null_added, "same"),
    Row("plain there nullable, and null", null_added_and_used, "refused"),
]

RENAMED = {"type": "record", "name": "Renamed", "namespace": "relais", "fields": [
    {"name": "id", "type": "string"}, {"name": "name", "aliases": ["title"], "type": ["null", "string"], "default": None},
    {"name": "number", "type": "long", "default": 0}]}
RENAMED_VALUE = {"id": "58a80c6a-92c3-8ede-be60-ca3b2613776b", "name": "Zoé", "number": -7}


class Evolution(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.ours = Ours()
        cls.others = [Fastavro(), Java()]
        cls.schemas = {**cls.ours.schemas(), "Renamed": RENAMED}
        cls.values = {"Renamed": RENAMED_VALUE, "Closure": cls.whole_closure()}

    @classmethod
    def tearDownClass(cls):
        assert [one.close() for one in [cls.ours, *cls.others]] == [0, 0, 0]

    @classmethod
    def whole_closure(cls):
        """One with something in each part that the rows change."""
        for seed in range(1, 10000):
            value = cls.ours.ask(do="generate", record="Closure", seed=seed)["value"]
            if (value["sealed"] and value["person_refs"] and value["outcome_source_code"] and value["test"]
                    and value["outcome"] == "TRAINING"):
                return value
        raise AssertionError("no such record in 10,000")

    def ask_avro_c(self, row, schema, body, expected):
        """`expected`: None where nothing right can be read."""
        child = Ours() # of its own: it may not survive
        try:
            answer = child.avro_c(schema, self.schemas[row.record], body)
        except RuntimeError:
            return "crashed"
        finally:
            child.close()
        if "error" in answer:
            return "refused"
        read = of_avro_json(json.loads(answer["value"]), self.schemas[row.record], names(self.schemas[row.record]))
        return "same" if read == expected else "wrong"

    def try_row(self, row):
        """What each pair made of it, for the table."""
        found = []
        for other in self.others:
            schema, value = copy.deepcopy(self.schemas[row.record]), copy.deepcopy(self.values[row.record])
            wanted = row.change(schema, value)
            expected = {name: value.get(name) for name in self.values[row.record]}
            if isinstance(wanted, dict):
                expected.update(wanted)
            expected = self.without_what_is_new(expected)
            body = other.encode(schema, value)
            answer = self.ours.decode(row.record, schema, body)
            if isinstance(wanted, str):
                self.assertIn(wanted, answer.get("error", "nothing refused"), f"{row.name}, {other.name}")
                found.append("refused")
            else:
                self.assertEqual(answer, {"value": expected}, f"{row.name}, {other.name}")
                found.append("read")
        found.append(self.ask_avro_c(row, schema, body, None if isinstance(wanted, str) else expected))
        return found

    def without_what_is_new(self, expected):
        """Nested fields that only the writer has."""
        expected = copy.deepcopy(expected)
        if expected.get("sealed"):
            expected["sealed"].pop("hint", None)
        for one in expected.get("person_refs") or []:
            one.pop("when", None)
        return expected

    def test_every_row_of_the_table(self):
        lines = [f"{'the writer has':36}{'ours <- fastavro':18}{'ours <- Java':14}avro-c"]
        for row in ROWS:
            found = self.try_row(row)
            lines.append(f"{row.name:36}{found[0]:18}{found[1]:14}{found[2]}")
            self.assertEqual(found[2], row.avro_c, f"{row.name}: avro-c is not what it was")
        print("\n" + "\n".join(lines))

    def test_others_read_what_we_write_with_older_and_newer_schemas(self):
        for change in [field_added, field_removed, symbols_before_ours_added, symbols_reordered, fields_reversed,
                       union_widened]:
            made = self.ours.ask(do="generate", record="Closure", seed=5)
            reader = copy.deepcopy(self.schemas["Closure"])
            value = copy.deepcopy(made["value"])
            change(reader, value)
            if change is field_added:
                value["later"] = ""
            for other in self.others:
                self.assertEqual(other.decode(self.schemas["Closure"], bytes.fromhex(made["bytes"]), reader), value,
                                 f"{change.__name__}, {other.name}")

    def test_seven_bytes_that_promise_more_are_refused_at_once(self):
        head = {"type": "record", "name": "Renamed", "fields": []}
        tree = {"type": "record", "name": "Tree", "fields": [{"name": "kids", "type": {"type": "array", "items": "Tree"}}]}
        bombs = [("array of 2^40 nulls", {"type": "array", "items": "null"}, bytes.fromhex("808080808040")),
                 ("array of 2^26 nulls, 7 bytes", {"type": "array", "items": "null"}, bytes.fromhex("8080804000")),
                 ("string of 2^30 bytes", "string", bytes.fromhex("8080808008")),
                 ("map of 2^30 entries", {"type": "map", "values": "null"}, bytes.fromhex("8080808008")),
                 ("2^63 bytes to skip", {"type": "array", "items": "int"}, bytes.fromhex("01feffffffffffffffff01")),
                 ("records 10,000 deep", tree, b"\2" * 10000)]
        for name, kind, body in bombs:
            schema = {**head, "fields": [{"name": "bomb", "type": kind}, {"name": "id", "type": "string"}]}
            began = time.monotonic()
            answer = self.ours.decode("Renamed", schema, body)
            self.assertIn("error", answer, name)
            self.assertLess(time.monotonic() - began, 5, name)


def of_avro_json(value, schema, named):
    """avro-c's JSON as a plain value."""
    schema = named.get(schema.rsplit(".", 1)[-1], schema) if isinstance(schema, str) else schema
    if isinstance(schema, list):
        return None if value is None else of_avro_json(next(iter(value.values())), schema[1], named)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        return {one["name"]: of_avro_json(value[one["name"]], one["type"], named) for one in schema["fields"]}
    if kind == "array":
        return [of_avro_json(one, schema["items"], named) for one in value]
    return value.encode("latin-1").hex() if kind == "bytes" else value


if __name__ == "__main__":
    unittest.main()
