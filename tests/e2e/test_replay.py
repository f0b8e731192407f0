"""The service decides what a replay of the same events decides, whatever is killed meanwhile."""
import time
import unittest

from harness import EndToEnd, Serve, event, mini_rules

RATE = 3000


class SameAsReplay(EndToEnd):
    def test_everything_at_once(self):
        self.retail_rules()
        events = self.simulate(customers=120)
        serve = self.serve()
        self.publish(events)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        self.assertEqual(serve.stop(), 0)
        self.assertEqual(serve.lines()[-1]["message"], "stopped")

    def test_restart_without_checkpoints_has_nothing_to_send(self):
        self.retail_rules()
        events = self.simulate()
        serve = self.serve(more="[state]\ncheckpoints = false\n")
        self.publish(events)
        self.move_clock()
        self.wait_for_all(serve)
        self.assertEqual(serve.stop(), 0)
        before = self.stored("OUT")
        serve.start()
        serve.wait_for_line("caught up", 2)
        status = serve.status()
        self.assertEqual(status["published"], 0)
        self.assertEqual(status["recognised"], before)
        self.assertEqual(self.stored("OUT"), before)
        self.assertNotIn("lost its head", serve.log.read_text())

    def interrupt(self, how, times):
        """Ends the service at random points of a running stream, and starts it again."""
        self.retail_rules()
        events = self.simulate(customers=400)
        serve = self.serve()
        publisher = self.publish_slowly(events, RATE)
        for _ in range(times):
            time.sleep(self.random.uniform(0.05, 0.8))
            how(serve)
            time.sleep(self.random.uniform(0.0, 0.2))
            serve.start()
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        self.assertEqual(serve.stop(), 0)

    def test_sigterm_in_mid_stream(self):
        self.interrupt(lambda serve: self.assertEqual(serve.stop(), 0), 3)

    def test_kill_in_mid_stream(self):
        self.interrupt(lambda serve: serve.kill(), 4)

    def test_broker_killed_in_mid_stream(self):
        self.retail_rules()
        events = self.simulate(customers=400)
        serve = self.serve()
        publisher = self.publish_slowly(events, RATE)
        for _ in range(2):
            time.sleep(self.random.uniform(0.2, 1.0))
            self.broker.kill()
            time.sleep(self.random.uniform(0.0, 0.5))
            self.broker.start()
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        self.assertEqual(serve.stop(), 0)

    def test_stop_while_the_broker_is_away(self):
        self.retail_rules()
        events = self.simulate()
        serve = self.serve()
        self.publish(events)
        self.broker.kill()
        self.assertEqual(serve.stop(), 0)
        self.broker.start()
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)

    def test_a_second_service_changes_nothing(self):
        self.retail_rules()
        events = self.simulate(customers=400)
        serve = self.serve()
        # On another machine, with a state of its own.
        config = self.folder / "other.toml"
        config.write_text(serve.config.read_text() + f'folder = "{self.folder / "other"}"\n')
        other = Serve(config, self.folder / "other.log")
        self.serves.append(other)
        publisher = self.publish_slowly(events, RATE)
        self.finish_publishing(publisher)
        self.move_clock()
        # One of them may have found out that it is not alone, and ended.
        self.wait_for_all(serve if serve.process.poll() is None else other)
        self.assert_same_as_replay(events)

    def test_full_output_holds_the_input_back(self):
        self.write_rules(mini_rules())
        serve = self.serve(more='[limits]\naction_bytes = "1 MiB"\n')
        count = 1500
        with open(self.folder / "asked.jsonl", "w", encoding="utf-8") as file:
            for number in range(count):
                file.write(event("asked", "2026-03-02T10:00:00Z", f"c{number}", topic="x" * 200) + "\n")
        self.publish(self.folder / "asked.jsonl")
        self.move_clock("2026-03-02T12:30:00Z")
        serve.wait_for_line("outputs wait for the broker; no input is read meanwhile")
        self.assertEqual(serve.stop(), 0)
        stored = self.stored("OUT")
        self.assertTrue(0 < stored < count, stored)
        serve.config.write_text(serve.config.read_text().replace('"1 MiB"', '"64 MiB"'))
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.wait_for_all(serve)
        self.assertEqual(len(self.actions()), count)
        self.assertEqual(serve.status()["recognised"], stored)

    def test_lateness_of_the_configuration(self):
        self.write_rules(mini_rules())
        self.until = "2026-03-03T00:00:00Z"
        serve = self.serve(top='lateness = "30m"')
        path = self.folder / "asked.jsonl"
        path.write_text("".join(line + "\n" for line in (
            event("asked", "2026-03-02T10:00:00Z", "c1", topic="a"),
            event("moved", "2026-03-02T12:10:00Z", "c1", store="Elgin"),
            event("answered", "2026-03-02T11:50:00Z", "c1"),
            event("asked", "2026-03-02T10:00:00Z", "c2", topic="b"),
            event("moved", "2026-03-02T12:40:00Z", "c2", store="Elgin"),
            event("answered", "2026-03-02T11:50:00Z", "c2"))))
        self.publish(path)
        self.move_clock("2026-03-03T00:00:00.000001Z")
        self.wait_for_all(serve)
        expected, _ = self.replay(path, None, "--lateness", "30m")
        self.assertEqual(self.actions(), expected)
        answers = [a["entity"]["id"] for a in expected.values() if a["nudge"] == "answer"]
        self.assertEqual(answers, ["c2"], "the answer of c1 comes within the lateness")


if __name__ == "__main__":
    unittest.main()
