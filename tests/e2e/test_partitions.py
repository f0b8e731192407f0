"""Several partitions over several instances decide what one replay decides, whoever comes and goes."""
import json
import shutil
import socket
import subprocess
import time
import unittest
import urllib.request

from harness import LULL, WAIT_S, Broker, EndToEnd, Serve, event, mini_rules, wait_until

RATE = 2000
COUNT = 3


class Partitioned(EndToEnd):
    def setUp(self):
        super().setUp()
        self.broker.kill()
        self.retail_rules()
        self.config = self.write_config("nats://127.0.0.1:4222")
        self.broker_folder = self.folder / "partitioned"
        self.broker_folder.mkdir()
        mappings = self.folder / "mappings.conf"
        mappings.write_text(subprocess.run([LULL, "broker", "mappings", "--config", str(self.config)],
                                           capture_output=True, text=True, check=True).stdout)
        self.broker = Broker(self.broker_folder, mappings)

    def write_config(self, url, state="state", more=""):
        config = self.folder / f"{state}.toml"
        config.write_text(f"""
name = "e2e"
ruleset = "{self.rules}"
[nats]
url = "{url}"
[[source]]
subject = "events.*.*"
[ticks]
automatic = false
[partitions]
count = {COUNT}
lease = "1s"
[state]
folder = "state"
interval = "200ms"
{more}
""")
        return config

    def instance(self, number, more=""):
        serve = Serve(self.write_config(self.broker.url, f"instance{number}", more), self.folder / f"instance{number}.log")
        self.serves.append(serve)
        return serve

    def publish_by_key(self, path):
        return subprocess.Popen([LULL, "publish", "--nats", self.broker.url, "--events", str(path), "--subject", "events",
                                 "--key", "customer_id", "--rate", str(RATE)], stderr=subprocess.PIPE, text=True)

    def owned(self, serve):
        """Partitions that the instance's log says it has now."""
        own = set()
        for line in serve.lines():
            if line["message"] == "owning a partition":
                own.add(line["partition"])
            elif line["message"] in ("a partition is free for another instance",
                                     "a partition has gone to another instance"):
                own.discard(line["partition"])
        return own

    def wait_until_shared(self, *instances):
        def shared():
            own = [self.owned(each) for each in instances]
            sizes = [len(each) for each in own]
            return sum(sizes) == COUNT == len(set().union(*own)) and max(sizes) - min(sizes) <= 1

        wait_until(shared, lambda: str([self.owned(each) for each in instances]), instances[0])

    def wait_for_every_partition(self, serve):
        with self.broker.client() as client:
            ends = [client.state(f"LULL_E2E_{p}_IN")["last_seq"] for p in range(COUNT)]

        def done():
            answer = subprocess.run([LULL, "status", "--config", str(serve.config)], capture_output=True, text=True,
                                    timeout=WAIT_S)
            lines = [json.loads(line) for line in answer.stdout.splitlines()]
            return len(lines) == COUNT and all(line["next_sequence"] > end for line, end in zip(lines, ends))

        wait_until(done, lambda: f"not all was read: {serve.log.read_text()[-2000:]}", serve)

    def all_actions(self):
        actions = {}
        with self.broker.client() as client:
            for p in range(COUNT):
                messages = client.messages(f"LULL_E2E_{p}_OUT")
                self.assertGreater(len(messages), 0, f"partition {p} has nothing to do")
                for _, subject, name, payload in messages:
                    self.assertTrue(subject.startswith(f"lull.e2e.actions.{p}."), subject)
                    self.assertNotIn(name, actions, "sent twice")
                    actions[name] = json.loads(payload)
        return {name: {member: value for member, value in action.items() if member != "position"}
                for name, action in actions.items() if "kind" not in action}


