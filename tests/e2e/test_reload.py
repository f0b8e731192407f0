"""Rulesets change between two events, and nothing that is unchanged loses its state."""
import json
import signal
import time
import unittest

from harness import EndToEnd, event, mini_rules


class Reload(EndToEnd):
    def test_same_rules_under_load(self):
        self.retail_rules()
        events = self.simulate(customers=400)
        serve = self.serve()
        publisher = self.publish_slowly(events, 3000)
        for number in range(4):
            time.sleep(self.random.uniform(0.1, 0.5))
            with open(self.rules / "web.lull", "a") as file:
                file.write(f"\n# Comment {number}: another text of the same meaning.\n")
            answer, code = serve.ask("reload")
            self.assertEqual(code, 0, answer)
            self.assertTrue(answer["changed"])
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)
        self.assertEqual(serve.status()["deployments"], 5)
        self.assert_same_as_replay(events)
        # A replay of the log, deployments and all, has nothing to add.
        before = self.stored("OUT")
        self.assertEqual(serve.stop(), 0)
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.assertEqual(serve.status()["published"], 0)
        self.assertEqual(self.stored("OUT"), before)

    def test_nothing_to_reload(self):
        self.write_rules(mini_rules())
        serve = self.serve()
        answer, code = serve.ask("reload")
        self.assertEqual((code, answer["changed"]), (0, False))
        self.assertEqual(self.stored(), 1)

    def reload_to_longer_second_wait(self, serve, client):
        client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", "c1", topic="rates"))
        client.store("lull.e2e.tick", "2026-03-02T11:00:00Z")
        self.wait_for_all(serve)
        self.write_rules(mini_rules(hours=2, second_hours=5))
        answer, code = serve.ask("reload")
        self.assertEqual(code, 0, answer)
        self.assertTrue(answer["changed"])

    def test_a_ruleset_that_fails_its_own_tests_is_refused(self):
        self.write_rules(mini_rules(hours=2))
        serve = self.serve()
        with open(self.rules / "tests.lull", "w") as file:
            file.write('test "too early" {\n  customer "c"\n  at 2026-03-02 10:00 asked { topic "rates" }\n'
                       '  at +1h expect answer\n}\n')
        answer, code = serve.ask("reload")
        self.assertNotEqual(code, 0)
        self.assertIn("1 of the ruleset's 1 tests fail", json.dumps(answer))
        self.assertEqual(serve.status()["deployments"], 1)

    def test_pending_deadlines_are_kept(self):
        self.write_rules(mini_rules(hours=2, second_hours=3))
        serve = self.serve()
        with self.broker.client() as client:
            self.reload_to_longer_second_wait(serve, client)
            client.store("lull.e2e.tick", "2026-03-02T20:00:00Z")
        self.wait_for_all(serve)
        answers = [a for a in self.actions().values() if a["nudge"] == "answer"]
        self.assertEqual([a["time"] for a in answers], ["2026-03-02T12:00:00Z"])
        self.assertEqual(answers[0]["title"], "Answer about rates")
        # The wait of three hours has become one of five.
        rings = [a["time"] for a in self.actions().values() if a["nudge"] == "ring"]
        self.assertEqual(rings, ["2026-03-02T15:00:00Z"])

    def test_restart_replays_each_deployment_where_it_stood(self):
        self.write_rules(mini_rules(hours=2, second_hours=3))
        serve = self.serve(more="[state]\ncheckpoints = false\n")
        with self.broker.client() as client:
            client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", "c0", topic="first"))
            client.store("lull.e2e.tick", "2026-03-02T13:30:00Z")
            client.store("shop.a", event("asked", "2026-03-02T14:00:00Z", "c1", topic="second"))
        self.wait_for_all(serve)
        self.write_rules(mini_rules(hours=4, second_hours=5))
        self.assertEqual(serve.ask("reload")[1], 0)
        with self.broker.client() as client:
            client.store("shop.a", event("asked", "2026-03-02T14:30:00Z", "c2", topic="third"))
            client.store("lull.e2e.tick", "2026-03-03T10:00:00Z")
        self.wait_for_all(serve)
        before = self.outputs()
        self.assertGreater(len(before), 2)
        serve.kill()
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.assertEqual(self.outputs(), before)
        status = serve.status()
        self.assertEqual((status["published"], status["recognised"]), (0, len(before)))

    def test_rules_that_changed_while_it_was_down(self):
        self.write_rules(mini_rules(hours=2))
        serve = self.serve()
        first = serve.status()["version"]
        self.assertEqual(serve.stop(), 0)
        self.write_rules(mini_rules(hours=4))
        serve.start()
        serve.wait_for_line("ruleset swapped")
        self.assertNotEqual(serve.status()["version"], first)

    def test_bad_rules_are_refused(self):
        self.write_rules(mini_rules())
        serve = self.serve()
        self.write_rules(mini_rules().replace("within 2 hours", "within two hours").replace("unit sales", ""))
        answer, code = serve.ask("reload")
        self.assertEqual(code, 1)
        self.assertIn("rules.lull", answer["error"])
        self.assertIn("error", answer["error"])
        self.assertEqual(self.stored(), 1, "a bad ruleset must not get into the log")
        with self.broker.client() as client:
            client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", "c1", topic="rates"))
            client.store("lull.e2e.tick", "2026-03-02T20:00:00Z")
        self.wait_for_all(serve)
        self.assertEqual(serve.status()["deployments"], 1)
        self.assertEqual(sorted(a["nudge"] for a in self.actions().values()), ["answer", "ring"])
        # Not even a restart stops it: the ruleset that was deployed last goes on.
        serve.kill()
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.assertEqual(self.stored(), 3)
        self.assertEqual(serve.status()["ruleset"], "mini")

    def test_hangup_reloads(self):
        self.write_rules(mini_rules(hours=2))
        serve = self.serve()
        self.write_rules(mini_rules(hours=4))
        serve.process.send_signal(signal.SIGHUP)
        serve.wait_for_line("ruleset swapped")
        self.assertEqual(self.stored(), 2)

    def test_a_bad_deployment_in_the_log_is_passed_over(self):
        self.write_rules(mini_rules())
        serve = self.serve()
        with self.broker.client() as client:
            client.store("lull.e2e.deploy", "no json")
            client.store("lull.e2e.deploy", json.dumps(
                {"format": 1, "version": "x", "lateness_micros": None, "ahead_micros": 0,
                 "files": [{"name": "a.lull", "text": "nudge"}]}))
            client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", "c1", topic="rates"))
            client.store("lull.e2e.tick", "2026-03-02T20:00:00Z")
        self.wait_for_all(serve)
        self.assertEqual(len(self.actions()), 2)


if __name__ == "__main__":
    unittest.main()
