"""Shows Lull at work on simulated customers of a dealer group.

Installs what is missing, builds, starts a broker (nats-server with JetStream) on a free loopback port, deploys
rulesets/automotive_retail with `lull serve`, streams some days of simulated customers through it, and shows the
tasks that arrive at each business unit. Everything but the build is in a temporary folder that goes at the end.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta, timezone

ROOT = pathlib.Path(__file__).resolve().parent.parent
LULL = ROOT / "build/release/bin/lull"
RULESET = ROOT / "rulesets/automotive_retail"
SHOW_EVERY_S = 0.8  # a task of each unit
WAIT_S = 60
TERMINAL = sys.stdout.isatty()
COLOR = TERMINAL and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Trouble(Exception):
    """What went wrong and what to do, for the person at the terminal."""


def bold(text):
    return f"\033[1m{text}\033[0m" if COLOR else text


def faint(text):
    return f"\033[2m{text}\033[0m" if COLOR else text


def say(text=""):
    print(("\r\033[K" if TERMINAL else "") + text, flush=True)


def step(text):
    say(bold(f"==> {text}"))


def tail(path, lines=15):
    text = path.read_text(errors="replace") if path.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


class Board:
    """Counts tasks, and shows one of each unit now and then."""

    def __init__(self):
        self.lock = threading.Lock()
        self.by_unit = collections.defaultdict(collections.Counter)
        self.ended = collections.Counter()
        self.messages = 0
        self.shown_at = {}

    def take(self, task):
        with self.lock:
            self.messages += 1
            if "kind" in task:
                self.ended[task["kind"]] += 1
                return
            # A message goes straight to the customer.
            unit = task["unit"] or f"({task['channel']})"
            self.by_unit[unit][task["nudge"]] += 1
            now = time.monotonic()
            if now - self.shown_at.get(unit, 0) >= SHOW_EVERY_S:
                self.shown_at[unit] = now
                self.show(unit, task)

    def show(self, unit, task):
        where = unit + (f" / {task['key']}" if task["key"] else "")
        worth = f"  worth {task['worth']:g}" if task["worth"] is not None else ""
        say(f"{faint(task['time'][:16].replace('T', ' '))}  {where:<28} {bold(task['title'])}{faint(worth)}")
        for reason in task["reasons"][:4]:
            say(f"{'':47}- {reason}")

    def total(self):
        return sum(sum(nudges.values()) for nudges in self.by_unit.values())

    def summary(self):
        say(bold("Tasks by unit and nudge"))
        for unit, nudges in sorted(self.by_unit.items()):
            say(f"  {unit:<28} {sum(nudges.values()):>9,}")
            for nudge, count in nudges.most_common():
                say(faint(f"    {nudge:<26} {count:>9,}"))
        for kind, count in self.ended.items():
            say(f"  {kind + ' later':<28} {count:>9,}")


class Broker:
    def __init__(self, folder, port):
        if port > 0:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise Trouble(f"port {port} cannot be used ({error.strerror}). "
                                  "Leave --port out, and a free one is taken.") from error
        if shutil.which("nats-server") is None:
            raise Trouble("nats-server is not there, although it was to be installed. Run tools/setup and see.")
        log = folder / "broker.log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                ["nats-server", "-a", "127.0.0.1", "-p", str(port or -1), "-js", "-sd", str(folder / "store"),
                 "--ports_file_dir", str(folder)], stdout=out, stderr=out)
        ports = folder / f"nats-server_{self.process.pid}.ports"
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"nats://127\.0\.0\.1:(\d+)", ports.read_text()) if ports.exists() else None
            if found:
                self.url = found.group(0)
                return
            time.sleep(0.02)
        raise Trouble(f"nats-server did not start:\n{tail(log)}")


class Service:
    def __init__(self, folder, broker):
        self.config = folder / "lull.toml"
        self.config.write_text(f"""name = "demo"
