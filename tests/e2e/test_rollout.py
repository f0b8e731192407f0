"""A candidate beside the ruleset in force: canaries own a share of the entities, shadows send nothing; both are entries of the log."""
import json
import os
import shutil
import subprocess
import time
import unittest

from harness import LULL, WAIT_S, event, mini_rules, wait_until
from test_deploy import Deploying

KILLS = int(os.environ.get("LULL_ROLLOUT_KILLS", "4"))


class Rollout(Deploying):
    def candidate(self, serve):
        return serve.status().get("candidate")

    def ask_all(self, hour, minute=0, count=40):
        """Every customer asks."""
        with self.broker.client() as client:
            for i in range(count):
                client.store("shop.a", event("asked", f"2026-03-02T{hour:02}:{minute:02}:00Z", f"c{i}", topic="x"))

    def tick(self, text):
        with self.broker.client() as client:
            client.store("lull.e2e.tick", text)

    def answered(self, hour):
        """Customers by the hour at which somebody was told to answer."""
        return {a["entity"]["id"] for a in self.actions().values()
                if a["nudge"] == "answer" and a["time"] == f"2026-03-02T{hour:02}:00:00Z"}

    def everybody(self, count=40):
        return {f"c{i}" for i in range(count)}

    def row(self, revision):
        return next(row for row in self.history() if row["revision"] == revision)


