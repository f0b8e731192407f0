"""The service's own disk is full: checkpoints stop with an alarm, intake goes on, and all resumes when there is room."""
import re
import subprocess
import unittest
import urllib.error
import urllib.request

from harness import WAIT_S, EndToEnd, wait_until
from test_state import halves

RATE = 4000
MEBIBYTES = 24


class DiskFull(EndToEnd):
    def small_disk(self, path):
        """A file system of its own at `path`."""
        path.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEBIBYTES}m", "tmpfs", str(path)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest("this machine lets nobody mount a small file system: " + done.stderr.strip())
        self.addCleanup(lambda: subprocess.run(["umount", "-l", str(path)], check=True))

    def fill(self, path):
        """All that is left of it."""
        with open(path / "ballast", "wb", buffering=0) as ballast:
            block = b"x" * (1 << 16)
            while block:
                try:
                    ballast.write(block)
                except OSError:
                    block = block[:len(block) // 2]

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=WAIT_S) as reply:
            found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", reply.read().decode())
        return float(found.group(1)) if found else None

    def failed(self):
        return self.metric('lull_checkpoints_total{result="failed"}') or 0

    def made(self):
        return self.metric('lull_checkpoints_total{result="made"}') or 0

    def listen(self, serve):
        found = [line for line in serve.lines() if line["message"] == "metrics and health are served"]
        self.port = found[-1]["port"]

    def test_checkpoints_stop_and_nothing_else(self):
        self.retail_rules()
        events = self.simulate(customers=600)
        first, second = halves(events)
        disk = self.folder / "small"
        self.small_disk(disk)
        serve = self.serve(more=f'[state]\nfolder = "{disk}/state"\ninterval = "100ms"\nkeep = 2\n'
                                '[http]\nlisten = "127.0.0.1:0"\n')
        self.listen(serve)
        self.publish(first)
        self.wait_for_all(serve)
        wait_until(lambda: self.made() > 0, lambda: "no checkpoint", serve)
        self.fill(disk)
        publisher = self.publish_slowly(second, RATE)
        wait_until(lambda: self.failed() > 0, lambda: "checkpoints go on, on a full disk", serve)
        serve.wait_for_line("a checkpoint could not be made; the input log keeps what came since the one before")
        self.finish_publishing(publisher)
        self.wait_for_all(serve)
        self.assertEqual(self.status_of("/readyz"), 200, "intake stands")
        # Killed now, it begins at the last one that was finished.
        if self.random.random() < 0.5:
            print("  killed while the disk is full", flush=True)
            serve.kill()
        (disk / "ballast").unlink()
        if serve.process.poll() is not None:
            serve.start()
            serve.wait_for_line("caught up", 2)
            self.listen(serve)
        before = self.made()
        with self.broker.client() as client:
            client.store("shop.a", '{"type":"nothing"}')
        wait_until(lambda: self.made() > before, lambda: "no checkpoint although there is room", serve)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        end = self.stored()
        wait_until(lambda: serve.status()["checkpoint"]["sequence"] >= end, lambda: "no last checkpoint", serve)
        before = sum(line["message"] == "caught up" for line in serve.lines())
        serve.kill()
        serve.start()
        serve.wait_for_line("caught up", before + 1)
        self.assertEqual(serve.status()["published"], 0)
        self.assert_same_as_replay(events)
        self.assertEqual(serve.stop(), 0)

    def status_of(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=WAIT_S) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code


if __name__ == "__main__":
    unittest.main()
