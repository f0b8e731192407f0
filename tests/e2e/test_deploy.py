"""Rulesets come through the bucket: signed, in rising revisions, each at one position of the log, and nothing else.

LULL_DEPLOYMENTS=1000 is the long form of the test under load; it prints how long the path of events stood still.
"""
import base64
import json
import os
import shutil
import subprocess
import time
import unittest

from harness import EndToEnd, LULL, NatsError, ROOT, event, mini_rules

DEPLOYMENTS = int(os.environ.get("LULL_DEPLOYMENTS", "6"))
BAD_RULESETS = 50


class Deploying(EndToEnd):
    def setUp(self):
        super().setUp()
        self.keys = {}

    def key(self, name):
        """The file of a private key; its public key is in self.keys."""
        path = self.folder / f"{name}.key"
        if name not in self.keys:
            done = subprocess.run([LULL, "keygen", str(path)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.keys[name] = done.stdout.strip()
        return str(path)

    def serve_bucket(self, trusted=("ann",), approvals=1, more=""):
        for name in trusted:
            self.key(name)
        listed = ", ".join(f'"{self.keys[name]}"' for name in trusted)
        return self.serve(more=f'[deploy]\nfrom = "bucket"\ntrusted_keys = [{listed}]\napprovals = {approvals}\n{more}')

    def lull(self, command, *arguments, key=None):
        words = [LULL, command, *arguments, "--config", str(self.folder / "lull.toml")]
        if key:
            words += ["--key", self.key(key)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=150)
        return done.returncode, done.stdout + done.stderr

    def deploy(self, text=None, *arguments, key="ann", folder=None):
        if text is not None:
            folder = self.folder / "next"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "rules.lull").write_text(text)
        return self.lull("deploy", str(folder), *arguments, key=key)

    def history(self):
        code, text = self.lull("history", "--json", "--count", "5000")
        self.assertEqual(code, 0, text)
        return [json.loads(line) for line in text.splitlines()]

    def bucket_value(self, key):
        with self.broker.client() as client:
            try:
                found = client.api("STREAM.MSG.GET.KV_lull_e2e_deploy", last_by_subj=f"$KV.lull_e2e_deploy.{key}")
            except NatsError:
                return None
        return base64.b64decode(found["message"].get("data", "")).decode()

    def put(self, key, value):
        with self.broker.client() as client:
            client.store(f"$KV.lull_e2e_deploy.{key}", value)

    def wait_for_outcome(self, revision, outcome):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            value = self.bucket_value(f"status.{revision}")
            if value and json.loads(value)["outcome"] == outcome:
                return json.loads(value)
            time.sleep(0.05)
        raise AssertionError(f"revision {revision} is not {outcome}: {value}")


class Deploy(Deploying):
    def test_takes_effect_at_one_position(self):
        self.write_rules(mini_rules(hours=2, second_hours=3))
        serve = self.serve_bucket()
        with self.broker.client() as client:
            client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", "c0", topic="first"))
            client.store("lull.e2e.tick", "2026-03-02T13:30:00Z")
        self.wait_for_all(serve)
        code, text = self.deploy(mini_rules(hours=4, second_hours=5), "--comment", "longer waits", "--by", "Ann")
        self.assertEqual(code, 0, text)
        self.assertIn("revision 1 is in force", text)
        with self.broker.client() as client:
            client.store("shop.a", event("asked", "2026-03-02T14:30:00Z", "c2", topic="third"))
            client.store("lull.e2e.tick", "2026-03-03T10:00:00Z")
        self.wait_for_all(serve)
        self.assertEqual(serve.status()["revision"], 1)
        answers = {(a["entity"]["id"], a["time"]) for a in self.actions().values() if a["nudge"] == "answer"}
        # The wait of c0 had ended after two hours, and ends again after four.
        self.assertEqual(answers, {("c0", "2026-03-02T12:00:00Z"), ("c0", "2026-03-02T14:00:00Z"),
                                   ("c2", "2026-03-02T18:30:00Z")})
        row = self.history()[0]
        self.assertEqual((row["outcome"], row["by"], row["comment"], row["keys"]),
                         ("accepted", "Ann", "longer waits", [self.keys["ann"]]))
        self.assertEqual(self.stored(), max(row["sequence"] + 2, 4))
        before = self.outputs()
        # The folder does not count any more, whatever it holds; a replay switches at the same place.
        self.write_rules("this is no ruleset")
        for stop in (serve.kill, serve.stop):
            stop()
            serve.start()
            serve.wait_for_line("caught up", 2 + (stop == serve.stop))
            self.assertEqual(serve.status()["revision"], 1)
            self.assertEqual(self.outputs(), before)
        answer, code = serve.ask("reload")
        self.assertNotEqual(code, 0)
        self.assertIn("lull deploy", answer["error"])

    def test_deployed_while_the_service_is_down(self):
        self.write_rules(mini_rules(hours=2))
        serve = self.serve_bucket()
        serve.stop()
        for hours in (3, 4):
            code, text = self.deploy(mini_rules(hours=hours), "--no-wait")
            self.assertEqual(code, 0, text)
        code, text = self.deploy(mini_rules(hours=4), "--wait", "1s")
        self.assertEqual(code, 3, text)
        self.assertIn("Is it running", text)
        serve.start()
        self.wait_for_outcome(3, "accepted")
        self.assertEqual(serve.status()["revision"], 3)

    def test_killed_while_deploying(self):
        self.write_rules(mini_rules(hours=2))
        serve = self.serve_bucket()
        for hours in range(3, 9):
            code, text = self.deploy(mini_rules(hours=hours), "--no-wait")
            self.assertEqual(code, 0, text)
            time.sleep(self.random.uniform(0, 0.4))
            serve.kill()
            serve.start()
        rows = self.history()
        self.wait_for_outcome(rows[0]["revision"], "accepted")
        # Each revision that took effect stands in the log once, in order; the last one is in force.
        with self.broker.client() as client:
            markers = [json.loads(payload).get("revision", 0) for _, subject, _, payload in client.messages("LULL_E2E_IN")
                       if subject == "lull.e2e.deploy"]
        taken = [revision for revision in markers if revision > 0]
        self.assertEqual(taken, sorted(set(taken)))
        self.assertEqual(taken[-1], rows[0]["revision"])
        accepted = {row["revision"] for row in self.history() if row.get("outcome") == "accepted"}
        self.assertEqual(accepted, set(taken))

    def test_rollback(self):
        self.write_rules(mini_rules(hours=2))
        serve = self.serve_bucket()
        versions = {}
        for revision, hours in ((1, 3), (2, 4), (3, 5)):
            code, text = self.deploy(mini_rules(hours=hours))
            self.assertEqual(code, 0, text)
            versions[revision] = serve.status()["version"]
        code, text = self.lull("rollback", key="ann")
        self.assertEqual(code, 0, text)
        self.assertEqual(serve.status()["version"], versions[2])
        code, text = self.lull("rollback", "--to", "1", "--comment", "all of it", key="ann")
        self.assertEqual(code, 0, text)
        self.assertEqual((serve.status()["version"], serve.status()["revision"]), (versions[1], 5))
        rows = self.history()
        self.assertEqual([(r["revision"], r["of"], r["version"]) for r in rows[:2]], [(5, 1, versions[1]), (4, 2, versions[2])])
        self.assertEqual(rows[0]["hash"], rows[4]["hash"])
        code, text = self.lull("rollback", "--to", "77", key="ann")
        self.assertEqual(code, 3, text)
        self.assertIn("there is no revision 77", text)

    def test_a_second_person_approves(self):
        self.write_rules(mini_rules(hours=2))
        self.key("eve")
        serve = self.serve_bucket(trusted=("ann", "bob"), approvals=2)
        before = serve.status()["version"]
        code, text = self.deploy(mini_rules(hours=3))
        self.assertEqual(code, 0, text)
        self.assertIn("awaits approval: 1 of 2 signatures", text)
        # What is to be approved can be read, as it was signed.
        code, text = self.lull("history", "--extract", "1", "--into", str(self.folder / "one"))
        self.assertEqual(code, 0, text)
        self.assertEqual((self.folder / "one/ruleset/rules.lull").read_text(), mini_rules(hours=3))
        # Neither the same person again nor a stranger is a second one.
        for name in ("ann", "eve"):
            code, text = self.lull("approve", "1", "--wait", "1s", key=name)
            self.assertEqual(code, 3, text)
        self.assertEqual(serve.status()["version"], before)
        # A newer one that is approved first passes it over.
        self.assertEqual(self.deploy(mini_rules(hours=4))[0], 0)
        self.assertEqual(self.deploy(mini_rules(hours=5))[0], 0)
        code, text = self.lull("approve", "2", key="bob")
        self.assertEqual(code, 0, text)
        self.assertEqual(serve.status()["revision"], 2)
        self.wait_for_outcome(1, "superseded")
        code, text = self.lull("approve", "1", key="bob")
        self.assertEqual(code, 2, text)
        # What still awaits survives a restart.
        serve.stop()
        serve.start()
        serve.wait_for_line("caught up", 2)
        code, text = self.lull("approve", "3", key="bob")
        self.assertEqual(code, 0, text)
        self.assertEqual(serve.status()["revision"], 3)

    def test_nothing_bad_becomes_active(self):
        self.write_rules(mini_rules(hours=2))
        self.key("eve")
        serve = self.serve_bucket()
        code, text = self.deploy(mini_rules(hours=3))
        self.assertEqual(code, 0, text)
        good = serve.status()
        stored = self.stored()
        refused = 0

        def check_refused(code, text, *words):
            nonlocal refused
            refused += 1
            self.assertEqual(code, 1, text)
            for word in words:
                self.assertIn(word, text)

        # Mistakes in the rules, as the service finds them; its own tests; keys.
        mistakes = sorted((ROOT / "tests/mistakes").glob("*.lull"))
        self.random.shuffle(mistakes)
        for path in mistakes:
            text = mini_rules(hours=3) + "\n" + path.read_text()
            (self.folder / "mistake").mkdir(exist_ok=True)
            (self.folder / "mistake/rules.lull").write_text(text)
            # Some mistakes are only warned of.
            if subprocess.run([LULL, "check", str(self.folder / "mistake")], capture_output=True).returncode != 1:
                continue
            code, answer = self.deploy(text, "--no-check")
            check_refused(code, answer, "is refused", "rules.lull")
            if refused == BAD_RULESETS - 10:
                break
        failing = mini_rules(hours=3) + ('test "too early" {\n  customer "c"\n  at 2026-03-02 10:00 asked { topic "rates" }\n'
                                         '  at +1h expect answer\n}\n')
        check_refused(*self.deploy(failing), "1 of the ruleset's 1 tests fail")
        check_refused(*self.deploy(mini_rules(hours=4), key=None), "is not signed")
        check_refused(*self.deploy(mini_rules(hours=4), key="eve"), "none of the keys")
        # What somebody who can write to the bucket might try: content, manifest, revision, signature of another bundle.
        bundle = json.loads(self.bucket_value("revision.1"))
        manifest = json.loads(bundle["manifest"])
        number = self.history()[0]["revision"]

        def put_next(changed, *words):
            nonlocal number
            number += 1
            self.put(f"revision.{number}", changed if isinstance(changed, str) else json.dumps(changed))
            self.put("head", str(number))
            status = self.wait_for_outcome(number, "refused")
            check_refused(1, status["why"], *words)

        def with_manifest(**members):
            return {**bundle, "manifest": json.dumps({**manifest, **members})}

        put_next(bundle, "says that it is revision 1")
        put_next(with_manifest(revision=number + 1), "none of the keys")
        put_next({**with_manifest(revision=number + 1),
                  "files": [{"name": "rules.lull", "text": mini_rules(hours=9)}]}, "another one")
        put_next({**bundle, "signatures": []}, "says that it is revision 1")
        put_next(with_manifest(revision=number + 1, deployment="other"), "for deployment \"other\"")
        put_next("no json", "not a bundle")
        put_next(with_manifest(revision=number + 1, hash="00"), "another one")
        # The head goes back, and forward to nothing.
        self.put("head", "1")
        time.sleep(0.5)
        self.put("head", str(number + 1000))
        time.sleep(0.5)
        self.put("head", str(number))
        self.assertGreaterEqual(refused, BAD_RULESETS)
        self.assertEqual(self.stored(), stored, "nothing of all that may get into the log")
        now = serve.status()
        self.assertEqual((now["version"], now["revision"], now["deployments"]),
                         (good["version"], good["revision"], good["deployments"]))
        # A good one still comes through.
        code, text = self.deploy(mini_rules(hours=5))
        self.assertEqual(code, 0, text)
        self.assertNotEqual(serve.status()["version"], good["version"])

    def test_private_keys_are_private(self):
        self.write_rules(mini_rules(hours=2))
        self.serve_bucket()
        path = self.key("ann")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(self.lull("keygen", path)[0] != 0, True, "an existing key must not be overwritten")
        os.chmod(path, 0o644)
        code, text = self.deploy(mini_rules(hours=3))
        self.assertEqual(code, 3, text)
        self.assertIn("can be read by others", text)


class DeployUnderLoad(Deploying):
    def variant(self, number):
        """Other rules that decide the same: features and nudges come and go, and what is remembered goes on."""
        folder = self.folder / f"variant{number % 4}"
        if not folder.exists():
            shutil.copytree(self.rules, folder)
            with open(folder / "extra.lull", "w") as file:
                file.write(f"feature busy_{number % 4} of customer = count of activity in last {number % 4 + 1} days\n"
                           f"nudge never_{number % 4} of customer {{\n  while busy_{number % 4} > 1000000\n"
                           f'  do call "never"\n  to sales / store\n}}\n')
        return folder

    def assert_decided_as_without_deployments(self, events):
        def without_version(actions):
            return {id: {name: value for name, value in action.items() if name != "version"}
                    for id, action in actions.items()}

        expected, withdrawn = self.replay(events)
        self.assertGreater(len(expected), 0, "the events cause nothing")
        self.assertEqual(without_version(self.actions()), without_version(expected))
        self.assertEqual({message[2] for message in self.outputs() if "." in message[2]}, withdrawn)

    def test_nothing_is_lost_and_nothing_comes_twice(self):
        self.retail_rules()
        events = self.simulate(customers=400 if DEPLOYMENTS < 100 else 4000)
        serve = self.serve_bucket()
        count = sum(1 for _ in open(events))
        rate = max(500, min(3000, int(count / (DEPLOYMENTS * 0.7))))
        publisher = self.publish_slowly(events, rate)
        waits = []
        for number in range(DEPLOYMENTS):
            began = time.monotonic()
            code, text = self.deploy(folder=self.variant(number))
            waits.append(time.monotonic() - began)
            self.assertEqual(code, 0, text)
        still_publishing = publisher.poll() is None
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_decided_as_without_deployments(events)
        status = serve.status()
        self.assertEqual(status["deployments"], DEPLOYMENTS + 1)
        lines = [line for line in serve.lines() if line["message"] == "ruleset swapped"]
        swaps = sorted(line["micros"] / 1000 for line in lines)
        cpu = sorted(line["cpu_micros"] / 1000 for line in lines)
        self.assertEqual(len(swaps), DEPLOYMENTS)
        waits.sort()
        print(f"{DEPLOYMENTS} deployments under load ({rate} events/s, {count} events, {status['entities']} entities, "
              f"{'to the end' if still_publishing else 'the last ones after the events'}): "
              f"a swap stops the path of events for {swaps[len(swaps) // 2]:.2f} ms at the median, "
              f"{swaps[int(len(swaps) * 0.99)]:.2f} ms at p99, {swaps[-1]:.2f} ms at most "
              f"(of the processor {cpu[len(cpu) // 2]:.2f}, {cpu[int(len(cpu) * 0.99)]:.2f}, {cpu[-1]:.2f}); "
              f"latency p99 {status['latency_ms']['p99']} ms; `lull deploy` takes {waits[len(waits) // 2]:.2f} s "
              f"at the median, {waits[-1]:.2f} s at most", flush=True)
        # Of the processor: how long other programs keep it is not the service's.
        self.assertLess(cpu[int(len(cpu) * 0.99)], 50)
        # A replay of the log, deployments and all, has nothing to add.
        before = self.stored("OUT")
        self.assertEqual(serve.stop(), 0)
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.assertEqual(serve.status()["published"], 0)
        self.assertEqual(self.stored("OUT"), before)


if __name__ == "__main__":
    unittest.main()
