# SPDX-License-Identifier: Apache-2.0
"""What the rows stand on: the built programs, a Kafka set for throughput, processes and what they use."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from demo.network import CACHE, ROOT, Network, is_free
from demo.supervise import Child, Supervisor, Trouble

BUILD = ROOT / "build" / "bench"
CONNECTOR = ROOT / "connectors/operators/agenda/connector.yaml"
TICKS = os.sysconf("SC_CLK_TCK")
QUIET_CORES = 0.1  # what may be at work on a machine that is called quiet
# For throughput: the server compiler and G1, 1 GiB (docker/kafka/kafka.sh is frugal unless told).
KAFKA_JAVA = "-Xms1g -Xmx1g -XX:+UseG1GC"


def free_ports(names):
    ports, port = {}, 20000 + os.getpid() % 8000
    for name in names:
        while not is_free(port):
            port += 1
        ports[name] = port
        port += 1
    return ports


def cpu_s(pid):
    """Processor time of a process so far, all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def busy_cores(seconds=2):
    """What is at work on this machine: cores, over that time. Steal counts: it is taken from all."""
    def spent():
        fields = [int(word) for word in pathlib.Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:9]]
        return (sum(fields) - fields[3] - fields[4]) / TICKS  # all but idle and waiting for a disk

    before = spent()
    time.sleep(seconds)
    return (spent() - before) / seconds


def memory_mib(pid, key="VmRSS"):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(rf"{key}:\s*(\d+)", text).group(1)) / 1024


def written_bytes(pid):
    """What it gave to write() and its like so far: files and pipes, not sockets."""
    return int(re.search(r"wchar: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text(encoding="utf-8")).group(1))


def metric(url, name, label=""):
    """Sum of a metric over its labels, or of those rows with `label`; 0 while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text = answer.read().decode()
    except OSError:
        return 0
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line) and label in line)


def venv(name, requirements):
    """The Python of an environment with these libraries, made once."""
    folder, wanted = BUILD / f"venv-{name}", requirements.read_text(encoding="utf-8")
    made = folder / "made"
    if not made.exists() or made.read_text(encoding="utf-8") != wanted:
        for command in ([sys.executable, "-m", "venv", folder], [folder / "bin/pip", "-q", "install", "-r", requirements]):
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            if done.returncode != 0:
                raise Trouble(f"Python's libraries of {requirements.name}: {(done.stderr.strip().splitlines() or ['pip failed'])[-1]}")
        made.write_text(wanted, encoding="utf-8")
    return folder / "bin/python"


def read_figures(text):
    return {key: float(value) for key, value in (line.split("\t") for line in text.splitlines())}


class Bench:
    """One run of the benchmark: a folder that goes with it."""

    def __init__(self, quick):
        self.quick = quick
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="relais-bench-"))
        self.busy_before = busy_cores()
        self.relais = BUILD / "relais"

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that networks and folders go with it
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name, *words, timeout=900):
        done = subprocess.run([BUILD / "tests/bench" / name, *map(str, words)], capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            raise Trouble(f"{name}: {done.stderr.strip() or done.returncode}")
        return done.stdout

    def program_to(self, file, name, *words):
        """What it says is a file: too much for a string."""
        with file.open("wb") as out:
            subprocess.run([BUILD / "tests/bench" / name, *map(str, words)], stdout=out, check=True, timeout=900)

    def figures(self, name, *words):
        """What a program measured: one name and value a line."""
        return read_figures(self.program(name, *words))

    def instructions(self, function, name, *words):
        """What callgrind counts in a function of a program, and the program's figures. The compiler may have added to the name."""
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--toggle-collect={function}*",
                               BUILD / "tests/bench" / name, *map(str, words)], capture_output=True, text=True, timeout=300)
        collected = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not collected or int(collected.group(1)) == 0:
            raise Trouble(f"callgrind: {name}: {done.stderr.strip() or done.returncode}")
        return int(collected.group(1)), read_figures(done.stdout)

    def empty_folder(self):
        return tempfile.TemporaryDirectory(dir=self.folder)


class Deployment(Network):
    """Kafka with the demonstration's three operators and a folder of its own; ends its children with itself."""

    java = KAFKA_JAVA

    def __init__(self, bench, partitions=8):
        names = ("kafka", "controller", "broker", "o10", "o21", "o22", "sim-o10", "sim-o21", "sim-o22")
        super().__init__(pathlib.Path(tempfile.mkdtemp(dir=bench.folder)), bench.relais, free_ports(names))
        self.bench, self.partitions = bench, partitions
        self.supervisor = Supervisor(lambda text: None)

    def __enter__(self):
        kafka = self.kafka()
        kafka.env["RELAIS_KAFKA_JAVA_OPTIONS"] = self.java
        self.up(kafka, 120)
        self.make_keys()
        self.make_topics()
        return self

    def __exit__(self, *_):
        self.supervisor.end_all(15)
        shutil.rmtree(self.data, ignore_errors=True)

    def make_topics(self):
        self.run("topics", "apply", "--directory", self.directory, "--brokers", self.brokers, "--partitions", self.partitions,
                 "--replication", 1)
        self.run("directory", "publish", self.directory, "--brokers", self.brokers)

    def up(self, child, seconds=60):
        self.supervisor.add(child)
        child.wait_ready(seconds)
        return child

    def down(self, child):
        child.end(20)
        self.supervisor.children.remove(child)

    def broker(self):
        return Child("broker", [self.relais, "broker", "--brokers", self.brokers, "--state", self.data / "broker", "--port",
                                self.ports["broker"]], self.logs / "broker.log", url=self.url("broker") + "/readyz")

    def broker_events(self):
        return metric(self.url("broker") + "/metrics", "relais_broker_events_total")


def connector(deployment, code, source=None):
    """The operator's real file; `source` instead of its own source if given."""
    text = CONNECTOR.read_text(encoding="utf-8") + f"\nlisten: 127.0.0.1:{deployment.ports[code]}\n"
    if source:
        text = re.sub(r"^source:\n(  .*\n)+", lambda _: source, text, flags=re.M)
    file = deployment.data / f"{code}.yaml"
    file.write_text(text, encoding="utf-8")
    command = [deployment.relais, "connector", file, "--brokers", deployment.brokers]
    for key, value in deployment.connector_settings(code).items():
        command += ["--set", f"{key}={value}"]
    return Child(f"connector-{code}", command, deployment.logs / f"{code}.log", url=deployment.url(code) + "/readyz")


class Stretch:
    """Time and processor time of a process between two counts."""

    def __init__(self, child, count):
        self.child, self._count = child, count

    def between(self, first, last, seconds=300):
        """Waits from `first` to `last`; records a second, CPU-seconds a million."""
        end = time.monotonic() + seconds
        at = self._when(first, end)
        done = self._when(last, end)
        records = done[0] - at[0]
        return records / (done[1] - at[1]), (done[2] - at[2]) * 1e6 / records

    def _when(self, wanted, end):
        while True:
            count = self._count()
            if count >= wanted:
                return count, time.monotonic(), cpu_s(self.child.pid)
            if not self.child.alive():
                raise Trouble(f"{self.child.name} ended: {self.child.last_words()}")
            if time.monotonic() > end:
                raise Trouble(f"only {count:.0f} of {wanted:.0f} records were done in time")
            time.sleep(0.02)
