"""The service decides what a replay of the same events decides, whatever is killed meanwhile."""
import time
import unittest

from harness import EndToEnd

RATE = 3000


class SameAsReplay(EndToEnd):
    def test_everything_at_once(self):
        self.retail_rules()
        events = self.simulate(customers=120)
        serve = self.serve()
        self.publish(events)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        self.assertEqual(serve.stop(), 0)
        self.assertEqual(serve.lines()[-1]["message"], "stopped")

    def test_restart_has_nothing_to_send(self):
        self.retail_rules()
        events = self.simulate()
        serve = self.serve()
        self.publish(events)
        self.move_clock()
        self.wait_for_all(serve)
        self.assertEqual(serve.stop(), 0)
        before = self.stored("OUT")
        serve.start()
        serve.wait_for_line("caught up", 2)
        status = serve.status()
        self.assertEqual(status["published"], 0)
        self.assertEqual(status["recognised"], before)
        self.assertEqual(self.stored("OUT"), before)
        self.assertNotIn("lost its head", serve.log.read_text())

    def interrupt(self, how, times):
        """Ends the service at random points of a running stream, and starts it again."""
        self.retail_rules()
        events = self.simulate(customers=400)
        serve = self.serve()
        publisher = self.publish_slowly(events, RATE)
        for _ in range(times):
            time.sleep(self.random.uniform(0.05, 0.8))
            how(serve)
            time.sleep(self.random.uniform(0.0, 0.2))
            serve.start()
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        self.assertEqual(serve.stop(), 0)

    def test_sigterm_in_mid_stream(self):
        self.interrupt(lambda serve: self.assertEqual(serve.stop(), 0), 3)

    def test_kill_in_mid_stream(self):
        self.interrupt(lambda serve: serve.kill(), 4)

    def test_broker_killed_in_mid_stream(self):
        self.retail_rules()
        events = self.simulate(customers=400)
        serve = self.serve()
        publisher = self.publish_slowly(events, RATE)
        for _ in range(2):
            time.sleep(self.random.uniform(0.2, 1.0))
            self.broker.kill()
            time.sleep(self.random.uniform(0.0, 0.5))
            self.broker.start()
        self.finish_publishing(publisher)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)
        self.assertEqual(serve.stop(), 0)

    def test_stop_while_the_broker_is_away(self):
        self.retail_rules()
        events = self.simulate()
        serve = self.serve()
        self.publish(events)
        self.broker.kill()
        self.assertEqual(serve.stop(), 0)
        self.broker.start()
        serve.start()
        serve.wait_for_line("caught up", 2)
        self.move_clock()
        self.wait_for_all(serve)
        self.assert_same_as_replay(events)


if __name__ == "__main__":
    unittest.main()
