# SPDX-License-Identifier: Apache-2.0
"""The network between a client and Kafka, cut, silent and slow, over real sockets; and what it says that it did."""

import pathlib
import socket
import subprocess
import sys
import threading
import time
import unittest

QUICK_S, SLOW_MS, PATIENT_S = 0.2, 300, 10


def echo(server):
    """Answers each client with what it says."""
    def serve(connection):
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(data)
            except OSError:
                pass  # cut
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return  # closed by the test
        threading.Thread(target=serve, args=[connection], daemon=True).start()


class ProxyTest(unittest.TestCase):
    def setUp(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        threading.Thread(target=echo, args=[server], daemon=True).start()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.proxy = subprocess.Popen([sys.executable, "-B", pathlib.Path(__file__).parent / "proxy.py",
                                       f"b1:{self.port}:{server.getsockname()[1]}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_proxy)
        self.assertEqual(self.proxy.stdout.readline(), "ready\n")
        self.client = self.connect()
        self.say(b"before")
        self.assertEqual(self.client.recv(100), b"before")

    def end_proxy(self):
        self.proxy.terminate()
        self.proxy.wait()
        self.proxy.stdin.close()
        self.proxy.stdout.close()

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.port), PATIENT_S)
        self.addCleanup(client.close)
        return client

    def say(self, data):
        self.client.sendall(data)

    def set(self, *mode):
        self.proxy.stdin.write(" ".join(["b1", *map(str, mode)]) + "\n")
        self.proxy.stdin.flush()
        return int(self.proxy.stdout.readline())

    def hears(self, client):
        """What comes within a moment; None: nothing does."""
        client.settimeout(QUICK_S)
        try:
            return client.recv(100)
        except TimeoutError:
            return None
        except ConnectionError:
            return b""
        finally:
            client.settimeout(PATIENT_S)

    def test_a_cut_ends_each_connection_and_each_new_one_and_counts_them(self):
        self.set("cut")
        self.assertEqual(self.hears(self.client), b"")
        self.assertEqual(self.hears(self.connect()), b"")
        self.assertEqual([self.set("ok"), self.set("ok")], [2, 0])
        self.client = self.connect()
        self.say(b"after")
        self.assertEqual(self.client.recv(100), b"after")

    def test_a_silent_network_holds_what_is_said_until_it_is_back_and_counts_its_bytes(self):
        self.set("silent")
        self.say(b"12345")
        self.assertIsNone(self.hears(self.client))
        self.assertEqual(self.set("ok"), 5)
        self.assertEqual(self.client.recv(100), b"12345")

    def test_a_new_connection_is_silent_too(self):
        self.set("silent")
        self.client = self.connect()
        self.say(b"123")
        self.assertIsNone(self.hears(self.client))
        self.assertEqual(self.set("ok"), 3)
        self.assertEqual(self.client.recv(100), b"123")

    def test_a_slow_network_is_late_both_ways_keeps_the_order_and_counts_its_bytes(self):
        self.set("delay", SLOW_MS)
        began = time.monotonic()
        self.say(b"1")
        time.sleep(0.05)
        self.say(b"2")
        told = b""
        while len(told) < 2:
            told += self.client.recv(100)
        self.assertGreater(time.monotonic() - began, 2 * SLOW_MS / 1000)
        self.assertEqual(told, b"12")
        self.assertEqual(self.set("ok"), 4)

    def test_what_hit_nothing_says_so(self):
        self.client.close()
        time.sleep(QUICK_S)  # until the proxy has seen it
        for mode in (["cut"], ["silent"], ["delay", SLOW_MS]):
            self.set(*mode)
            self.assertEqual(self.set("ok"), 0, mode)

    def test_a_network_in_order_counts_nothing(self):
        self.say(b"12345")
        self.assertEqual(self.client.recv(100), b"12345")
        self.assertEqual(self.set("ok"), 0)


if __name__ == "__main__":
    unittest.main()
