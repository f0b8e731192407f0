"""Several partitions over several instances decide what one replay decides, whoever comes and goes."""
import json
import socket
import subprocess
import time
import unittest
import urllib.request

from harness import LULL, WAIT_S, Broker, EndToEnd, Serve, event, mini_rules, wait_until

RATE = 2000
COUNT = 3


class Partitions(EndToEnd):
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

    def write_config(self, url, state="state"):
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
""")
        return config

    def instance(self, number):
        serve = Serve(self.write_config(self.broker.url, f"instance{number}"), self.folder / f"instance{number}.log")
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


if __name__ == "__main__":
    unittest.main()
