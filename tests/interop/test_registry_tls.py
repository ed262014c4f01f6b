# SPDX-License-Identifier: Apache-2.0
"""A registry behind TLS, as Python's ssl serves it, with certificates that openssl makes: `relais schemas` believes the
authority that it is told to, and no other."""
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import threading
import unittest

RELAIS = os.environ["RELAIS"]


class Registry(http.server.BaseHTTPRequestHandler):
    """Has each schema under one id."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        subject = self.path.split("/")[2]
        answer = json.dumps({"subject": subject, "version": 1, "id": 77, "schema": body["schema"]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class RegistryTlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.authority("ours")
        cls.authority("another")
        cls.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=registry", "-keyout", "server.key",
                    "-out", "server.csr")
        (cls.folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
        cls.openssl("x509", "-req", "-in", "server.csr", "-CA", "ours.pem", "-CAkey", "ours.key", "-CAcreateserial",
                    "-days", "2", "-extfile", "names", "-out", "server.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.folder / "server.pem", cls.folder / "server.key")
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
        cls.server.socket = context.wrap_socket(cls.server.socket, server_side=True)
        cls.addClassCleanup(cls.server.server_close)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.shutdown)

    @classmethod
    def openssl(cls, *arguments):
        subprocess.run(["openssl", *arguments], cwd=cls.folder, check=True, capture_output=True)

    @classmethod
    def authority(cls, name):
        cls.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def schemas(self, host, *options):
        url = f"https://{host}:{self.server.server_address[1]}"
        return subprocess.run([RELAIS, "schemas", "--registry", url, *options], text=True, capture_output=True, timeout=60)

    def test_the_authority_of_the_file_is_believed(self):
        done = self.schemas("127.0.0.1", "--registry-ca-file", str(self.folder / "ours.pem"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"relais\.Referral +77 ")

    def test_another_one_is_refused(self):
        done = self.schemas("127.0.0.1", "--registry-ca-file", str(self.folder / "another.pem"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("certificate", done.stderr)
        self.assertNotIn("77", done.stdout)

    def test_without_a_file_those_of_the_machine_do_not_know_it(self):
        done = self.schemas("127.0.0.1")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("certificate", done.stderr)

    def test_a_certificate_for_another_name_is_refused(self):
        done = self.schemas("localhost", "--registry-ca-file", str(self.folder / "ours.pem"))
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("77", done.stdout)


if __name__ == "__main__":
    unittest.main()
