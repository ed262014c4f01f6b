# SPDX-License-Identifier: Apache-2.0
"""The demonstration's network: three operators, their systems and connectors, a broker, Kafka.

Used by ./run (demo/orchestrate.py) and by the scenarios (tests/support/harness.py). A Network knows folders,
ports and command lines; it starts nothing by itself but the commands that end.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field

from demo.supervise import Child, Trouble

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "relais" / "kafka"
PARTITIONS = 4
# Of the connectors. Most appointments concern nobody handed over: in a demonstration they wait for seconds, not for
# the ten minutes of a real system, until they are counted out.
MATCH_WAIT_S = 3


@dataclass
class Operator:
    code: str
    title: str
    program: str
    connector: str  # folder under connectors/operators
    options: list = field(default_factory=list)


OPERATORS = {o.code: o for o in (
    Operator("o10", "France Travail", "france_travail.py", "france_travail", ["--destinations", "REG-44,REG-11"]),
    Operator("o21", "Grand Est", "regional.py", "agenda",
             ["--region", "44", "--destinations", "FT,REG-11"]),
    Operator("o22", "Île-de-France", "regional.py", "agenda",
             ["--region", "11", "--destinations", "FT", "--wrong-destination", "REG-44"]),
)}
PORTS = ("kafka", "controller", "clock", "broker", *OPERATORS, *("sim-" + code for code in OPERATORS))


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def choose_ports(base=None):
    """{name: port}: `base` and those after it, which must be free; else any free ones."""
    if base is not None:
        ports = {name: base + number for number, name in enumerate(PORTS)}
        for port in ports.values():
            if not is_free(port):
                raise Trouble(f"le port {port} est déjà pris : choisir un autre --port-base, ou aucun")
        return ports
    probes = [socket.socket() for _ in PORTS]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return {name: probe.getsockname()[1] for name, probe in zip(PORTS, probes)}
    finally:
        for probe in probes:
            probe.close()


class Network:
    def __init__(self, data, relais, ports, brokers=None, seed="1", rate=1.0):
        self.data, self.relais, self.ports, self.seed, self.rate = pathlib.Path(data), pathlib.Path(relais), ports, seed, rate
        self.own_kafka = brokers is None
        self.kafka_options = []
        self.match_wait_s = MATCH_WAIT_S
        self.brokers = brokers or f"127.0.0.1:{ports['kafka']}"
        self.logs, self.keys, self.directory = self.data / "logs", self.data / "keys", self.data / "directory"

    def url(self, name):
        return f"http://127.0.0.1:{self.ports[name]}"

    # --- commands that end ---

    def run(self, *words, timeout=60):
        """`relais WORDS`; its output. Trouble in its own words when it fails."""
        done = subprocess.run([str(self.relais), *map(str, words)], capture_output=True, text=True, timeout=timeout,
                              start_new_session=True)
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise Trouble(f"relais {words[0]} {words[1]} : {lines[-1] if lines else 'échec'}")
        return done.stdout

    def make_keys(self):
        """Secret keys, once; and the directory with the public ones."""
        self.keys.mkdir(parents=True, exist_ok=True)
        for part in ("operators", "conventions.yaml"):
            source, target = ROOT / "demo" / "directory" / part, self.directory / part
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, target)
        (self.directory / "keys").mkdir(exist_ok=True)
        for code in OPERATORS:
            secret, public = self.keys / f"{code}.yaml", self.directory / "keys" / f"{code}.yaml"
            if not secret.exists():
                public.unlink(missing_ok=True)
                self.run("keys", "create", code, "--out", secret, "--public", public)
        if not (self.keys / "person.yaml").exists():
            self.run("keys", "person", "--out", self.keys / "person.yaml")
        for name, secret in (("webhook", "demo-secret"), ("token", "demo-token"), ("client", "demo-secret")):
            path = self.keys / f"{name}.secret"
            path.touch(mode=0o600)
            path.write_text(secret, encoding="utf-8")

    def make_topics(self):
        self.run("topics", "apply", "--directory", self.directory, "--brokers", self.brokers, "--partitions", PARTITIONS,
                 "--replication", 1)
        self.run("directory", "publish", self.directory, "--brokers", self.brokers)

    # --- children ---

    def kafka(self):
        def ready(child):
            return "kafka: ready" in child.said()
        return Child("kafka", [ROOT / "docker/kafka/kafka.sh", "start", "--cache", CACHE, "--data", self.data / "kafka",
                               "--port", self.ports["kafka"], "--controller-port", self.ports["controller"], *self.kafka_options],
                     self.logs / "kafka.log", ready=ready)

    def _python(self, name, program, port, *options):
        return Child(name, [sys.executable, ROOT / "demo" / program, "--port", self.ports[port], *options],
                     self.logs / f"{name}.log", env={"PYTHONDONTWRITEBYTECODE": "1"})

    def clock(self):
        child = self._python("clock", "clock.py", "clock", "--rate", self.rate, "--state", self.data / "clock")
        child.url = self.url("clock")
        return child

    def broker(self):
        return Child("broker", [self.relais, "broker", "--brokers", self.brokers, "--clock-from", self.url("clock"),
                                "--state", self.data / "broker", "--port", self.ports["broker"]],
                     self.logs / "broker.log", url=self.url("broker") + "/readyz")

    def connector_file(self, code):
        """The operator's own file, with the demonstration's limits."""
        text = (ROOT / "connectors/operators" / OPERATORS[code].connector / "connector.yaml").read_text(encoding="utf-8")
        file = self.data / "connectors" / f"{code}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{text}\nlimits: {{ match_wait_s: {self.match_wait_s} }}\n", encoding="utf-8")
        return file

    def connector(self, code):
        settings = self.connector_settings(code)
        command = [self.relais, "connector", self.connector_file(code),
                   "--brokers", self.brokers, "--clock-from", self.url("clock"), "--port", self.ports[code]]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        return Child(f"connector-{code}", command, self.logs / f"connector-{code}.log", url=self.url(code) + "/readyz")

    def connector_settings(self, code):
        """The values of ${NAME} in the connector's file."""
        common = {"OPERATOR": code, "KEYS": self.keys / f"{code}.yaml", "PERSON_KEY": self.keys / "person.yaml",
                  "URL": self.url("sim-" + code)}
        if code == "o10":
            return common | {"CLIENT_ID": "relais", "CLIENT_SECRET": self.keys / "client.secret"}
        return common | {"WEBHOOK_SECRET": self.keys / "webhook.secret", "TOKEN": self.keys / "token.secret"}

    def system(self, code, *options):
        operator = OPERATORS[code]
        words = ["--seed", f"{self.seed}-{code}", "--state", self.data / "systems" / code, "--journal",
                 self.data / "journals" / f"{code}.jsonl", "--clock-from", self.url("clock"), *operator.options]
        if operator.program == "regional.py":
            words += ["--webhook", self.url(code) + "/agenda", "--retry-speed", "10"]
        words += options  # the last word counts
        child = self._python(f"system-{code}", operator.program, "sim-" + code, *words)
        child.url = self.url("sim-" + code) + "/_state"
        return child
