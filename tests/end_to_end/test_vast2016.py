"""Real input: a week of badge reads of the VAST Challenge 2016 building, replayed twice."""

import os
import pathlib
import subprocess
import unittest

from harness import BIN, ROOT, SHARED

READS = SHARED / "vast2016" / "badge-reads-week1.csv"


@unittest.skipUnless(READS.exists(), f"needs {READS}")
class Vast2016(unittest.TestCase):
    def replay(self):
        done = subprocess.run([ROOT / "tests" / "replay" / "vast2016.sh", READS], capture_output=True, text=True, timeout=800,
                              env=dict(os.environ, SALLYPORT_BIN=str(BIN)))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return dict(line.split() for line in done.stdout.splitlines())

    def test_every_read_is_one_decision_and_the_root_repeats(self):
        first = self.replay()
        reads = sum(1 for line in READS.read_text().splitlines()[1:] if line.strip())
        self.assertEqual(int(first["reads"]), reads)
        self.assertEqual(int(first["grant"]) + int(first["deny"]), reads)
        self.assertRegex(first["root"], "^[0-9a-f]{64}$")
        self.assertEqual(self.replay(), first)


if __name__ == "__main__":
    unittest.main()
