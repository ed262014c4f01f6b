# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from demo.reckoning import hops
from demo.supervise import Child, Supervisor, Trouble
from tests.demo.running import ROOT, until

OBSTINATE = "import signal,time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


class SupervisorTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = pathlib.Path(folder.name) / "child.log"
        self.said = []
        self.supervisor = Supervisor(self.said.append)
        self.addCleanup(lambda: self.supervisor.end_all(1))

    def child(self, script="import time; print('up', flush=True); time.sleep(60)", **more):
        return Child("essai", [sys.executable, "-c", script], self.log, ready=lambda c: "up" in c.said(), **more)

    def test_starts_again_what_was_killed_and_says_so(self):
        child = self.supervisor.add(self.child())
        child.wait_ready(10)
        first = child.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: not child.alive())
        until(lambda: self.supervisor.watch() or child.alive())
        self.assertNotEqual(child.pid, first)
        self.assertEqual(len([line for line in self.said if "SIGKILL" in line and "relancé" in line]), 1)

    def test_gives_up_on_what_dies_over_and_over(self):
        self.supervisor.add(self.child("print('rien à faire')"))
        with self.assertRaises(Trouble) as raised:
            until(lambda: self.supervisor.watch(), 15)
        self.assertIn("rien à faire", str(raised.exception))

    def test_says_the_last_words_of_what_does_not_start(self):
        child = self.supervisor.add(self.child("raise SystemExit('pas de disque')", lasting=False))
        with self.assertRaises(Trouble) as raised:
            child.wait_ready(10)
        self.assertIn("pas de disque", str(raised.exception))

    def test_ends_even_what_does_not_want_to(self):
        child = self.supervisor.add(self.child(OBSTINATE))
        child.wait_ready(10)
        self.assertFalse(self.supervisor.end([child], time.monotonic() + 0.2))
        self.assertTrue(gone(child.pid))

    def test_children_of_a_killed_parent_end(self):
        script = (f"import sys,time,pathlib\nsys.path.insert(0, {str(ROOT)!r})\nfrom demo.supervise import Child\n"
                  f"c = Child('x', [sys.executable, '-c', 'import time; time.sleep(60)'], pathlib.Path({str(self.log)!r}))\n"
                  "c.start()\nprint(c.pid, flush=True)\ntime.sleep(60)")
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
            pid = int(parent.stdout.readline())
            time.sleep(0.3)
            parent.kill()
        until(lambda: gone(pid))


class ReckoningTest(unittest.TestCase):
    PAGE = ('# HELP relais_items_total x\nrelais_items_total{op="o21"} 10\n'
            'relais_items_ended_total{op="o21",outcome="acknowledged"} 4\n'
            'relais_items_ended_total{op="o21",outcome="rejected"} 1\n'
            'relais_items_ended_total{op="o21",outcome="filtered_when"} 3\n'
            'relais_items_ended_total{op="o21",outcome="filtered_echo"} 1\nrelais_items_pending{op="o21"} 1\n')

    def test_a_hop_adds_up_or_does_not(self):
        source = hops({"o21": self.PAGE}, ["o21"])[0]
        self.assertTrue(source.adds_up())
        self.assertIn("filtered 4 (echo 1, when 3) + returned 0 + pending 1 : le compte est bon", source.line())
        self.assertFalse(hops({"o21": self.PAGE.replace("} 10", "} 11")}, ["o21"])[0].adds_up())

    def test_a_page_that_is_not_there_does_not_add_up(self):
        self.assertFalse(hops({}, ["o21"])[1].adds_up())


if __name__ == "__main__":
    unittest.main()
