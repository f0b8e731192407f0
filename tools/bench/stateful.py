"""Cost of an event against the number of different rules of all kinds (windows, absences, journeys, scores, tables)
over 20 types of event, drawn at random; the start is deducted."""
import bisect
import itertools
import json
import os
import random

import large_rules
import workload
from measure import counts_of, empty_file, in_turn, lull_run, median, values, warm
from report import Goal
from workload import say

EVENTS, CUSTOMERS, SEED = 200_000, 2_000, 7
BEGIN_MS, DAYS = 1_767_571_200_000, 30
UNTIL = "2026-02-04T00:00:00Z"
# Fewer events where each costs a lot.
EVENTS_BY_RULES = {10: EVENTS, 100: EVENTS, 1_000: 100_000, 10_000: 5_000}
TIERS, REGIONS = ("gold", "silver", "bronze"), ("north", "east", "south", "west")


def event(draw, customer, types, time_ms):
    """One line: 3% change the customer's attributes, the rest are of the 20 types, the early ones more often."""
    line = {"ts": time_ms, "customer_id": f"K{customer:05}"}
    if draw.random() < 0.03:
        line |= {"type": "customer_updated", "name": f"Name {customer}", "tier": TIERS[int(draw.random() * 3)],
                 "region": REGIONS[customer % 4], "opted_out": draw.random() < 0.05}
    else:
        line |= {"type": types[int(len(types) * draw.random() ** 1.3)],
                 "page": f"/{large_rules.AREAS[int(draw.random() * 5)]}/{int(draw.random() * 40)}",
                 "item": f"item-{int(draw.random() ** 2 * 300)}", "amount": int(draw.random() * 100_000) / 100,
                 "points": int(draw.random() * 10)}
    return json.dumps(line, separators=(",", ":")) + "\n"


def events_file(cache, count=EVENTS):
    """The first `count` events of the workload; only random() is drawn, so every Python makes the same bytes."""
    path = os.path.join(workload.folder(cache, "stateful"), f"{EVENTS}-{CUSTOMERS}-{SEED}-{count}.jsonl")
    if os.path.exists(path):
        return path
    draw = random.Random(SEED)
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(CUSTOMERS)))
    types = [f"{area}_{step}" for step in large_rules.STEPS for area in large_rules.AREAS]
    with open(path + ".part", "w", encoding="utf-8") as out:
        for number in range(count):
            time_ms = BEGIN_MS + int((number + draw.random()) * DAYS * 86_400_000 / EVENTS)
            rank = bisect.bisect_left(weights, draw.random() * weights[-1])
            out.write(event(draw, min(rank, CUSTOMERS - 1), types, time_ms))
    os.replace(path + ".part", path)
    return path


def engines_agree(options, report, count, rules):
    """Interpreter and native code count the same actions of the first events."""
    first = 5_000 if count < 5_000 else 500
    command = lull_run(options, rules, events_file(options.cache, first), "--counts", "--until", UNTIL, "--engine")
    native, interpreted = (counts_of(options, command + [kind])[0] for kind in ("native", "interpreter"))
    right = native == interpreted and len(native) > 0
    say(f"{count:,} rules: {sum(native.values()):,} actions of {first:,} events, both engines"
        f" {'agree' if right else 'DISAGREE'}")
    return report.check(f"{count} rules", "engines agree", right, actions=sum(native.values()))


def run(options, report):
    cost = {}
    for count in (int(n) for n in options.rules.split(",")):
        events = EVENTS_BY_RULES.get(count, EVENTS if count < 1_000 else EVENTS // 10)
        say(f"{count:,} rules of all kinds, {events:,} events"
            f"{': the compilation of native code takes half a minute' if count >= 5_000 else ''}")
        rules = large_rules.cached(options.cache, count)
        if not engines_agree(options, report, count, rules) or options.hashes:
            continue
        commands = {name: lull_run(options, rules, path, "--counts", "--until", UNTIL)
                    for name, path in (("whole", events_file(options.cache, events)), ("start", empty_file(options)))}
        found = in_turn(options, commands, 1 if count >= 5_000 else min(options.runs, 3), warm(options))
        start = median(found["start"])
        cost[count] = [(cpu - start) * 1e6 / events for cpu in values(found["whole"])]
        report.amount("stateful", f"{count:,} rules of all kinds", cost[count], "us/event")
        report.point("stateful", "lull", count, median(found["whole"]) * 1e9 / events - start * 1e9 / events)
    if 100 in cost and 1_000 in cost:
        report.cost("stateful", "1,000 rules beside 100", cost[1_000], cost[100], "100 rules", Goal("<=", 3.0),
                    "us/event")
