# SPDX-License-Identifier: Apache-2.0
"""The whole network with its schema ids from a real registry, which stops answering and comes back."""

import os
import pathlib
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from unittest import mock

from demo.network import OPERATORS, ROOT
from tests.support.harness import FINAL, Scenario

SCRIPT = ROOT / "tests" / "support" / "registry.sh"
EACH = 3


class RegistryTest(Scenario):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="relais-registry-")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)
        subprocess.run([SCRIPT, "start", self.folder], check=True, stdout=subprocess.DEVNULL)
        self.addCleanup(subprocess.run, [SCRIPT, "stop", self.folder], check=True)
        url = (self.folder / "address").read_text().strip()
        environment = mock.patch.dict(os.environ, {"RELAIS_REGISTRY": url})
        environment.start()
        self.addCleanup(environment.stop)

    def registry(self, signal_number):
        os.kill(int((self.folder / "registry.pid").read_text()), signal_number)

    def answer(self, path):
        try:
            with urllib.request.urlopen(self.net.url("broker") + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, OSError):
            return 0, ""

    def rows_end(self, count):
        handoffs = self.net.handoffs()
        return len(handoffs) >= count and all(row["state"] in FINAL for row in handoffs.values())

    def test_hand_overs_go_on_while_it_is_away_and_who_starts_then_waits_for_it(self):
        net = self.network()
        net.start(noise=0)
        for code in OPERATORS:
            # Nobody leaves a dossier lying: what is overdue does not end by itself.
            net.control(code, decide={"accept": 0.5, "decline": 0.25, "redirect": 0.25, "ignore": 0})
            net.control(code, issue=EACH)
        net.until(lambda: self.rows_end(EACH * len(OPERATORS)), 150, "the first hand-overs to end")
        # The ids are the registry's: without it nobody can read them.
        self.assertTrue(any(isinstance(record.get("value"), dict) for record in net.read("o21.inbox")))
        with mock.patch.dict(os.environ):
            del os.environ["RELAIS_REGISTRY"]
            self.assertFalse(any(isinstance(record.get("value"), dict) for record in net.read("o21.inbox")))

        self.registry(signal.SIGSTOP)
        before = {code: len(net.rows(code, "dossier")) for code in OPERATORS}
        for code in OPERATORS:
            net.control(code, issue=EACH)
        net.until(lambda: sum(len(net.rows(code, "dossier")) for code in OPERATORS) > sum(before.values()), 60,
                  "hand-overs to arrive without the registry")
        net.still(120)

        net.kill("broker")
        net.until(lambda: self.answer("/readyz") == (503, "démarre : le registre de schémas ne répond pas\n"), 60,
                  "the broker to say what it waits for")
        self.assertEqual(self.answer("/healthz")[0], 200)
        for code in OPERATORS:
            net.control(code, issue=EACH)
        self.registry(signal.SIGCONT)
        net.until(lambda: self.answer("/readyz")[0] == 200, 60, "the broker to go on by itself")
        net.until(lambda: self.rows_end(3 * EACH * len(OPERATORS)), 150, "all hand-overs to end")
        net.still(60)
        self.assert_agree()
        self.assert_once()
        self.assert_dead_letters({})
