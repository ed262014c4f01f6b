# SPDX-License-Identifier: Apache-2.0
import collections
import csv
import string
import unittest

from demo.network import ROOT
from demo.supervise import Child
from tests.support.harness import Scenario

ROWS = 250
HEADER = ("N° dossier;Envoyé à;Demandé le;Motif;Urgent;Choix éclairé;Annulé;Nom;Prénom;Né(e) le;Téléphone;Courriel;Remarque;"
          "Modifié le")


def name_of(number):
    """A name of its own for each row: EXEMPLE and three letters."""
    letters = string.ascii_uppercase
    return "EXEMPLE" + letters[number // 676] + letters[number // 26 % 26] + letters[number % 26]


class FilesTest(Scenario):
    """Folder → Kafka → folder, with the connector file of a system that trades CSV files."""

    def test_rows_arrive_once_though_everything_is_killed(self):
        net = self.network(rate=1.0)
        self.start()
        sent, taken = net.data / "o21-in", net.data / "o22-out"
        rows = [f"2026-{i:04};o22;01/03/2026;Faire le point;N;O;N;{name_of(i)};Zoé;02/03/19{i % 60 + 30};"
                f"06 01 02 03 04;zoe@example.org;\"deux\r\nlignes\";02/03/2026 09:13" for i in range(ROWS)]
        rows[7:7] = ['2026-9999;o22;"01/03/2026;Formation;N;O;N;SPECIMEN;Ana;;;;;']
        half = len(rows) // 2
        self.drop(sent, "a.csv", "utf-8-sig", [HEADER, *rows[:half]])
        self.drop(sent, "b.csv", "windows-1252", [HEADER, *rows[half:]])
        # Each kill falls into the middle of what the process does: so many rows are in, and more are coming.
        for count, name in ((1, "connector-o22"), (40, "connector-o21"), (80, "broker"), (120, "connector-o22")):
            net.until(lambda: self.written(taken) >= count, 60, f"{count} rows")
            net.kill(name)
        net.until(lambda: len(set(self.column(taken, "orientations", "Nom"))) == ROWS, 90, "all rows to arrive")
        net.until(lambda: len(list((sent / "done").glob("*.csv"))) == 2, 10, "both files to be done")
        net.rest(2)
        expected = collections.Counter(name_of(i) for i in range(ROWS))
        self.assertEqual(collections.Counter(self.column(taken, "orientations", "Nom")), expected)
        self.answer(taken)
        self.assertEqual([path.name for path in sent.iterdir() if path.is_file()], [])
        self.assert_dead_letters({"o21": 1}, kills={"o21": 0, "o22": 0})

    def written(self, taken):
        """Rows that stand in the receiver's folder, published or not."""
        try:
            journal = (taken / ".relais" / "rows" / "orientations").read_bytes().count(b"\n") - 1
        except FileNotFoundError:
            journal = 0
        return journal + len(self.column(taken, "orientations", "Nom"))

    def answer(self, taken):
        """The receiver accepts all of them, by a file of its own; the sender is told once of each."""
        relays = self.column(taken, "orientations", "N° relais")
        back = self.net.data / "o21-out"
        self.drop(self.net.data / "o22-in", "suites.csv", "utf-8",
                  ["N° relais;Suite;Modifié le", *(f"{relay};acceptée;03/03/2026 10:00" for relay in relays)])
        self.net.rest(0.5)
        self.net.kill("connector-o21")

        def accepted():
            told = zip(self.column(back, "suites", "N° relais"), self.column(back, "suites", "Suite"))
            return sorted(relay for relay, what in told if what == "acceptée")
        self.net.until(lambda: len(accepted()) >= len(relays), 60, "all answers to arrive")
        self.assertEqual(accepted(), sorted(relays))

    # --- the network ---

    def start(self):
        net = self.net
        net.up(net.kafka(), 120)
        net.make_keys()
        net.make_topics()
        net.up(net.clock())
        net.up(net.broker(), 60)
        for code in ("o21", "o22"):
            net.up(self.connector(code), 60)

    def connector(self, code):
        """The system's own file, in a hurry."""
        net = self.net
        text = (ROOT / "connectors/operators/tableur/connector.yaml").read_text(encoding="utf-8")
        for old, new in (("  pattern:", "  settle_ms: 300\n  poll_ms: 100\n  pattern:"),
                         ("  close_after_s: 60", "  close_after_s: 1\n  most_rows: 40")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        file = net.data / "connectors" / f"{code}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        command = [net.relais, "connector", file, "--brokers", net.brokers, "--clock-from", net.url("clock"),
                   "--port", net.ports[code]]
        settings = {"OPERATOR": code, "KEYS": net.keys / f"{code}.yaml", "PERSON_KEY": net.keys / "person.yaml",
                    "DEPOT": net.data / f"{code}-in", "RETRAIT": net.data / f"{code}-out"}
        for key in ("DEPOT", "RETRAIT"):
            settings[key].mkdir()
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        return Child(f"connector-{code}", command, net.logs / f"connector-{code}.log", url=net.url(code) + "/readyz")

    # --- files ---

    def drop(self, folder, name, encoding, lines):
        part = folder / (name + ".part")
        part.write_text("\r\n".join(lines) + "\r\n", encoding=encoding, newline="")
        part.rename(folder / name)

    def column(self, folder, stem, name):
        values = []
        for path in sorted(folder.glob(f"{stem}-*.csv")):
            with open(path, encoding="windows-1252", newline="") as file:
                values += [row[name] for row in csv.DictReader(file, delimiter=";")]
        return values


if __name__ == "__main__":
    unittest.main()