ruleset = "{RULESET}"
[nats]
url = "{broker.url}"
[[source]]
subject = "shop.>"
# The events are history: the clock moves when the last of them is in.
[ticks]
automatic = false
""")
        self.log = folder / "serve.log"
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen([str(LULL), "serve", "--config", str(self.config)], stderr=out)
        deadline = time.monotonic() + WAIT_S
        while '"message":"running"' not in self.log.read_text():
            self.check()
            if time.monotonic() > deadline:
                raise Trouble(f"lull serve did not start:\n{tail(self.log)}")
            time.sleep(0.02)

    def check(self):
        if self.process.poll() is not None:
            raise Trouble(f"lull serve has ended:\n{tail(self.log)}")

    def status(self):
        self.check()
        done = subprocess.run([str(LULL), "status", "--config", str(self.config)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Trouble(f"lull serve does not answer: {done.stderr}\n{tail(self.log)}")
        return json.loads(done.stdout)


class Demo:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lull-demo-"))
        self.processes = []
        self.board = Board()

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def build(self):
        step("Building (only the first time takes long)")
        log = self.folder / "build.log"
        for command in (["cmake", "--preset", "release"],
                        ["cmake", "--build", "--preset", "release", "--target", "lull"]):
            shows = TERMINAL and "--build" in command  # ninja draws its own progress
            with open(log, "ab") as out:
                done = subprocess.run(command, cwd=ROOT, stdout=None if shows else out, stderr=None if shows else out)
            if done.returncode != 0:
                raise Trouble(f"building failed:\n{tail(log, 40)}")

    def simulate(self):
        options = self.options
        start = (datetime.now(timezone.utc) - timedelta(days=options.days + 1)).date()
        step(f"Simulating {options.customers:,} customers for {options.days} days")
        self.events = self.folder / "events.jsonl"
        done = subprocess.run([str(ROOT / "tools/simulate"), "--customers", str(options.customers), "--days",
                               str(options.days), "--seed", str(options.seed), "--start", start.isoformat(),
                               "--output", str(self.events)])
        if done.returncode != 0:
            raise Trouble("the simulator failed, see above")
        with open(self.events, "rb") as file:
            self.event_count = sum(1 for _ in file)
        say(f"    {self.event_count:,} events, {self.events.stat().st_size / 1e6:,.0f} MB")

    # ---- With a broker

    def live(self):
        self.simulate()
        step("Starting a broker with JetStream on the loopback interface")
        broker = Broker(self.folder, self.options.port)
        self.processes.append(broker.process)
        say(f"    {broker.url}")
        step("Deploying rulesets/automotive_retail with lull serve")
        self.service = Service(self.folder, broker)
        self.processes.append(self.service.process)
        follower = subprocess.Popen([str(LULL), "tasks", "--config", str(self.service.config), "--json"],
                                    stdout=subprocess.PIPE, text=True)
        self.processes.append(follower)
        threading.Thread(target=self.follow, args=(follower.stdout,), daemon=True).start()
        step("Streaming the events; these tasks arrive (some of them)")
        seconds = self.stream()
        self.summarize(seconds)

    def follow(self, lines):
        for line in lines:
            self.board.take(json.loads(line))

    def stream(self):
        publish = [str(LULL), "publish", "--config", str(self.service.config), "--quiet"]
        begin = time.monotonic()
        errors = self.folder / "publish.log"
        with open(errors, "wb") as out:
            publisher = subprocess.Popen([*publish, "--events", str(self.events), "--subject", "shop"], stderr=out)
        self.processes.append(publisher)
        while publisher.poll() is None:
            self.progress(self.service.status(), begin)
            time.sleep(0.15)
        if publisher.returncode != 0:
            raise Trouble(f"the events could not be published:\n{tail(errors)}")
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        if subprocess.run([*publish, "--tick", now]).returncode != 0:
            raise Trouble("the clock could not be moved, see above")
        return self.drain(begin)

    def drain(self, begin):
        """Until the service has applied everything and each task has arrived."""
        while True:
            status = self.service.status()
            self.progress(status, begin)
            # One tick follows the events.
            if status["events"] >= self.event_count and status["ticks"] > 0:
                seconds = time.monotonic() - begin
                break
            time.sleep(0.05)
        deadline = time.monotonic() + WAIT_S
        while self.board.messages < self.service.status()["published"]:
            if time.monotonic() > deadline:
                raise Trouble(f"only {self.board.messages:,} tasks arrived:\n{tail(self.service.log)}")
            time.sleep(0.05)
        return seconds

    def progress(self, status, begin):
        if not TERMINAL:
            return
        share = min(1.0, status["events"] / max(1, self.event_count))
        rate = status["events"] / max(0.001, time.monotonic() - begin)
        bar = "=" * int(share * 30)
        print(f"\r\033[K[{bar:<30}] {share * 100:3.0f} %  {status['events']:,} events, {rate:,.0f} a second, "
              f"{self.board.total():,} tasks", end="", flush=True)

    def summarize(self, seconds):
        status = self.service.status()
        latency = status["latency_ms"]
        say()
        step("Summary")
        say(f"  {'events':<28} {status['events']:>9,}")
        say(f"  {'events a second':<28} {status['events'] / seconds:>9,.0f}   through broker, rules and broker")
        say(f"  {'customers':<28} {status['entities']:>9,}")
        say(f"  {'dead letters':<28} {status['dead_letters']:>9,}")
        say(f"  {'held out':<28} {status['held_out']:>9,}")
        say(f"  {'tasks':<28} {self.board.total():>9,}")
        say(f"  {'event stored to task stored':<28} {'p50 ' + format(latency['p50'], ',.0f'):>9} ms, "
            f"p99 {latency['p99']:,.0f} ms, at full speed")
        say(f"  {'code':<28} {status['engine']:>9}")
        self.board.summary()

    # ---- Without

    def replay(self):
        self.simulate()
        step("Replaying the file with lull run; these are some of its tasks")
        actions = self.folder / "actions.jsonl"
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        done = subprocess.run([str(LULL), "run", str(RULESET), "--events", str(self.events), "--until", now,
                               "--actions", str(actions)])
        if done.returncode != 0:
            raise Trouble("lull run failed, see above")
        with open(actions, encoding="utf-8") as lines:
            for line in lines:
                self.board.take(json.loads(line))
        say()
        self.board.summary()


def main():
    parser = argparse.ArgumentParser(prog="tools/demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-broker", action="store_true", help="replay a file with `lull run`; no NATS")
    parser.add_argument("--customers", type=int, default=4000, help="how many customers (4000)")
    parser.add_argument("--days", type=int, default=10, help="how many days (10)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other customers (1)")
    parser.add_argument("--port", type=int, default=0, help="of the broker (a free one)")
    options = parser.parse_args()
    demo = Demo(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        demo.build()
        if options.no_broker:
            demo.replay()
        else:
            demo.live()
    except Trouble as trouble:
        say(f"demo: {trouble}")
        return 1
    except KeyboardInterrupt:
        say("demo: interrupted")
        return 130
    finally:
        demo.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
