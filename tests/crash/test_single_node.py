# SPDX-License-Identifier: Apache-2.0
"""A single node of Kafka that is killed and starts again ends every transaction: none hangs (docker/kafka/kafka.sh, fence_itself).

Without that a transaction that was being ended hangs in one kill of four or so; that its markers are tried while the node does not
lead yet can be seen in each.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from demo.network import CACHE, ROOT
from tests.crash.kafka_state import hidden
from tests.crash.world import Ports

TOPIC = "relais.markers"
WRITERS, ROUNDS = 8, 2
LOAD_S = 2
ENDED_S = 60  # a transaction's own 10 s, and twice the time between Kafka's two looks for such that fell due
TRIED = "[TransactionCoordinator id=1] Connection to node 1"


class Node:
    def __init__(self, folder):
        self.folder, self.ports = folder, Ports.choose(["kafka", "controller"])
        self.brokers = f"127.0.0.1:{self.ports['kafka']}"

    def script(self, *words):
        done = subprocess.run([ROOT / "docker/kafka/kafka.sh", *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        self.script("start", "--cache", CACHE, "--data", self.folder, "--port", self.ports["kafka"], "--controller-port",
                    self.ports["controller"], "--background")

    def kill(self):
        os.kill(int((self.folder / "kafka.pid").read_text(encoding="utf-8")), signal.SIGKILL)

    def stop(self):
        self.script("stop", self.folder / "kafka.pid")


def write(brokers, number, stopped):
    """One transaction after the other, until the node is away."""
    producer = Producer({"bootstrap.servers": brokers, "transactional.id": f"writer-{number}", "transaction.timeout.ms": 10000,
                         "message.timeout.ms": 5000, "log_level": 0})
    try:
        producer.init_transactions(30)
        while not stopped.is_set():
            producer.begin_transaction()
            producer.produce(TOPIC, b"x", partition=number)
            producer.commit_transaction(2)
    except KafkaException:
        pass  # in the middle of one, as it should be


class SingleNodeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="relais-node-")
        self.addCleanup(folder.cleanup)
        self.node = Node(pathlib.Path(folder.name))
        self.node.start()
        self.addCleanup(self.node.stop)
        admin = AdminClient({"bootstrap.servers": self.node.brokers})
        admin.create_topics([NewTopic(TOPIC, WRITERS, 1)])[TOPIC].result(30)

    def kill_under_load(self):
        stopped = threading.Event()
        writers = [threading.Thread(target=write, args=(self.node.brokers, number, stopped)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(LOAD_S)
        self.node.kill()
        stopped.set()
        for writer in writers:
            writer.join()

    def test_no_transaction_hangs_behind_a_kill(self):
        for _ in range(ROUNDS):
            self.kill_under_load()
            self.node.start()
            self.assertNotIn(TRIED, (self.node.folder / "kafka.log").read_text(encoding="utf-8"))
        end, left = time.monotonic() + ENDED_S, None
        while left != {} and time.monotonic() < end:
            time.sleep(1)
            with contextlib.suppress(KafkaException):  # it has only just begun to lead
                left = hidden(self.node.brokers)
        self.assertEqual(left, {})


if __name__ == "__main__":
    unittest.main()
