"""What the end-to-end tests share: a broker, a service, and what `lull run` says about the same events."""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from datetime import datetime

from nats_client import Nats, NatsError

ROOT = pathlib.Path(__file__).resolve().parents[2]
LULL = os.environ.get("LULL_BINARY", str(ROOT / "build/release/bin/lull"))
RETAIL = ROOT / "rulesets/automotive_retail"
# LULL_WAIT_S: long forms need more.
WAIT_S = int(os.environ.get("LULL_WAIT_S", "120"))


class Broker:
    """A nats-server with JetStream on a free loopback port, storing in a folder of its own."""

    def __init__(self, folder, config=None):
        """`config` is a file of the server's own configuration."""
        self.folder = pathlib.Path(folder) / "broker"
        self.folder.mkdir()
        self.port = -1
        # The server's own configuration, and what a test wants beside it.
        self.options = [] if config is None else ["-c", str(config)]
        self.start()

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def start(self):
        command = ["nats-server", "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder / "store"),
                   "--ports_file_dir", str(self.folder), *self.options]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        ports = self.folder / f"nats-server_{self.process.pid}.ports"
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                text = ports.read_text()
                self.port = int(re.search(r"127\.0\.0\.1:(\d+)", text).group(1))
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                    if probe.recv(1):
                        return
            except (OSError, AttributeError):
                time.sleep(0.01)
        raise RuntimeError("nats-server did not start: " + (self.folder / "log").read_text())

    def kill(self):
        self.process.kill()
        self.process.wait()

    def client(self):
        return Nats(self.port)


class Serve:
    """A running `lull serve`; its log lines go to a file that survives restarts."""

    def __init__(self, config, log):
        self.config = config
        self.log = log
        self.start()

    def start(self, *options):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([LULL, "serve", "--config", str(self.config), *options], stderr=log)

    def lines(self):
        """Log lines as objects; every one must be whole JSON."""
        text = self.log.read_text() if self.log.exists() else ""
        return [json.loads(line) for line in text.splitlines() if not line.startswith("lull: ")]

    def wait_for_line(self, message, count=1):
        wait_until(lambda: sum(line["message"] == message for line in self.lines()) >= count,
                   lambda: f"no log line {message!r}:\n{self.log.read_text()[-3000:]}", self)

    def ask(self, request):
        """The answer of `lull status` or `lull reload`, and its exit code."""
        done = subprocess.run([LULL, request, "--config", str(self.config)], capture_output=True, text=True, timeout=WAIT_S)
        return (json.loads(done.stdout) if done.stdout else {"error": done.stderr}), done.returncode

    def status(self):
        answer, code = self.ask("status")
        if code != 0:
            raise RuntimeError(str(answer))
        return answer

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)

    def kill(self):
        self.process.kill()
        self.process.wait()


def wait_until(done, complaint, serve=None):
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if done():
            return
        if serve is not None and serve.process.poll() is not None:
            raise AssertionError(f"lull serve has ended ({serve.process.returncode}): {serve.log.read_text()[-3000:]}")
        time.sleep(0.02)
    raise AssertionError(complaint())


def without_position(action):
    return {name: value for name, value in action.items() if name != "position"}