class Partitions(Partitioned):
    def test_instances_come_and_go(self):
        events = self.simulate(customers=300)
        first = self.instance(1)
        self.wait_until_shared(first)
        first.wait_for_line("running", COUNT)
        publisher = self.publish_by_key(events)
        second = self.instance(2)
        self.wait_until_shared(first, second)
        time.sleep(self.random.uniform(0.0, 0.5))
        second.kill()
        self.wait_until_shared(first)
        third = self.instance(3)
        self.wait_until_shared(first, third)
        self.assertEqual(first.stop(), 0)
        self.wait_until_shared(third)
        self.finish_publishing(publisher)
        with self.broker.client() as client:
            for p in range(COUNT):
                client.store(f"lull.e2e_{p}.tick", self.tick)
        self.wait_for_every_partition(third)
        expected, _ = self.replay(events)
        self.assertEqual(self.all_actions(), expected)
        self.assertEqual(third.stop(), 0)

    def test_a_ruleset_that_crosses_partitions_is_refused(self):
        self.write_rules(mini_rules() + "\nentity store by store_id\nevent moved_in of customer, store { note text }\n")
        for path in self.rules.glob("*.lull"):
            if path.name != "rules.lull":
                path.unlink()
        serve = Serve(self.write_config(self.broker.url), self.folder / "refused.log")
        self.serves.append(serve)
        wait_until(lambda: "moved_in is of several entities" in serve.log.read_text(),
                   lambda: serve.log.read_text()[-2000:], serve)
        self.assertEqual(serve.stop(), 0)

    def test_each_partition_shows_itself_on_a_port_of_its_own(self):
        base = self.free_ports()
        with open(self.write_config(self.broker.url, "shown"), "a") as config:
            config.write(f'[http]\nlisten = "127.0.0.1:{base}"\n')
        serve = Serve(self.folder / "shown.toml", self.folder / "shown.log")
        self.serves.append(serve)
        self.wait_until_shared(serve)
        for partition in range(COUNT):
            wait_until(lambda: self.answers(base + partition, "/readyz"), lambda: f"{partition} is not ready: {serve.log.read_text()[-2500:]}", serve)
            self.assertIn("lull_running 1", self.answers(base + partition, "/metrics"))
        self.assertEqual(serve.stop(), 0)

    def free_ports(self):
        """The first of as many in a row as there are partitions."""
        while True:
            base = self.random.randrange(20_000, 30_000)
            try:
                for port in range(base, base + COUNT):
                    with socket.socket() as probe:
                        probe.bind(("127.0.0.1", port))
                return base
            except OSError:
                continue

    def answers(self, port, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=WAIT_S) as reply:
                return reply.read().decode()
        except OSError:
            return ""


