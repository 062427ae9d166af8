"""The log as files of tlog-tiles: what is there, what is not, what caches are told, and who may read it."""

import gzip
import hashlib
import struct
import unittest

from harness import Site

TILE = 256
IMMUTABLE = "private, max-age=31536000, immutable"


def leaf_hashes(bundle):
    hashes = b""
    while bundle:
        (size,) = struct.unpack_from(">H", bundle)
        hashes += hashlib.sha256(b"\0" + bundle[2:2 + size]).digest()
        bundle = bundle[2 + size:]
    return hashes


class LogResources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(demo=True)
        cls.addClassCleanup(cls.site.close)
        cls.site.start()
        cls.size = cls.site.log_size()
        assert 1 < cls.size < TILE

    def status(self, path, **options):
        return self.site.get(path, **options)[0]

    def test_checkpoint(self):
        status, headers, body = self.site.get("/log/checkpoint")
        self.assertEqual((status, headers["Content-Type"], headers["Cache-Control"]),
                         (200, "text/plain; charset=utf-8", "no-cache"))
        origin, size = body.decode().split("\n")[:2]
        self.assertEqual(int(size), self.size)
        self.assertTrue((self.site.dir / "log.vkey").read_text().startswith(origin + "+"))

    def test_tiles_of_every_width(self):
        for width in (1, self.size - 1, self.size):
            status, headers, tile = self.site.get(f"/log/tile/0/000.p/{width}")
            self.assertEqual((status, headers["Content-Type"], headers["Cache-Control"], len(tile)),
                             (200, "application/octet-stream", IMMUTABLE, 32 * width))
            status, headers, bundle = self.site.get(f"/log/tile/entries/000.p/{width}")
            self.assertEqual((status, headers["Content-Type"], headers["Cache-Control"]),
                             (200, "application/octet-stream", IMMUTABLE))
            self.assertEqual(leaf_hashes(bundle), tile)

    def test_entries_are_packed_for_who_asks(self):
        path = f"/log/tile/entries/000.p/{self.size}"
        _, headers, plain = self.site.get(path)
        self.assertNotIn("Content-Encoding", headers)
        self.assertEqual(headers["Vary"], "Accept-Encoding")
        _, headers, packed = self.site.get(path, {"Accept-Encoding": "gzip"})
        self.assertEqual(headers["Content-Encoding"], "gzip")
        self.assertLess(len(packed), len(plain))
        self.assertEqual(gzip.decompress(packed), plain)

    def test_what_the_log_does_not_have(self):
        more = self.size + 1
        for path in ("tile/0/000", "tile/entries/000", f"tile/0/000.p/{more}", f"tile/entries/000.p/{more}", "tile/0/001.p/1",
                     "tile/1/000.p/1", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/01", "tile/64/000", "tile/00/000.p/1",
                     "tile/0/x000/000.p/1", "tile/-1/000", "tile/entries", "tile/data/000", "checkpoint/", "nothing"):
            status, headers, _ = self.site.get(f"/log/{path}")
            self.assertEqual((path, status), (path, 404))
            self.assertEqual((path, headers["Cache-Control"]), (path, "no-store"))

    def test_only_who_may_read(self):
        for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1", "tile/nothing"):
            self.assertEqual(self.status(f"/log/{path}", token=None), 401)
            self.assertEqual(self.status(f"/log/{path}", token=None, headers={"Authorization": "Bearer wrong"}), 401)
            self.assertEqual(self.status(f"/log/{path}", token="reception"), 403)

    def test_head_and_other_verbs(self):
        connection = self.site.https()
        self.addCleanup(connection.close)
        headers = {"Authorization": f"Bearer {self.site.token()}"}
        for path in ("checkpoint", "tile/0/000.p/1"):
            connection.request("HEAD", f"/log/{path}", headers=headers)
            response = connection.getresponse()
            self.assertEqual((response.status, response.read()), (200, b""))
            self.assertGreater(int(response.headers["Content-Length"]), 0)
        connection.request("POST", "/log/checkpoint", b"", headers)
        response = connection.getresponse()
        response.read()
        self.assertEqual((response.status, response.headers["Allow"]), (405, "GET, HEAD"))


if __name__ == "__main__":
    unittest.main()
