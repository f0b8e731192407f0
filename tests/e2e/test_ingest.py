"""The gateway: events over HTTP and from plain subjects are stored in their partition before anybody is told so."""
import http.client
import json
import re
import signal
import subprocess
import threading
import time
import unittest

from harness import LULL, WAIT_S, EndToEnd, Nats, NatsError, Serve, event, mini_rules, wait_until

COUNT = 3
TOKEN = "a-token-of-the-test"


def cloud_event(number, key="c1", kind="asked", when="2026-03-02T10:00:00Z", **more):
    return {"specversion": "1.0", "id": str(number), "source": "/test", "type": kind, "subject": key, "time": when,
            "data": {"topic": f"t{number}"}, **more}


def fnv(text):
    number = 2166136261
    for byte in text.encode():
        number = (number ^ byte) * 16777619 % (1 << 32)
    return number


class Gateway:
    def __init__(self, config, log):
        self.config = config
        self.log = log
        self.start()

    def start(self):
        began = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([LULL, "ingest", "--config", str(self.config)], stderr=log)
        self.ports = {}

        def listening():
            if self.process.poll() is not None:
                raise AssertionError(self.log.read_text())
            lines = self.log.read_text()[began:].splitlines()
            for line in (json.loads(line) for line in lines if line.endswith("}")):
                if "port" in line:
                    self.ports["events" if line["message"] == "events are taken in" else "monitor"] = line["port"]
            return "events" in self.ports
        wait_until(listening, lambda: self.log.read_text())

    def post(self, body, kind="application/cloudevents+json", token=TOKEN, method="POST", path="/events", timeout=30,
             **headers):
        """Status, and the JSON or text of the reply."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["events"], timeout=timeout)
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            if kind is not None:
                headers["Content-Type"] = kind
            if token is not None:
                headers["Authorization"] = f"Bearer {token}"
            connection.request(method, path, body if isinstance(body, (str, bytes)) else json.dumps(body), headers)
            reply = connection.getresponse()
            text = reply.read().decode()
            return reply.status, (json.loads(text) if reply.getheader("Content-Type") == "application/json" else text)
        finally:
            connection.close()

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["monitor"], timeout=30)
        connection.request("GET", path)
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply.status, text

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Ingest(EndToEnd):
    def write_config(self, ingest='', partitions=f"[partitions]\ncount = {COUNT}\n", source="events.*.*"):
        (self.folder / "token").write_text(TOKEN + "\n")
        config = self.folder / "lull.toml"
        config.write_text(f'name = "e2e"\nruleset = "{self.rules}"\n[nats]\nurl = "{self.broker.url}"\n'
                          f'[[source]]\nsubject = "{source}"\n[ticks]\nautomatic = false\n{partitions}'
                          f'[state]\ninterval = "200ms"\n[ingest]\nlisten = "127.0.0.1:0"\ntoken_file = "token"\n'
                          f'monitor = "127.0.0.1:0"\nkey_as = "customer_id"\n{ingest}')
        return config

    def serve(self, config):
        serve = Serve(config, self.folder / "serve.log")
        self.serves.append(serve)
        serve.wait_for_line("running", COUNT if "[partitions]" in config.read_text() else 1)
        return serve

    def gateway(self, config):
        gateway = Gateway(config, self.folder / "ingest.log")
        self.addCleanup(lambda: gateway.process.poll() is None and gateway.kill())
        return gateway

    def both(self, **config):
        self.write_rules(mini_rules())
        path = self.write_config(**config)
        return self.serve(path), self.gateway(path)

    def stored_events(self):
        """Payloads by partition, in order."""
        events = {}
        with self.broker.client() as client:
            for p in range(COUNT):
                events[p] = [(subject, json.loads(payload)) for _, subject, _, payload in client.messages(f"LULL_E2E_{p}_IN")
                             if subject.startswith("lull.e2e.in.")]
        return events

    def test_content_modes(self):
        serve, gateway = self.both()
        self.assertEqual(gateway.post(cloud_event(1)), (200, {"stored": 1}))
        self.assertEqual(gateway.post([cloud_event(2), cloud_event(3, "Zoë & co. *")], "application/cloudevents-batch+json"),
                         (200, {"stored": 2}))
        self.assertEqual(gateway.post('{"topic": "t4"}', "application/json; charset=UTF-8", ce_specversion="1.0", ce_id="4",
                                      ce_source="/test", ce_type="asked", ce_subject="Zo%C3%AB & co. *",
                                      ce_time="2026-03-02T10:00:00Z"), (200, {"stored": 1}))
        # Sent again, in another form: the same event.
        self.assertEqual(gateway.post([cloud_event(1), cloud_event(4, "Zoë & co. *")], "application/cloudevents-batch+json"),
                         (200, {"stored": 2}))
        found = {}
        for partition, events in self.stored_events().items():
            for subject, payload in events:
                token = subject.rsplit(".", 1)[1]
                self.assertEqual(partition, fnv(token) % COUNT)
                self.assertEqual(subject, f"lull.e2e.in.{partition}.events.asked.{token}")
                self.assertNotIn(payload["id"], found)
                found[payload["id"]] = payload
        self.assertEqual(sorted(found), ["1", "2", "3", "4"])
        self.assertEqual({id: (e["customer_id"], e["data"]) for id, e in found.items()},
                         {"1": ("c1", {"topic": "t1"}), "2": ("c1", {"topic": "t2"}),
                          "3": ("Zoë & co. *", {"topic": "t3"}), "4": ("Zoë & co. *", {"topic": "t4"})})
        with self.broker.client() as client:
            for p in range(COUNT):
                client.store(f"lull.e2e_{p}.tick", "2026-03-02T12:30:00Z")
            wait_until(lambda: sum(client.state(f"LULL_E2E_{p}_OUT")["messages"] for p in range(COUNT)) == 2,
                       lambda: serve.log.read_text()[-2000:], serve)
            for p in range(COUNT):
                self.assertEqual(client.state(f"LULL_E2E_{p}_DEAD")["messages"], 0)
        status, text = gateway.get("/metrics")
        self.assertRegex(text, r"(?m)^lull_ingest_events_total 6$")
        self.assertRegex(text, r'(?m)^lull_ingest_requests_total\{status="200"\} 4$')
        self.assertEqual(gateway.get("/healthz")[0], 200)
        self.assertEqual(gateway.get("/readyz")[0], 200)
        self.assertEqual(gateway.stop(), 0)
        self.assertEqual(serve.stop(), 0)

    def test_what_is_refused_says_why(self):
        serve, gateway = self.both(ingest='body_bytes = "1 MiB"\n')

        def refused(status, what, *arguments, **options):
            got, reply = gateway.post(*arguments, **options)
            self.assertEqual(got, status, reply)
            self.assertIn(what, reply["error"] + reply["what_to_do"])

        refused(401, "token", cloud_event(1), token=None)
        refused(401, "token", cloud_event(1), token=TOKEN[:-1])
        refused(401, "token", cloud_event(1), token=TOKEN + "x")
        refused(415, "no CloudEvent", cloud_event(1), "application/json")
        refused(415, "text/plain", "topic", "text/plain", ce_specversion="1.0")
        refused(415, "packed", b"\x1f\x8b", Content_Encoding="gzip")
        refused(415, "application/cloudevents+avro", b"", "application/cloudevents+avro")
        refused(413, "at most", b" " * (3 << 20))
        refused(400, "not JSON", '{"specversion": ')
        refused(400, "object", "7")
        refused(400, "array", cloud_event(1), "application/cloudevents-batch+json")
        for missing in ("id", "source", "type", "time", "subject", "specversion"):
            broken = cloud_event(1)
            del broken[missing]
            refused(400, missing, broken)
        refused(400, "Event 1 of the batch", [cloud_event(1), {}], "application/cloudevents-batch+json")
        refused(400, "data_base64", cloud_event(1, data_base64="AA=="))
        refused(400, "object", cloud_event(1, data="text"))
        refused(400, "time", cloud_event(1, when="yesterday"))
        self.assertEqual(gateway.post("", method="GET")[0], 405)
        self.assertEqual(gateway.post(cloud_event(1), path="/other")[0], 404)
        self.assertEqual(sum(len(events) for events in self.stored_events().values()), 0)
        self.broker.kill()
        status, reply = gateway.post(cloud_event(1), timeout=60)
        self.assertEqual(status, 503, reply)
        self.assertIn("again", reply["what_to_do"])
        wait_until(lambda: gateway.get("/readyz")[0] == 503, lambda: "still ready")
        self.assertEqual(gateway.get("/healthz")[0], 200)
        self.broker.start()
        wait_until(lambda: gateway.post(cloud_event(1))[0] == 200, lambda: "does not come back")
        self.assertEqual(sum(len(events) for events in self.stored_events().values()), 1)
        self.assertEqual(gateway.stop(), 0)

    def test_configurations_that_are_not_safe(self):
        self.write_rules(mini_rules())
        config = self.write_config()
        for change, complaint in ((("127.0.0.1:0\"\ntoken_file = \"token\"", "0.0.0.0:0\""), "token_file"),
                                  (('key_as = "customer_id"', 'key = ""'), "needs a key"),
                                  (('key_as = "customer_id"', 'subject = "other"'), "no \\[\\[source\\]\\]"),
                                  (('key_as', 'kye_as'), "key_as")):
            text = config.read_text()
            broken = self.folder / "broken.toml"
            broken.write_text(text.replace(*change))
            self.assertNotEqual(broken.read_text(), text)
            done = subprocess.run([LULL, "ingest", "--config", str(broken)], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stderr, complaint)

    def test_one_partition_needs_no_rules_here(self):
        self.write_rules(mini_rules())
        config = self.write_config(partitions="")
        serve = self.serve(config)
        other = self.folder / "gateway.toml"
        other.write_text(config.read_text().replace(str(self.rules), "/nowhere"))
        gateway = self.gateway(other)
        self.assertEqual(gateway.post(cloud_event(1)), (200, {"stored": 1}))
        with self.broker.client() as client:
            self.assertEqual([m[1] for m in client.messages("LULL_E2E_IN") if m[1].startswith("events")],
                             ["events.asked.c1"])
        self.assertEqual(gateway.stop(), 0)
        self.assertEqual(serve.stop(), 0)

    def test_plain_subjects_find_their_partition(self):
        serve, gateway = self.both(ingest="route = true\n")
        keys = [f"c{i}" for i in range(40)]
        with self.broker.client() as client:
            for key in keys:
                for _ in range(2):  # a retry of the producer
                    reply = json.loads(client.request(f"events.asked.{key}", event("asked", "2026-03-02T10:00:00Z", key,
                                                                                   topic="t").encode(),
                                                      {"Nats-Msg-Id": f"id-{key}"}))
                    self.assertEqual(reply["stream"], f"LULL_E2E_{fnv(key) % COUNT}_IN")
        stored = [(p, e["customer_id"]) for p, events in self.stored_events().items() for _, e in events]
        self.assertEqual(sorted(stored), sorted((fnv(key) % COUNT, key) for key in keys))
        self.assertRegex(gateway.get("/metrics")[1], rf"(?m)^lull_ingest_routed_total {2 * len(keys)}$")
        self.assertEqual(gateway.stop(), 0)
        with self.broker.client() as client, self.assertRaises(NatsError):
            client.request("events.asked.c1", b"{}")
        self.assertEqual(serve.stop(), 0)

    def test_kills_under_load(self):
        """Clients that send again until they are told "stored", while gateway and broker are killed."""
        serve, gateway = self.both()
        sent = []
        lock = threading.Lock()
        stop = threading.Event()
        seeds = [self.random.randrange(1 << 30) for _ in range(4)]

        def client(worker):
            number = 0
            while not stop.is_set():
                batch = [cloud_event(f"{worker}.{number}.{i}", f"k{(seeds[worker] + number * 7 + i) % 50}")
                         for i in range(1 + (seeds[worker] + number) % 20)]
                number += 1
                while True:
                    try:
                        status, reply = gateway.post(batch, "application/cloudevents-batch+json", timeout=20)
                        if status == 200:
                            break
                        if status not in (429, 503):
                            raise AssertionError(f"{status} {reply}")
                    except (OSError, http.client.HTTPException, KeyError):
                        pass
                    time.sleep(0.05)
                with lock:
                    sent.extend(each["id"] for each in batch)

        workers = [threading.Thread(target=client, args=(w,)) for w in range(4)]
        for worker in workers:
            worker.start()
        for turn in range(6):
            time.sleep(self.random.uniform(0.2, 0.7))
            if turn % 2 == 0:
                gateway.kill()
                gateway.start()
            else:
                self.broker.kill()
                self.broker.start()
        time.sleep(0.5)
        stop.set()
        self.assertEqual(gateway.stop(), 0)
        gateway.start()
        for worker in workers:
            worker.join(WAIT_S)
            self.assertFalse(worker.is_alive())
        stored = [e["id"] for events in self.stored_events().values() for _, e in events]
        print(f"  {len(sent)} events acknowledged over 3 kills of the gateway, 3 of the broker and one stop", flush=True)
        self.assertGreater(len(sent), 100)
        self.assertEqual(len(stored), len(set(stored)), "stored twice")
        self.assertEqual(sorted(stored), sorted(sent))
        self.assertEqual(serve.stop(), 0)


if __name__ == "__main__":
    unittest.main()