class DeployToPartitions(Partitioned):
    """A revision is verified by each partition, and takes effect in each at one position of its own log."""

    def setUp(self):
        super().setUp()
        self.keys = {}
        for name in ("ann", "eve"):
            done = subprocess.run([LULL, "keygen", str(self.folder / f"{name}.key")], capture_output=True, text=True, check=True)
            self.keys[name] = done.stdout.strip()

    def bucket(self, trusted="ann", more=""):
        return f'[deploy]\nfrom = "bucket"\ntrusted_keys = ["{self.keys[trusted]}"]\n{more}'

    def lull(self, command, *arguments, key="ann"):
        words = [LULL, command, *arguments, "--nats", self.broker.url, "--name", "e2e"]
        if key:
            words += ["--key", str(self.folder / f"{key}.key")]
        done = subprocess.run(words, capture_output=True, text=True, timeout=WAIT_S)
        return done.returncode, done.stdout + done.stderr

    def history(self):
        code, text = self.lull("history", "--json", key=None)
        self.assertEqual(code, 0, text)
        return [json.loads(line) for line in text.splitlines()]

    def variant(self, number):
        """Rules that decide the same, of another meaning."""
        folder = self.folder / f"variant{number}"
        shutil.copytree(self.rules, folder)
        (folder / "extra.lull").write_text(f"feature busy_{number} of customer = count of activity in last {number + 1} days\n"
                                           f"nudge never_{number} of customer {{\n  while busy_{number} > 1000000\n"
                                           f'  do call "never"\n  to sales / store\n}}\n')
        return str(folder)

    def marked(self, partition):
        """Revisions in the partition's input log, with their positions."""
        with self.broker.client() as client:
            return [(json.loads(payload).get("revision", 0), sequence)
                    for sequence, subject, _, payload in client.messages(f"LULL_E2E_{partition}_IN")
                    if subject == f"lull.e2e_{partition}.deploy"]

    def test_instances_come_and_go_while_revisions_are_deployed(self):
        events = self.simulate(customers=300)
        first = self.instance(1, self.bucket())
        self.wait_until_shared(first)
        first.wait_for_line("running", COUNT)
        publisher = self.publish_by_key(events)
        running = [first]
        for revision in range(1, 6):
            if revision == 2:
                running.append(self.instance(2, self.bucket()))
                # Not waited for: partitions move while the revision is being verified.
            if revision == 4:
                time.sleep(self.random.uniform(0.0, 0.5))
                running.pop().kill()
            if revision == 5:
                running.append(self.instance(3, self.bucket()))
            code, text = self.lull("deploy", self.variant(revision))
            self.assertEqual(code, 0, text)
            self.assertIn(f"revision {revision} is in force", text)
            self.assertIn("in all partitions", text)
        self.finish_publishing(publisher)
        self.wait_until_shared(*running)
        with self.broker.client() as client:
            for p in range(COUNT):
                client.store(f"lull.e2e_{p}.tick", self.tick)
        self.wait_for_every_partition(first)
        expected, _ = self.replay(events)

        def without_version(actions):
            return {id: {name: value for name, value in action.items() if name != "version"}
                    for id, action in actions.items()}

        self.assertEqual(without_version(self.all_actions()), without_version(expected))
        rows = self.history()
        for partition in range(COUNT):
            markers = self.marked(partition)
            self.assertEqual([revision for revision, _ in markers], [0, 1, 2, 3, 4, 5])
            for row in rows:
                self.assertEqual(row["outcome"], "accepted")
                own = row["partitions"][partition]
                self.assertEqual((own["outcome"], own["sequence"]), ("accepted", dict(markers)[row["revision"]]))
        code, text = self.lull("rollback")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.history()[0]["version"], rows[1]["version"])
        # Whoever starts next goes on with it.
        for serve in running:
            serve.stop()
        last = self.instance(4, self.bucket())
        last.wait_for_line("caught up", COUNT)
        answer = subprocess.run([LULL, "status", "--config", str(last.config)], capture_output=True, text=True, timeout=WAIT_S)
        self.assertEqual([json.loads(line)["revision"] for line in answer.stdout.splitlines()], [6] * COUNT)

    def partition(self, number, more):
        serve = Serve.__new__(Serve)
        serve.config = self.write_config(self.broker.url, f"partition{number}", more)
        serve.log = self.folder / f"partition{number}.log"
        serve.start("--partition", str(number))
        self.serves.append(serve)
        serve.wait_for_line("running")
        return serve

    def test_what_one_refuses_takes_effect_in_none(self):
        for number in range(COUNT):
            self.partition(number, self.bucket("eve" if number == 1 else "ann"))
        code, text = self.lull("deploy", self.variant(1))
        self.assertEqual(code, 1, text)
        self.assertIn("partition 1 has refused it", text)
        self.assertIn("none of the keys", text)
        self.assertEqual([self.marked(p) for p in range(COUNT)], [[(0, 1)]] * COUNT)
        self.assertEqual({own["outcome"] for own in self.history()[0]["partitions"]}, {"refused"})

    def test_a_partition_that_is_away_takes_it_when_it_comes(self):
        for number in (0, 1):
            self.partition(number, self.bucket(more='patience = "2s"\n'))
        code, text = self.lull("deploy", self.variant(1), "--wait", "8s")
        self.assertEqual(code, 3, text)
        self.assertIn("accepted in partitions 0, 1; not looked at in partition 2", text)
        # The others wait no longer than they have to.
        self.assertEqual([len(self.marked(p)) for p in (0, 1)], [2, 2])
        self.partition(2, self.bucket(more='patience = "2s"\n'))
        wait_until(lambda: self.history()[0]["outcome"] == "accepted", lambda: str(self.history()))

    def test_a_ruleset_that_crosses_partitions_is_refused_by_all(self):
        serve = self.instance(1, self.bucket())
        self.wait_until_shared(serve)
        folder = self.folder / "crossing"
        folder.mkdir()
        (folder / "rules.lull").write_text(
            mini_rules() + "\nentity store by store_id\nevent moved_in of customer, store { note text }\n")
        code, text = self.lull("deploy", str(folder))
        self.assertEqual(code, 1, text)
        self.assertIn("moved_in is of several entities", text)


if __name__ == "__main__":
    unittest.main()
