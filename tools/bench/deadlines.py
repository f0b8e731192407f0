"""Cost of an event against the number of pending deadlines: each page view waits for an order within 1 minute to 3 days."""
import os
import re

import workload
from measure import counts_of, in_turn, lull_run, median, values, warm
from workload import HERE, Row, UNTIL, say

ROW = Row("1M/100k", 1_000_000, 100_000)
BEGIN_MS, END_MS = 1_767_571_200_000, 1_768_176_000_000
WAITS = {"1 minutes": 60_000, "10 minutes": 600_000, "1 hours": 3_600_000, "6 hours": 21_600_000,
         "24 hours": 86_400_000, "72 hours": 259_200_000}
RULE = """## A page view after which nothing was ordered for {wait}; each counts.
stall view_alone of customer {{
  after each page_view no order_placed within {wait}
}}

nudge told of customer {{
  on     view_alone
  do     note "Looked, and did not order"
}}
"""
LINE = re.compile(r'"ts":(\d+),"customer_id":"([^"]+)","type":"(page_view|order_placed)"')


def rules(options, wait):
    folder = workload.folder(options.cache, "deadlines", wait.replace(" ", "_"))
    with open(os.path.join(HERE, "rulesets", "candidates", "events.lull"), encoding="utf-8") as header:
        events = header.read().replace("ruleset bench_candidates", "ruleset bench_deadlines")
    with open(os.path.join(folder, "rules.lull"), "w", encoding="utf-8") as out:
        out.write(events + "\n" + RULE.format(wait=wait))
    return folder


def expected(events):
    """By wait: how many deadlines end, and how many are pending on average. Each customer is read backwards."""
    by_customer = {}
    with open(events, encoding="utf-8") as lines:
        for found in filter(None, map(LINE.search, lines)):
            by_customer.setdefault(found[2], []).append((int(found[1]), found[3] == "page_view"))
    ended, pending = dict.fromkeys(WAITS, 0), dict.fromkeys(WAITS, 0)
    for history in by_customer.values():
        order = None
        for time, is_view in reversed(history):
            if not is_view:
                order = time
                continue
            for wait, length in WAITS.items():
                due = time + length
                answered = order is not None and order <= due
                ended[wait] += not answered and due <= END_MS
                pending[wait] += min(order if answered else due, END_MS) - time
    return ended, {wait: total / (END_MS - BEGIN_MS) for wait, total in pending.items()}


def run(options, report):
    events = workload.events_file(options.cache, ROW)
    say("what is right of the pending deadlines")
    ended, pending = expected(events)
    for wait in WAITS:
        command = lull_run(options, rules(options, wait), events, "--until", UNTIL, "--counts")
        found = counts_of(options, command)[0]["told"]
        right = found == ended[wait]
        say(f"wait of {wait}: {found:,} ended, {'right' if right else f'WRONG, wanted {ended[wait]:,}'}")
        report.check(f"deadlines {wait}", "count", right, found=found, wanted=ended[wait])
        if right and not options.hashes:
            runs = in_turn(options, {"lull": command}, min(options.runs, 3), warm(options))["lull"]
            report.amount("deadlines", f"{pending[wait]:,.0f} pending ({wait})",
                          [cpu * 1e9 / ROW.events for cpu in values(runs)], "ns/event")
            report.point("deadlines", "lull", pending[wait], median(runs) * 1e9 / ROW.events)
