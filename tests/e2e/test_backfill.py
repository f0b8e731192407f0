"""A deployment begins with history from files, goes on with the live stream, and counts nothing twice."""
import json
import shutil
import subprocess
import unittest
from datetime import datetime

from harness import LULL, WAIT_S, Broker, EndToEnd, Serve, event, mini_rules, wait_until

RATE = 4000


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def time_of(line):
    return json.loads(line)["time"]


class Backfill(EndToEnd):
    def write_config(self, more="", source='[[source]]\nsubject = "shop.>"\n', url=None):
        config = self.folder / "lull.toml"
        config.write_text(f'name = "e2e"\nruleset = "{self.rules}"\n[nats]\nurl = "{url or self.broker.url}"\n{source}'
                          f'[ticks]\nautomatic = false\n[state]\ninterval = "100ms"\n{more}')
        return config

    def start(self, config):
        serve = Serve(config, self.folder / "serve.log")
        self.serves.append(serve)
        return serve

    def backfill(self, config, *arguments, code=0):
        done = subprocess.run([LULL, "backfill", "--config", str(config), *map(str, arguments)], capture_output=True,
                              text=True, timeout=WAIT_S)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def capture(self, config):
        self.backfill(config, "--capture")

    def write_lines(self, name, lines):
        path = self.folder / name
        path.write_text("".join(lines))
        return path

    def cut(self, lines):
        """A random end of history, files that have more than that, and a live stream that has part of it, too."""
        place = self.random.randrange(len(lines) * 3 // 10, len(lines) * 8 // 10)
        until = time_of(lines[place])
        while time_of(lines[place + 1]) == until:
            place += 1
        behind = self.random.randrange(place, min(len(lines), place + len(lines) // 10))
        files = []
        rest = lines[:behind + 1]
        while rest and len(files) < 3:
            size = self.random.randrange(1, len(rest) + 1) if len(files) < 2 else len(rest)
            files.append(rest[:size])
            rest = rest[size:]
        # One of them as two systems would have it.
        first = [line for line in files[0] if hash_of(line) % 2 == 0]
        files[0:1] = [first, [line for line in files[0] if hash_of(line) % 2 == 1]]
        paths = [self.write_lines(f"history{i}.jsonl", part) for i, part in enumerate(files) if part]
        return until, paths, self.random.randrange(0, place)

    def run_over_everything(self, events, *options):
        actions, _ = self.replay(events, None, *options)
        return actions

    def test_goes_on_with_the_live_stream(self):
        self.retail_rules()
        events = self.simulate(customers=150)
        lines = events.read_text().splitlines(keepends=True)
        until, files, live_from = self.cut(lines)
        live = lines[live_from:]
        before = self.random.randrange(len(live))
        config = self.write_config()
        self.capture(config)
        self.publish(self.write_lines("live1.jsonl", live[:before]))
        decisions = self.folder / "history.jsonl"
        said = self.backfill(config, "--until", until, "--accept-gap", "--decisions", decisions, *files)
        self.assertIn("Nothing of it was sent", said)
        self.assertEqual(self.stored("OUT"), 0)
        serve = self.start(config)
        # What comes after the history was taken in is not in it.
        rest = [line for line in live[before:] if instant(time_of(line)) > instant(until)]
        publisher = self.publish_slowly(self.write_lines("live2.jsonl", rest), RATE)
        for _ in range(3):
            serve.wait_for_line("running", 1)
            try:
                serve.process.wait(self.random.uniform(0.1, 1.0))
            except subprocess.TimeoutExpired:
                pass
            serve.kill()
            serve.start()
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)
        expected = self.run_over_everything(events, "--history-until", until)
        self.assertGreater(len(expected), 0)
        self.assertEqual(self.actions(), expected)
        self.assertEqual(serve.stop(), 0)
        self.check_against_a_plain_run(events, until, expected)

    def check_against_a_plain_run(self, events, until, actions):
        """Who had nothing open and nothing waiting at the end of history is told the same as without it."""
        plain, _ = self.replay(events)
        occupied = set()
        for line in (self.folder / "decisions.jsonl").read_text().splitlines():
            decision = json.loads(line)
            if instant(decision["time"]) <= instant(until) and decision["kind"] in ("sent", "held_out", "waiting", "suppressed"):
                occupied.add(decision["entity"]["id"])
        free = {name: action for name, action in plain.items()
                if instant(action["time"]) > instant(until) and action["entity"]["id"] not in occupied}
        self.assertGreater(len(free), 0, "nothing to compare")
        self.assertEqual({name: action for name, action in actions.items()
                          if action["entity"]["id"] not in occupied}, free)
        told = {(a["nudge"], a["entity"]["id"]) for a in actions.values()}
        later = {(a["nudge"], a["entity"]["id"]) for a in plain.values() if instant(a["time"]) > instant(until)}
        print(f"  {len(actions)} actions after the end of history, {len(later - told)} fewer and {len(told - later)} "
              f"more than without it; {len(free)} of customers without any before", flush=True)

    def test_a_lost_checkpoint_is_noticed_and_made_anew(self):
        self.retail_rules()
        events = self.simulate(customers=80)
        lines = events.read_text().splitlines(keepends=True)
        until, files, live_from = self.cut(lines)
        config = self.write_config()
        self.capture(config)
        self.publish(self.write_lines("live.jsonl", lines[live_from:]))
        self.backfill(config, "--until", until, "--accept-gap", *files)
        serve = self.start(config)
        self.wait_for_all(serve)
        sent = self.actions()
        serve.kill()
        shutil.rmtree(self.folder / "state")
        serve.start()
        self.assertEqual(serve.process.wait(WAIT_S), 3)
        self.assertIn("the input log alone is not enough", serve.log.read_text())
        self.assertIn("other history", self.backfill(config, "--until", until, "--accept-gap", *files[1:], code=3))
        changed = self.folder / "rules" / next(self.rules.glob("*.lull")).name
        text = changed.read_text()
        changed.write_text(text + "\n# another folder by now\n")
        self.backfill(config, "--until", until, *files)
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.assertEqual(serve.status()["published"], 0)
        self.assertEqual(self.actions(), sent)
        self.move_clock()
        self.wait_for_all(serve)
        self.assertEqual(self.actions(), self.run_over_everything(events, "--history-until", until))
        self.assertEqual(serve.stop(), 0)

    def test_refusals(self):
        self.write_rules(mini_rules())
        config = self.write_config()
        history = self.write_lines("history.jsonl", [event("asked", "2026-03-02T10:00:00Z", "c1", topic="t") + "\n"])
        take = ["--until", "2026-03-02T11:00:00Z", "--accept-gap", history]
        self.capture(config)
        self.assertIn("in neither", self.backfill(config, "--until", "2026-03-02T11:00:00Z", history, code=3))
        self.assertIn("--until", self.backfill(config, history, code=2))
        self.assertIn("ahead", self.backfill(config, "--until", "2150-01-01T00:00:00Z", history, code=2))
        self.backfill(config, *take)
        self.assertIn("already", self.backfill(config, *take, code=3))
        serve = self.start(config)
        serve.wait_for_line("running")
        self.assertIn("already", self.backfill(config, *take, code=3))
        # Another machine makes a checkpoint of its own of the same history.
        other = self.folder / "other"
        other.mkdir()
        (other / "lull.toml").write_text(config.read_text())
        self.backfill(other / "lull.toml", *take)
        self.assertTrue(list((other / "state/checkpoints").iterdir()))
        self.assertEqual(serve.stop(), 0)
        self.assertIn("already", self.backfill(config, *take, code=3))
        # Another log, and the folder of this one.
        self.broker.kill()
        shutil.rmtree(self.broker.folder / "store")
        self.broker.start()
        self.assertIn("of another beginning", self.backfill(config, *take, code=3))
        serve.start()
        serve.wait_for_line("no checkpoint can be used; the whole input log is read")
        serve.wait_for_line("running", 2)
        self.assertIn("is running", self.backfill(config, *take, code=3))
        self.assertEqual(serve.stop(), 0)
        # It has begun without history.
        shutil.rmtree(self.folder / "state")
        self.assertIn("has begun without history", self.backfill(config, *take, code=3))
        # An entry of somebody who may publish there, but should not.
        with self.broker.client() as client:
            client.store("lull.e2e.backfill", '{"until":"2026-03-02T11:00:00Z","from":"1","before":"9","events":"1","digest":"0"}')
        serve.start()
        serve.wait_for_line("history can only be taken in before a deployment begins; this entry is passed over")
        self.assertEqual(serve.stop(), 0)

    def test_what_history_leaves_behind(self):
        """By hand: c1's task of history is over and not repeated, c2's wait goes on, the next one of c1 is sent."""
        self.write_rules(mini_rules())
        config = self.write_config()
        self.capture(config)
        history = self.write_lines("history.jsonl", [
            event("asked", "2026-03-02T08:00:00Z", "c1", topic="old") + "\n",
            event("asked", "2026-03-02T10:30:00Z", "c2", topic="open") + "\n",
            event("asked", "2026-03-02T11:30:00Z", "c3", topic="later") + "\n"])
        with self.broker.client() as client:
            client.store("shop.a", event("asked", "2026-03-02T10:30:00Z", "c2", topic="open"))
            client.store("shop.a", event("asked", "2026-03-02T11:30:00Z", "c3", topic="later"))
        self.backfill(config, "--until", "2026-03-02T11:00:00Z", "--accept-gap", history)
        serve = self.start(config)
        serve.wait_for_line("running")
        with self.broker.client() as client:
            client.store("shop.a", event("answered", "2026-03-02T11:40:00Z", "c1"))
            client.store("shop.a", event("asked", "2026-03-02T11:50:00Z", "c1", topic="new"))
            client.store("lull.e2e.tick", "2026-03-02T13:51:00Z")
        self.wait_for_all(serve)
        sent = sorted((a["time"], a["nudge"], a["entity"]["id"], a["title"]) for a in self.actions().values())
        self.assertEqual(sent, [("2026-03-02T12:30:00Z", "answer", "c2", "Answer about open"),
                                ("2026-03-02T13:30:00Z", "answer", "c3", "Answer about later"),
                                ("2026-03-02T13:30:00Z", "ring", "c2", "Call"),
                                ("2026-03-02T13:50:00Z", "answer", "c1", "Answer about new")])
        self.assertEqual({message[2] for message in self.outputs()}, set(self.actions()), "withdrawn, and never sent")
        self.assertEqual(serve.stop(), 0)


class BackfillOfPartitions(Backfill):
    def test_each_partition_gets_its_share(self):
        self.retail_rules()
        source = '[[source]]\nsubject = "events.*.*"\n[partitions]\ncount = 3\nlease = "1s"\n'
        config = self.write_config(source=source, url="nats://127.0.0.1:4222")
        mappings = self.folder / "mappings.conf"
        mappings.write_text(subprocess.run([LULL, "broker", "mappings", "--config", str(config)], capture_output=True,
                                           text=True, check=True).stdout)
        self.broker.kill()
        (self.folder / "partitioned").mkdir()
        self.broker = Broker(self.folder / "partitioned", mappings)
        config = self.write_config(source=source)
        events = self.simulate(customers=120)
        lines = events.read_text().splitlines(keepends=True)
        until, files, live_from = self.cut(lines)
        self.capture(config)
        live = self.write_lines("live.jsonl", lines[live_from:])
        subprocess.run([LULL, "publish", "--nats", self.broker.url, "--events", str(live), "--subject", "events", "--key",
                        "customer_id", "--quiet"], check=True, timeout=WAIT_S)
        self.backfill(config, "--until", until, "--accept-gap", *files)
        shutil.rmtree(self.folder / "state/1")
        self.backfill(config, "--until", until, "--accept-gap", *files)
        serve = self.start(config)
        serve.wait_for_line("running", 3)
        ends = {}
        with self.broker.client() as client:
            for p in range(3):
                client.store(f"lull.e2e_{p}.tick", self.tick)
                ends[p] = client.state(f"LULL_E2E_{p}_IN")["last_seq"]

        def all_read():
            done = subprocess.run([LULL, "status", "--config", str(config)], capture_output=True, text=True, timeout=WAIT_S)
            answers = [json.loads(line) for line in done.stdout.splitlines()]
            return len(answers) == 3 and all(a["next_sequence"] > ends[p] for p, a in enumerate(answers))

        wait_until(all_read, lambda: serve.log.read_text()[-2000:], serve)
        actions = {}
        with self.broker.client() as client:
            for p in range(3):
                for _, _, name, payload in client.messages(f"LULL_E2E_{p}_OUT"):
                    self.assertNotIn(name, actions)
                    actions[name] = json.loads(payload)
        sent = {name: {m: v for m, v in a.items() if m != "position"} for name, a in actions.items() if "kind" not in a}
        self.assertEqual(sent, self.run_over_everything(events, "--history-until", until))
        self.assertEqual(serve.stop(), 0)


def hash_of(line):
    return sum(json.loads(line)["customer_id"].encode())


# Its tests are those of Backfill, once.
for name in [name for name in dir(Backfill) if name.startswith("test_")]:
    setattr(BackfillOfPartitions, name, None)


if __name__ == "__main__":
    unittest.main()
