# SPDX-License-Identifier: Apache-2.0
"""./run: starts the whole demonstration, shows it moving, and ends it with a reckoning.

Order of the start: Kafka, topics and directory, clock, broker, connectors, simulated systems. Order of the end:
nobody issues or decides any more; what is on its way settles a little; the reckoning is taken; then systems,
connectors, broker, clock, Kafka. All of the end fits into ten seconds.
"""

import argparse
import errno
import fcntl
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from demo.network import OPERATORS, PORTS, ROOT, Network, choose_ports
from demo.reckoning import Crossing, DeadLetters, hops
from demo.story import Story
from demo.supervise import Child, Supervisor, Trouble, fetch

SETTLE_S = 3.0
END_S = 9.5
NEED_MB = 400
# The default dose: each kind of bad record a few times, and now and then a system that answers badly.
DOSE = {"http_500": 0.01, "http_429": 0.005, "drop_connection": 0.005, "half_body": 0.003}
REGIONAL_DOSE = DOSE | {"unknown_code": 2, "missing_field": 2, "not_json": 2, "bad_signature": 2, "rgpd_destroy": 1,
                        "duplicate_webhook": 0.02, "stale_retry": 0.01}
NATIONAL_DOSE = DOSE | {"html_200": 0.005, "unknown_code": 2, "missing_field": 2, "expire_token": 3, "merge_person": 1}


