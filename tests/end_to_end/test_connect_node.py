"""The Connect protocol's own client (connect-node) against a real daemon; the tests are in tests/connect."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import ROOT, Site

FOLDER = ROOT / "tests" / "connect"


@unittest.skipUnless((FOLDER / "node_modules" / ".installed").exists(), "needs npm packages: ./dev test installs them")
class ConnectNode(unittest.TestCase):
    def test_all(self):
        with tempfile.TemporaryDirectory() as temporary, Site(demo=True) as site:
            work = pathlib.Path(temporary)
            # Modules are looked up from where the importing file is.
            (work / "node_modules").symlink_to(FOLDER / "node_modules")
            (work / "package.json").write_text('{"type": "module"}')
            protos = [str(p.relative_to(ROOT / "proto")) for p in (ROOT / "proto" / "sallyport").rglob("*.proto")]
            subprocess.run(
                ["protoc", "-I", ROOT / "proto", f"--plugin=protoc-gen-es={FOLDER}/node_modules/.bin/protoc-gen-es",
                 f"--es_out={work}/gen", "--es_opt=target=js,import_extension=js", *protos, "google/rpc/error_details.proto"],
                check=True, cwd=ROOT, preexec_fn=lambda: os.makedirs(work / "gen", exist_ok=True))
            environment = dict(
                os.environ, SALLYPORT_GEN=str(work / "gen"), SALLYPORT_CA=str(site.dir / "ca.crt"),
                SALLYPORT_HTTPS=f"https://{site.addresses['https']}", SALLYPORT_TOKEN=site.token(),
                SALLYPORT_ACCESS_POINT="main-in", SALLYPORT_CREDENTIAL="B-104")
            done = subprocess.run(["node", "--test", FOLDER / "connect.test.mjs"], env=environment, cwd=FOLDER,
                                  capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr + site.daemon_log()[-3000:])


if __name__ == "__main__":
    unittest.main()