class EndToEnd(unittest.TestCase):
    """A folder, a broker, and the tools to compare a service with a replay of the same file."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lull-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.seed = int(os.environ.get("LULL_TEST_SEED", random.SystemRandom().randrange(1 << 31)))
        self.random = random.Random(self.seed)
        print(f"{self.id()}: seed {self.seed}", flush=True)
        self.broker = Broker(self.folder)
        self.addCleanup(lambda: self.broker.kill())
        self.rules = self.folder / "rules"
        self.serves = []

    def tearDown(self):
        for serve in self.serves:
            if serve.process.poll() is None:
                serve.kill()

    # ---- What goes in

    def simulate(self, customers=60, days=12):
        """A file of simulated events, oldest first."""
        path = self.folder / "events.jsonl"
        subprocess.run([str(ROOT / "tools/simulate"), "--customers", str(customers), "--days", str(days), "--seed",
                        str(self.random.randrange(1000)), "--output", str(path)], check=True)
        self.until = "2026-04-15T00:00:00Z"
        self.tick = "2026-04-15T00:00:00.000001Z"
        return path

    def retail_rules(self):
        shutil.copytree(RETAIL, self.rules, ignore=shutil.ignore_patterns("*.gz", "*.md"))

    def write_rules(self, text):
        self.rules.mkdir(exist_ok=True)
        (self.rules / "rules.lull").write_text(text)

    def serve(self, sources='[[source]]\nsubject = "shop.>"\n', automatic=False, more="", top=""):
        if "[state]" not in more:
            more += '[state]\ninterval = "100ms"\n'
        config = self.folder / "lull.toml"
        config.write_text(f'name = "e2e"\nruleset = "{self.rules}"\n{top}\n[nats]\nurl = "{self.broker.url}"\n'
                          f"{sources}\n[ticks]\nautomatic = {'true' if automatic else 'false'}\n"
                          f"interval = \"100ms\"\ndelay = \"100ms\"\n{more}")
        serve = Serve(config, self.folder / "serve.log")
        self.serves.append(serve)
        serve.wait_for_line("running")
        return serve

    def publish_command(self, path, *options):
        return [LULL, "publish", "--config", str(self.folder / "lull.toml"), "--events", str(path), "--subject", "shop",
                *options]

    def publish(self, path, *options):
        done = subprocess.run(self.publish_command(path, *options), capture_output=True, text=True, timeout=WAIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)

    def publish_slowly(self, path, rate):
        return subprocess.Popen(self.publish_command(path, "--rate", str(rate)), stderr=subprocess.PIPE, text=True)

    def finish_publishing(self, publisher):
        _, errors = publisher.communicate(timeout=WAIT_S)
        self.assertEqual(publisher.returncode, 0, errors)

    def move_clock(self, time_text=None):
        done = subprocess.run([LULL, "publish", "--config", str(self.folder / "lull.toml"), "--tick",
                               time_text or self.tick], capture_output=True, text=True, timeout=WAIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)

    # ---- What comes out

    def stored(self, stream="IN"):
        with self.broker.client() as client:
            return client.state(f"LULL_E2E_{stream}")["last_seq"]

    def wait_for_all(self, serve):
        """Until everything in the input log has been read, applied and stored."""
        end = self.stored()

        def done():
            try:
                return serve.status()["next_sequence"] > end
            except (RuntimeError, subprocess.TimeoutExpired):
                return False

        wait_until(done, lambda: f"input up to {end} was not read: {serve.log.read_text()[-3000:]}", serve)

    def outputs(self, stream="OUT"):
        with self.broker.client() as client:
            return client.messages(f"LULL_E2E_{stream}")

    def actions(self):
        """By id, from the output stream, which must hold each message once and each entity's in order of time."""
        messages = self.outputs()
        ids = [message[2] for message in messages]
        self.assertEqual(len(ids), len(set(ids)), "an id was stored twice")
        latest = {}
        actions = {}
        for _, _, message_id, payload in messages:
            action = json.loads(payload)
            entity = action["entity"]["id"]
            # As texts, times with and without fractions are not in order.
            when = datetime.fromisoformat(action["time"].replace("Z", "+00:00"))
            self.assertLessEqual(latest.get(entity, when), when, f"out of order: {action}")
            latest[entity] = when
            if "kind" not in action:
                self.assertEqual(message_id, action["id"])
                actions[message_id] = without_position(action)
        return actions

    def replay(self, path, rules=None, *options):
        """Actions by id, and withdrawals by id, of `lull run` on the same events."""
        actions = self.folder / "run.jsonl"
        decisions = self.folder / "decisions.jsonl"
        done = subprocess.run([LULL, "run", str(rules or self.rules), "--events", str(path), "--until", self.until,
                               "--actions", str(actions), "--decisions", str(decisions), "--quiet", *options],
                              capture_output=True, text=True, timeout=WAIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        expected = [json.loads(line) for line in actions.read_text().splitlines()]
        ended = [json.loads(line) for line in decisions.read_text().splitlines()]
        withdrawn = {d["id"] + "." + d["kind"] for d in ended
                     if d["kind"] in ("withdrawn", "expired") and not d.get("held_out")}
        return {action["id"]: without_position(action) for action in expected}, withdrawn

    def assert_same_as_replay(self, path):
        expected, withdrawn = self.replay(path)
        self.assertGreater(len(expected), 0, "the events cause nothing")
        self.assertEqual(self.actions(), expected)
        ended = {message[2] for message in self.outputs() if "." in message[2]}
        self.assertEqual(ended, withdrawn)


def mini_rules(hours=2, second_hours=3):
    """Two stalls with deadlines of their own."""
    return f"""
ruleset mini {{
  title     "Two waits"
  zone      "UTC"
  currency  USD
  channels  call as task
}}

entity customer by customer_id {{
  store  text
}}

event asked   of customer {{ topic text }}
event answered of customer
event called  of customer
event moved   of customer sets store {{ store text }}

unit sales

stall not_answered of customer {{
  after    asked no answered within {hours} hours
  because  "Asked {{latest asked.topic}} and got no answer"
}}

stall not_called of customer {{
  after    asked no called within {second_hours} hours
  because  "Nobody called"
}}

nudge answer of customer {{
  while  not_answered
  do     call "Answer about {{latest asked.topic}}"
  to     sales / store
  worth  20 USD
}}

nudge ring of customer {{
  while  not_called
  do     call "Call"
  to     sales / store
}}
"""


def event(kind, when, customer, **fields):
    return json.dumps({"type": kind, "time": when, "customer_id": customer, **fields})


__all__ = ["Broker", "EndToEnd", "LULL", "Nats", "NatsError", "ROOT", "Serve", "event", "mini_rules",
           "wait_until", "WAIT_S"]