def say(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def port_base(text):
    number = int(text)
    if not 1 <= number <= 65536 - len(PORTS):
        raise argparse.ArgumentTypeError(f"un port entre 1 et {65536 - len(PORTS)}")
    return number


def duration(text):
    seconds = float(text)
    if not seconds >= 0:
        raise argparse.ArgumentTypeError("des secondes, 0 ou plus")
    return seconds


class Parser(argparse.ArgumentParser):
    """argparse, with its complaints in one French sentence."""

    SAYS = ((r"unrecognized arguments: (.*)", r"option inconnue : \1"),
            (r"argument (\S+): expected one argument", r"\1 demande une valeur"),
            (r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", r"\1 : « \2 » n'est pas un de \3"),
            (r"argument (\S+): invalid \S+ value: '(.*)'", r"\1 : « \2 » n'est pas un nombre"),
            (r"argument (\S+): (.*)", r"\1 : \2"))

    def error(self, message):
        for theirs, ours in self.SAYS:
            if re.fullmatch(theirs, message):
                message = re.sub(theirs, ours, message)
                break
        self.exit(2, f"run : {message} (./run --help dit les options)\n")


def arguments():
    parser = Parser(prog="run", description="Relais sur une machine, avec trois opérateurs simulés.")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "data", help="dossier des données ; elles restent")
    parser.add_argument("--brokers", help="HÔTE:PORT d'un Kafka qui tourne déjà (sinon : le sien)")
    parser.add_argument("--for", dest="seconds", type=duration, help="s'arrête après tant de secondes")
    parser.add_argument("--port-base", type=port_base, help="premier des ports à prendre (sinon : des ports libres)")
    parser.add_argument("--seed", default="1", help="graine des personnes et des décisions")
    parser.add_argument("--rate", type=float, default=14400, help="secondes de l'horloge simulée par seconde")
    parser.add_argument("--issue-every", type=float, default=28800, help="secondes simulées entre deux orientations")
    parser.add_argument("--misbehave", choices=["on", "off"], default="on", help="les systèmes se conduisent mal")
    parser.add_argument("--relais", type=pathlib.Path, default=ROOT / "build/release/relais", help=argparse.SUPPRESS)
    parser.add_argument("--check-arguments", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


class Demonstration:
    def __init__(self, options):
        self.options = options
        self.stopping = False
        self.supervisor = Supervisor(say)
        self.story = None
        self.states = {}  # of the systems, when they began
        self.ready = False

    # --- start ---

    def prepare(self):
        data = self.options.data
        try:
            data.mkdir(parents=True, exist_ok=True)
            self._lock = (data / "lock").open("w", encoding="utf-8")
        except OSError as error:
            raise Trouble(f"le dossier {data} ne peut pas servir : {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Trouble(f"un autre ./run se sert de {data} : choisir un autre --data") from error
        free_mb = shutil.disk_usage(data).free // 2 ** 20
        if free_mb < NEED_MB:
            raise Trouble(f"il reste {free_mb} Mo sur le disque de {data}, il en faut {NEED_MB}")
        if self.options.brokers:
            self.check_brokers()
        self.network = Network(data.resolve(), self.options.relais, choose_ports(self.options.port_base),
                               self.options.brokers, self.options.seed, self.options.rate)

    def check_brokers(self):
        for address in self.options.brokers.split(","):
            host, _, port = address.rpartition(":")
            try:
                with socket.create_connection((host.strip("[]"), int(port)), timeout=3):
                    return
            except (OSError, ValueError):
                continue
        raise Trouble(f"aucun Kafka ne répond à {self.options.brokers}")

    def add(self, child, seconds=20.0):
        self.supervisor.add(child)
        child.wait_ready(seconds, lambda: self.stopping)
        return child

    def start(self):
        network = self.network
        if network.own_kafka:
            say("Kafka démarre")
            self.add(network.kafka(), 90)
        say(f"clés, annuaire et sujets Kafka ({network.brokers})")
        network.make_keys()
        network.make_topics()
        self.add(network.clock())
        say("le courtier et les connecteurs démarrent")
        self.add(network.broker(), 30)
        for code in OPERATORS:
            self.supervisor.add(network.connector(code))
        for child in self.supervisor.children[-len(OPERATORS):]:
            child.wait_ready(30, lambda: self.stopping)
        tale = Child("récit", [network.relais, "tail", "handoff", "--json", "--brokers", network.brokers],
                     network.logs / "story.jsonl")
        self.story = Story(tale.log, say)
        self.supervisor.add(tale)
        for code in OPERATORS:
            self.add(network.system(code, "--issue-every", self.options.issue_every))
            self.states[code] = self.state(code)
            if self.options.misbehave == "on":
                self.control(code, misbehave=NATIONAL_DOSE if code == "o10" else REGIONAL_DOSE)
        self.ready = True

    def where_to_look(self):
        network = self.network
        print("\nOù regarder")
        for code, operator in OPERATORS.items():
            print(f"  {operator.title:<15} {network.url('sim-' + code)}/   mesures du connecteur : {network.url(code)}/metrics")
        print(f"  courtier        {network.url('broker')}/metrics")
        print(f"  Kafka           {network.brokers}   ({network.relais} tail handoff --brokers {network.brokers})")
        print(f"  journaux        {network.logs}/\n", flush=True)

    def control(self, code, **asked):
        request = urllib.request.Request(self.network.url("sim-" + code) + "/_control", json.dumps(asked).encode())
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    # --- run ---

    def go_on(self):
        end = time.monotonic() + self.options.seconds if self.options.seconds is not None else None
        while not self.stopping and (end is None or time.monotonic() < end):
            self.supervisor.watch()
            self.story.go_on()
            time.sleep(0.1)

    # --- end ---

    def pages(self):
        names = {"broker": "broker", **{code: code for code in OPERATORS}}
        return {name: fetch(self.network.url(port) + "/metrics") for name, port in names.items()}

    def settle(self, deadline):
        """Waits until nothing moves any more, a little; the reckoning then."""
        before = None
        while True:
            reckoning = self.reckoning()
            now = [part.line() for part in reckoning]
            at_rest = all(part.adds_up() for part in reckoning)
            if now == before and at_rest or time.monotonic() > deadline:
                return reckoning
            before = now
            time.sleep(0.4)

    def reckoning(self):
        """What has to add up. The systems first: what they send meanwhile is not missed on the pages."""
        states = {code: self.state(code) for code in OPERATORS}
        pages = self.pages()
        found = hops(pages, OPERATORS)
        if not self.restarted():
            found.append(Crossing(pages, OPERATORS))
            found += [DeadLetters(code, self.states[code], states[code], pages.get(code)) for code in OPERATORS]
        return found

    def restarted(self):
        """Something died: its figures began anew."""
        return any(child.deaths for child in self.supervisor.children)

    def state(self, code):
        try:
            with urllib.request.urlopen(self.network.url("sim-" + code) + "/_state", timeout=2) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def wind_down(self):
        began = time.monotonic()
        say("arrêt : plus personne n'émet, ce qui est en route se pose")
        for code in OPERATORS:
            self.control(code, pause=True)
        reckoning = self.settle(began + SETTLE_S)
        self.story.go_on()
        try:
            status = self.network.run("status", "--brokers", self.network.brokers, timeout=3)
        except subprocess.TimeoutExpired:
            status = "(pas d'état : Kafka ne répond pas)\n"
        except (Trouble, OSError) as error:
            status = f"(pas d'état : {error})\n"
        restarted = self.restarted()
        self.end(began)
        return reckon(reckoning, status, restarted)

    def end(self, began):
        """Systems, connectors, broker and clock, Kafka, in this order."""
        children = self.supervisor.children
        for prefixes, seconds in ((("récit", "system-"), 5.0), (("connector-",), 7.0), (("broker", "clock"), 8.5)):
            part = [child for child in children if child.name.startswith(prefixes)]
            self.supervisor.end(part, began + seconds)
            children = self.supervisor.children
        self.supervisor.end_all(began + END_S - time.monotonic())


def reckon(reckoning, status, restarted):
    """Shows it; the exit status: 0 when all of it adds up and Kafka said how the hand-overs stand."""
    print("\nPassages de relais, par état")
    print(status.rstrip())
    print("\nConservation")
    for part in reckoning:
        print("  " + part.line())
    if restarted:
        print("  outbox → broker, lettres mortes : pas comparés, un processus a été relancé")
    return 0 if all(part.adds_up() for part in reckoning) and not status.startswith("(") else 1


def main():
    options = arguments()
    if options.check_arguments:
        return 0
    demonstration = Demonstration(options)

    def stop(*_):
        demonstration.stopping = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        demonstration.prepare()
        demonstration.start()
        demonstration.where_to_look()
        demonstration.go_on()
        return demonstration.wind_down()
    except InterruptedError:
        print("run : arrêté pendant le démarrage", file=sys.stderr)
        return 1
    except Trouble as trouble:
        print(f"run : {trouble}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"run : plus de place sur le disque de {demonstration.options.data}", file=sys.stderr)
        return 1
    finally:
        demonstration.supervisor.end_all(END_S)


if __name__ == "__main__":
    sys.exit(main())
