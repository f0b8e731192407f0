"""`lull doctor` against brokers that are right, wrong, closed, open, narrow or away."""
import http.server
import json
import os
import subprocess
import threading
import unittest

from harness import LULL, WAIT_S, EndToEnd, mini_rules

USERS = """
accounts {
  LULL { jetstream: enabled, users: [ { user: lull, password: s3cret%s } ] }
  $SYS { users: [ { user: admin, password: other } ] }
}
"""


class Doctor(EndToEnd):
    def setUp(self):
        super().setUp()
        self.write_rules(mini_rules())

    def broker_with(self, text):
        """The broker, started anew with a configuration."""
        self.broker.kill()
        config = self.broker.folder / "nats.conf"
        config.write_text(text)
        self.broker.options = ["-c", str(config)]
        self.broker.start()

    def configure(self, nats="", more=""):
        config = self.folder / "lull.toml"
        config.write_text(f'name = "e2e"\nruleset = "{self.rules}"\n[nats]\nurl = "{self.broker.url}"\n{nats}\n'
                          f'[[source]]\nsubject = "shop.>"\n{more}')
        return config

    def as_lull(self):
        (self.folder / "password").write_text("s3cret\n")
        (self.folder / "password").chmod(0o600)
        return self.configure(nats='user = "lull"\npassword_file = "password"\n')

    def doctor(self, config, code):
        """All lines by check; several of one check are joined."""
        command = [LULL, "doctor", "--config", str(config)]
        done = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=WAIT_S)
        answer = json.loads(done.stdout)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(answer["ok"], code == 0)
        self.assertEqual(answer["ok"], all(check["finding"] != "problem" for check in answer["checks"]))
        found = {}
        for check in answer["checks"]:
            self.assertIn(check["finding"], ("ok", "warning", "problem"))
            self.assertEqual("next" in check, check["finding"] != "ok", check)
            text = f"{check['finding']}: {check['text']} {check.get('next', '')}"
            found[check["check"]] = found.get(check["check"], "") + text
        return found

    def assert_finding(self, found, check, finding, *parts):
        self.assertIn(check, found, found)
        self.assertTrue(found[check].startswith(finding + ": "), found[check])
        for part in parts:
            self.assertIn(part, found[check])

    def test_all_there(self):
        found = self.doctor(self.configure(), 0)
        self.assert_finding(found, "ruleset", "warning", "mini", "lull check")  # it brings no tests along
        for check in ("configuration", "native code", "state", "open files", "broker", "message size",
                      "credentials", "jetstream", "stream LULL_E2E_IN", "stream LULL_E2E_OUT", "rights", "storing",
                      "clocks"):
            self.assert_finding(found, check, "ok")
        self.assert_finding(found, "access", "warning", "lets everybody in")
        version = subprocess.run(["nats-server", "--version"], capture_output=True, text=True).stdout
        if "v2.9.10" in version:
            self.assert_finding(found, "broker version", "warning", "2.9.10", "power cut", "disk is full")
        self.assertIn("makes it", found["stream LULL_E2E_IN"])
        self.assertIn("does not run", found["service"])

    def test_text_is_a_line_a_check(self):
        config = self.configure()
        command = [LULL, "doctor", "--config", str(config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S)
        self.assertEqual(done.returncode, 0)
        checks = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True).stdout)["checks"]
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), len(checks))
        for line, check in zip(lines, checks):
            self.assertTrue(line.startswith(f"{check['finding']:<8} {check['check']}: "), line)
        self.assertNotIn("\x1b", done.stdout)

    def test_it_leaves_a_running_service_alone(self):
        serve = self.serve()
        before = {stream: self.stored(stream) for stream in ("IN", "OUT", "DEAD")}
        found = self.doctor(self.folder / "lull.toml", 0)
        self.assertIn("`lull serve` of e2e runs", found["service"])
        self.assertIn("as it should be", found["stream LULL_E2E_IN"])
        self.assert_finding(found, "rights", "ok")
        self.assertEqual({stream: self.stored(stream) for stream in before}, before)
        self.assertEqual(serve.stop(), 0)

    def test_each_partition(self):
        config = self.configure(more='[partitions]\ncount = 3\n')
        config.write_text(config.read_text().replace("shop.>", "events.*.*"))
        found = self.doctor(config, 0)
        for number in range(3):
            self.assertIn("makes it", found[f"stream LULL_E2E_{number}_IN"])
            self.assertIn(f"of e2e_{number} does not run", found["service"])
        self.assertNotIn("stream LULL_E2E_IN", found)

    def test_wrong_configuration(self):
        found = self.doctor(self.configure(more='[http]\nlistn = "127.0.0.1:0"\n[limits]\nahead = "soon"\n'), 1)
        self.assert_finding(found, "configuration", "problem", "did you mean `listen`?", "`ahead` must be a duration")

    def test_wrong_rules(self):
        self.write_rules("nonsense")
        found = self.doctor(self.configure(), 1)
        self.assert_finding(found, "ruleset", "problem", "lull check")
        self.assert_finding(found, "rights", "ok")

    def test_no_broker(self):
        config = self.configure()
        self.broker.kill()
        self.assert_finding(self.doctor(config, 1), "broker", "problem", "nothing answers", "nats-server -js")

    def test_no_nats_server(self):
        self.configure()
        server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        config = self.folder / "lull.toml"
        config.write_text(config.read_text().replace(self.broker.url, f"nats://127.0.0.1:{server.server_port}"))
        self.assert_finding(self.doctor(config, 1), "broker", "problem", "does not greet")

    def test_users_of_an_account(self):
        self.broker_with(USERS % "")
        found = self.doctor(self.as_lull(), 0)
        self.assert_finding(found, "access", "ok", "refuses")
        self.assert_finding(found, "secrets", "ok")
        self.assert_finding(found, "rights", "ok")
        (self.folder / "password").chmod(0o644)
        self.assert_finding(self.doctor(self.folder / "lull.toml", 0), "secrets", "warning", "LoadCredential")
        (self.folder / "password").write_text("wrong\n")
        self.assert_finding(self.doctor(self.folder / "lull.toml", 1), "credentials", "problem", "refuses")

    def test_users_beside_a_lone_system_account(self):
        """The trap: this server knows users and lets everybody in."""
        self.broker_with('accounts { $SYS { users: [ { user: lull, password: s3cret } ] } }\n')
        config = self.as_lull()
        found = self.doctor(config, 1)  # the system account has no JetStream
        self.assert_finding(found, "access", "warning", "$SYS", "no credentials")

    def test_rights_that_are_missing(self):
        self.broker_with(USERS % ', permissions: { publish: { deny: ["lull.e2e.actions.>", '
                                 '"$JS.API.STREAM.CREATE.LULL_E2E_IN"] }, subscribe: { deny: "lull.e2e.control" } }')
        found = self.doctor(self.as_lull(), 1)
        self.assert_finding(found, "rights", "problem", "publish lull.e2e.actions.", "subscribe lull.e2e.control",
                            "publish $JS.API.STREAM.CREATE.LULL_E2E_IN")
        self.assertNotIn("lull.e2e.tick", found["rights"])

    def test_jetstream_off(self):
        self.broker_with("accounts { LULL { users: [ { user: lull, password: s3cret } ] } }\n")
        self.assert_finding(self.doctor(self.as_lull(), 1), "jetstream", "problem", "JetStream is off")

    def test_small_messages(self):
        self.broker_with("max_payload: 65536\n")
        self.assert_finding(self.doctor(self.configure(), 1), "message size", "problem", "max_payload")

    def test_streams_that_are_not_as_they_should_be(self):
        serve = self.serve()
        self.assertEqual(serve.stop(), 0)
        with self.broker.client() as client:
            config = client.api("STREAM.INFO.LULL_E2E_OUT")["config"]
            client.api("STREAM.UPDATE.LULL_E2E_OUT", **{**config, "max_bytes": 5 << 20})
            config = client.api("STREAM.INFO.LULL_E2E_IN")["config"]
            client.api("STREAM.UPDATE.LULL_E2E_IN", **{**config, "max_bytes": 1 << 20})
            for _ in range(10):
                client.store("shop.a", b"x" * 90_000)
        found = self.doctor(self.folder / "lull.toml", 0)
        self.assert_finding(found, "stream LULL_E2E_OUT", "warning", "max_bytes")
        config = self.configure(more='[limits]\ninput_bytes = "1 MiB"\n')
        self.assert_finding(self.doctor(config, 0), "stream LULL_E2E_IN", "warning", "% full")

    def test_source_stream_that_is_missing(self):
        config = self.configure(more='[[source]]\nstream = "ORDERS"\n')
        self.assert_finding(self.doctor(config, 1), "source ORDERS", "problem", "does not exist")

    def test_state_folder_without_a_right(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        (self.folder / "closed").mkdir(mode=0o500)
        config = self.configure(more='[state]\nfolder = "closed"\n')
        self.assert_finding(self.doctor(config, 1), "state", "problem", "cannot write")


if __name__ == "__main__":
    unittest.main()
