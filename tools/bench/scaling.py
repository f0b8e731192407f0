"""The stateless suite S and the scaling suite T-N (N thresholds over the same fields) beside the limit."""
import os
import subprocess
import sys

import workload
from measure import counts_of, in_turn, lull_run, median, values, warm
from report import Goal
from workload import HERE, Row, UNTIL, say

ROW = Row("1M/100k", 1_000_000, 100_000)


def threshold_rules(options, count):
    rules = workload.folder(options.cache, f"t{count}")
    subprocess.run([sys.executable, os.path.join(HERE, "thresholds"), str(count), rules], check=True)
    return rules


def total(counts, key):
    """All of a suite's nudges: t0, t1 … of T-N; of S those whose names begin with the rule's."""
    if key == "t":
        return sum(n for nudge, n in counts.items() if nudge[0] == "t" and nudge[1:].isdigit())
    return sum(n for nudge, n in counts.items() if nudge.startswith(key))


def suites(options):
    yield "S", os.path.join(HERE, "rulesets", "stateless"), "s", workload.STATELESS
    for count in (int(n) for n in options.thresholds.split(",")):
        yield f"T-{count}", threshold_rules(options, count), str(count), {"t": workload.THRESHOLDS.get(count)}


def run(options, report):
    events = workload.events_file(options.cache, ROW)
    program = workload.limit(options.cache, "bound_thresholds.cpp")
    times = {}
    for name, rules, argument, wanted in suites(options):
        command = lull_run(options, rules, events, "--counts", "--until", UNTIL)
        counts, _ = counts_of(options, command)
        found = {key: total(counts, key) for key in wanted}
        right = all(want is None or found[key] == want for key, want in wanted.items())
        say(f"{name:7} {'right' if right else 'WRONG'} {found}{'' if right else f' wanted {wanted}'}")
        report.check(name, "counts", right, found=found, wanted=wanted)
        if not right or options.hashes:
            continue
        usages = in_turn(options, {"limit": [program, events, argument], "lull": command}, env=warm(options))
        times[name] = values(usages["lull"])
        report.speed("scaling", name, times[name], values(usages["limit"]), "limit",
                     Goal(">=", 0.8) if name != "S" else None)
        if name != "S":
            for who in ("lull", "limit"):
                report.point("thresholds", who, int(argument), median(usages[who]) * 1e9 / ROW.events)
    if "T-10" in times and "T-1000" in times:
        report.cost("scaling", "T-1000 beside T-10", times["T-1000"], times["T-10"], "T-10", Goal("<=", 1.5))
