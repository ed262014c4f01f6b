# SPDX-License-Identifier: Apache-2.0
"""The HTTP side of a simulated system: routes, /_control, /_state, and the ways to answer badly.

Troubles that leave a caller in doubt (drop_connection, half_body, html_200, http_500, slow) spare the calls that a system
gives no means to repeat safely; `lost_answer` hits exactly those.
"""

import html
import json
import re
import socket
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIREWALL = b"<!DOCTYPE html><html><body><h1>Acc\xe8s filtr\xe9</h1></body></html>"


@dataclass
class Answer:
    status: int
    body: object = None  # a dict becomes JSON, text an HTML page
    headers: dict = field(default_factory=dict)

    def rendered(self):
        if isinstance(self.body, str):
            return "text/html; charset=utf-8", self.body.encode()
        if isinstance(self.body, bytes):
            return "text/html", self.body
        return "application/json; charset=utf-8", json.dumps(self.body or {}, ensure_ascii=False).encode()


@dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: object
    body: bytes
    found: tuple = ()  # what the route's groups caught
    came: float = field(default_factory=time.monotonic)
    told: dict = field(default_factory=dict)  # what the journal tells of it beside its answer

    def json(self):
        """The object in the body; an empty one when it is none."""
        try:
            read = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode("utf-8", "replace")))


@dataclass
class Route:
    method: str
    pattern: str
    answer: object  # (Request) → Answer
    repeatable: bool = True  # False: a caller who lost the answer cannot know whether it was done
    spared: bool = False  # no trouble here (pages, control)


def own_routes(system):
    def control(request):
        system.control(request.json())
        return Answer(200, system.state())

    return [Route("POST", "/_control", control, spared=True),
            Route("GET", "/_state", lambda _: Answer(200, system.state()), spared=True)]


def trouble_before(system, route):
    """An answer instead of the call, or None. The call is not done."""
    if route.spared:
        return None
    if route.repeatable and system.hits("http_500"):
        return Answer(500, {"errors": ["internal"]})
    if system.hits("http_429"):
        return Answer(429, {"errors": ["too many requests"]}, {"Retry-After": "1"})
    if route.repeatable and system.hits("html_200"):
        return Answer(200, FIREWALL)
    if route.repeatable and system.hits("slow"):
        time.sleep(5)
    return None


def trouble_after(system, route):
    """How the answer of a call that was done gets lost: None, "drop" or "half"."""
    if route.spared:
        return None
    if not route.repeatable:
        return "drop" if system.hits("lost_answer") else None
    if system.hits("drop_connection"):
        return "drop"
    return "half" if system.hits("half_body") else None


def handler_of(system, routes):
    table = [(route, re.compile(route.pattern + r"\Z")) for route in routes + own_routes(system)]

    def route_of(request):
        for route, pattern in table:
            match = pattern.match(request.path)
            if match and route.method == request.method:
                request.found = match.groups()
                return route
        return None

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True
        timeout = 120

        def _serve(self):
            url = urllib.parse.urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, url.path, dict(urllib.parse.parse_qsl(url.query)), self.headers, body)
            route = route_of(request)
            if route is None:
                return self._write(Answer(404, {"errors": ["no such address"]}))
            answer = trouble_before(system, route)
            lost = None
            if answer is None:
                answer = route.answer(request)
                lost = trouble_after(system, route)
            if not route.spared:
                system.journal.write("called", method=request.method, path=request.path, http=answer.status, lost=lost,
                                     **request.told)
            self._write(answer, lost)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def _write(self, answer, lost=None):
            if lost == "drop":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            kind, body = answer.rendered()
            self.send_response(answer.status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if lost is None else body[:len(body) // 2])
            if lost:
                self.close_connection = True

        def handle(self):
            try:
                super().handle()
            except OSError:
                pass  # a caller who hung up is no news

        def log_message(self, *_):
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def server_of(system, routes, port):
    return Server(("127.0.0.1", port), handler_of(system, routes))


def page(title, tables):
    """An HTML page: [(caption, [column], [[value]])]."""
    parts = [f"<!DOCTYPE html><html lang=fr><meta charset=utf-8><meta http-equiv=refresh content=2><title>"
             f"{html.escape(title)}</title><style>body{{font:14px sans-serif;margin:1em}}table{{border-collapse:"
             f"collapse;margin:1em 0}}td,th{{border:1px solid #ccc;padding:.2em .6em;text-align:left}}"
             f"caption{{text-align:left;font-weight:bold}}</style><h1>{html.escape(title)}</h1>"]
    for caption, columns, rows in tables:
        cells = "".join(f"<th>{html.escape(column)}" for column in columns)
        lines = "".join("<tr>" + "".join(f"<td>{html.escape('' if v is None else str(v))}" for v in row) for row in rows)
        parts.append(f"<table><caption>{html.escape(caption)}</caption><tr>{cells}{lines}</table>")
    return Answer(200, "".join(parts))
