# SPDX-License-Identifier: Apache-2.0
"""Brings about a race of Kafka 4.3.1 and counts at how many starts it was seen: tests/versions/stale_offsets.

A node that was killed is started again, reads what groups committed, and stands still for three seconds meanwhile (a slow disk does
that): the controller fences it and lets it in again, so that it begins to read anew. The first reading, which is no longer wanted,
ends as if it were the second, and until that one is over too, groups are answered what they had committed long before.
"""

import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from demo.network import CACHE, ROOT, is_free
from demo.supervise import Child, Supervisor, Trouble

PARTITIONS, COMMITS = 100, 2500  # records of one group: 18 MB, read in half a second
STALL_S = 3
SETTLED_S = 1.5  # as long it must answer what was committed last
# One partition of offsets; fenced soon after it stands still.
ALWAYS = ("offsets.topic.num.partitions=1", "broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=200")
SETTINGS = {"offsets.load.buffer.size as ours": (), "offsets.load.buffer.size for all at once": ("offsets.load.buffer.size=30000000",)}


def free_port():
    return next(port for port in iter(lambda: random.randrange(20000, 32000), None) if is_free(port))


class Node:
    def __init__(self, data, supervisor, overrides=()):
        self.data, self.address = data, f"127.0.0.1:{(port := free_port())}"
        words = [word for setting in (*ALWAYS, *overrides) for word in ("--override", setting)]
        self.child = Child("kafka", [ROOT / "docker/kafka/kafka.sh", "start", "--cache", CACHE, "--data", data, "--port", port,
                                     "--controller-port", free_port(), "--wait", 120, *words],
                           data.parent / "said", ready=lambda child: "kafka: ready" in child.said())
        supervisor.add(self.child)

    def group(self):
        return Consumer({"bootstrap.servers": self.address, "group.id": "group", "enable.auto.commit": False, "log_level": 0})

    def stand_still(self):
        """Once it has begun to read what was committed."""
        log = self.data / "kafka.log"
        while "Scheduling loading of metadata from __consumer_offsets-0 " not in (log.read_text(errors="replace") if log.exists() else ""):
            time.sleep(0.02)
        time.sleep(random.uniform(0, 0.1))
        self.child.signal(signal.SIGSTOP)
        time.sleep(STALL_S)
        self.child.signal(signal.SIGCONT)

    def kill(self):
        self.child.signal(signal.SIGKILL)
        self.child.reap(10)


def commit_all(folder, supervisor):
    """A folder of a node that was killed after its group had committed COMMITS times."""
    folder.mkdir()
    node = Node(folder, supervisor)
    node.child.wait_ready(120)
    admin = AdminClient({"bootstrap.servers": node.address, "log_level": 0})
    admin.create_topics([NewTopic("topic", PARTITIONS, 1)])["topic"].result(30)
    consumer = node.group()
    for offset in range(1, COMMITS + 1):
        consumer.commit(offsets=[TopicPartition("topic", p, offset) for p in range(PARTITIONS)], asynchronous=False)
    consumer.close()
    time.sleep(6)  # Kafka notes each 5 s how far a log is known to be whole
    node.kill()


def is_stale(folder, before, supervisor, overrides):
    """True when a start answered anything else than what was committed last."""
    subprocess.run(["cp", "-r", "--sparse=always", before, folder], check=True)
    for name in ("kafka.log", "kafka.pid"):
        (folder / name).unlink()
    node = Node(folder, supervisor, overrides)
    threading.Thread(target=node.stand_still, daemon=True).start()
    consumer, stale, settled, end = node.group(), False, None, time.monotonic() + 120
    while settled is None or time.monotonic() - settled < SETTLED_S:
        if time.monotonic() > end or not node.child.alive():
            raise Trouble(f"Kafka does not settle: {node.child.last_words()}")
        try:
            answers = consumer.committed([TopicPartition("topic", p) for p in range(PARTITIONS)], 1)
        except KafkaException:
            settled = None
            continue
        good = all(not answer.error and answer.offset == COMMITS for answer in answers)
        stale |= not good and not any(answer.error for answer in answers)
        settled = (settled or time.monotonic()) if good else None
        time.sleep(0.02)
    consumer.close()
    node.kill()
    shutil.rmtree(folder)
    return stale


def main(starts):
    counts = {}
    supervisor = Supervisor(lambda text: None)
    with tempfile.TemporaryDirectory(prefix="relais-stale-") as folder:
        before = pathlib.Path(folder) / "before"
        try:
            commit_all(before, supervisor)
            for name, overrides in SETTINGS.items():
                counts[name] = sum(is_stale(pathlib.Path(folder) / "now", before, supervisor, overrides) for _ in range(starts))
                print(f"{name}: stale {counts[name]} of {starts}", flush=True)
        finally:
            supervisor.end_all(5)
    ours, at_once = counts.values()
    return 1 if ours else 0 if at_once else 2


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1])))
    except Trouble as trouble:
        sys.exit(f"stale_offsets: {trouble}")
