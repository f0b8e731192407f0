"""`lull broker`: what it prints is what a real server lets each role do, and no more."""
import json
import os
import re
import shutil
import subprocess
import unittest

from harness import LULL, WAIT_S, Broker, EndToEnd, Nats, NatsError, Serve, event, mini_rules, wait_until
from test_ingest import TOKEN, Gateway, cloud_event

ROLES = ("service", "producer", "gateway", "unit", "operator", "deployer")
PASSWORD = "s3cret"
COUNT = 2


class BrokerConfig(EndToEnd):
    def setUp(self):
        super().setUp()
        self.write_rules(mini_rules())
        (self.folder / "password").write_text(PASSWORD + "\n")
        (self.folder / "token").write_text(TOKEN + "\n")

    def write_config(self, role="service", partitions="", source="events.*.*", more=""):
        path = self.folder / f"{role}.toml"
        path.write_text(f'name = "e2e"\nruleset = "{self.rules}"\n[nats]\nurl = "{self.broker.url}"\n'
                        f'user = "e2e_{role}"\npassword_file = "password"\n[[source]]\nsubject = "{source}"\n'
                        f'[ticks]\nautomatic = false\n[state]\ninterval = "200ms"\n{partitions}'
                        f'[ingest]\nlisten = "127.0.0.1:0"\ntoken_file = "token"\nmonitor = "127.0.0.1:0"\n{more}')
        return path

    def lull(self, *arguments, code=0):
        done = subprocess.run([LULL, *map(str, arguments)], capture_output=True, text=True, timeout=WAIT_S)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout[-1500:]} {done.stderr[-1500:]}")
        return done.stdout + done.stderr

    def printed(self, config, *options, code=0):
        return self.lull("broker", "config", "--config", config, *options, code=code)

    def start_broker(self, config):
        """A server with the printed configuration, and passwords from its environment."""
        text = self.printed(config, "--for", "2.9", "--accept-delayed-sync", "--accept-plain")
        file = self.folder / "nats.conf"
        file.write_text(text)
        for role in ROLES:
            os.environ[f"LULL_E2E_{role.upper()}_PASSWORD"] = PASSWORD
        os.environ["LULL_ADMIN_PASSWORD"] = PASSWORD
        self.broker.kill()
        folder = self.folder / "guarded"
        folder.mkdir(exist_ok=True)
        self.broker = Broker(folder, file)

    def connect(self, role, **credentials):
        client = Nats(self.broker.port, user=f"e2e_{role}", **{"pass": PASSWORD, **credentials})
        self.addCleanup(client.close)
        return client

    def serve(self, config):
        serve = Serve(config, self.folder / "serve.log")
        self.serves.append(serve)
        return serve

    def assert_refused(self, forbidden):
        for role, subjects in forbidden.items():
            for subject in subjects:
                with self.assertRaisesRegex(NatsError, "ermissions Violation", msg=f"{role} publishes {subject}"):
                    self.connect(role).request(subject, b"{}")

    def assert_deaf(self, forbidden):
        for role, subject in forbidden:
            client = self.connect(role)
            client.socket.sendall(f"SUB {subject} 9\r\nPING\r\n".encode())
            line = client.file.readline().decode()
            self.assertIn("Permissions Violation", line, f"{role} subscribes {subject}")

    def test_each_role_does_its_part_and_no_more(self):
        key = self.folder / "key"
        public = re.search(r"ed25519:[0-9a-f]+", self.lull("keygen", key)).group(0)
        bucket = f'[deploy]\nfrom = "bucket"\ntrusted_keys = ["{public}"]\n'
        config = self.write_config(more="")
        # What is kept of shadows needs room in the broker, too.
        config.write_text(config.read_text() + bucket)
        self.start_broker(config)
        for wrong in ({}, {"user": "e2e_service", "pass": "wrong"}, {"user": "nobody", "pass": PASSWORD}):
            with self.assertRaises(NatsError):
                Nats(self.broker.port, **wrong)
        service = self.write_config()
        service.write_text(service.read_text() + bucket)
        serve = self.serve(service)
        serve.wait_for_line("running")
        self.connect("producer").store("events.asked.c1", event("asked", "2026-03-02T10:00:00Z", "c1", topic="t"))
        # In the file of the service, whose secrets it cannot read.
        shared = self.folder / "gateway.toml"
        shared.write_text(self.write_config().read_text().replace('password_file = "password"', 'password_file = "nowhere"')
                          + 'user = "e2e_gateway"\npassword_file = "password"\n')
        gateway = Gateway(shared, self.folder / "ingest.log")
        self.addCleanup(lambda: gateway.process.poll() is None and gateway.kill())
        wait_until(lambda: gateway.get("/readyz")[0] == 200, lambda: gateway.get("/readyz")[1])
        self.assertEqual(gateway.post(cloud_event(1, "c2", customer_id="c2")), (200, {"stored": 1}))
        self.assertEqual(gateway.stop(), 0)
        self.connect("service").store("lull.e2e.tick", "2026-03-02T12:30:00Z")
        operator = self.write_config("operator")
        wait_until(lambda: '"events":2' in self.lull("status", "--config", operator), lambda: "not read", serve)
        self.lull("state", "erase", "--config", operator, "--type", "customer", "--entity", "c2")
        unit = self.connect("unit")
        wait_until(lambda: unit.state("LULL_E2E_OUT")["messages"] >= 2, lambda: "no action", serve)
        told = subprocess.Popen([LULL, "tasks", "--config", str(self.write_config("unit")), "--unit", "sales", "--json"],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(told.stdout.close)
        self.addCleanup(told.kill)
        self.assertIn("Answer about", told.stdout.readline())
        deployer = self.write_config("deployer")
        deployer.write_text(service.read_text().replace("e2e_service", "e2e_deployer"))
        (self.rules / "rules.lull").write_text(mini_rules(hours=4))
        self.lull("deploy", self.rules, "--config", deployer, "--key", key, "--comment", "longer")
        self.assertIn("longer", self.lull("history", "--config", deployer))
        stream_api = ["$JS.API.STREAM.DELETE.LULL_E2E_OUT", "$JS.API.STREAM.PURGE.LULL_E2E_IN",
                      "$JS.API.STREAM.MSG.DELETE.LULL_E2E_OUT"]
        internal = ["lull.e2e.tick", "lull.e2e.deploy", "lull.e2e.backfill", "lull.e2e.actions.sales.x",
                    "lull.e2e.dead.late", "lull.e2e.probe", *stream_api, "$JS.API.STREAM.UPDATE.LULL_E2E_IN"]
        self.assert_refused({
            "service": ["events.asked.c1", *stream_api],
            "producer": [*internal, "lull.e2e.control", "lull.e2e.erase", "$JS.API.STREAM.INFO.LULL_E2E_OUT",
                         "$KV.lull_e2e_deploy.head"],
            "gateway": [*internal, "lull.e2e.control", "lull.e2e.erase", "$JS.API.CONSUMER.CREATE.LULL_E2E_OUT"],
            "unit": [*internal, "events.asked.c1", "lull.e2e.control", "lull.e2e.erase",
                     "$JS.API.CONSUMER.CREATE.LULL_E2E_IN", "$KV.lull_e2e_deploy.head"],
            "operator": [*internal, "events.asked.c1", "$KV.lull_e2e_deploy.head"],
            "deployer": [*internal, "events.asked.c1", "lull.e2e.control", "lull.e2e.erase",
                         "$JS.API.CONSUMER.CREATE.LULL_E2E_OUT"]})
        self.assert_deaf([("producer", "events.>"), ("producer", "lull.>"), ("unit", "lull.e2e.actions.>"),
                          ("unit", "lull.e2e.control"), ("operator", "lull.e2e.control"), ("gateway", "events.>"),
                          ("deployer", "$KV.>"), ("service", "events.>"), ("producer", "$JS.>")])
        self.assertEqual(serve.stop(), 0)

    def test_partitions(self):
        partitions = f'[partitions]\ncount = {COUNT}\nlease = "1s"\n'
        config = self.write_config(partitions=partitions)
        self.start_broker(config)
        serve = self.serve(self.write_config(partitions=partitions))
        serve.wait_for_line("running", COUNT)
        producer = self.connect("producer")
        for i in range(20):
            producer.store(f"events.asked.c{i}", event("asked", "2026-03-02T10:00:00Z", f"c{i}", topic="t"))
        gateway = Gateway(self.write_config("gateway", partitions), self.folder / "ingest.log")
        self.addCleanup(lambda: gateway.process.poll() is None and gateway.kill())
        self.assertEqual(gateway.post([cloud_event(i, f"c{i}") for i in range(20)],
                                      "application/cloudevents-batch+json"), (200, {"stored": 20}))
        self.assertEqual(gateway.stop(), 0)
        unit = self.connect("unit")
        for partition in range(COUNT):
            self.connect("service").store(f"lull.e2e_{partition}.tick", "2026-03-02T12:30:00Z")
            wait_until(lambda: unit.state(f"LULL_E2E_{partition}_OUT")["messages"] > 0, lambda: "no action", serve)
        lines = self.lull("status", "--config", self.write_config("operator", partitions)).splitlines()
        self.assertEqual(len(lines), COUNT)
        self.assert_refused({"producer": ["lull.e2e.in.0.other.asked.c1", "lull.e2e.in.0.events.asked", "lull.e2e_0.tick"],
                             "gateway": ["lull.e2e_1.tick", "lull.e2e.actions.0.sales.x"],
                             "unit": ["lull.e2e.in.0.events.asked.c1", "$JS.API.CONSUMER.CREATE.LULL_E2E_0_IN"]})
        self.assertEqual(serve.stop(), 0)

    def test_check_finds_what_is_missing(self):
        partitions = f"[partitions]\ncount = {COUNT}\n"
        config = self.folder / "open.toml"
        config.write_text(f'name = "e2e"\nruleset = "{self.rules}"\n[nats]\nurl = "{self.broker.url}"\n'
                          f'[[source]]\nsubject = "events.*.*"\n{partitions}')
        said = self.lull("broker", "check", "--config", config, code=1)
        self.assertIn("cannot be tried before the first `lull serve`", said)
        self.assertIn("lets everybody in", said)
        serve = self.serve(config)
        serve.wait_for_line("running", COUNT)
        said = self.lull("broker", "check", "--config", config, "--accept-warnings", code=1)
        self.assertIn("no stream takes events.any.", said)
        self.assertEqual(serve.stop(), 0)
        mappings = self.folder / "mappings.conf"
        # Those of another count.
        mappings.write_text(self.lull("broker", "mappings", "--config", config).replace(f"partition({COUNT},", "partition(3,"))
        self.broker.kill()
        self.broker.options = ["-c", str(mappings)]
        self.broker.start()
        serve.start()
        serve.wait_for_line("running", 2 * COUNT)
        found = json.loads(self.lull("broker", "check", "--config", config, "--json", code=1))
        wrong = [c["text"] for c in found["checks"] if c["check"].startswith("mapping") and c["finding"] == "problem"]
        self.assertTrue(wrong)
        mappings.write_text(self.lull("broker", "mappings", "--config", config))
        self.broker.kill()
        self.broker.start()
        wait_until(lambda: subprocess.run([LULL, "broker", "check", "--config", str(config), "--accept-warnings"],
                                          capture_output=True, timeout=WAIT_S).returncode == 0,
                   lambda: self.lull("broker", "check", "--config", config, "--accept-warnings"), serve)
        # It is not safe, and says so: everybody may come in.
        self.lull("broker", "check", "--config", config, code=1)
        self.assertEqual(serve.stop(), 0)

    def test_what_is_unsafe_is_refused(self):
        config = self.write_config()
        self.assertIn("power cut", self.printed(config, "--for", "2.9", "--accept-plain", code=2))
        self.assertIn("TLS", self.printed(config, "--for", "2.10+", code=2))
        self.assertIn("together", self.printed(config, "--for", "2.10+", "--tls-cert", "a.pem", code=2))
        newer = self.printed(config, "--for", "2.10+", "--tls-cert", "/a.pem", "--tls-key", "/a.key")
        self.assertIn("sync_interval: always", newer)
        self.assertIn('cert_file: "/a.pem"', newer)
        older = self.printed(config, "--for", "2.9", "--accept-delayed-sync", "--accept-plain")
        self.assertNotIn("sync_interval", older)
        # Without passwords the server does not start.
        file = self.folder / "bare.conf"
        file.write_text(older)
        bare = {name: value for name, value in os.environ.items() if not name.startswith("LULL_")}
        done = subprocess.run(["nats-server", "-t", "-c", str(file)], capture_output=True, text=True, env=bare, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("LULL_E2E_SERVICE_PASSWORD", done.stdout + done.stderr)

    def test_streams(self):
        config = self.write_config(partitions=f"[partitions]\ncount = {COUNT}\n")
        lines = [json.loads(line) for line in self.lull("broker", "streams", "--config", config).splitlines()]
        self.assertEqual([line["stream"] for line in lines],
                         [f"LULL_E2E_{p}_{s}" for p in range(COUNT) for s in ("IN", "OUT", "DEAD", "PROBE")])
        self.assertIn("lull.e2e.in.1.events.*.*", lines[4]["subjects"])
        serve = self.folder / "plain.toml"
        serve.write_text(f'name = "e2e"\nruleset = "{self.rules}"\n[nats]\nurl = "{self.broker.url}"\n'
                         f'[[source]]\nsubject = "events.*.*"\n')
        running = self.serve(serve)
        running.wait_for_line("running")
        expected = {line["stream"]: line for line in map(json.loads, self.lull("broker", "streams", "--config", serve).splitlines())}
        with self.broker.client() as client:
            for name in ("LULL_E2E_IN", "LULL_E2E_OUT", "LULL_E2E_DEAD"):
                have = client.api(f"STREAM.INFO.{name}")["config"]
                for ours, theirs in (("subjects", "subjects"), ("max_bytes", "max_bytes"), ("discard", "discard"),
                                     ("max_msg_size", "max_msg_size"), ("deny_delete", "deny_delete"),
                                     ("deny_purge", "deny_purge"), ("retention", "retention"), ("storage", "storage")):
                    self.assertEqual(have[theirs], expected[name][ours], f"{name} {ours}")
        self.assertEqual(running.stop(), 0)


if __name__ == "__main__":
    unittest.main()
