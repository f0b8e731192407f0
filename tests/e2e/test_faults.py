"""What goes wrong in the field goes wrong here, and a replay of the clean log says what must come out.

LULL_TAKEOVERS, LULL_BROKER_KILLS: how often (3 and 3 unless set; the long forms are 500 and 200).
"""
import json
import os
import signal
import subprocess
import time
import unittest
from datetime import datetime, timedelta

from harness import EndToEnd, Serve, event, mini_rules, wait_until

TAKEOVERS = int(os.environ.get("LULL_TAKEOVERS", "3"))
BROKER_KILLS = int(os.environ.get("LULL_BROKER_KILLS", "3"))
RATE = 3000
# What one turn of a test takes of the log, so that there is always load.
EVENTS_A_TURN = 2500


class Faults(EndToEnd):
    def events_for(self, turns):
        self.retail_rules()
        return self.simulate(customers=max(400, turns * EVENTS_A_TURN // 25))

    def other_machine(self, serve, number):
        """The same deployment with a state folder of its own."""
        config = self.folder / f"machine{number}.toml"
        config.write_text(serve.config.read_text() + f'folder = "{self.folder / f"machine{number}"}"\n')
        other = Serve(config, self.folder / f"machine{number}.log")
        self.serves.append(other)
        return other

    def test_a_paused_owner_writes_nothing_more(self):
        """SIGSTOP with messages in flight; another machine goes on; the first wakes up and must not write."""
        events = self.events_for(TAKEOVERS)
        owner = self.serve(more='[limits]\ninput_bytes = "8 GiB"\n[state]\ninterval = "200ms"\n')
        publisher = self.publish_slowly(events, RATE)
        machines = [owner, self.other_machine(owner, 1)]
        machines[1].kill()
        for turn in range(TAKEOVERS):
            time.sleep(self.random.uniform(0.05, 0.4))
            paused, other = machines[turn % 2], machines[(turn + 1) % 2]
            paused.process.send_signal(signal.SIGSTOP)
            caught_up = sum(line["message"] == "caught up" for line in other.lines())
            other.start()
            other.wait_for_line("caught up", caught_up + 1)
            paused.process.send_signal(signal.SIGCONT)
            # It finds out as soon as it writes; if it has nothing to write, it does no harm.
            time.sleep(self.random.uniform(0.0, 0.3))
            paused.kill()
        owner = machines[TAKEOVERS % 2]
        for machine in machines:
            self.assertNotIn("is missing although", machine.log.read_text(), "one took messages of the other")
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(owner)
        self.assert_same_as_replay(events)

    @staticmethod
    def answers(serve):
        """Whether the service runs; starts it again where the broker went while it was starting, as systemd would."""
        if serve.process.poll() is not None:
            serve.start()
        try:
            return serve.status()["ok"]
        except (RuntimeError, subprocess.TimeoutExpired):
            return False

    def test_the_broker_is_killed_again_and_again(self):
        events = self.events_for(BROKER_KILLS)
        serve = self.serve(more='[limits]\ninput_bytes = "8 GiB"\n[state]\ninterval = "200ms"\n')
        publisher = self.publish_slowly(events, RATE)
        for turn in range(BROKER_KILLS):
            time.sleep(self.random.uniform(0.1, 0.8))
            if turn % 3 == 2:
                serve.kill()
            self.broker.kill()
            time.sleep(self.random.uniform(0.0, 0.2))
            self.broker.start()
            # The system starts it again, as it would if the broker went while it was starting.
            if serve.process.poll() is not None:
                serve.start()
        self.finish_publishing(publisher)
        wait_until(lambda: self.answers(serve), lambda: f"it does not come up: {serve.log.read_text()[-2000:]}")
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        self.assertEqual(serve.stop(), 0)

    def test_duplicates_disorder_and_poison_change_nothing(self):
        """A tenth twice, a twentieth late within the lateness, a hundredth that is no event at all."""
        self.retail_rules()
        main = next(path for path in self.rules.rglob("*.lull") if "\nruleset " in "\n" + path.read_text())
        text = main.read_text()
        head, brace, rest = text.partition("{\n")
        main.write_text(head + brace + "  lateness  10 minutes\n  dedupe    20 minutes\n" + rest)
        clean = self.simulate(customers=150)
        lines = clean.read_text().splitlines()
        dirty, poison = self.spoil(lines)
        path = self.folder / "dirty.jsonl"
        path.write_text("".join(line + "\n" for line in dirty))
        serve = self.serve()
        with self.broker.client() as client:
            for number, line in enumerate(dirty):
                client.store("shop.a", line, **{"Nats-Msg-Id": f"d{number}"})
        self.move_clock("2026-04-15T00:20:00Z")
        self.wait_for_all(serve)
        self.until = "2026-04-15T00:10:00Z"
        expected, _ = self.replay(clean)
        got = {name: action for name, action in self.actions().items() if action["time"] <= self.until}
        self.assertEqual(got, expected)
        letters = [json.loads(payload) for _, _, _, payload in self.outputs("DEAD")]
        self.assertEqual(sorted(letter.get("bytes", "") for letter in letters), sorted(poison))
        self.assertTrue(all(letter["reason"] for letter in letters))

    def spoil(self, lines):
        """The lines with what a bad day does to them, and the poison among them."""
        dirty, poison = [], []
        held = []  # (until when, line): what comes late comes before anything of a later time
        for number, line in enumerate(lines):
            time_of = datetime.fromisoformat(json.loads(line)["time"].replace("Z", "+00:00"))
            dirty += [late for until, late in held if until < time_of]
            held = [(until, late) for until, late in held if until >= time_of]
            roll = self.random.random()
            if roll < 0.05:
                held.append((time_of + timedelta(minutes=self.random.uniform(0, 9)), line))
                continue
            dirty.append(line)
            if roll < 0.15:
                held.append((time_of + timedelta(minutes=self.random.uniform(0, 9)), line))
            elif roll < 0.16:
                bad = self.random.choice(["{", "not json " + str(number), line[:-1], line.replace('"time"', '"tim"'),
                                          json.dumps({"type": 7}), "[1,2]"])
                dirty.append(bad)
                poison.append(bad)
        return dirty + [late for _, late in held], poison


if __name__ == "__main__":
    unittest.main()
