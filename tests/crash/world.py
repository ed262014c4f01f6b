# SPDX-License-Identifier: Apache-2.0
"""What a crash campaign runs: Kafka behind one proxy a client, brokers, connectors, systems under load, a clock.

Every process is a child known by its pid. The campaign's own operators are France Travail (demo/france_travail.py) and
regional ones (tests/crash/agenda.py); each may send to each, but o23 to France Travail, for which there is no convention.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass

from demo.network import CACHE, ROOT
from demo.supervise import Child, Supervisor, Trouble, fetch
from tests.crash.deaths import End
from tests.crash.outages import KAFKA, Outages, network
from tests.crash.small_disk import SmallDisk

PARTITIONS = 8
REGIONS = {"o21": "44", "o22": "11", "o23": "24", "o24": "84"}
DESTINATION = {"o10": "FT", **{code: f"REG-{region}" for code, region in REGIONS.items()}}
LATER = "o24"  # joins while all runs
BROKERS = ("b1", "b2", "b3")  # b3 comes and goes
CLIENTS = (*BROKERS, *DESTINATION)
MATCH_WAIT_S = 60


def text_of(us):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(us // 1_000_000))


@dataclass
class Ports:
    """Free ports, found once."""

    taken: dict

    @classmethod
    def choose(cls, names):
        probes = {name: socket.socket() for name in names}
        try:
            for probe in probes.values():
                probe.bind(("127.0.0.1", 0))
            return cls({name: probe.getsockname()[1] for name, probe in probes.items()})
        finally:
            for probe in probes.values():
                probe.close()

    def __getitem__(self, name):
        return self.taken[name]


def port_names(nodes):
    names = ["clock", "wrong-clocks"]
    for node in range(1, nodes + 1):
        names += [f"kafka-{node}", f"controller-{node}"]
        names += [f"{way}-{client}-{node}" for client in CLIENTS for way in ("behind", "proxy")]
    return names + [f"http-{client}" for client in CLIENTS] + [f"sim-{code}" for code in DESTINATION]


class World:
    def __init__(self, folder, relais, seed, nodes=1, state_folder=None):
        self.folder, self.relais, self.seed, self.nodes = pathlib.Path(folder), pathlib.Path(relais), seed, nodes
        self.state_folder = state_folder or self.folder / "state"
        self.disks = {name: SmallDisk(self.state_folder / name) for name in BROKERS}
        self.own_clock = {}  # environment of what follows the machine's clock instead of the driven one
        self.agenda_options, self.patient = [], {}  # patient: operator → ms that its connector waits for an answer
        self.rates, self.paused = {}, False  # operator → hand-overs a second
        self.leaving, self.ended, self.out = [], {}, {}  # who leaves; µs at which its conventions, and its own time, end
        self.sweep_s = 5  # how often Kafka looks for transactions that fell due
        self.ports = Ports.choose(port_names(nodes))
        self.ends = []  # of processes, as the supervisor saw them
        self.outages = Outages()
        self.kills = {}  # name → when (monotonic seconds) the campaign ended or stopped it
        self._kafka_seen, self._kafka_is_back = None, None  # when it was last whole; what ends its outage, while there is one
        self.supervisor = Supervisor(self.note)
        self.children = {}
        self.operators = [code for code in DESTINATION if code != LATER]
        self.logs, self.keys, self.directory = self.folder / "logs", self.folder / "keys", self.folder / "directory"
        self.proxy = None

    # --- small things ---

    def note(self, text):
        child = self.children.get(text.split(" ", 1)[0])
        now = time.monotonic()
        if child is None:
            return self.ends.append(End(text, "", now, now))
        wrote_ago = time.time() - child.log.stat().st_mtime  # the process may have ended some seconds ago
        self.ends.append(End(text, child.said(), child.started, max(child.started, now - max(0.0, wrote_ago))))

    def regional(self):
        return [code for code in self.operators if code != "o10"]

    def destinations(self, code):
        """Whom this regional operator may send to: o21 seldom to France Travail, for it is slow, the others never."""
        others = [] if code in self.leaving else [DESTINATION[c] for c in self.operators if c not in (code, "o10", *self.leaving)]
        return others * 20 + ["FT"] if code == "o21" else others

    def connected(self):
        """The operators whose connector runs."""
        return [code for code in self.operators if code in self.children]

    def direct(self):
        return ",".join(f"127.0.0.1:{self.ports[f'kafka-{node}']}" for node in range(1, self.nodes + 1))

    def through(self, client):
        return ",".join(f"127.0.0.1:{self.ports[f'proxy-{client}-{node}']}" for node in range(1, self.nodes + 1))

    def url(self, name):
        return f"http://127.0.0.1:{self.ports[name]}"

    def run(self, *words, timeout=60):
        try:
            done = subprocess.run([str(self.relais), *map(str, words)], capture_output=True, text=True, timeout=timeout, check=False,
                                  start_new_session=True)
        except subprocess.TimeoutExpired as error:
            raise Trouble(f"relais {words[0]} {words[1]}: no end within {timeout} s") from error
        if done.returncode != 0:
            raise Trouble(f"relais {words[0]} {words[1]}: {(done.stderr or done.stdout).strip()[-300:]}")
        return done.stdout

    def call(self, url, body=None, timeout=30):
        request = urllib.request.Request(url, None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)

    def control(self, code, **asked):
        return self.call(self.url(f"sim-{code}") + "/_control", asked)

    def calm_national(self):
        """Nobody regrets there: its list shows the newest state only, so who regrets while it is down was never seen to be sent
        (DESIGN.md §3, no_handoff), and the checker cannot tell that from a loss. To be said after each start."""
        self.control("o10", regret=0)

    def state(self, code):
        return self.call(self.url(f"sim-{code}") + "/_state")

    def load(self, code, rate):
        self.rates[code] = rate
        if not self.paused:
            self.control(code, rate=rate)

    def pause_load(self, paused):
        self.paused = paused
        for code, rate in self.rates.items():
            self.control(code, rate=0 if paused else rate)

    def up(self, child, seconds=60):
        self.children[child.name] = self.supervisor.add(child)
        child.wait_ready(seconds)
        return child

    def down(self, name, seconds=8):
        child = self.children.pop(name)
        self.note_kill(name)
        return self.supervisor.end([child], time.monotonic() + seconds)

    def note_kill(self, name):
        self.kills.setdefault(name, []).append(round(time.monotonic(), 4))

    def kill(self, name):
        """kill -9. False: it had just ended by itself."""
        child = self.children[name]
        self.note_kill(name)
        child.process.kill()
        return child.process.wait() == -signal.SIGKILL

    def halt(self, name):
        """SIGSTOP. Returns what lets it go on; False from that: it has ended meanwhile."""
        child = self.children[name]
        pid, is_back = child.pid, self.outages.begin(KAFKA if name.startswith("kafka-") else name)
        self.note_kill(name)
        child.signal(signal.SIGSTOP)

        def go_on():
            is_back()
            same = child.alive() and child.pid == pid
            if same:
                child.signal(signal.SIGCONT)
            return same
        return go_on

    def watch(self):
        """Starts again what died, and sees since when and until when Kafka was away."""
        self.supervisor.watch()
        now = time.monotonic()
        if not all(child.alive() and child.is_ready() for name, child in self.children.items() if name.startswith("kafka-")):
            self._kafka_is_back = self._kafka_is_back or self.outages.begin(KAFKA, self._kafka_seen)
            return
        self._kafka_seen = now
        if self._kafka_is_back:
            self._kafka_is_back()
            self._kafka_is_back = None

    # --- Kafka and its network ---

    def _kafka_options(self, node):
        names = ["PLAINTEXT", "CONTROLLER", *(f"TO_{c.upper()}" for c in CLIENTS)]
        listeners = [f"PLAINTEXT://127.0.0.1:{self.ports[f'kafka-{node}']}", f"CONTROLLER://127.0.0.1:{self.ports[f'controller-{node}']}"]
        told = listeners[:1]
        for client in CLIENTS:
            listeners.append(f"TO_{client.upper()}://127.0.0.1:{self.ports[f'behind-{client}-{node}']}")
            told.append(f"TO_{client.upper()}://127.0.0.1:{self.ports[f'proxy-{client}-{node}']}")
        options = {"listeners": ",".join(listeners), "advertised.listeners": ",".join(told), "num.network.threads": "1",
                   "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in names),
                   "node.id": str(node), "transaction.abort.timed.out.transaction.cleanup.interval.ms": str(self.sweep_s * 1000)}
        if self.nodes > 1:  # one that is told no voters is alone, and is fenced before it starts again (docker/kafka/kafka.sh)
            voters = ",".join(f"{n}@127.0.0.1:{self.ports[f'controller-{n}']}" for n in range(1, self.nodes + 1))
            options |= {"controller.quorum.voters": voters, "default.replication.factor": "3", "min.insync.replicas": "2",
                        "offsets.topic.replication.factor": "3", "transaction.state.log.replication.factor": "3", "transaction.state.log.min.isr": "2",
                        "share.coordinator.state.topic.replication.factor": "3", "share.coordinator.state.topic.min.isr": "2",
                        "broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500", "controlled.shutdown.enable": "true",
                        "controller.quorum.election.timeout.ms": "500", "controller.quorum.fetch.timeout.ms": "1000",
                        "controller.quorum.election.backoff.max.ms": "300", "replica.lag.time.max.ms": "3000"}
        return [word for key, value in options.items() for word in ("--override", f"{key}={value}")]

    def _format(self, node):
        """One format serves all nodes: the folder is copied, with the node's number in it."""
        log = self.folder / f"kafka-{node}" / "log"
        if node == 1 or log.exists():
            return
        log.mkdir(parents=True)
        formatted = CACHE / "formatted"
        for name in ("bootstrap.checkpoint", "meta.properties"):
            if (formatted / name).exists():
                text = (formatted / name).read_bytes()
                if name == "meta.properties":
                    text = b"\n".join(f"node.id={node}".encode() if line.startswith(b"node.id") else line
                                      for line in text.splitlines() if not line.startswith(b"directory.id")) + b"\n"
                (log / name).write_bytes(text)

    def kafka(self, node):
        self._format(node)
        return Child(f"kafka-{node}", [ROOT / "docker/kafka/kafka.sh", "start", "--cache", CACHE, "--data", self.folder / f"kafka-{node}",
                                       "--port", self.ports[f"kafka-{node}"], "--controller-port", self.ports[f"controller-{node}"],
                                       *self._kafka_options(node)],
                     self.logs / f"kafka-{node}.log", ready=lambda child: "kafka: ready" in child.said())

    def start_proxy(self):
        words = [f"{client}.{node}:{self.ports[f'proxy-{client}-{node}']}:{self.ports[f'behind-{client}-{node}']}"
                 for client in CLIENTS for node in range(1, self.nodes + 1)]
        self.proxy = subprocess.Popen([sys.executable, "-B", ROOT / "tests/crash/proxy.py", *words], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.proxy.stdout.readline()

    def network(self, client, *mode):
        """How many connections the mode before has cut, or bytes it has held back."""
        for node in range(1, self.nodes + 1):
            self.proxy.stdin.write(f"{client}.{node} {' '.join(map(str, mode))}\n")
        self.proxy.stdin.flush()
        return sum(int(self.proxy.stdout.readline()) for _ in range(self.nodes))

    def break_network(self, client, *mode):
        """What mends it, and tells how much that has met."""
        self.network(client, *mode)
        is_back = self.outages.begin(network(client))

        def mend():
            is_back()
            return self.network(client, "ok")
        return mend

    # --- keys, topics, directory ---

    def make_directory(self):
        self.keys.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "demo/directory/operators", self.directory / "operators", dirs_exist_ok=True)
        (self.directory / "keys").mkdir(exist_ok=True)
        self.run("keys", "person", "--out", self.keys / "person.yaml")
        for name, secret in (("webhook", "demo-secret"), ("token", "demo-token"), ("client", "demo-secret")):
            path = self.keys / f"{name}.secret"
            path.touch(mode=0o600)
            path.write_text(secret, encoding="utf-8")
        for code in self.operators:
            self.add_operator(code)

    def add_operator(self, code):
        if not self.operator_file(code).exists():
            self.write_operator(code)
        secret = self.keys / f"{code}.yaml"
        if not secret.exists():
            self.run("keys", "create", code, "--out", secret, "--public", self.directory / "keys" / f"{code}.yaml")
        self.write_conventions()

    def operator_file(self, code):
        return self.directory / "operators" / f"{code}.yaml"

    def write_operator(self, code):
        until = f'valid_to: "{text_of(self.out[code])}"\n' if code in self.out else ""
        self.operator_file(code).write_text(
            f'operator: {code}\nname: Opérateur {code} (campagne)\nnetwork: regional\nregion: "{REGIONS[code]}"\n'
            f'phone: "+33100000024"\nemail: relais-{code}@example.org\nvalid_from: 2024-01-02\n{until}sites:\n'
            f"  - code: {code}-siege\n    name: Siège\n    siret: \"99900006000015\"\n    commune: \"93048\"\n"
            "    zone: Europe/Paris\n", encoding="utf-8")

    def write_conventions(self):
        """Each may send to each, but o23 to France Travail; until one of the two leaves."""
        present = [c for c in DESTINATION if self.operator_file(c).exists()]
        lines = ["conventions:"]
        for a, b in [(a, b) for a in present for b in present if a != b and (a, b) != ("o23", "o10")]:
            ends = [self.ended[code] for code in (a, b) if code in self.ended]
            until = f', valid_to: "{text_of(min(ends))}"' if ends else ""
            lines.append(f"  - {{ from: {a}, to: {b}, valid_from: 2024-01-02{until} }}")
        (self.directory / "conventions.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def apply_topics(self):
        self.run("topics", "apply", "--directory", self.directory, "--brokers", self.direct(), "--partitions", PARTITIONS,
                 "--replication", self.nodes)

    def publish(self):
        """As an operator of ops does."""
        self.run("directory", "publish", self.directory, "--brokers", self.direct())

    # --- programs ---

    def clock(self):
        return Child("clock", [sys.executable, "-B", ROOT / "demo/clock.py", "--port", self.ports["clock"], "--state", self.folder / "clock"],
                     self.logs / "clock.log", url=self.url("clock"))

    def wrong_clocks(self):
        return Child("wrong-clocks", [sys.executable, "-B", ROOT / "tests/crash/wrong_clock.py", "--port", self.ports["wrong-clocks"],
                                      "--of", self.url("clock")], self.logs / "wrong-clocks.log", url=self.url("wrong-clocks"))

    def now_us(self):
        return self.call(self.url("clock"))["now_us"]

    def set_wrong(self, name, wrong_us):
        """How wrong the clock of this broker or connector is. Returns how often it was asked for while it was as wrong as before."""
        return self.call(f"{self.url('wrong-clocks')}/{name}", {"wrong_us": wrong_us})["told"]

    def broker(self, name):
        return Child(name, [self.relais, "broker", "--brokers", self.through(name), *self._clock(name), "--instance", name,
                            "--state", self.state_folder / name, "--port", self.ports[f"http-{name}"], "--workers", "2"],
                     self.logs / f"{name}.log", url=self.url(f"http-{name}") + "/readyz", env=self.own_clock)

    def _clock(self, name):
        return [] if self.own_clock else ["--clock-from", f"{self.url('wrong-clocks')}/{name}"]

    def _connector_file(self, code):
        source = "france_travail" if code == "o10" else "agenda"
        text = (ROOT / "connectors/operators" / source / "connector.yaml").read_text(encoding="utf-8")
        there = {DESTINATION[c]: c for c in DESTINATION if c != code}
        for old, new in (("operators: { FT: o10, REG-44: o21, REG-11: o22 }", there), ("operators: { REG-44: o21, REG-11: o22 }", there),
                         ("senders: { o10: FT, o21: REG-44, o22: REG-11, else: null }", {**{c: d for d, c in there.items()}, "else": "null"})):
            text = text.replace(old, old.split(":")[0] + ": { " + ", ".join(f"{k}: {v}" for k, v in new.items()) + " }")
        if code in self.patient:
            text = text.replace("  base_url: ${URL}\n", f"  base_url: ${{URL}}\n  timeout_ms: {self.patient[code]}\n")
        file = self.folder / "connectors" / f"{code}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{text}\nlimits: {{ match_wait_s: {MATCH_WAIT_S} }}\n", encoding="utf-8")
        return file

    def connector(self, code):
        settings = {"OPERATOR": code, "KEYS": self.keys / f"{code}.yaml", "PERSON_KEY": self.keys / "person.yaml",
                    "URL": self.url(f"sim-{code}")}
        if code == "o10":
            settings |= {"CLIENT_ID": "relais", "CLIENT_SECRET": self.keys / "client.secret"}
        else:
            settings |= {"WEBHOOK_SECRET": self.keys / "webhook.secret", "TOKEN": self.keys / "token.secret"}
        command = [self.relais, "connector", self._connector_file(code), "--brokers", self.through(code), *self._clock(code),
                   "--port", self.ports[f"http-{code}"]]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        return Child(code, command, self.logs / f"{code}.log", url=self.url(f"http-{code}") + "/readyz", env=self.own_clock)

    def system(self, code):
        common = ["--port", self.ports[f"sim-{code}"], "--seed", f"{self.seed}-{code}", "--journal", self.folder / "journals" / f"{code}.jsonl",
                  "--clock-from", self.url("clock")]
        if code == "o10":
            command = [ROOT / "demo/france_travail.py", *common, "--state", self.folder / "systems" / code, "--destinations",
                       "REG-44,REG-11", "--pace", "0.00002", "--noise", "0"]
        else:
            others = [DESTINATION[c] for c in self.operators if c not in (code, "o10")]
            command = [ROOT / "tests/crash/agenda.py", *common, "--code", code, "--own-destination", DESTINATION[code], "--region",
                       REGIONS[code], "--webhook", self.url(f"http-{code}") + "/agenda", "--destinations", ",".join(others), *self.agenda_options]
            if code == "o23":
                command += ["--wrong-destination", "FT"]
        return Child(f"sim-{code}", [sys.executable, "-B", *command], self.logs / f"sim-{code}.log", url=self.url(f"sim-{code}") + "/_state")

    # --- the whole ---

    def start(self):
        for disk in self.disks.values():
            disk.mount()
        for node in range(1, self.nodes + 1):
            self.children[f"kafka-{node}"] = self.supervisor.add(self.kafka(node))
        self.start_proxy()
        for node in range(1, self.nodes + 1):
            self.children[f"kafka-{node}"].wait_ready(120)
        self.make_directory()
        self.apply_topics()
        self.publish()
        self.up(self.clock())
        self.up(self.wrong_clocks())
        for name in BROKERS[:2]:
            self.up(self.broker(name))
        for code in self.operators:
            self.up(self.connector(code))
            self.up(self.system(code))

    def pages(self):
        return {name: fetch(self.url(f"http-{name}") + "/metrics") for name in (*BROKERS, *self.operators) if name in self.children}

    def end_relais(self):
        """Brokers and connectors only: Kafka and the systems can still be asked."""
        for name in [name for name in (*BROKERS, *self.operators) if name in self.children]:
            self.down(name)

    def stop(self):
        self.supervisor.end_all(20)
        if self.proxy:
            self.proxy.terminate()
            self.proxy.wait()
        for disk in self.disks.values():
            disk.unmount()


def build_folder():
    return pathlib.Path(os.environ.get("RELAIS_BUILD") or ROOT / "build" / "release")
