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

    def test_tests_of_rulesets_try_all_that_can_happen(self):
        for folder in sorted((ROOT / "rulesets").iterdir()):
            out, err, code = lull("test", folder, "--coverage", "--json")
            self.assertEqual(code, 0, out + err)
            coverage = json.loads(out.splitlines()[-1])["coverage"]
            self.assertGreater(len(coverage), 10)
            self.assertEqual([item["name"] for item in coverage if not item["taken"]], [], folder.name)

    def test_parts_are_named_with_their_whole(self):
        self.write("""ruleset shop { zone "UTC"  channels call as task }
entity customer by customer_id
entity quote by quote_id within customer { model text }
event quote_started of quote sets model
event customer_seen of customer
unit sales
nudge ring of quote { on quote_started  do call "Call about the {quote.model}"  to sales }
nudge greet of customer { on customer_seen  do call "Hello"  to sales }""")
        log = self.rules / "log.jsonl"
        log.write_text("".join(
            json.dumps({"type": "quote_started", "time": f"2026-03-0{day}T10:00:00Z", "customer_id": whole,
                        "quote_id": key, "model": model}) + "\n"
            for day, whole, key, model in ((2, "C17", "Q4", "Civic"), (3, "C18", "Q4", "Accord"), (4, "C18", "Q5", "Jazz")))
            + json.dumps({"type": "customer_seen", "time": "2026-03-05T10:00:00Z", "customer_id": "C17"}) + "\n")
        _, err, code = lull("explain", self.rules, "--events", log, "--entity", "Q4")
        self.assertEqual(code, 2)
        self.assertIn("quote Q4 is of several customers: C17, C18; say which with --entity Q4 --of C17", err)
        for words in (["C18/Q4"], ["Q4", "--of", "C18"]):
            out, err, code = lull("explain", self.rules, "--events", log, "--entity", *words)
            self.assertEqual(code, 0, err)
            self.assertTrue(out.startswith("quote Q4 of customer C18 at Wed 2026-03-04 10:00"), out)
            self.assertIn("Accord", out)
            self.assertNotIn("Civic", out)
            report = json.loads(lull("explain", self.rules, "--events", log, "--json", "--entity", *words)[0])
            self.assertEqual(report["within"], {"type": "customer", "id": "C18"})
        out, _, code = lull("explain", self.rules, "--events", log, "--entity", "Q5")
        self.assertEqual((code, out.splitlines()[0]), (0, "quote Q5 of customer C18 at Wed 2026-03-04 10:00"))
        self.assertEqual(lull("explain", self.rules, "--events", log, "--entity", "Q4", "--of", "C19")[2], 1)
        self.assertEqual(
            lull("explain", self.rules, "--events", log, "--entity", "C17", "--of", "x", "--type", "customer")[2], 2)
        out, _, _ = lull("run", self.rules, "--events", log, "--format", "csv", "--quiet")
        self.assertEqual(out, "ring,Q4,2026-03-02T10:00:00Z,C17\nring,Q4,2026-03-03T10:00:00Z,C18\n"
                              "ring,Q5,2026-03-04T10:00:00Z,C18\ngreet,C17,2026-03-05T10:00:00Z,\n")

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
