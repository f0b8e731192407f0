"""Where events come from, what becomes of bad ones, and when the clock moves."""
import json
import subprocess
import time
import unittest
from datetime import datetime, timedelta, timezone

from harness import LULL, EndToEnd, event, mini_rules, wait_until


def ago(**how):
    return (datetime.now(timezone.utc) - timedelta(**how)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Sources(EndToEnd):
    def test_several_subjects_with_wildcards(self):
        self.write_rules(mini_rules())
        serve = self.serve('[[source]]\nsubject = "web.>"\n[[source]]\nsubject = "crm.*.events"\n')
        with self.broker.client() as client:
            client.store("web.eu.asked", event("asked", "2026-03-02T10:00:00Z", "c1", topic="a"))
            client.store("crm.north.events", event("asked", "2026-03-02T10:10:00Z", "c2", topic="b"))
            client.store("crm.north.events", event("answered", "2026-03-02T10:20:00Z", "c1"))
            client.store("lull.e2e.tick", "2026-03-02T12:30:00Z")
        self.wait_for_all(serve)
        self.assertEqual([(a["nudge"], a["entity"]["id"]) for a in self.actions().values()], [("answer", "c2")])

    def test_publishing_waits_for_a_broker_that_is_being_started(self):
        self.write_rules(mini_rules())
        serve = self.serve()
        path = self.folder / "asked.jsonl"
        path.write_text(event("asked", "2026-03-02T10:00:00Z", "c1", topic="a") + "\n")
        self.broker.kill()
        publisher = subprocess.Popen(self.publish_command(path), stderr=subprocess.PIPE, text=True)
        time.sleep(0.7)
        self.assertIsNone(publisher.poll(), "it gave up at once")
        self.broker.start()
        self.finish_publishing(publisher)
        self.move_clock("2026-03-02T12:30:00Z")
        self.wait_for_all(serve)
        self.assertEqual(len(self.actions()), 1)

    def test_existing_stream(self):
        self.write_rules(mini_rules())
        with self.broker.client() as client:
            client.api("STREAM.CREATE.ORDERS", name="ORDERS", subjects=["orders.>"], retention="limits",
                       storage="file", max_consumers=-1, max_msgs=-1, max_bytes=-1, max_age=0, num_replicas=1)
            client.store("orders.a.asked", event("asked", "2026-03-02T10:00:00Z", "c1", topic="before"))
            client.store("orders.noise", event("asked", "2026-03-02T10:00:00Z", "c9", topic="not wanted"))
        serve = self.serve('[[source]]\nstream = "ORDERS"\nsubject = "orders.*.asked"\n'
                           '[[source]]\nsubject = "web.>"\n')
        with self.broker.client() as client:
            client.store("orders.b.asked", event("asked", "2026-03-02T10:00:00Z", "c2", topic="after"))
            client.store("web.x", event("answered", "2026-03-02T10:30:00Z", "c3"))
        wait_until(lambda: self.stored() >= 4, lambda: "the stream was not copied", serve)
        with self.broker.client() as client:
            client.store("lull.e2e.tick", "2026-03-02T12:30:00Z")
        self.wait_for_all(serve)
        self.assertEqual(sorted(a["title"] for a in self.actions().values()),
                         ["Answer about after", "Answer about before"])

    def test_dead_letters(self):
        self.write_rules(mini_rules())
        serve = self.serve()
        bad = {
            "shop.json": (b'{"type": "asked", ', "invalid_json"),
            "shop.bytes": (b'{"type": "asked", "x": "\xff"}', "invalid_utf8"),
            "shop.time": (b'{"type": "asked", "customer_id": "c", "topic": "t"}', "no_time"),
            "shop.field": (event("asked", "2026-03-02T10:00:00Z", "c").encode(), "missing_field"),
            "shop.key": (json.dumps({"type": "answered", "time": "2026-03-02T10:00:00Z"}).encode(), "no_key"),
            "shop.future": (event("answered", ago(minutes=-30), "c").encode(), "too_far_ahead"),
        }
        with self.broker.client() as client:
            for subject, (payload, _) in bad.items():
                client.store(subject, payload)
            client.store("shop.good", event("asked", ago(hours=4), "c1", topic="t"))
            client.store("lull.e2e.tick", ago(seconds=1))
        self.wait_for_all(serve)
        letters = self.outputs("DEAD")
        self.assertEqual({json.loads(payload)["subject"]: json.loads(payload)["code"] for *_, payload in letters},
                         {subject: code for subject, (_, code) in bad.items()})
        for _, subject, message_id, payload in letters:
            letter = json.loads(payload)
            self.assertEqual(subject, "lull.e2e.dead." + letter["code"])
            self.assertEqual(message_id, str(letter["sequence"]))
            self.assertGreater(len(letter["reason"]), 10)
            self.assertTrue("bytes" in letter or "bytes_base64" in letter)
        self.assertEqual(len(self.actions()), 2, "the good event was not applied")
        # A restart decides the same, also what was too far ahead of its arrival.
        serve.kill()
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.assertEqual(self.outputs("DEAD"), letters)

    def test_clock_moves_by_itself(self):
        self.write_rules(mini_rules())
        serve = self.serve(automatic=True)
        with self.broker.client() as client:
            client.store("shop.a", event("asked", ago(hours=2, seconds=-1.5), "c1", topic="t"))
        wait_until(lambda: self.stored("OUT") == 1, lambda: serve.log.read_text(), serve)
        (action,) = self.actions().values()
        self.assertEqual(action["nudge"], "answer")
        self.assertGreater(serve.status()["ticks"], 0)

    def test_silent_source_holds_the_clock(self):
        self.write_rules(mini_rules())
        serve = self.serve('[[source]]\nsubject = "web.>"\nsilence = "2s"\n[[source]]\nsubject = "crm.>"\n', automatic=True)
        time.sleep(0.5)
        self.assertEqual(serve.status()["ticks"], 0)
        self.assertEqual(serve.status()["silent_sources"], ["web.>"])
        with self.broker.client() as client:
            client.store("crm.x", event("asked", ago(hours=2.5), "c1", topic="t"))
            time.sleep(0.5)
            self.assertEqual(serve.status()["ticks"], 0, "the other source does not speak for it")
            client.store("web.x", '{"type": "heartbeat"}')
        wait_until(lambda: serve.status()["ticks"] > 0, lambda: serve.log.read_text(), serve)
        self.assertEqual(self.stored("OUT"), 1)
        wait_until(lambda: serve.status()["silent_sources"] == ["web.>"], lambda: serve.log.read_text(), serve)
        self.assertIn("a source is silent; the clock stands still until it sends something",
                      [line["message"] for line in serve.lines()])

    def test_decisions_are_kept_if_wanted(self):
        self.retail_rules()
        events = self.simulate()
        serve = self.serve(more="[actions]\ndecisions = true\n")
        self.publish(events)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        kinds = {json.loads(payload)["kind"] for *_, payload in self.outputs("DECISIONS")}
        self.assertIn("waiting", kinds)
        self.assertNotIn("sent", kinds)


class Tasks(EndToEnd):
    def tasks(self, *options):
        done = subprocess.run([LULL, "tasks", "--config", str(self.folder / "lull.toml"), "--no-follow", *options],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def route_some(self):
        self.write_rules(mini_rules())
        serve = self.serve()
        with self.broker.client() as client:
            for number, store in enumerate(("Oak Park", "Elgin", "Oak Park")):
                client.store("shop.a", event("moved", "2026-03-02T09:00:00Z", f"c{number}", store=store))
                client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", f"c{number}", topic=f"t{number}"))
            client.store("lull.e2e.tick", "2026-03-02T12:30:00Z")
            client.store("shop.a", event("answered", "2026-03-02T12:40:00Z", "c0"))
        self.wait_for_all(serve)
        return serve

    def test_json_is_what_was_routed(self):
        self.route_some()
        routed = [payload.decode() for *_, payload in self.outputs()]
        self.assertEqual(len(routed), 4)
        self.assertEqual(self.tasks("--json"), routed)
        self.assertEqual(self.tasks("--json", "--unit", "sales", "--key", "Elgin"),
                         [line for line in routed if '"key":"Elgin"' in line])
        self.assertEqual(self.tasks("--json", "--unit", "service"), [])
        self.assertEqual(self.tasks("--json", "--since", "1h"), routed)

    def test_text_is_for_people(self):
        self.route_some()
        text = "\n".join(self.tasks())
        self.assertIn("2026-03-02 12:00  sales / Oak Park  Answer about t0", text)
        self.assertIn("- Asked t1 and got no answer", text)
        self.assertIn("worth 20", text)
        self.assertIn("sales / Oak Park  withdrawn: what it was about is over (answer), customer c0", text)
        self.assertNotIn("\x1b", text)

    def test_steps_come_through_the_stream(self):
        serve = self.route_some()
        elgin = json.loads(self.tasks("--json", "--unit", "sales", "--key", "Elgin")[0])
        step = event("lull.task.done", "2026-03-02T12:45:00Z", "c1", task=elgin["id"], outcome="reached", by="eve")
        with self.broker.client() as client:
            client.store("shop.a", step)
            client.store("shop.a", event("lull.task.claimed", "2026-03-02T12:50:00Z", "c1", task=elgin["id"]))
        self.wait_for_all(serve)
        done = json.loads(self.tasks("--json", "--unit", "sales", "--key", "Elgin")[-1])
        self.assertEqual((done["kind"], done["id"], done["outcome"], done["by"]),
                         ("done", elgin["id"], "reached", "eve"))
        self.assertIn("sales / Elgin  done: reached (answer), customer c1", "\n".join(self.tasks()))

    def test_follows_and_ends_on_interrupt(self):
        serve = self.route_some()
        command = [LULL, "tasks", "--nats", self.broker.url, "--name", "e2e", "--json"]
        follower = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(4):
            follower.stdout.readline()
        with self.broker.client() as client:
            client.store("lull.e2e.tick", "2026-03-02T13:30:00Z")
        self.wait_for_all(serve)
        self.assertEqual(json.loads(follower.stdout.readline())["nudge"], "ring")
        follower.send_signal(2)
        follower.stdout.close()
        self.assertEqual(follower.wait(10), 0)

    def test_says_what_is_wrong(self):
        done = subprocess.run([LULL, "tasks", "--nats", self.broker.url, "--name", "nobody", "--no-follow"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 3)
        self.assertIn("no stream", done.stderr)
        done = subprocess.run([LULL, "status", "--nats", self.broker.url, "--name", "nobody"], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 3)
        self.assertIn("running?", done.stderr)


if __name__ == "__main__":
    unittest.main()
