"""What operators see of a running service: metrics, health, and what both say in trouble."""
import http.client
import json
import re
import shutil
import subprocess
import time
import unittest
from datetime import datetime, timedelta, timezone

from harness import LULL, WAIT_S, EndToEnd, event, mini_rules, wait_until


def read_metrics(text):
    """{(name, ((label, value), ...)): number}, strictly."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP|TYPE) [a-z_]+ .+", line), line
            continue
        name, labels, number = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line).groups()
        pairs = re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels or "")
        assert ",".join(f'{label}="{value}"' for label, value in pairs) == (labels or ""), line
        key = (name, tuple(sorted(pairs)))
        assert key not in found, line
        found[key] = float(number)
    return found


class Operate(EndToEnd):
    def serve_http(self, more="", **options):
        serve = self.serve(more='[http]\nlisten = "127.0.0.1:0"\n' + more, **options)
        self.find_port(serve)
        return serve

    def find_port(self, serve):
        self.port = [line for line in serve.lines() if line["message"] == "metrics and health are served"][-1]["port"]

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def metrics(self):
        status, text = self.get("/metrics")
        self.assertEqual(status, 200)
        return read_metrics(text)

    def metric(self, name, **labels):
        return self.metrics().get((name, tuple(sorted(labels.items()))))

    def not_ready(self):
        """The names of the checks that fail; none if the service is ready."""
        status, text = self.get("/readyz")
        answer = json.loads(text)
        self.assertEqual(status, 200 if answer["ok"] else 503)
        failing = {check["check"]: check["reason"] for check in answer["checks"] if not check["ok"]}
        self.assertEqual(answer["ok"], not failing)
        return failing

    def wait_ready(self, serve):
        wait_until(lambda: not self.not_ready(), lambda: f"not ready: {self.not_ready()}", serve)

    def wait_not_ready(self, serve, *checks):
        wait_until(lambda: set(checks) <= set(self.not_ready()), lambda: f"only {self.not_ready()}", serve)

    def wait_for_figures(self, serve, name, value, **labels):
        wait_until(lambda: self.metric(name, **labels) == value,
                   lambda: f"{name} {labels} is {self.metric(name, **labels)}, not {value}", serve)


class Metrics(Operate):
    def test_counters_are_what_the_events_imply(self):
        self.write_rules(mini_rules())
        serve = self.serve_http()
        count = self.random.randrange(20, 60)
        with self.broker.client() as client:
            for number in range(count):
                client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", f"c{number}", topic="t"))
            for number in range(5):  # these were answered in time
                client.store("shop.a", event("answered", "2026-03-02T10:30:00Z", f"c{number}"))
            client.store("shop.a", event("weather", "2026-03-02T10:30:00Z", "c1"))
            client.store("shop.a", b'{"type": "asked", ')
            client.store("shop.a", b'nonsense')
            client.store("shop.a", json.dumps({"type": "answered", "time": "2026-03-02T10:00:00Z"}))
            client.store("lull.e2e.tick", "2026-03-02T12:30:00Z")
            client.store("shop.a", event("answered", "2026-03-02T12:40:00Z", f"c{count - 1}"))
        self.wait_for_all(serve)
        self.wait_for_figures(serve, "lull_decisions_total", 1, nudge="answer", kind="withdrawn")
        found = self.metrics()

        def value(name, **labels):
            return found[(name, tuple(sorted(labels.items())))]

        self.assertEqual(value("lull_events_total"), count + 10)
        self.assertEqual(value("lull_ticks_total"), 1)
        self.assertEqual(value("lull_ignored_total"), 1)
        self.assertEqual(value("lull_dead_letters_total", reason="invalid_json"), 2)
        self.assertEqual(value("lull_dead_letters_total", reason="no_key"), 1)
        self.assertEqual(value("lull_dead_letters_total", reason="late"), 0)
        self.assertEqual(value("lull_decisions_total", nudge="answer", kind="sent"), count - 5)
        self.assertEqual(value("lull_decisions_total", nudge="ring", kind="sent"), 0)
        self.assertEqual(value("lull_unit_actions_total", unit="sales"), count - 5)
        self.assertEqual(value("lull_outputs_total", outcome="sent"), count - 5 + 1)
        self.assertEqual(value("lull_entities"), count)
        self.assertGreater(value("lull_engine_memory_bytes"), 100 * count)
        self.assertGreater(value("process_resident_memory_bytes"), 1 << 20)
        self.assertEqual(value("lull_lag_positions"), 0)
        self.assertEqual(value("lull_lag_seconds"), 0)
        self.assertEqual(value("lull_replaying"), 0)
        self.assertEqual(value("lull_broker_connected"), 1)
        self.assertEqual(value("lull_applied_position"), self.stored())
        self.assertEqual(value("lull_stream_messages", stream="actions"), self.stored("OUT"))
        self.assertEqual(value("lull_stream_bytes_max", stream="input"), 4 << 30)
        latency = "lull_decision_latency_seconds"
        self.assertEqual(value(latency + "_count"), self.stored() - 1, "all but the deployment that it replayed")
        self.assertEqual(value(latency + "_bucket", le="+Inf"), value(latency + "_count"))
        self.assertLess(value(latency + "_sum"), 60 * value(latency + "_count"))
        version = serve.status()["version"]
        (info,) = [dict(labels) for name, labels in found if name == "lull_ruleset_info"]
        self.assertEqual((info["ruleset"], info["version"]), ("mini", version))
        self.assertEqual(self.get("/healthz")[0], 200)
        self.assertEqual(self.not_ready(), {})
        self.assertEqual(self.get("/")[0], 404)

    def test_deployments_are_counted(self):
        self.write_rules(mini_rules())
        serve = self.serve_http()
        self.write_rules(mini_rules(hours=5))
        self.assertEqual(serve.ask("reload")[1], 0)
        self.write_rules("nonsense")
        self.assertNotEqual(serve.ask("reload")[1], 0)
        self.wait_for_figures(serve, "lull_deployments_total", 1, result="refused")
        self.assertEqual(self.metric("lull_deployments_total", result="accepted"), 1)

    def test_lag_while_it_stands_and_then_none(self):
        self.write_rules(mini_rules())
        serve = self.serve_http()
        self.wait_ready(serve)
        # Outputs cannot be stored, so nothing is applied: a small limit of the broker's stream.
        with self.broker.client() as client:
            config = client.api("STREAM.INFO.LULL_E2E_OUT")["config"]
            client.api("STREAM.UPDATE.LULL_E2E_OUT", **{**config, "max_bytes": 1})
            for number in range(20):
                client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", f"c{number}", topic="t"))
            client.store("lull.e2e.tick", "2026-03-02T12:30:00Z")
        self.wait_not_ready(serve, "outputs")
        with self.broker.client() as client:
            for number in range(7):
                client.store("shop.a", event("asked", "2026-03-02T12:50:00Z", f"d{number}", topic="t"))
        time.sleep(2.1)
        found = self.metrics()
        self.assertGreaterEqual(found[("lull_lag_positions", ())], 7)
        self.assertGreater(found[("lull_lag_seconds", ())], 1)
        self.assertGreater(found[("lull_outputs_waiting_seconds", ())], 5)
        self.assertEqual(self.get("/healthz")[0], 200, "a restart would not help")
        with self.broker.client() as client:
            client.api("STREAM.UPDATE.LULL_E2E_OUT", **config)
        self.wait_ready(serve)
        self.wait_for_figures(serve, "lull_lag_positions", 0)
        self.wait_for_figures(serve, "lull_lag_seconds", 0)
        self.assertEqual(self.metric("lull_outputs_waiting_seconds"), 0)
        self.wait_for_all(serve)
        self.assertEqual(len(self.actions()), 20, "each once")

    def test_a_silent_source_shows(self):
        self.write_rules(mini_rules())
        serve = self.serve_http(automatic=True, sources='[[source]]\nsubject = "web.>"\nsilence = "2s"\n'
                                                        '[[source]]\nsubject = "crm.>"\n')
        self.wait_for_figures(serve, "lull_source_silent", 1, source="web.>")
        self.assertIsNone(self.metric("lull_watermark_delay_seconds"))
        with self.broker.client() as client:
            client.store("web.x", '{"type": "heartbeat"}')
        self.wait_for_figures(serve, "lull_silent_sources", 0)
        wait_until(lambda: (self.metric("lull_watermark_delay_seconds") or 99) < 10, lambda: "no ticks", serve)


    def test_checkpoints_show_and_counters_go_on_from_zero(self):
        self.write_rules(mini_rules())
        serve = self.serve_http()
        with self.broker.client() as client:
            client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", "c1", topic="t"))
        self.wait_for_all(serve)
        self.wait_for_figures(serve, "lull_checkpoint_position", self.stored())
        self.assertGreaterEqual(self.metric("lull_checkpoints_total", result="made"), 1)
        self.assertEqual(self.metric("lull_checkpoints_total", result="failed"), 0)
        self.assertLess(self.metric("lull_checkpoint_duration_seconds"), WAIT_S)
        self.assertLess(self.metric("lull_checkpoint_age_seconds"), WAIT_S)
        self.assertEqual(serve.stop(), 0)
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.find_port(serve)
        self.wait_for_figures(serve, "lull_entities", 1)
        self.assertEqual(self.metric("lull_events_total"), 0, "what the checkpoint has is not read again")
        self.wait_ready(serve)


class Health(Operate):
    def test_broker_killed_and_back(self):
        self.write_rules(mini_rules())
        serve = self.serve_http(automatic=True)
        self.wait_ready(serve)
        self.broker.kill()
        self.wait_not_ready(serve, "connected", "write")
        began = time.monotonic()
        self.assertEqual(self.metric("lull_broker_connected"), 0)
        self.assertIsNone(self.metric("lull_lag_positions"))
        self.assertEqual(self.get("/healthz")[0], 200)
        self.assertLess(time.monotonic() - began, 5, "nobody waits for a broker that is away")
        self.broker.start()
        self.wait_ready(serve)
        self.wait_for_figures(serve, "lull_broker_connected", 1)

    def test_probe_stream_keeps_one_message(self):
        self.write_rules(mini_rules())
        serve = self.serve_http()
        self.wait_ready(serve)
        for _ in range(50):
            self.assertEqual(self.not_ready(), {})
        with self.broker.client() as client:
            state = client.state("LULL_E2E_PROBE")
        self.assertEqual(state["messages"], 1)
        self.assertLess(state["last_seq"], 10, "asked often, tried seldom")

    def test_input_log_full(self):
        self.write_rules(mini_rules())
        serve = self.serve_http(automatic=True)
        self.wait_ready(serve)
        with self.broker.client() as client:
            config = client.api("STREAM.INFO.LULL_E2E_IN")["config"]
            client.api("STREAM.UPDATE.LULL_E2E_IN", **{**config, "max_bytes": 1})
        self.wait_not_ready(serve, "clock")
        self.assertGreater(self.metric("lull_clock_refused_seconds"), 5)
        self.assertEqual(self.metric("lull_stream_bytes_max", stream="input"), 1)
        with self.broker.client() as client:
            client.api("STREAM.UPDATE.LULL_E2E_IN", **config)
        self.wait_ready(serve)

    def test_broker_that_answers_nothing(self):
        """SIGSTOP: connected, and no write comes through; only the probe notices at once."""
        self.write_rules(mini_rules())
        serve = self.serve_http()
        self.wait_ready(serve)
        self.broker.process.send_signal(19)
        self.addCleanup(lambda: self.broker.process.send_signal(18))
        self.wait_not_ready(serve, "write")
        self.assertEqual(self.get("/healthz")[0], 200)
        self.broker.process.send_signal(18)
        self.wait_ready(serve)

    def test_disk_of_the_broker_full(self):
        """On a file system of its own that something else fills: needs the right to mount one."""
        self.write_rules(mini_rules())
        self.broker.kill()
        store = self.broker.folder / "store"
        shutil.rmtree(store)
        store.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "lull-e2e", str(store)], capture_output=True)
        if mounted.returncode != 0:
            self.broker.start()
            self.skipTest("no right to mount a small file system")
        self.addCleanup(lambda: (self.broker.kill(), subprocess.run(["umount", "-l", str(store)], check=True)))
        self.broker.start()
        limits = "".join(f'{name} = "4 MiB"\n' for name in ("input_bytes", "action_bytes", "dead_bytes"))
        serve = self.serve_http(more="[limits]\n" + limits, automatic=True)
        self.wait_ready(serve)
        with open(store / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(1 << 12))
            except OSError:
                pass
        self.wait_not_ready(serve, "write")
        self.assertEqual(self.get("/healthz")[0], 200)
        (store / "filler").unlink()
        # As the guide says: nats-server 2.9.10 stores again only after a restart, and does not end when asked.
        self.broker.kill()
        self.broker.start()
        self.wait_ready(serve)
        with self.broker.client() as client:
            now = datetime.now(timezone.utc) - timedelta(hours=2, seconds=-1.5)
            client.store("shop.a", event("asked", now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "c1", topic="t"))
        wait_until(lambda: len(self.actions()) == 1, lambda: f"actions: {self.actions()}", serve)

    def test_wrong_addresses(self):
        self.write_rules(mini_rules())
        serve = self.serve_http()
        config = self.folder / "second.toml"
        config.write_text((self.folder / "lull.toml").read_text().replace(":0\"", f":{self.port}\""))
        done = subprocess.run([LULL, "serve", "--config", str(config)], capture_output=True, text=True, timeout=WAIT_S)
        self.assertEqual(done.returncode, 3)
        self.assertIn("choose another address or port", done.stderr)
        self.assertEqual(serve.stop(), 0)


if __name__ == "__main__":
    unittest.main()
