# SPDX-License-Identifier: Apache-2.0
"""A connector as a process: its source → the agenda's mapping → outbox in Kafka, acknowledged, with what it remembers.

Twice: people who came by themselves (the operator hands over to itself, so there is nobody to seal to: most of a country's
events carry no contact data), and people sent to another operator, whose contact data is sealed and signed.
"""

import http.server
import threading

from tests.bench.machine import CONNECTOR, Deployment, Stretch, connector, memory_mib, metric

PAGE = 500


class Lists(http.server.ThreadingHTTPServer):
    """The operator's system: hands out its records page by page, oldest first, then empty pages."""

    daemon_threads = True

    def __init__(self, port, lines):
        super().__init__(("127.0.0.1", port), Answers)
        lines = sorted(lines, key=lambda line: line[line.index('"sent_at":') :][11:36])
        self.pages = [("[" + ",".join(lines[at : at + PAGE]) + "]").encode() for at in range(0, len(lines), PAGE)]
        self.next = 0


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        at, self.server.next = self.server.next, self.server.next + 1
        page = b'{"records":%s}' % (self.server.pages[at] if at < len(self.server.pages) else b"[]")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


def source(port):
    return (f'source: {{ type: rest, base_url: "http://127.0.0.1:{port}", path: /records, since_parameter: since, '
            "items: $.records, changed: $.data.sent_at, poll_ms: 100 }\n")


def one(bench, table, destination, count):
    with Deployment(bench) as deployment:
        port = deployment.ports["sim-o10"]
        lines = bench.program("bench_records_write", destination, "2026-03-02", 1, count).splitlines()
        lists = Lists(port, lines)
        threading.Thread(target=lists.serve_forever, daemon=True).start()
        child = connector(deployment, "o21", source(port))
        deployment.supervisor.add(child)
        stretch = Stretch(child, lambda: metric(deployment.url("o21") + "/metrics", "relais_items_total"))
        rate, cpu = stretch.between(count / 10, count)
        memory = memory_mib(child.pid), memory_mib(child.pid, "RssAnon")
        deployment.down(child)
        lists.shutdown()
        lists.server_close()
        return rate, cpu, memory


def measure(bench, table):
    count = 5_000 if bench.quick else 100_000
    for _ in range(1 if bench.quick else 3):
        rate, cpu, memory = one(bench, table, "REG-44", count)
        table.add("connector_records_s", rate)
        table.add("connector_cpu_s_per_million", cpu)
        table.add("rss_mib_connector", memory[0])
        rate, cpu, memory = one(bench, table, "REG-11", count // 2)
        table.add("connector_sealed_records_s", rate)
        table.add("connector_sealed_cpu_s_per_million", cpu)
    table.note(f"A connector's rows: {count:,} records of people who came by themselves, {count // 2:,} sealed ones; from a polled list, "
               f"{PAGE} a page. Its memory holds a link a hand-over: it is that after {count:,} of them.")
