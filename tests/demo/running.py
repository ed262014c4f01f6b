# SPDX-License-Identifier: Apache-2.0
"""Starts a simulated system as it is started for real, and a place that hears its webhooks."""

import json
import pathlib
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(_NoRedirect)


class Program:
    """A child that says `listening on http://…` in its first line."""

    def __init__(self, script, *options):
        self.child = subprocess.Popen([sys.executable, str(ROOT / "demo" / script), *map(str, options)],
                                      stdout=subprocess.PIPE, text=True)
        line = self.child.stdout.readline()
        if "listening on" not in line:
            self.close()
            raise AssertionError(f"{script} did not start: {line!r}")
        self.url = line.split()[-1]

    def close(self, kill=False):
        if self.child.poll() is None:
            (self.child.kill if kill else self.child.terminate)()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise
        finally:
            self.child.stdout.close()

    def call(self, method, path, body=None, headers=None):
        """(status, the JSON of the answer or its bytes)."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers or {}, method=method)
        try:
            with OPENER.open(request, timeout=10) as answer:
                return answer.status, _read(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _read(error)

    def control(self, **asked):
        return self.call("POST", "/_control", asked)[1]

    def state(self):
        return self.call("GET", "/_state")[1]


def _read(answer):
    raw = answer.read()
    try:
        return json.loads(raw)
    except ValueError:
        return raw


class Hearer:
    """Takes webhooks: (headers, body), answering the next of `statuses`, then 200."""

    def __init__(self):
        self.heard, self.statuses = [], []
        hearer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hearer.heard.append((dict(self.headers), body))
                self.send_response(hearer.statuses.pop(0) if hearer.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/rdv"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def bodies(self, model=None):
        read = [json.loads(body) for _, body in list(self.heard)]
        return [body for body in read if model in (None, body["meta"]["model"])]


def until(check, seconds=10):
    """What `check` returns, as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("did not happen in time")
