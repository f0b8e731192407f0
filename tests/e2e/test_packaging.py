"""What tools/deploy brings along fits the program: every metric that it names is there, every alert has its section."""
import json
import pathlib
import re
import shutil
import subprocess
import time
import unittest

from harness import LULL, ROOT, event, mini_rules, wait_until
from test_operate import Operate, read_metrics

DEPLOY = ROOT / "tools/deploy"
DASHBOARD = DEPLOY / "grafana/lull.json"
ALERTS = DEPLOY / "prometheus/alerts.yml"
GUIDE = ROOT / "OPERATIONS.md"


def read_alerts():
    """[{alert, expr, for, severity, summary, runbook}]: of this file's own plain form, one key a line."""
    alerts = []
    for line in ALERTS.read_text().splitlines():
        text = line.split("#")[0].rstrip() if line.lstrip().startswith("#") else line.rstrip()
        found = re.fullmatch(r"\s*(?:- )?(\w+):(?: (.+))?", text)
        if not text:
            continue
        if not found:
            raise AssertionError(f"not a line of alerts.yml: {line!r}")
        key, value = found.groups()
        if key == "alert":
            alerts.append({})
        if alerts:
            if key in alerts[-1]:
                raise AssertionError(f"{key} twice: {line!r}")
            alerts[-1][key] = value
    return alerts


