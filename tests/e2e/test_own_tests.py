"""`lull test` and `lull explain`, from outside."""
import gzip
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from harness import LULL, mini_rules

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

LATE = """
test "an answer within two hours" {
  customer "c-1"
  at 2026-03-02 10:00 asked { topic "rates" }
  at +1h answered
  at +5h expect no answer
}
test "no answer" {
  customer "c-1"
  at 2026-03-02 10:00 asked { topic "rates" }
  at +3h expect answer
}
"""


def lull(*arguments):
    done = subprocess.run([LULL, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    return done.stdout, done.stderr, done.returncode


class OwnTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.rules = pathlib.Path(self.folder.name)

    def write(self, *texts):
        (self.rules / "rules.lull").write_text("\n".join(texts))

    def test_rulesets_pass_their_tests(self):
        tried = 0
        for folder in sorted((ROOT / "rulesets").iterdir()):
            if not any('\ntest "' in path.read_text() for path in folder.glob("*.lull")):
                continue
            for engine in ([], ["--native"]):
                out, err, code = lull("test", folder, *engine)
                self.assertEqual(code, 0, out + err)
            tried += 1
        self.assertGreaterEqual(tried, 2)

    def test_exit_codes_and_reports(self):
        self.write(mini_rules(hours=2), LATE)
        report = self.rules / "junit.xml"
        out, _, code = lull("test", self.rules, "--json", "--junit", report)
        self.assertEqual(code, 1)
        results = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([result["passed"] for result in results], [True, False])
        self.assertIn("but at Mon 2026-03-02 12:00", results[1]["failures"][0]["message"])
        suite = xml.etree.ElementTree.parse(report).getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", "1"))
        self.assertEqual(lull("test", self.rules, "--name", "*within*")[2], 0)
        self.assertEqual(lull("test", self.rules, "--name", "nobody")[2], 2)
        self.write("ruleset broken {")
        self.assertEqual(lull("test", self.rules)[2], 2)

    def test_coverage(self):
        self.write(mini_rules(hours=2), LATE)
        out, _, _ = lull("test", self.rules, "--json", "--coverage")
        items = {item["name"]: item["taken"] for item in json.loads(out.splitlines()[-1])["coverage"]}
        self.assertTrue(items["answer"])
        self.assertTrue(items["not_answered begins"])
        self.assertFalse(items["answer: expired"])

    def test_explain(self):
        self.write(mini_rules(hours=2))
        events = self.rules / "events.jsonl.gz"
        with gzip.open(events, "wt") as file:
            for key in ("c-1", "c-2"):
                file.write(json.dumps({"type": "asked", "time": "2026-03-02T10:00:00Z", "customer_id": key,
                                       "topic": "rates"}) + "\n")
        out, err, code = lull("explain", self.rules, "--events", events, "--entity", "c-2", "--nudge", "answer",
                              "--at", "2026-03-02T11:00:00Z", "--json")
        self.assertEqual(code, 0, err)
        answer = json.loads(out)
        self.assertEqual(answer["key"], "c-2")
        self.assertIn("waiting until Mon 2026-03-02 12:00", answer["nudges"][0]["summary"])
        out, _, _ = lull("explain", self.rules, "--events", events, "--entity", "c-1", "--at", "2026-03-02T12:00:00Z")
        self.assertIn("its task is open, since Mon 2026-03-02 12:00", out)
        self.assertEqual(lull("explain", self.rules, "--events", events, "--entity", "c-9")[2], 1)
        self.assertEqual(lull("explain", self.rules, "--events", events, "--entity", "c-1", "--nudge", "anser")[2], 2)


if __name__ == "__main__":
    unittest.main()
