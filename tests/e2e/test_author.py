"""What an author does at the terminal: a new ruleset, its form, its cost."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import LULL


class Author(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def lull(self, *arguments, code=0):
        done = subprocess.run([LULL, *map(str, arguments)], cwd=self.folder.name, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def write(self, name, text):
        path = pathlib.Path(self.folder.name) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def test_new_ruleset_works_as_it_is(self):
        self.lull("new", "my_shop")
        self.assertNotIn("warning", self.lull("check", "my_shop"))
        self.assertEqual(self.lull("fmt", "--check", "my_shop"), "")
        self.lull("test", "my_shop")
        coverage = json.loads(self.lull("test", "my_shop", "--coverage", "--json").splitlines()[-1])["coverage"]
        self.assertGreater(len(coverage), 10)
        self.assertEqual([item["name"] for item in coverage if not item["taken"]], [])
        actions = [json.loads(line) for line in
                   self.lull("run", "my_shop", "--events", "my_shop/events.jsonl").splitlines() if line.startswith("{")]
        self.assertEqual(sorted((a["nudge"], a["entity"]["id"]) for a in actions),
                         [("call_about_cart", "c-3"), ("remind_of_cart", "c-1")])
        self.lull("new", "my_shop", code=2)
        self.lull("new", "my_shop", "--force")
        self.lull("new", "My-Shop", code=2)

    def test_fmt_changes_what_is_not_in_form_and_nothing_else(self):
        self.lull("new", "shop")
        good = (pathlib.Path(self.folder.name) / "shop/shop.lull").read_text()
        self.write("shop/shop.lull", good.replace("\n  ", "\n      "))
        self.assertIn("shop.lull", self.lull("fmt", "--check", "shop", code=1))
        self.lull("fmt", "shop")
        self.assertEqual((pathlib.Path(self.folder.name) / "shop/shop.lull").read_text(), good)
        self.write("shop/broken.lull", "unit   a  b }")
        self.lull("fmt", "shop", code=1)
        self.assertEqual((pathlib.Path(self.folder.name) / "shop/broken.lull").read_text(), "unit   a  b }")

    def test_cost_names_what_dominates(self):
        self.lull("new", "shop")
        self.assertIn("customer: at most", self.lull("cost", "shop"))
        cost = json.loads(self.lull("cost", "shop", "--json", "--entities", "1000"))
        self.assertEqual(cost["bytes_in_all"], 1000 * cost["bytes"])
        self.assertEqual(cost["bytes"], sum(item["bytes"] for item in cost["memory"]))
        self.assertIn("cart_left", cost["memory"][0]["uses"])
        for event in cost["events"]:
            self.assertGreater(event["instructions"], 0)
            self.assertEqual(event["instructions"], sum(part["instructions"] for part in event["parts"]))

    def test_diff_tells_what_becomes_of_state(self):
        self.lull("new", "shop")
        shutil.copytree(pathlib.Path(self.folder.name) / "shop", pathlib.Path(self.folder.name) / "next")
        self.write("next/more.lull", "unit helpers\n")
        self.assertIn("nothing changes", self.lull("diff", "shop", "shop", "--exit-code"))
        self.assertIn("unit helpers", self.lull("diff", "shop", "next"))
        plan = json.loads(self.lull("diff", "shop", "next", "--json", "--exit-code", code=1))
        self.assertNotEqual(plan["before"], plan["after"])
        self.assertIn(("added", "unit", "helpers"), [(d["change"], d["of"], d["name"]) for d in plan["declarations"]])
        self.assertNotIn("\x1b", self.lull("diff", "shop", "next"))
        self.write("next/more.lull", "unit  a b }")
        self.lull("diff", "shop", "next", code=1)
        self.lull("diff", "shop", "nowhere", code=3)

    def test_shared_declarations_and_a_table_from_a_file(self):
        self.lull("new", "shop")
        self.write("common/units.lull", "unit helpers\n")
        self.write("shop/prices.csv", "name,fee\nAda,20.5\n,1\n")
        self.write("shop/more.lull", 'use "../common"\ntable fee of customer (name) gives money from "prices.csv"\n'
                   'nudge greet of customer {\n  on order_placed\n  do call "Fee {fee}"\n  to helpers\n  worth fee\n}\n')
        before = self.lull("check", "shop")
        self.write("shop/prices.csv", "name,fee\nAda,21.5\n,1\n")
        self.assertNotEqual(self.lull("check", "shop"), before)  # another version
        self.write("shop/prices.csv", "name,fee\nAda,much\n,1\n")
        done = subprocess.run([LULL, "check", "shop"], cwd=self.folder.name, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("prices.csv:2:5", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
