"""What an owner does with policies: check, test, propose, replay the demo's day under them, activate, take them back."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BIN, ROOT, RpcError, Site

POLICIES = ROOT / "policies"

# Nobody enters the compute hall; and the research floor asks for no clearance any more.
CLOSED = """
@id("compute-closed")
@reason("THREAT_LEVEL")
@priority("95")
@advice("The compute hall is closed.")
forbid (
  principal is Person,
  action == Action::"enter",
  resource is AccessPoint in Area::"compute"
);
"""
CLEARANCE = "when { principal.clearance < resource.area.clearanceMin };"


class DemoDay(Site):
    """A site that scripts/demo.sh left behind: one day in the demo facility."""

    def __init__(self, left_behind):  # no init of its own
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-"))
        self.dir = self.folder / "site"
        self.process = None
        self.addresses = {}
        shutil.copytree(left_behind, self.dir)
        config = self.dir / "sallyportd.yaml"
        config.write_text(re.sub(r"127\.0\.0\.1:[0-9]+", "127.0.0.1:0", config.read_text()))


class Policies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="sallyport-test-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.day = pathlib.Path(folder) / "site"
        subprocess.run([ROOT / "scripts" / "demo.sh", "--once"], check=True, capture_output=True, text=True, timeout=600,
                       env=dict(os.environ, SALLYPORT_BIN=str(BIN), SALLYPORT_DEMO_DIR=str(cls.day)))

    def setUp(self):
        self.site = DemoDay(self.day)
        self.addCleanup(self.site.close)
        self.site.start()

    def folder(self, name, **files):
        """A copy of the policies with other files in it."""
        folder = self.site.folder / name
        shutil.copytree(POLICIES, folder)
        for file, text in files.items():
            (folder / f"{file}.cedar").write_text(text)
        return folder

    def diff(self, *arguments):
        """The changes of a replay, and its counts."""
        lines = [json.loads(line) for line in self.site.cli("policy", "diff", *arguments, "-o", "json").stdout.splitlines()]
        changes = [(line["accessPointId"], line["reasonCodeBefore"], line["reasonCodeAfter"], line.get("policies", []))
                   for line in lines if not line.get("progress")]
        return changes, {name: int(value) for name, value in lines[-1]["progress"].items() if name != "done"}

    def read(self, access_point, credential):
        answer = self.site.call("sallyport.access.v1.AccessService/Authorize", {
            "requestId": os.urandom(8).hex(), "accessPointId": access_point, "credentialId": credential})
        return answer["reasonCode"]

    def test_a_broken_set_is_shown_with_its_place(self):
        broken = self.folder("broken", more='@id("more")\nforbid (principal, action, resource)\nwhen { principal.shoe > 40 };\n')
        for verb in "check", "validate":
            done = self.site.cli("policy", verb, broken, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("more.cedar:3:", done.stdout)
            self.assertIn("3 | when { principal.shoe > 40 };", done.stdout)
            self.assertIn("^^^^", done.stdout)
        done = self.site.cli("policy", "propose", broken, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("more.cedar:3:", done.stdout)
        with self.assertRaises(RpcError) as refused:  # nor by whom does not check first
            files = {path.name: path.read_text() for path in broken.glob("*.cedar*")}
            self.site.call("sallyport.policy.v1.PolicyService/ProposePolicySet",
                           {"requestId": "broken", "policySet": {"files": files}})
        self.assertIn("more.cedar:3:", refused.exception.message)

    def test_cases_run_here_and_on_the_server(self):
        for more in [], ["--remote"], ["--each-policy-matters"]:
            self.assertRegex(self.site.cli("policy", "test", POLICIES, *more).stdout, r"^[0-9]{2,} cases passed, 0 failed\n$")
        self.site.cli("policy", "format", "--check", POLICIES)
        strict = self.folder("strict", more=CLOSED.replace("compute", "lab"))
        for more in [], ["--remote"]:
            done = self.site.cli("policy", "test", strict, *more, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"floors\.yaml:[0-9]+: an access level opens .*: expected allow, got deny")

    def test_the_day_is_decided_again_as_it_was(self):
        changes, counts = self.diff(POLICIES)
        self.assertEqual(changes, [])
        self.assertEqual(counts, {"decisions": counts["decisions"], "replayed": counts["decisions"] - 1, "changed": 0,
                                  "notByPolicies": 1, "erased": 0, "factsMissing": 0})
        self.assertGreater(counts["decisions"], 20)
        events = json.loads(self.site.cli("event", "list", "--kind", "decision", "--limit", "0", "-o", "json").stdout)["events"]
        self.assertEqual(len(events), counts["decisions"])
        for event in events:  # the server compares outcome, reasons and policies with the record
            why = json.loads(self.site.cli("access", "explain", "--record", event["index"], "-o", "json").stdout)
            self.assertEqual((why["decision"], why["reasonCode"], why["determiningPolicies"]),
                             (event["decision"], event["reasonCode"], event["determiningPolicies"]))

    def test_propose_diff_activate_and_back(self):
        floors = (POLICIES / "floors.cedar").read_text()
        self.assertIn(CLEARANCE, floors)
        new = self.folder("new", more=CLOSED, floors=floors.replace(CLEARANCE, CLEARANCE.replace("<", "< 0 &&  0 <")))
        self.site.cli("policy", "check", new)
        expected = [("f3-compute-in", "GRANTED_FIRST_OF_TWO", "THREAT_LEVEL", ["compute-closed"]),
                    ("f3-compute-in", "GRANTED", "THREAT_LEVEL", ["compute-closed"]),
                    # Yoon, and Han, who lacks more than a clearance.
                    ("f3-lab-in", "CLEARANCE_INSUFFICIENT", "GRANTED", ["access-level:research:access-point:f3-lab-in"]),
                    ("f3-lab-in", "CLEARANCE_INSUFFICIENT", "NOT_ON_PROJECT", ["project-membership", "briefing-current"])]
        self.assertEqual(self.diff(new)[0], expected)
        proposed = json.loads(self.site.cli("policy", "propose", new, "-o", "json").stdout)["hash"]
        self.assertEqual(self.diff(proposed)[0], expected)
        table = self.site.cli("policy", "diff", proposed).stdout
        self.assertRegex(table, r"f3-compute-in +grant GRANTED +deny THREAT_LEVEL +access-level:compute:\S+ +compute-closed\n")
        self.assertRegex(table, r"would change +4\n")
        self.assertEqual(self.diff(proposed, "--from", "now")[1]["decisions"], 0)

        self.assertEqual(self.read("f3-lab-in", "B-109"), "CLEARANCE_INSUFFICIENT")
        before = json.loads(self.site.cli("policy", "show", "-o", "json").stdout)["policySet"]["hash"]
        self.site.cli("policy", "activate", proposed)
        self.assertEqual(self.read("f3-lab-in", "B-109"), "GRANTED")
        record = self.site.log_size() - 1
        self.site.cli("policy", "rollback")
        self.assertEqual(self.read("f3-lab-in", "B-109"), "CLEARANCE_INSUFFICIENT")
        # Each decision names its set, and is explained by it.
        for index, policy_set, reason in (record, proposed, "GRANTED"), (self.site.log_size() - 1, before, "CLEARANCE_INSUFFICIENT"):
            why = json.loads(self.site.cli("access", "explain", "--record", index, "-o", "json").stdout)
            self.assertEqual((why["policySetHash"], why["reasonCode"]), (policy_set, reason))

        self.nobody_is_locked_out()
        self.site.stop()
        self.site.verify_database()

    def nobody_is_locked_out(self):
        locked = self.folder("locked", more='@id("locked")\n@reason("LOCKED")\nforbid (\n  principal is Operator,\n'
                             '  action in Action::"activatePolicy",\n  resource == System::"sallyport"\n);\n')
        proposed = json.loads(self.site.cli("policy", "propose", locked, "-o", "json").stdout)["hash"]
        done = self.site.cli("policy", "activate", proposed, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("LOCK_OUT", done.stderr)
        done = self.site.cli("operator", "update", "admin", "--name", "Administrator", "--role", "administrator",
                             "--suspended", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("LAST_ADMINISTRATOR", done.stderr)


if __name__ == "__main__":
    unittest.main()
