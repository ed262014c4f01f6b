# SPDX-License-Identifier: Apache-2.0
"""The rows of the benchmark: what each says, in which unit, against which budget (DESIGN.md §9), and how they are shown."""

import re
import statistics
from dataclasses import dataclass

from demo.network import ROOT
from tests.support.place import where


@dataclass
class Row:
    name: str
    unit: str
    says: str
    budget: str = ""  # "≥ 0.67"; empty: none

    def met(self, value):
        if not self.budget:
            return ""
        sign, limit = self.budget.split()
        return "yes" if (value >= float(limit) if sign == "≥" else value <= float(limit)) else "no"


# In the order of the table; a group is measured together.
GROUPS = {
    "translate": (
        Row("translate_vs_handwritten", "ratio", "the agenda's mapping, JSON of 1.1 KB and 25 fields to Avro bytes, over the same job in "
            "C by hand: records a second, same run, same bytes", "≥ 0.67"),
        Row("translate_records_s", "records/s", "the same, a core", "≥ 400000"),
        Row("encode_ns", "ns", "one Referral to its bytes", "≤ 400"),
        Row("decode_ns", "ns", "and back, UTF-8, dates and limits checked", "≤ 800"),
    ),
    "instructions": (
        Row("mapping_instructions", "instr.", "the agenda's mapping, a record, under callgrind: the same on a busy machine"),
        Row("handwritten_instructions", "instr.", "the same job in C by hand"),
        Row("inbound_instructions", "instr.", "inbound_us counted; callgrind's processor has no instructions for SHA-256"),
        Row("broker_stage_instructions", "instr.", "broker_stage_us counted"),
    ),
    "stages": (
        Row("inbound_us", "µs", "the thread of a connector that translates, a record of somebody who came by themselves: read, mapped, given its "
            "ids, encoded, remembered; without its source and Kafka"),
        Row("inbound_sealed_us", "µs", "the same for people sent on: contact data sealed and signed"),
        Row("seal_floor_us", "µs", "of it, two X25519 and one Ed25519 of libsodium: no seal is cheaper"),
        Row("broker_stage_us", "µs", "the broker's worker, an event: decoding, rules, encoding and the store; without Kafka"),
    ),
    "broker": (
        Row("broker_vs_bare_loop", "ratio", "the exactly-once stage with rules and store over librdkafka's bare consume-and-produce "
            "of as many records as large by one producer, in transactions at least as large, same run and Kafka", "≥ 0.5"),
        Row("broker_records_s", "records/s", "events decided by one worker, Kafka on the same cores"),
        Row("broker_cpu_s_per_million", "CPU-s", "of the broker, a million events", "≤ 10"),
        Row("bare_loop_cpu_s_per_million", "CPU-s", "of the bare loop, a million records"),
        Row("peak_rss_mib_broker", "MiB", "the broker's most: librdkafka's queues full, the store's pages in the cache"),
        Row("anon_mib_broker_at_work", "MiB", "of it, memory of its own at the end of a round"),
        Row("restore_s_1m", "s", "the broker's start to ready, its local store lost: read again from Kafka", "≤ 15"),
        Row("restore_kept_s_1m", "s", "the same with its local store", "≤ 2"),
        Row("rss_mib_broker_1m", "MiB", "broker at rest after a restart, the store's cached pages included", "≤ 256"),
        Row("rss_anon_mib_broker_1m", "MiB", "of these, memory of its own"),
    ),
    "connector": (
        Row("connector_cpu_s_per_million", "CPU-s", "of a connector: folder → mapping → outbox, acknowledged, with ids, links, cursor and dead letters, "
            "people who came by themselves", "≤ 8"),
        Row("connector_records_s", "records/s", "the same, one pipeline, Kafka on the same cores"),
        Row("connector_sealed_cpu_s_per_million", "CPU-s", "the same for people sent on: contact data sealed and signed"),
        Row("connector_sealed_records_s", "records/s", "the same"),
        Row("rss_mib_connector", "MiB", "the connector at the end of the first", "≤ 32"),
    ),
    "latency": (
        Row("handover_latency_p50", "ms", "100 hand-overs a second, real processes: source acknowledged → sink called", "≤ 15"),
        Row("handover_latency_p99", "ms", "the same", "≤ 50"),
        Row("handover_cores", "cores", "both connectors and the broker together, meanwhile"),
    ),
    "state": (
        Row("state_bytes_a_handoff", "bytes", "a connector's memory of one hand-over: itself, two links, what was last sent, two echoes"),
        Row("state_load_s_1m", "s", "reading a state topic of a million entries at start, Kafka's part left out", "≤ 15"),
        Row("state_tombstones_s_1m", "s", "and a million tombstones of them"),
    ),
    "peers": (
        Row("translate_vs_naive_c", "ratio", "the mapping over jansson and avro-c by name: records a second a core, same records and bytes"),
        Row("translate_vs_python", "ratio", "the mapping over Python's json and fastavro"),
        Row("naive_c_cpu_s_per_million", "CPU-s", "file → jansson, avro-c → Kafka, acknowledged"),
        Row("python_cpu_s_per_million", "CPU-s", "file → json, fastavro, confluent-kafka → Kafka, acknowledged"),
    ),
}
ROWS = [row for rows in GROUPS.values() for row in rows]


