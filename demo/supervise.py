# SPDX-License-Identifier: Apache-2.0
"""Children: started, watched, started again when they die, and ended in order. Every end is by pid."""

import ctypes
import json
import os
import signal
import subprocess
import time
import urllib.request

PR_SET_PDEATHSIG = 1
RESTART_PAUSE_S = 0.5
DEATHS_ALLOWED, DEATHS_WITHIN_S = 5, 20.0


class Trouble(Exception):
    """One sentence for the person at the keyboard."""


def _end_with_parent():
    """A parent that is killed cannot end its children: the kernel does. In the child, before exec."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def reason_of(status):
    """`status` as subprocess tells it."""
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"code {status}"


class Child:
    """One program. `ready` is called until it is true: by default, until `url` answers 200."""

    def __init__(self, name, command, log, url=None, ready=None, env=None, lasting=True):
        self.name, self.command, self.log, self.url, self.lasting = name, [str(w) for w in command], log, url, lasting
        self.env = {**os.environ, **(env or {})}
        self._ready = ready
        self.process, self.started, self.deaths = None, 0.0, []

    def start(self):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.log_start = log.tell()
            # A session of its own: Ctrl-C at the keyboard reaches the parent only, which ends all in order.
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env,
                                            start_new_session=True, preexec_fn=_end_with_parent)
        self.started = time.monotonic()

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def is_ready(self):
        if self._ready is not None:
            return self._ready(self)
        return self.url is None or answers(self.url)

    def said(self, most=4000):
        """The end of what it wrote since its start."""
        with self.log.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(self.log_start, log.tell() - most))
            return log.read().decode("utf-8", "replace")

    def last_words(self):
        """What it said last: its last log record, or its last two lines."""
        lines = [line for line in self.said().splitlines() if line.strip()][-2:]
        try:
            record = json.loads(lines[-1])
            return ", ".join(str(record[key]) for key in ("msg", "error") if key in record)
        except (ValueError, TypeError, IndexError):
            return " ".join(lines)[:300] or "sans un mot"

    def wait_ready(self, seconds, stop=lambda: False):
        end = time.monotonic() + seconds
        while not self.is_ready():
            if stop():
                raise InterruptedError
            if not self.alive():
                raise Trouble(f"{self.name} s'est arrêté au démarrage ({reason_of(self.process.returncode)}) : "
                              f"{self.last_words()}")
            if time.monotonic() > end:
                raise Trouble(f"{self.name} n'est pas prêt après {seconds:.0f} s ; son journal : {self.log}")
            time.sleep(0.05)

    def signal(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def end(self, seconds):
        """SIGTERM, then SIGKILL; True when the first was enough."""
        self.signal(signal.SIGTERM)
        return self.reap(seconds)

    def reap(self, seconds):
        if self.process is None:
            return True
        try:
            self.process.wait(max(0.05, seconds))
            return True
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False


class Supervisor:
    """Children in the order of their start. Used by one thread: the kernel ties children to it."""

    def __init__(self, say):
        self.children, self._say = [], say

    def add(self, child):
        child.start()
        self.children.append(child)
        return child

    def watch(self):
        """Starts again what died. Trouble when something dies over and over."""
        for child in self.children:
            if child.alive() or not child.lasting:
                continue
            now = time.monotonic()
            if not child.deaths or child.deaths[-1] < child.started:
                child.deaths = [d for d in child.deaths if d > now - DEATHS_WITHIN_S] + [now]
                if len(child.deaths) > DEATHS_ALLOWED:
                    raise Trouble(f"{child.name} s'arrête sans cesse ({reason_of(child.process.returncode)}) : "
                                  f"{child.last_words()}")
                self._say(f"{child.name} s'est arrêté ({reason_of(child.process.returncode)}) : il est relancé")
            if now - child.deaths[-1] >= RESTART_PAUSE_S:
                child.start()

    def end(self, children, deadline):
        """Ends these together; True when none had to be killed."""
        for child in children:
            child.signal(signal.SIGTERM)
        gentle = [child.reap(deadline - time.monotonic()) for child in children]
        self.children = [child for child in self.children if child not in children]
        for child, was_gentle in zip(children, gentle):
            if not was_gentle:
                self._say(f"{child.name} n'a pas voulu s'arrêter : il est tué")
        return all(gentle)

    def end_all(self, seconds):
        """Whatever is left, the last started first."""
        deadline = time.monotonic() + seconds
        for child in reversed(list(self.children)):
            self.end([child], deadline)


def answers(url, seconds=1.0):
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return answer.status == 200
    except (OSError, ValueError):
        return False


def fetch(url, seconds=2.0):
    """The text of a page, or None."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return answer.read().decode("utf-8", "replace")
    except (OSError, ValueError):
        return None