class Canary(Rollout):
    def test_promoted_and_taken_back(self):
        self.write_rules(mini_rules(hours=2, second_hours=90))
        serve = self.serve_bucket()
        code, text = self.deploy(mini_rules(hours=4, second_hours=90), "--canary", "50%", "--comment", "longer waits")
        self.assertEqual(code, 0, text)
        self.assertIn("revision 1 is a canary for 50% of the entities", text)
        self.ask_all(4)
        self.tick("2026-03-02T06:30:00Z")
        self.tick("2026-03-02T08:30:00Z")
        self.wait_for_all(serve)
        stayed, moved = self.answered(6), self.answered(8)
        self.assertEqual((stayed | moved, stayed & moved), (self.everybody(), set()))
        self.assertTrue(5 < len(moved) < 35, moved)
        now = self.candidate(serve)
        self.assertEqual((now["kind"], now["revision"], now["share"], now["entities"], now["actions"], now["errors"]),
                         ("canary", 1, "50%", len(moved), len(moved), 0))
        self.assertEqual(serve.status()["revision"], 0)
        before = self.outputs()
        # A crash, and a start that reads the whole log, change nothing.
        for state in ("kept", "lost"):
            serve.kill()
            if state == "lost":
                shutil.rmtree(self.folder / "state")
            serve.start()
            serve.wait_for_line("caught up", 2 + (state == "lost"))
            self.assertEqual(self.candidate(serve), {**now, "engine": self.candidate(serve)["engine"]})
            self.assertEqual(self.outputs(), before)
        # Taken back: the share decides as the others do.
        code, text = self.lull("rollback", "--comment", "too slow", key="ann")
        self.assertEqual(code, 0, text)
        self.assertIsNone(self.candidate(serve))
        self.assertEqual((self.row(1)["outcome"], self.row(2)["outcome"]), ("fell_back", "accepted"))
        self.assertRegex(self.row(1)["why"], "taken back by .*: too slow")
        self.ask_all(10)
        self.tick("2026-03-02T12:30:00Z")
        self.wait_for_all(serve)
        self.assertEqual(self.answered(12), self.everybody())
        # The share is the same another time, and what is promoted is in force for all.
        code, text = self.deploy(mini_rules(hours=4, second_hours=90), "--canary", "50%")
        self.assertEqual(code, 0, text)
        self.ask_all(13)
        self.tick("2026-03-02T15:30:00Z")
        self.wait_for_all(serve)
        self.assertEqual(self.answered(15), stayed)
        code, text = self.lull("promote", key="ann")
        self.assertEqual(code, 0, text)
        self.assertEqual((self.row(3)["outcome"], self.row(4)["outcome"]), ("accepted", "accepted"))
        self.assertEqual(serve.status()["revision"], 4)
        self.ask_all(17, minute=0)
        self.tick("2026-03-02T21:30:00Z")
        self.wait_for_all(serve)
        self.assertEqual(self.answered(19), set())
        self.assertEqual(self.answered(21), self.everybody())
        code, text = self.lull("promote", key="ann")
        self.assertEqual(code, 3, text)
        self.assertIn("no canary or shadow is under way", text)
        before = self.outputs()
        serve.kill()
        shutil.rmtree(self.folder / "state")
        serve.start()
        serve.wait_for_line("caught up", 4)
        self.assertEqual(self.outputs(), before)
        self.assertEqual({row["revision"]: row["outcome"] for row in self.history()},
                         {1: "fell_back", 2: "accepted", 3: "accepted", 4: "accepted"})

    def test_guards_end_it(self):
        self.write_rules(mini_rules(hours=2, second_hours=90))
        serve = self.serve_bucket()
        code, text = self.deploy(mini_rules(hours=1, second_hours=90), "--canary", "50%", "--guard", "actions-per-hour=..3",
                                 "--guard", "errors-per-hour=..0")
        self.assertEqual(code, 0, text)
        self.ask_all(4)
        self.tick("2026-03-02T05:30:00Z")
        status = self.wait_for_outcome(1, "fell_back")
        self.assertRegex(status["why"], r"fell back by itself: guard actions-per-hour=\.\.3: \d+ in the last hour")
        self.assertIsNone(self.candidate(serve))
        self.ask_all(6)
        self.tick("2026-03-02T08:30:00Z")
        self.wait_for_all(serve)
        self.assertEqual(self.answered(7), set())
        self.assertEqual(self.answered(8), self.everybody())
        # Who decided, and why, stands in the log.
        with self.broker.client() as client:
            markers = [json.loads(payload) for _, subject, _, payload in client.messages("LULL_E2E_IN") if subject == "lull.e2e.deploy"]
        self.assertEqual([(m.get("revision", 0), m.get("ends", 0), "rollout" in m) for m in markers],
                         [(0, 0, False), (1, 0, True), (0, 1, False)])
        self.assertEqual(markers[-1]["decided"], status["why"])
        # A new one goes on from there; it puts itself in force once its time is over.
        code, text = self.deploy(mini_rules(hours=3, second_hours=90), "--canary", "5%", "--promote-after", "1s")
        self.assertEqual(code, 0, text)
        time.sleep(1.1)
        self.tick("2026-03-02T08:40:00Z")
        self.assertIn("promoted by itself", self.wait_for_outcome(2, "accepted")["why"])
        self.assertEqual((serve.status()["revision"], self.candidate(serve)), (2, None))

    def test_a_bad_one_is_refused(self):
        self.write_rules(mini_rules(hours=2))
        serve = self.serve_bucket()
        crossing = mini_rules() + "\nentity store by store_id\nevent moved_in of customer, store { note text }\n"
        code, text = self.deploy(crossing, "--canary", "5%")
        self.assertEqual(code, 1, text)
        self.assertIn("moved_in is of several entities", text)
        other_key = mini_rules(hours=3).replace("customer by customer_id", "customer by other_id")
        code, text = self.deploy(other_key, "--shadow")
        self.assertEqual(code, 1, text)
        self.assertIn("has another key", text)
        for words in (["--canary", "5"], ["--canary", "0%"], ["--guard", "errors-per-hour=..0"],
                      ["--canary", "5%", "--guard", "errors=3"], ["--canary", "5%", "--shadow"]):
            code, text = self.deploy(mini_rules(hours=3), *words)
            self.assertEqual(code, 2, f"{words}: {text}")
        self.assertIsNone(self.candidate(serve))
        code, text = self.deploy(mini_rules(hours=3))
        self.assertEqual(code, 0, text)
        # What is over is not promoted.
        code, text = self.lull("promote", "3", key="ann")
        self.assertEqual(code, 1, text)
        self.assertIn("is not under way", text)

    def test_killed_under_load(self):
        """Candidates that decide the same come, grow, go and are promoted, while the service is killed."""
        self.retail_rules()
        events = self.simulate(customers=200)
        serve = self.serve_bucket()
        publisher = self.publish_slowly(events, 1500)
        folders = []
        for number in range(3):
            folder = self.folder / f"variant{number}"
            shutil.copytree(self.rules, folder)
            (folder / "extra.lull").write_text(
                f"feature busy_{number} of customer = count of activity in last {number + 1} days\n"
                f"nudge never_{number} of customer {{\n  while busy_{number} > 1000000\n"
                f'  do call "never"\n  to sales / store\n}}\n')
            folders.append(folder)
        steps = [("deploy", str(folders[0]), "--canary", "20%"), ("deploy", str(folders[0]), "--canary", "60%"),
                 ("rollback",), ("deploy", str(folders[1]), "--canary", "30%"), ("promote",),
                 ("deploy", str(folders[2]), "--shadow"), ("deploy", str(folders[2]), "--canary", "10%"), ("promote",)]
        kills = set(self.random.sample(range(len(steps)), min(KILLS, len(steps))))
        for number, step in enumerate(steps):
            if number in kills:
                time.sleep(self.random.uniform(0, 0.3))
                serve.kill()
                serve.start()
            code, text = self.lull(*step, key="ann")
            self.assertEqual(code, 0, f"{step}: {text}")
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)

        def without_version(actions):
            return {id: {name: value for name, value in action.items() if name != "version"}
                    for id, action in actions.items()}

        expected, withdrawn = self.replay(events)
        self.assertGreater(len(expected), 0, "the events cause nothing")
        self.assertEqual(without_version(self.actions()), without_version(expected))
        self.assertEqual({message[2] for message in self.outputs() if "." in message[2]}, withdrawn)
        before = self.stored("OUT")
        recorded = self.stored("SHADOW")
        starts = sum(line["message"] == "caught up" for line in serve.lines())
        serve.kill()
        shutil.rmtree(self.folder / "state")
        serve.start()
        serve.wait_for_line("caught up", starts + 1)
        self.assertEqual((self.stored("OUT"), self.stored("SHADOW")), (before, recorded))


