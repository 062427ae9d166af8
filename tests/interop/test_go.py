"""Go's checksum-database code reads a running daemon's log: every record is included, and every older log is a prefix.

check_log.go is built from Debian's golang-golang-x-mod-dev, without a network.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "end_to_end"))

from harness import Site, card  # noqa: E402

GO_PATH = "/usr/share/gocode"  # where Debian's packages put sources
READS = 300  # over a tile's border


def build(folder):
    """The program. GOCACHE, when set, keeps what was compiled for the next time."""
    environment = dict(os.environ, GO111MODULE="off", GOPATH=GO_PATH, GOFLAGS="", CGO_ENABLED="0", GOPROXY="off")
    environment.setdefault("GOCACHE", str(folder / "cache"))
    program = folder / "check_log"
    subprocess.run(["go", "build", "-o", program, HERE / "check_log.go"], check=True, env=environment, timeout=300)
    return program


class Go(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="sallyport-go-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.program = build(pathlib.Path(cls.folder.name))

    def setUp(self):
        self.site = Site(demo=True)
        self.addCleanup(self.site.close)
        self.site.start()

    def check(self, *more, vkey=None, token="admin"):
        site = self.site
        arguments = ["-url", f"https://{site.addresses['https']}/log", "-ca", site.dir / "ca.crt", "-vkey",
                     vkey or site.dir / "log.vkey"]
        arguments += ["-token", site.dir / f"{token}.token"] if token else []
        return subprocess.run([self.program, *arguments, *more], capture_output=True, text=True, timeout=120)

    def assert_refused(self, done, why):
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(why, done.stderr)

    def read_cards(self, count):
        headers = {"Authorization": f"Bearer {self.site.token()}", "Content-Type": "application/json"}
        with contextlib.closing(self.site.https()) as connection:
            for _ in range(count):
                request = {"requestId": str(uuid.uuid4()), "accessPointId": "main-in", "card": card(42, 104)}
                connection.request("POST", "/sallyport.access.v1.AccessService/Authorize", json.dumps(request), headers)
                response = connection.getresponse()
                self.assertEqual(response.status, 200, response.read())
                response.read()

    def test_inclusion_and_consistency(self):
        folder = self.site.folder
        done = self.check("-save", folder / "first")
        self.assertEqual(done.returncode, 0, done.stderr)
        first = int((folder / "first").read_text().split("\n")[1])
        self.assertEqual(done.stdout, f"included {first}\n")

        self.read_cards(READS)
        done = self.check("-older", folder / "first", "-save", folder / "second")
        self.assertEqual(done.returncode, 0, done.stderr)
        second = int((folder / "second").read_text().split("\n")[1])
        self.assertGreaterEqual(second, first + READS)
        self.assertEqual(done.stdout, f"included {second}\nconsistent {first} {second}\n")

        self.read_cards(1)
        done = self.check("-older", folder / "second")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"consistent {second} {second + 1}", done.stdout)

    def test_refusals(self):
        other = Site()
        self.addCleanup(other.close)
        self.assert_refused(self.check(vkey=other.dir / "log.vkey"), "note has no verifiable signatures")
        self.assert_refused(self.check(token=None), "401")

        first = self.site.folder / "first"
        self.check("-save", first)
        text = first.read_text()
        root = text.split("\n")[2]
        first.write_text(text.replace(root, ("B" if root[0] == "A" else "A") + root[1:]))
        self.assert_refused(self.check("-older", first), "invalid signature")


if __name__ == "__main__":
    unittest.main()