def number(value):
    if value >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.1f}"


def spread(runs):
    """How many there were, and between what."""
    low, high = number(min(runs)), number(max(runs))
    return f"{len(runs)}: {low} … {high}" if low != high else f"{len(runs)}"


class Table:
    """Samples of rows; a row's value is the median of its runs."""

    def __init__(self):
        self.samples, self.notes = {}, []

    def add(self, name, value):
        assert any(row.name == name for row in ROWS), name
        self.samples.setdefault(name, []).append(float(value))

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def lines(self):
        for row in ROWS:
            if row.name in self.samples:
                values = self.samples[row.name]
                value = statistics.median(values)
                yield row, value, values

    def tsv(self):
        return "".join(f"{row.name}\t{number(value)}\t{row.unit}\t{len(runs)}\t{number(min(runs))}\t{number(max(runs))}\t{row.budget}\t"
                       f"{row.met(value)}\n" for row, value, runs in self.lines())

    def text(self):
        out = []
        for row, value, runs in self.lines():
            budget = f"{row.budget}{'' if row.met(value) == 'yes' else '  MISSED'}" if row.budget else ""
            out.append(f"{row.name:32} {number(value):>9} {row.unit:9} {spread(runs):25} {budget}")
        return "\n".join(out + [""] + self.notes)

    def markdown(self):
        out = ["| Figure | Value | Runs | Budget | What |", "|---|---|---|---|---|"]
        for row, value, runs in self.lines():
            met = {"yes": "met", "no": "**missed**", "": ""}[row.met(value)]
            out.append(f"| `{row.name}` | **{number(value)}** {row.unit} | {spread(runs)} | {f'{row.budget} {met}' if met else ''} | {row.says} |")
        return "\n".join(out) + "\n"


def save(table, quick, busy_before, minutes):
    """RESULT.tsv, RESULT.md, and the chapter of the README between its two marks."""
    head = (f"{where()}; {busy_before:.1f} cores at work before it, {minutes:.0f} minutes" +
            (", --quick: small sizes, no figure to be quoted" if quick else ""))
    folder = ROOT / "tests/bench"
    (folder / "RESULT.tsv").write_text(f"# {head}\n{table.tsv()}", encoding="utf-8")
    notes = "".join(f"* {note}\n" for note in table.notes)
    (folder / "RESULT.md").write_text(f"# What it costs\n\n`tests/bench/run --save`: {head}.\n\n{table.markdown()}\n{notes}", encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    chapter = f"<!-- figures: tests/bench/run --save -->\n`tests/bench/run` prints them; {head}.\n\n{table.markdown()}<!-- /figures -->"
    new = re.sub(r"<!-- figures:.*?<!-- /figures -->", lambda _: chapter, readme, flags=re.S)
    (ROOT / "README.md").write_text(new, encoding="utf-8")
