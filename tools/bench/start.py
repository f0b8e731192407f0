"""From the start of the process to the first event: the wall time of a run over a single event, to its very end."""
import os
import shutil

import large_rules
import stateful
import workload
from measure import cold, in_turn, lull_run, median, timed, values, warm
from report import Goal
from workload import HERE, say

GOALS_MS = {6: 30, 1_000: 300, 10_000: 3_000}


def one_event(options, count):
    """The ruleset and a file with the first event of its workload."""
    if count == 6:
        rules = os.path.join(HERE, "rulesets", "actions")
        events = workload.events_file(options.cache, next(row for row in workload.ROWS if row.name == "1M/100k"))
    else:
        rules = large_rules.cached(options.cache, count)
        events = stateful.events_file(options.cache)
    path = os.path.join(workload.folder(options.cache, "out"), f"first-{count}.jsonl")
    with open(events, "rb") as lines, open(path, "wb") as out:
        out.write(lines.readline())
    return rules, path


def cold_starts(options, command, count):
    """The usages of starts with an empty object cache; afterwards the usual one is warm."""
    if count >= 10_000:
        say(f"start with {count:,} rules, cold: half a minute of compilation, so once")
        shutil.rmtree(warm(options)["XDG_CACHE_HOME"])
        return [timed(options, command, env=warm(options))]
    say(f"start with {count:,} rules")
    found = []
    for _ in range(options.runs):
        with cold(options) as env:
            found.append(timed(options, command, env=env))
    timed(options, command, env=warm(options))
    return found


def run(options, report):
    for count, goal in GOALS_MS.items():
        rules, events = one_event(options, count)
        ways = {way: lull_run(options, rules, events, "--counts", "--engine", way) for way in ("native", "interpreter")}
        first = cold_starts(options, ways["native"], count)
        found = in_turn(options, ways, env=warm(options))
        for name, usages in (("warm cache", found["native"]), ("interpreter", found["interpreter"]),
                             ("cold cache", first)):
            report.amount("start", f"start, {count:,} rules, {name}", [s * 1e3 for s in values(usages, "wall_s")],
                          "ms", Goal("<=", goal), note=f"of these {median(usages) * 1e3:,.0f} ms of CPU")
