"""kill -9 in the middle of a replay: nothing acknowledged is lost, nothing is recorded twice, the log verifies."""

import os
import pathlib
import random
import subprocess
import time
import unittest

from harness import BIN, Site

KILLS = int(os.environ.get("SALLYPORT_KILLS", "50"))
READS = 3000


def write_reads(path, access_points, credentials):
    rng = random.Random(1)
    with open(path, "w", encoding="utf-8") as out:
        out.write("time,door,credential\n")
        for i in range(READS):
            seconds = i * 2
            out.write(f"2026-03-02 {8 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},"
                      f"{rng.choice(access_points)},{rng.choice(credentials)}\n")


MAP = """\
name: crash
timestamp: {template: "{time}", format: "%Y-%m-%d %H:%M:%S", time_zone: Asia/Seoul}
card: {template: "{credential}", format: credential}
access_point: {template: "{door}"}
"""


class KillNine(unittest.TestCase):
    def setUp(self):
        self.site = Site(demo=True, simulation=True)
        self.addCleanup(self.site.close)
        folder = self.site.folder
        self.reads, self.map, self.acknowledged = folder / "reads.csv", folder / "map.yaml", folder / "acknowledged"
        write_reads(self.reads, ["main-in", "f3-lab-in", "f3-lab-out", "f2-interview-in"],
                    ["B-107", "B-108", "B-101", "B-104", "B-999"])
        self.map.write_text(MAP)

    def replay(self):
        """Starts a replay that gives up when the server goes away."""
        site = self.site
        self.acknowledged.unlink(missing_ok=True)
        command = [BIN / "sallyport", "--profile", site.dir / "client.yaml", "--server", site.addresses["grpc"], "replay",
                   "--reads", self.reads, "--map", self.map, "--acknowledged", self.acknowledged]
        return subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def answered(self):
        """request_id → index, of what this replay saw acknowledged; a torn last line does not count."""
        if not self.acknowledged.exists():
            return {}
        lines = self.acknowledged.read_text().split("\n")[:-1]
        return {request: int(index) for request, index in (line.split() for line in lines)}

    def test_fifty_times(self):
        rng = random.Random(int(os.environ.get("SALLYPORT_SEED", "20260302")))
        acknowledged = {}
        last = 0
        for kill in range(KILLS):
            self.site.start()
            client = self.replay()
            # A random moment between the first answer of what is new and the end.
            wanted = min(READS - 1, last + rng.randint(0, max(1, 2 * (READS - last) // (KILLS - kill))))
            while client.poll() is None and len(self.answered()) <= wanted:
                time.sleep(0.001)
            self.site.kill()
            client.communicate(timeout=60)
            seen = self.answered()
            for request, index in seen.items():
                self.assertEqual(acknowledged.setdefault(request, index), index, f"{request} was recorded twice")
            last = max(last, len(seen))
            done = self.site.verify_database()
            self.assertIn("verified", done.stdout)
        self.site.start()
        client = self.replay()
        output, errors = client.communicate(timeout=300)
        self.assertEqual(client.returncode, 0, errors)
        self.assertIn(f"reads {READS}", output)
        for request, index in self.answered().items():
            self.assertEqual(acknowledged.setdefault(request, index), index, f"{request} was recorded twice")
        self.assertEqual(len(acknowledged), READS)
        self.assertEqual(self.site.stop(), 0)
        verified = self.site.verify_database().stdout

        # The log is the one that a run without any kill makes, record for record.
        undisturbed = Site(demo=True, simulation=True)
        self.addCleanup(undisturbed.close)
        killed, self.site = self.site, undisturbed
        undisturbed.start()
        client = self.replay()
        _, errors = client.communicate(timeout=300)
        self.assertEqual(client.returncode, 0, errors)
        self.assertEqual(undisturbed.stop(), 0)
        self.assertEqual(root_of(undisturbed.verify_database().stdout), root_of(verified))
        del killed


def root_of(output):
    return next(line.split()[-1] for line in output.splitlines() if line.startswith("root"))


if __name__ == "__main__":
    unittest.main()
