"""What the service knows outlives it, and it notices when a log is not what it was.

LULL_KILLS is how often the service is killed (6 unless set; the long form is 1000).
"""
import json
import os
import shutil
import subprocess
import time
import unittest

from harness import LULL, WAIT_S, EndToEnd, Serve, event, mini_rules, wait_until

KILLS = int(os.environ.get("LULL_KILLS", "6"))
RATE = 3000
# So that there is always load.
EVENTS_A_KILL = 2000
MANY = '[state]\ninterval = "100ms"\nkeep = 500\n'


def halves(path):
    """The same events in two files."""
    lines = path.read_text().splitlines(keepends=True)
    parts = path.with_suffix(".first"), path.with_suffix(".second")
    parts[0].write_text("".join(lines[:len(lines) // 2]))
    parts[1].write_text("".join(lines[len(lines) // 2:]))
    return parts


class State(EndToEnd):
    def count(self, serve, message):
        return sum(line["message"] == message for line in serve.lines())

    def checkpoints(self):
        """The finished ones, oldest first."""
        return sorted(folder for folder in (self.folder / "state/checkpoints").iterdir() if folder.name.isdigit())

    def stream_folder(self, stream):
        return self.broker.folder / "store/jetstream/$G/streams" / f"LULL_E2E_{stream}"

    def copy_of(self, stream):
        """What a broker's disk has of a stream now; the broker is down for a moment."""
        self.broker.kill()
        copy = self.folder / f"copy-{stream}"
        shutil.copytree(self.stream_folder(stream), copy)
        self.broker.start()
        return copy

    def lose_since(self, stream, copy):
        """A power cut: the broker comes back with what its disk had then."""
        self.broker.kill()
        shutil.rmtree(self.stream_folder(stream))
        shutil.copytree(copy, self.stream_folder(stream))
        self.broker.start()

    def finish(self, serve, events):
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        self.assertEqual(serve.stop(), 0)

    def wait_until_checkpoint_of(self, serve, sequence):
        wait_until(lambda: serve.status()["checkpoint"]["sequence"] >= sequence,
                   lambda: f"no checkpoint of {sequence}: {serve.status()}", serve)

    def test_a_restart_goes_on_where_it_was(self):
        self.retail_rules()
        events = self.simulate()
        first, second = halves(events)
        serve = self.serve()
        self.publish(first)
        self.wait_for_all(serve)
        end = self.stored()
        self.assertEqual(serve.stop(), 0)
        serve.start()
        serve.wait_for_line("state restored")
        serve.wait_for_line("caught up", 2)
        status = serve.status()
        self.assertEqual((status["events"], status["recognised"], status["published"]), (0, 0, 0))
        self.assertEqual(serve.lines()[-1].get("sequence", end), end)
        self.publish(second)
        self.finish(serve, events)

    def test_kill_in_mid_stream(self):
        self.retail_rules()
        events = self.simulate(customers=max(400, KILLS * EVENTS_A_KILL // 25))
        serve = self.serve(more='[limits]\ninput_bytes = "8 GiB"\n[state]\ninterval = "100ms"\n')
        publisher = self.publish_slowly(events, RATE)
        for _ in range(KILLS):
            time.sleep(self.random.uniform(0.05, 0.8))
            serve.kill()
            serve.start()
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        self.assertGreater(self.count(serve, "state restored"), 0)
        self.assertEqual(serve.stop(), 0)

    def test_a_checkpoint_of_a_replay_knows_what_was_sent_before(self):
        """What an earlier process sent is recognised, also by one that begins in the middle of a replay of it."""
        self.retail_rules()
        events = self.simulate(customers=1500)
        serve = self.serve(more='[state]\ninterval = "1h"\n')
        self.publish(events)
        self.move_clock()
        self.wait_for_all(serve)
        stored = self.stored("OUT")
        serve.kill()
        serve.config.write_text(serve.config.read_text().replace('"1h"', '"100ms"'))
        before = {folder.name for folder in self.checkpoints()}
        serve.start()
        wait_until(lambda: {folder.name for folder in self.checkpoints()} - before, lambda: "no checkpoint", serve)
        serve.kill()
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.assertEqual(serve.status()["published"], 0, "sent again, and only the broker's memory of ids kept it out")
        self.assertEqual(self.stored("OUT"), stored)
        self.assert_same_as_replay(events)

    def test_an_output_log_that_lost_its_end_gets_it_again(self):
        self.retail_rules()
        events = self.simulate(customers=200)
        first, second = halves(events)
        serve = self.serve(more=MANY)
        self.publish(first)
        self.wait_for_all(serve)
        self.wait_until_checkpoint_of(serve, self.stored())
        copy = self.copy_of("OUT")
        before = self.stored("OUT")
        self.publish(second)
        self.wait_for_all(serve)
        self.assertGreater(self.stored("OUT"), before)
        self.wait_until_checkpoint_of(serve, self.stored())
        serve.kill()
        self.lose_since("OUT", copy)
        self.assertEqual(self.stored("OUT"), before)
        serve.start()
        serve.wait_for_line("an output log has lost its end; what it lost is decided and sent again")
        serve.wait_for_line("state restored")
        self.finish(serve, events)

    def test_lost_input_is_for_a_person_to_decide(self):
        self.retail_rules()
        events = self.simulate()
        first, second = halves(events)
        serve = self.serve(more=MANY)
        self.publish(first)
        self.wait_for_all(serve)
        self.wait_until_checkpoint_of(serve, self.stored())
        serve.kill()
        copy = self.copy_of("IN")
        serve.start()
        self.publish(second)
        self.wait_for_all(serve)
        self.wait_until_checkpoint_of(serve, self.stored())
        sent = self.actions()
        serve.kill()
        self.lose_since("IN", copy)
        serve.start()
        self.assertNotEqual(serve.process.wait(60), 0)
        self.assertIn("the broker has lost messages that it had accepted", serve.log.read_text())
        # The numbers are given out anew, to the same events by chance; their times of arrival differ.
        self.publish(second)
        serve.start()
        self.assertNotEqual(serve.process.wait(60), 0)
        serve.start("--accept-lost-input")
        serve.wait_for_line("accepted input is gone; an older checkpoint is tried")
        self.finish(serve, events)
        self.assertLessEqual(sent.keys(), self.actions().keys())

    def test_a_damaged_checkpoint_is_passed_over(self):
        self.retail_rules()
        events = self.simulate()
        first, second = halves(events)
        serve = self.serve(more=MANY)
        self.publish(first)
        self.wait_for_all(serve)
        self.publish(second)
        self.wait_for_all(serve)
        self.assertEqual(serve.stop(), 0)
        self.assertGreater(len(self.checkpoints()), 1)
        manifest = next(self.checkpoints()[-1].glob("MANIFEST-*"))
        data = bytearray(manifest.read_bytes())
        data[self.random.randrange(len(data) // 2)] ^= 1 << self.random.randrange(8)
        manifest.write_bytes(bytes(data))
        serve.start()
        serve.wait_for_line("a checkpoint cannot be used; the one before it is tried")
        serve.wait_for_line("state restored")
        self.finish(serve, events)

    def test_without_a_usable_checkpoint_the_whole_log_is_read(self):
        self.retail_rules()
        events = self.simulate()
        serve = self.serve()
        self.publish(events)
        self.wait_for_all(serve)
        self.assertEqual(serve.stop(), 0)
        for folder in self.checkpoints():
            (folder / "CURRENT").write_text("MANIFEST-999999\n")
        serve.start()
        serve.wait_for_line("no checkpoint can be used; the whole input log is read")
        self.finish(serve, events)

    def test_a_state_folder_belongs_to_one_process_and_one_deployment(self):
        self.retail_rules()
        serve = self.serve()
        other = Serve(serve.config, self.folder / "other.log")
        self.serves.append(other)
        self.assertNotEqual(other.process.wait(60), 0)
        self.assertIn("in use by another process", other.log.read_text())
        self.assertIsNone(serve.process.poll())
        self.assertEqual(serve.stop(), 0)
        config = self.folder / "renamed.toml"
        config.write_text(serve.config.read_text().replace('name = "e2e"', 'name = "renamed"')
                          .replace('"shop.>"', '"elsewhere.>"'))
        renamed = Serve(config, self.folder / "renamed.log")
        self.serves.append(renamed)
        self.assertNotEqual(renamed.process.wait(60), 0)
        self.assertIn('belongs to deployment "e2e"', renamed.log.read_text())


class Looking(EndToEnd):
    """`lull state` on what the service keeps."""

    def state(self, *options, code=0):
        done = subprocess.run([LULL, "state", *options], capture_output=True, text=True, timeout=WAIT_S)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def running(self):
        self.write_rules(mini_rules())
        serve = self.serve()
        with self.broker.client() as client:
            client.store("shop.a", event("moved", "2026-03-02T09:00:00Z", "c1", store="Elgin"))
            client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", "c1", topic="rates"))
            client.store("shop.a", event("asked", "2026-03-02T11:30:00Z", "c2", topic="a secret"))
            client.store("lull.e2e.tick", "2026-03-02T12:30:00Z")
        self.wait_for_checkpoint(serve)
        return serve, str(serve.config)

    def wait_for_checkpoint(self, serve):
        self.wait_for_all(serve)
        end = self.stored()
        wait_until(lambda: serve.status()["checkpoint"]["sequence"] >= end, lambda: "no checkpoint", serve)

    def test_an_entity_is_shown_with_its_reasons(self):
        _, config = self.running()
        text = self.state("show", "--config", config, "--entity", "c1")
        for part in ("customer c1", "Elgin", "not_answered", "open task", "with sales / Elgin", "waiting until"):
            self.assertIn(part, text)
        shown = json.loads(self.state("show", "--config", config, "--entity", "c2", "--json"))
        nudges = {nudge["nudge"]: nudge for nudge in shown["explanation"]["nudges"]}
        # The wait of two hours ends at half past one.
        self.assertIn("13:30", nudges["answer"]["summary"])
        self.assertEqual(nudges["answer"]["state"], "not_due")
        self.assertEqual(shown["facts"]["wakes_at"], "2026-03-02T13:30:00Z")
        self.state("show", "--config", config, "--entity", "nobody", code=1)

    def test_everything_is_exported(self):
        _, config = self.running()
        lines = [json.loads(line) for line in self.state("export", "--config", config).splitlines()]
        self.assertEqual([line["key"] for line in lines], ["c1", "c2"])
        self.assertEqual(lines[0]["attributes"], {"store": "Elgin"})
        self.assertEqual([task["nudge"] for task in lines[0]["open_tasks"]], ["answer"])
        self.assertIn("customer: 2 entities", self.state("largest", "--config", config))
        listed = [json.loads(line) for line in self.state("list", "--config", config, "--json").splitlines()]
        self.assertEqual(listed[0]["entities"], 2)

    def test_an_erased_entity_is_gone_for_good(self):
        serve, config = self.running()
        self.state("erase", "--config", config, "--type", "customer", "--entity", "c1")
        self.state("erase", "--config", config, "--type", "customer", "--entity", "never seen")
        self.wait_for_checkpoint(serve)
        self.state("show", "--config", config, "--entity", "c1", code=1)
        withdrawn = [json.loads(payload) for _, _, name, payload in self.outputs() if name.endswith(".withdrawn")]
        self.assertEqual([(d["nudge"], d["entity"]["id"], d["code"]) for d in withdrawn], [("answer", "c1", "forgotten")])
        serve.kill()
        serve.start()
        serve.wait_for_line("caught up", 2)
        with self.broker.client() as client:
            client.store("lull.e2e.tick", "2026-03-02T20:00:00Z")
        self.wait_for_all(serve)
        late = [a["entity"]["id"] for a in self.actions().values() if a["time"] > "2026-03-02T12:30:00Z"]
        self.assertEqual(set(late), {"c2"})


if __name__ == "__main__":
    unittest.main()
