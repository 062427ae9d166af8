"""What an integrator does with curl: decide, list events, fetch a receipt; and what anybody does with that receipt."""

import base64
import json
import subprocess
import unittest

from harness import BIN, Site, card


class Curl(unittest.TestCase):
    def setUp(self):
        self.site = Site(demo=True)
        self.addCleanup(self.site.close)
        self.site.start()

    def curl(self, method, body):
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--fail-with-body", "--cacert", self.site.dir / "ca.crt", "-H",
             f"Authorization: Bearer {self.site.token()}", "-H", "Content-Type: application/json", "-d", json.dumps(body),
             f"https://{self.site.addresses['https']}/{method}"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_decide_list_receipt_verify(self):
        answer = self.curl("sallyport.access.v1.AccessService/Authorize",
                           {"requestId": "c-1", "accessPointId": "main-in", "card": card(42, 104)})
        self.assertEqual((answer["decision"], answer["reasonCode"]), ("DECISION_GRANT", "GRANTED"))
        self.assertIn("access-level:staff:lobby", answer["determiningPolicies"])

        events = self.curl("sallyport.badge.v1.BadgeEventService/ListEvents", {"filter": {"kinds": ["decision"]}})["events"]
        self.assertEqual([(e["requestId"], e["personId"], e["index"]) for e in events],
                         [("c-1", "kim", answer["receipt"]["index"])])

        got = self.curl("sallyport.audit.v1.AuditService/GetReceipt", {"index": answer["receipt"]["index"]})
        folder = self.site.folder
        (folder / "receipt").write_text(got["receipt"])
        leaf = base64.b64decode(got["leaf"])
        (folder / "leaf").write_bytes(leaf)
        self.assertNotIn(b"kim", leaf.lower())
        vkey = folder / "alone.vkey"
        vkey.write_text((self.site.dir / "log.vkey").read_text())
        self.site.stop()  # the receipt needs no server

        def verify(*more):
            return subprocess.run([BIN / "sallyport", "audit", "verify", "--receipt", folder / "receipt", "--vkey", vkey, *more],
                                  capture_output=True, text=True, timeout=60)

        done = verify()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(verify("--leaf", folder / "leaf").returncode, 0)
        (folder / "changed").write_bytes(bytes([leaf[0] ^ 1]) + leaf[1:])
        self.assertEqual(verify("--leaf", folder / "changed").returncode, 4)


if __name__ == "__main__":
    unittest.main()
