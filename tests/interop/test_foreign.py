# SPDX-License-Identifier: Apache-2.0
"""What we write is read by others, and what others write by us: each record, all fields, equal values."""

import datetime
import json
import unittest

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat

from tests.interop.codecs import Fastavro, Java, Ours, without_logical

SEEDS = range(1, 41)


class Foreign(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ours = Ours()
        cls.others = [Fastavro(), Java()]
        cls.schemas = cls.ours.schemas()

    @classmethod
    def tearDownClass(cls):
        assert [one.close() for one in [cls.ours, *cls.others]] == [0, 0, 0]

    def made(self, record):
        for seed in SEEDS:
            made = self.ours.ask(do="generate", record=record, seed=seed)
            yield made["value"], bytes.fromhex(made["bytes"])

    def test_what_we_write_others_read(self):
        for record, schema in self.schemas.items():
            for value, body in self.made(record):
                for other in self.others:
                    self.assertEqual(other.decode(schema, body), value, f"{record}, {other.name}")

    def test_what_others_write_we_read(self):
        for record, schema in self.schemas.items():
            for value, body in self.made(record):
                for other in self.others:
                    written = other.encode(schema, value)
                    self.assertEqual(self.ours.decode(record, schema, written), {"value": value}, f"{record}, {other.name}")
                    self.assertEqual(written, body, f"{record}: {other.name} writes other bytes")

    def test_each_field_of_each_record_had_a_value_in_them_and_the_nullable_ones_had_none(self):
        for record, schema in self.schemas.items():
            values = [value for value, _ in self.made(record)]
            for field in schema["fields"]:
                seen = [value[field["name"]] for value in values]
                self.assertTrue(any(one not in (None, [], "") for one in seen), f"{record}.{field['name']}")
                self.assertEqual(None in seen, isinstance(field["type"], list), f"{record}.{field['name']}")

    def test_dates_times_and_ids_are_what_they_are_to_a_reader_that_knows_logical_types(self):
        fastavro = self.others[0]
        last = (datetime.date.max - datetime.date(1970, 1, 1)).days
        first = (datetime.date.min - datetime.date(1970, 1, 1)).days
        for record, dates in [("Closure", []), ("Appointment", []), ("Referral", ["requested_on"])]:
            read = 0
            for value, body in self.made(record):
                if all(value[name] is None or first <= value[name] <= last for name in dates):
                    self.assertEqual(fastavro.decode(self.schemas[record], body, logical=True), value, record)
                    read += 1
            self.assertGreater(read, len(SEEDS) // 2, record)

    def test_a_schema_without_its_logical_types_is_another_one_to_us_where_the_unit_matters(self):
        made = self.ours.ask(do="generate", record="Closure", seed=1)
        millis = json.loads(json.dumps(self.schemas["Closure"]).replace("timestamp-micros", "timestamp-millis"))
        body = bytes.fromhex(made["bytes"])
        self.assertIn("has another type here", self.ours.decode("Closure", millis, body)["error"])
        self.assertEqual(self.ours.decode("Closure", without_logical(self.schemas["Closure"]), body), {"value": made["value"]})

    def test_the_headers_of_an_event_are_a_cloud_event_to_the_official_sdk(self):
        for record in ["Referral", "Appointment", "Closure", "Rejection", "Notice"]:
            for seed in SEEDS:
                made = self.ours.ask(do="produce", record=record, seed=seed)
                value, body = made["value"], bytes.fromhex(made["bytes"])
                headers = {name: text.encode() for name, text in made["headers"].items()}
                message = kafka.KafkaMessage(headers=headers, key=value["thread_id"].encode(), value=body)
                event = kafka.from_binary_event(message, Whole())
                self.assertEqual(event.get_id(), value["event_id"])
                self.assertEqual(event.get_specversion(), "1.0")
                self.assertEqual(event.get_subject(), value["handoff_id"])
                status = value.get("status") or value.get("outcome") or value.get("kind") or value["code"]
                self.assertTrue(event.get_type().startswith(f"relais.{record.lower()}."), event.get_type())
                self.assertTrue(event.get_type().endswith(f".{status.lower()}.v1") or record == "Rejection", event.get_type())
                source = f"/relais/{value['operator_code']}"
                self.assertEqual(event.get_source(), f"{source}/{value['source_system']}" if value["source_system"] else source)
                self.assertEqual(event.get_time(), datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
                                 + datetime.timedelta(microseconds=value["occurred_at"]))
                self.assertEqual(event.get_datacontenttype(), "application/avro")
                # The data are the framed body: what comes after five bytes is the record.
                self.assertEqual(event.get_data(), body)
                self.assertEqual(body[0], 0)
                for other in self.others:
                    self.assertEqual(other.decode(self.schemas[record], event.get_data()[5:]), value)


class Whole(JSONFormat):
    """The SDK reads data as JSON unless told otherwise; ours are bytes."""

    def read_data(self, body, datacontenttype):
        return body


if __name__ == "__main__":
    unittest.main()
