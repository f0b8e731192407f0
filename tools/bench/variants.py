"""R1-R6 of 1M/100k in other circumstances beside the plain run: late events, repeated events, a cold object cache, the
interpreter."""
import os
import shutil

import workload
from measure import cold, in_turn, timed, values, warm
from report import Goal
from rules import check_output, lull_command, out_file, rules_folder
from workload import Row, say

PLAIN = next(row for row in workload.ROWS if row.name == "1M/100k")
LATE = next(row for row in workload.ROWS if row.name == "1M/100k ooo")
TWICE = Row("1M/100k twice", PLAIN.events, PLAIN.customers, "twice", candidates=PLAIN.candidates, actions=PLAIN.actions)
KIND = "actions"


def with_dedupe(options):
    """The ruleset with `dedupe 10 minutes` in its header."""
    folder = os.path.join(options.cache, "dedupe")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(rules_folder(KIND, PLAIN), folder)
    path = os.path.join(folder, "events.lull")
    with open(path, encoding="utf-8") as text:
        rules = text.read()
    with open(path, "w", encoding="utf-8") as out:
        out.write(rules.replace("  channels", "  dedupe    10 minutes\n  channels", 1))
    return folder


def command(options, row, rules=None, *more):
    output = out_file(options, f"{KIND}.csv")
    return lull_command(options, rules or rules_folder(KIND, row), workload.events_file(options.cache, row), row, output,
                        *more)


def beside_plain(options, report, name, row, other, goal=None, note=""):
    """Checks the other command's output, then its CPU time beside the plain run's."""
    if check_output(options, report, name, KIND, other, out_file(options, f"{KIND}.csv"), row.actions):
        if not options.hashes:
            found = in_turn(options, {"plain": command(options, PLAIN), "other": other}, env=warm(options))
            report.cost("variants", name, values(found["other"]), values(found["plain"]), "plain run", goal, note=note)


def cold_cache(options, report):
    plain = command(options, PLAIN)
    timed(options, plain, env=warm(options))

    def run_cold():
        with cold(options) as env:
            return timed(options, plain, env=env)

    found = in_turn(options, {"warm": plain, "cold": run_cold}, env=warm(options))
    report.cost("variants", "R1-R6 1M/100k, cold cache", values(found["cold"]), values(found["warm"]), "warm cache",
                note="the difference is the compilation of six rules to native code")


def interpreter(options, report):
    output = out_file(options, f"{KIND}.csv")
    commands = {kind: command(options, PLAIN, None, "--engine", kind) for kind in ("interpreter", "native")}
    if not check_output(options, report, "1M/100k interpreter", KIND, commands["interpreter"], output, PLAIN.actions):
        return
    if not options.hashes:
        found = in_turn(options, commands, min(options.runs, 3), env=warm(options))
        report.speed("variants", "interpreter, R1-R6 1M/100k", values(found["interpreter"]), values(found["native"]),
                     "native", Goal(">=", 0.1))


def run(options, report):
    say("variants of R1-R6 1M/100k")
    beside_plain(options, report, "ooo, lateness 60 s", LATE, command(options, LATE), Goal("<=", 1.2))
    rules = with_dedupe(options)
    beside_plain(options, report, "dedupe 10 minutes", PLAIN, command(options, PLAIN, rules))
    beside_plain(options, report, "dedupe, 2% arrive twice", TWICE, command(options, TWICE, rules))
    if not options.hashes:
        cold_cache(options, report)
    interpreter(options, report)