def expressions():
    """Where each stands, and its text."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield f"panel {panel['title']!r}", target["expr"]
    for alert in read_alerts():
        yield f"alert {alert['alert']}", alert["expr"]


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


class Packaging(Operate):
    def test_every_metric_of_dashboard_and_alerts_is_there(self):
        self.write_rules(mini_rules())
        serve = self.serve_http(sources='[[source]]\nsubject = "shop.>"\nsilence = "1h"\n', automatic=True)
        with self.broker.client() as client:
            client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", "c1", topic="t"))
        self.wait_for_all(serve)
        wait_until(lambda: self.metric("lull_checkpoint_age_seconds") is not None, lambda: "no checkpoint", serve)
        wait_until(lambda: self.metric("lull_watermark_delay_seconds") is not None, lambda: "no tick", serve)
        _, text = self.get("/metrics")
        labels = {}
        for (name, pairs) in read_metrics(text):
            labels.setdefault(name, set()).update(label for label, _ in pairs)
        count = 0
        for where, expr in expressions():
            self.assertEqual(expr.count("("), expr.count(")"), where)
            for name, selector in re.findall(r"\b((?:lull|process)_[a-z_]+)\b(?:\{([^}]*)\})?", expr):
                self.assertIn(name, labels, f"{where} names a metric that there is not")
                for label in re.findall(r"(\w+)\s*=~?\s*\"", selector):
                    self.assertIn(label, labels[name] | {"instance", "job"}, f"{where}: {name} has no such label")
                count += 1
            for group in re.findall(r"by \(([^)]*)\)", expr):
                known = set().union(*(labels[name] for name in labels if name in expr)) | {"instance"}
                self.assertLessEqual({label.strip() for label in group.split(",")}, known, where)
        self.assertGreater(count, 50)

    def test_dashboard(self):
        dashboard = json.loads(DASHBOARD.read_text())
        panels = dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        places = set()
        for panel in panels:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            for x in range(at["x"], at["x"] + at["w"]):
                for y in range(at["y"], at["y"] + at["h"]):
                    self.assertNotIn((x, y), places, f"{panel['title']} lies on another")
                    places.add((x, y))
            self.assertTrue(panel["type"] == "row" or panel["targets"], panel["title"])

    def test_each_alert_has_its_section(self):
        headings = {slug(line.lstrip("#")) for line in GUIDE.read_text().splitlines() if line.startswith("#")}
        alerts = read_alerts()
        self.assertGreater(len(alerts), 10)
        names = [alert["alert"] for alert in alerts]
        self.assertEqual(len(names), len(set(names)))
        for alert in alerts:
            self.assertTrue(alert["runbook"].startswith("OPERATIONS.md#"), alert)
            self.assertIn(alert["runbook"].split("#")[1], headings, alert["alert"])
            self.assertIn("severity: ", alert["labels"], alert["alert"])
        told = {heading for heading in headings if heading.startswith("lull")}
        self.assertEqual(told, {name.lower() for name in names}, "a section of an alert that there is not")

    def test_the_guide_names_what_there_is(self):
        text = GUIDE.read_text()
        source = "".join((ROOT / path).read_text() for path in ("connectors/http/service_metrics.cpp", "service/gateway.cpp"))
        for name in set(re.findall(r"`(lull_[a-z_]+?)(?:\{[^`]*)?`", text)):
            self.assertIn(f'"{name}"', source, "the guide names a metric that there is not")
        commands = subprocess.run([LULL, "--help"], capture_output=True, text=True).stdout
        for command in set(re.findall(r"`lull ([a-z-]+)", text)):
            self.assertRegex(commands, rf"(?m)^  {command}\b", "the guide names a command that there is not")
        for path in set(re.findall(r"`(tools/[\w/@.-]+)`", text)):
            self.assertTrue((ROOT / path).exists(), path)

    def test_unit(self):
        """systemd itself reads it, where there is one."""
        if shutil.which("systemd-analyze") is None:
            self.skipTest("no systemd-analyze")
        for name in ("lull@.service", "lull-ingest@.service"):
            here = self.folder / name
            here.write_text((DEPLOY / "systemd" / name).read_text().replace("/usr/bin/lull", LULL))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(here)], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", str(here)],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout[-300:])

    def test_the_image_has_all_libraries(self):
        """Each library that the program is linked with comes with a package that the last stage installs."""
        if shutil.which("dpkg") is None:
            self.skipTest("not a Debian")
        stage = (DEPLOY / "Dockerfile").read_text().split("FROM debian:12-slim\n")[1]
        named = set(re.findall(r"\b(?:lib|zlib)[\w.+-]+\b", stage))
        dynamic = subprocess.run(["readelf", "-d", LULL], capture_output=True, text=True).stdout
        paths = dict(re.findall(r"(\S+) => (\S+)", subprocess.run(["ldd", LULL], capture_output=True, text=True).stdout))
        # On each Debian, and what every program needs.
        always = {"libc6", "libgcc-s1", "libstdc++6", "libm6"}
        for library in re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic):
            path = pathlib.Path(paths.get(library, "/" + library))
            owners = set()
            for form in {str(path), str(path.resolve()), "/usr" + str(path), str(path.resolve()).removeprefix("/usr")}:
                owner = subprocess.run(["dpkg", "-S", form], capture_output=True, text=True).stdout
                owners |= {line.split(":")[0] for line in owner.splitlines()}
            # A link for compiling belongs to the other package of the library.
            runtime = {re.sub(r"^llvm-(\d+)-dev$", r"libllvm\1", name) for name in owners}
            self.assertTrue(not owners or runtime & (named | always), f"{library} of {owners} is not in the image")


class Guide(Operate):
    """What OPERATIONS.md tells people to do, done."""

    def test_old_actions_may_be_removed(self):
        self.write_rules(mini_rules())
        serve = self.serve_http()
        with self.broker.client() as client:
            for number in range(10):
                client.store("shop.a", event("asked", "2026-03-02T10:00:00Z", f"c{number}", topic="t"))
            client.store("lull.e2e.tick", "2026-03-02T12:30:00Z")
        self.wait_for_all(serve)
        time.sleep(3)
        with self.broker.client() as client:
            client.store("shop.a", event("answered", "2026-03-02T12:40:00Z", "c9"))
        self.wait_for_all(serve)
        with self.broker.client() as client:
            config = client.api("STREAM.INFO.LULL_E2E_OUT")["config"]
            client.api("STREAM.UPDATE.LULL_E2E_OUT", **{**config, "max_age": 2_000_000_000, "duplicate_window": 1_000_000_000})
            wait_until(lambda: client.state("LULL_E2E_OUT")["messages"] == 1, lambda: "nothing went", serve)
            client.api("STREAM.UPDATE.LULL_E2E_OUT", **{**config, "max_age": 86_400_000_000_000})
            client.store("shop.a", event("answered", "2026-03-02T12:50:00Z", "c8"))
        self.wait_for_all(serve)
        self.assertEqual(self.stored("OUT"), 12)
        self.assertEqual(serve.stop(), 0)
        serve.start()
        serve.wait_for_line("caught up", 2)
        with self.broker.client() as client:
            self.assertEqual(client.api("STREAM.INFO.LULL_E2E_OUT")["config"]["max_age"], 0)
            client.store("shop.a", event("answered", "2026-03-02T12:55:00Z", "c7"))
        self.wait_for_all(serve)
        self.assertEqual(self.stored("OUT"), 13, "each once")


if __name__ == "__main__":
    unittest.main()
