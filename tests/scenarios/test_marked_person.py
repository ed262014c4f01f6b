# SPDX-License-Identifier: Apache-2.0
"""People with names that stand nowhere else, sent through every failure; then every byte is searched for them.

Kafka keeps its topics uncompressed here, so that its files can be searched as they are. What the systems
themselves keep is theirs and is left out, and so are their journals' folders' neighbours: nothing else is.
"""

import base64
import unittest

from demo.network import OPERATORS
from demo.supervise import fetch
from tests.support.harness import Scenario

MARKED = {"last_name": "QZXNOMDUREP", "birth_name": None, "first_name": "Qzxprenom", "phone": "0699887761",
          "phone_formatted": "+33699887761", "email": "qzxcourriel@example.org", "address": "7 rue Qzxadresse, 57000 Metz",
          "note": "QZXNOTE à rappeler", "ft_number": "97766554433"}
WORDS = ("qzxnomdurep", "qzxprenom", "699887761", "qzxcourriel", "qzxadresse", "qzxnote", "97766554433")
TROUBLE = {"http_500": 0.1, "http_429": 0.05, "drop_connection": 0.05, "half_body": 0.05, "html_200": 0.05}


def needles():
    """Each word in lower case, and what base64 makes of the marks at each of the three alignments."""
    found = {word.encode() for word in WORDS}
    for word in (MARKED["last_name"], MARKED["first_name"], MARKED["email"], MARKED["note"]):
        for shift in range(3):
            text = base64.b64encode(b"\0" * shift + word.encode())
            found.add(text[4 if shift else 0:len(text) // 4 * 4 - 4].lower())
    return sorted(found)


class MarkedPersonTest(Scenario):
    def test_no_byte_of_a_person_stands_outside_sealed_bytes(self):
        net = self.network()
        net.kafka_options = ["--override", "compression.type=uncompressed"]
        net.start(noise=1)
        for code in OPERATORS:
            bad = {"unknown_code": 2, "missing_field": 2}
            bad |= {"not_json": 2, "bad_signature": 2, "duplicate_webhook": 0.2} if code != "o10" else {
                "merge_person": 1, "expire_token": 2}
            net.control(code, everyone=MARKED, misbehave=bad | TROUBLE, person_fails_for_ever="U-103" if code == "o10" else "103",
                        decide={"accept": 0.5, "decline": 0.2, "redirect": 0.25, "ignore": 0.05})
            net.control(code, issue=8)
        net.rest(8)
        net.kill("connector-o21")
        net.kill("broker")
        net.rest(15)
        pages = [fetch(net.url(name) + path) or "" for name in ("broker", *OPERATORS)
                 for path in ("/metrics", "/healthz", "/readyz")]
        (net.data / "pages.txt").write_text("\n".join(pages), encoding="utf-8")
        shown = [net.run("tail", topic, "--from-beginning", "--to-end", *more, "--brokers", net.brokers)
                 for topic in self.topics() for more in ([], ["--json"])]
        (net.data / "shown.txt").write_text("\n".join(shown), encoding="utf-8")
        self.assertGreater(len(net.handoffs()), 20)
        for code in OPERATORS:
            self.assertGreaterEqual(len(net.read(code + ".quarantine")), 4, code)
        net.supervisor.end_all(9)
        self.assertEqual(self.found(), [])

    def topics(self):
        return ["handoff", *(f"{code}.{name}" for code in OPERATORS for name in ("outbox", "inbox", "rejected", "quarantine",
                                                                                "state"))]

    def found(self):
        """"file: word" of every place; the searcher itself is tried on a file that has one."""
        words = needles()
        (self.net.data / "systems" / "proof.txt").write_text(" ".join(WORDS).upper(), encoding="utf-8")
        places, searched, proofs = [], 0, 0
        for path in sorted(self.net.data.rglob("*")):
            if not path.is_file():
                continue
            content = path.read_bytes().lower()
            hits = [word for word in words if word in content]
            if path.relative_to(self.net.data).parts[0] == "systems":
                proofs += len(hits)
                continue
            searched += len(content)
            places += [f"{path.relative_to(self.net.data)}: {word.decode()}" for word in hits]
        self.assertGreaterEqual(proofs, len(WORDS))
        self.assertGreater(searched, 200_000)
        return places


if __name__ == "__main__":
    unittest.main()