class Shadow(Rollout):
    def test_sends_nothing_and_records_what_a_deployment_would_have_sent(self):
        self.retail_rules()
        events = self.simulate(customers=80)
        serve = self.serve_bucket()
        other = self.folder / "other"
        shutil.copytree(self.rules, other)
        # Half as long waits everywhere: other actions at other times.
        changed = 0
        for path in other.glob("*.lull"):
            text = path.read_text()
            changed += text.count("36 hours")
            path.write_text(text.replace("36 hours", "18 hours"))
        self.assertGreater(changed, 0)
        for path in list(other.glob("*test*")):
            path.unlink()
        code, text = self.lull("deploy", str(other), "--shadow", key="ann")
        self.assertEqual(code, 0, text)
        self.assertIn("is a shadow for 100% of the entities", text)
        publisher = self.publish_slowly(events, 2000)
        for _ in range(2):
            time.sleep(self.random.uniform(0.1, 0.6))
            serve.kill()
            serve.start()
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        expected, withdrawn = self.replay(events, other)
        recorded = self.outputs("SHADOW")
        ids = [message[2] for message in recorded]
        self.assertEqual(len(ids), len(set(ids)), "recorded twice")
        sent = {json.loads(payload)["id"]: {k: v for k, v in json.loads(payload).items() if k != "position"}
                for _, subject, _, payload in recorded if subject == "lull.e2e.shadow.sent"}
        self.assertEqual(sent, expected)
        self.assertEqual({id.removeprefix("1.") for id in ids if id.count(".") == 2}, withdrawn)
        # The report counts the same.
        code, text = self.lull("compare", "--json")
        self.assertEqual(code, 0, text)
        report = {row["nudge"]: row for row in map(json.loads, text.splitlines())}

        def names(actions):
            return {(a["nudge"], json.dumps(a["entity"]), a["time"]) for a in actions.values()}

        old, new = names(self.actions()), names(expected)
        self.assertNotEqual(old, new)
        for nudge in {name[0] for name in old | new}:
            mine = [{name for name in side if name[0] == nudge} for side in (old, new)]
            self.assertEqual((report[nudge]["both"], report[nudge]["only_sent"], report[nudge]["only_shadow"]),
                             (len(mine[0] & mine[1]), len(mine[0] - mine[1]), len(mine[1] - mine[0])))
        code, text = self.lull("compare")
        self.assertEqual(code, 0, text)
        self.assertIn("only shadow", text)


if __name__ == "__main__":
    unittest.main()
