"""Bad input: a clear error that names the field or the line, the right code, and nothing changed."""

import base64
import datetime
import json
import pathlib
import ssl
import subprocess
import tempfile
import unittest

from harness import BIN, RpcError, Site, card

AUTHORIZE = "sallyport.access.v1.AccessService/Authorize"
APPLY = "sallyport.facility.v1.FacilityService/ApplyFacility"
JSON_HEADERS = {"Content-Type": "application/json"}


def setUpModule():
    global site
    site = Site(demo=True)
    try:
        site.start()
    except BaseException:
        site.close()
        raise


def tearDownModule():
    site.close()


class Refused(unittest.TestCase):
    def setUp(self):
        self.size = site.log_size()

    def refuse(self, method, request, token="admin"):
        with self.assertRaises(RpcError) as caught:
            site.call(method, request, token)
        return caught.exception

    def assert_nothing_changed(self):
        self.assertEqual(site.log_size(), self.size)

    # ---- at the door

    def test_unknown_access_point(self):
        error = self.refuse(AUTHORIZE, {"requestId": "u1", "accessPointId": "no-such-door", "card": card(1, 1)})
        self.assertEqual((error.status, error.code), (404, "not_found"))
        self.assertIn("no-such-door", error.message)
        self.assertEqual(error.fields, ["access_point_id"])
        self.assert_nothing_changed()

    def test_unknown_card_is_a_decision(self):
        answer = site.call(AUTHORIZE, {"requestId": "u2", "accessPointId": "main-in", "card": card(99, 9999)})
        self.assertEqual((answer["decision"], answer["reasonCode"]), ("DECISION_DENY", "UNKNOWN_CREDENTIAL"))
        self.assertEqual(site.log_size(), self.size + 1)

    def test_wrong_parity_is_a_decision(self):
        wrong = card(99, 9999)
        bits = bytearray(base64.b64decode(wrong["bits"]))
        bits[1] ^= 0x10
        wrong["bits"] = base64.b64encode(bytes(bits)).decode()
        answer = site.call(AUTHORIZE, {"requestId": "u3", "accessPointId": "main-in", "card": wrong})
        self.assertEqual((answer["decision"], answer["reasonCode"]), ("DECISION_DENY", "INVALID_FORMAT"))

    def test_malformed_requests(self):
        good = {"requestId": "m", "accessPointId": "main-in", "card": card(1, 1)}
        cases = [
            ({**good, "requestId": ""}, "request_id"),
            ({**good, "requestId": "x" * 1000}, "request_id"),
            ({**good, "accessPointId": ""}, "access_point_id"),
            ({**good, "accessPointId": "../../etc"}, "access_point_id"),
            ({**good, "card": None}, "presented"),
            ({**good, "card": {"bits": "AAAA", "bitCount": 0}}, "card.bit_count"),
            ({**good, "card": {"bits": "AAAA", "bitCount": 26}}, "card.bits"),
            ({**good, "readTime": "0001-01-01T00:00:00Z", "pin": "1" * 100}, "pin"),
        ]
        for request, field in cases:
            with self.subTest(field=field, request=request):
                error = self.refuse(AUTHORIZE, {k: v for k, v in request.items() if v is not None})
                self.assertEqual((error.status, error.code), (400, "invalid_argument"), error)
                self.assertEqual(error.fields, [field])
        self.assert_nothing_changed()

    # ---- on the wire

    def raw(self, body, headers=None, token=True):
        headers = {**JSON_HEADERS, **(headers or {})}
        if token:
            headers["Authorization"] = f"Bearer {site.token()}"
        status, _, answer = site.post(f"/{AUTHORIZE}", body, headers)
        return status, json.loads(answer)

    def test_ten_megabytes(self):
        status, answer = self.raw(json.dumps({"requestId": "big", "accessPointId": "a" * 10_000_000}))
        self.assertEqual((status, answer["code"]), (429, "resource_exhausted"))
        self.assert_nothing_changed()

    def test_invalid_utf8(self):
        status, answer = self.raw(b'{"requestId": "u", "accessPointId": "caf\xe9"}')
        self.assertEqual((status, answer["code"]), (400, "invalid_argument"))
        self.assertIn("UTF-8", answer["message"])
        status, answer = self.raw(b"\x0a\x01u\x12\x04caf\xe9", {"Content-Type": "application/proto"})
        self.assertEqual((status, answer["code"]), (400, "invalid_argument"))
        self.assert_nothing_changed()

    def test_broken_json(self):
        for body in [b"", b"{", b"[]", b'{"requestId": 1', b"nonsense", b'{"requestId": "a", "requestID": "b"}',
                     b'{"unknownField": 1}', b"[" * 100_000, b'{"card":' * 50_000]:
            with self.subTest(body=body[:40]):
                status, answer = self.raw(body)
                self.assertEqual((status, answer["code"]), (400, "invalid_argument"), answer)
        status, answer = self.raw(b'{"unknownField": 1}')
        self.assertIn("unknownField", answer["message"])
        self.assert_nothing_changed()

    # ---- who is asking

    def test_no_identity(self):
        for token in ["", "sp_admin_wrong", "Bearer x", "sp_admin_" + "A" * 43]:
            status, _, body = site.post(f"/{AUTHORIZE}", "{}", {**JSON_HEADERS, "Authorization": f"Bearer {token}"})
            answer = json.loads(body)
            self.assertEqual((status, answer["code"]), (401, "unauthenticated"))
            self.assertNotIn("admin", answer["message"])
        status, _, _ = site.post(f"/{AUTHORIZE}", "{}", JSON_HEADERS)
        self.assertEqual(status, 401)
        self.assert_nothing_changed()

    def test_token_of_the_wrong_role(self):
        for token, method, request in [
            ("reception", APPLY, {"requestId": "r", "document": ""}),
            ("auditor", AUTHORIZE, {"requestId": "r", "accessPointId": "main-in", "card": card(1, 1)}),
            ("auditor", "sallyport.directory.v1.DirectoryService/ListPeople", {}),
            ("reception", "sallyport.audit.v1.AuditService/GetCheckpoint", {}),
        ]:
            with self.subTest(token=token, method=method):
                error = self.refuse(method, request, token)
                self.assertEqual((error.status, error.code, error.message), (403, "permission_denied", "permission denied"))
        self.assert_nothing_changed()

    def test_expired_certificate(self):
        with tempfile.TemporaryDirectory() as folder:
            key, request, certificate = (pathlib.Path(folder) / name for name in ("c.key", "c.csr", "c.crt"))
            run = lambda *a: subprocess.run(["openssl", *map(str, a)], check=True, capture_output=True)
            run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
                "-subj", "/CN=gateway-1")
            past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=30)
            index = pathlib.Path(folder) / "index.txt"
            index.touch()
            settings = pathlib.Path(folder) / "ca.cnf"
            settings.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={index}\nnew_certs_dir={folder}\nserial={folder}/serial\n"
                                "rand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
            run("ca", "-batch", "-config", settings, "-cert", site.dir / "ca.crt", "-keyfile", site.dir / "ca.key", "-in", request,
                "-out", certificate, "-startdate", past.strftime("%Y%m%d%H%M%SZ"),
                "-enddate", (past + datetime.timedelta(days=1)).strftime("%Y%m%d%H%M%SZ"), "-notext")
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                connection = site.https((certificate, key))
                connection.request("POST", f"/{AUTHORIZE}", "{}", JSON_HEADERS)
                connection.getresponse()
            done = site.cli("--certificate", certificate, "--key", key, "--token", "", "operator", "whoami", check=False)
            self.assertNotEqual(done.returncode, 0)
        self.assert_nothing_changed()

    def test_a_gateway_calls_by_its_certificate_and_nothing_else(self):
        connection = site.https((site.dir / "gateway.crt", site.dir / "gateway.key"))
        connection.request("POST", "/sallyport.operator.v1.OperatorService/WhoAmI", "{}", JSON_HEADERS)
        answer = json.loads(connection.getresponse().read())
        self.assertEqual(answer["authenticatedBy"], "certificate")
        connection.request("POST", "/sallyport.audit.v1.AuditService/GetCheckpoint", "{}", JSON_HEADERS)
        response = connection.getresponse()
        self.assertEqual(response.status, 403)
        connection.close()

    # ---- documents

    def test_broken_facility_file(self):
        hash_before = site.call("sallyport.facility.v1.FacilityService/GetFacility", {})["documentHash"]
        document = (site.dir / "facility.yaml").read_text()
        marked = document.replace("restricted: true", "restricted: perhaps", 1)
        line = 1 + marked[: marked.index("restricted: perhaps")].count("\n")
        error = self.refuse(APPLY, {"requestId": "f", "document": marked, "fileName": "site.yaml"})
        self.assertEqual(error.code, "invalid_argument")
        self.assertIn(f"site.yaml:{line}:", error.message)
        self.assert_nothing_changed()
        broken = site.folder / "broken.yaml"
        broken.write_text(document + "\nareas: [unclosed\n")
        done = site.cli("facility", "plan", "-f", broken, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"broken\.yaml:\d+:")
        after = site.call("sallyport.facility.v1.FacilityService/GetFacility", {})
        self.assertEqual(after["documentHash"], hash_before)

    def test_policy_that_does_not_parse(self):
        files = {p.name: p.read_text() for p in (site.dir / "policies").iterdir()}
        files["floors.cedar"] += "\npermit (principal, action, resource) when { ;\n"
        line = files["floors.cedar"].count("\n")
        error = self.refuse("sallyport.policy.v1.PolicyService/ProposePolicySet", {"requestId": "p", "policySet": {"files": files}})
        self.assertEqual(error.code, "invalid_argument")
        self.assertIn(f"floors.cedar:{line}:", error.message)
        self.assert_nothing_changed()
        folder = site.folder / "broken-policies"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
        done = subprocess.run([BIN / "sallyport", "policy", "check", folder], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"floors.cedar:{line}:", done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
