"""R1-R6: outputs against the hashes of SPEC.md, then CPU time and memory beside the hand-written limit."""
import os
import sys

import workload
from measure import empty_file, in_turn, lull_run, median, timed, values, warm
from report import Goal
from workload import HERE, UNTIL, say

KINDS = ("candidates", "actions")
SPEED_GOAL, MEMORY_GOAL = Goal(">=", 1.0), Goal("<=", 1.3)


def rules_folder(kind, row):
    return os.path.join(HERE, "rulesets", kind + row.profile)


def lull_command(options, rules, events, row, output, *more):
    lateness = ["--lateness", row.lateness] if row.lateness else []
    return lull_run(options, rules, events, "--until", UNTIL, "--format", "csv", "--actions", output, *lateness, *more)


def out_file(options, name):
    return os.path.join(workload.folder(options.cache, "out"), name)


def check_output(options, report, row, kind, command, output, want, progress="", env=None):
    """One run, and whether its csv is right."""
    usage = timed(options, command, env=env or warm(options))
    found, count, by_rule = workload.csv_hash(output)
    right = found == want
    say(f"{progress}{row:24} {kind:10} {'right' if right else 'WRONG'} {found}"
        f" {'' if right else 'wanted ' + want + ' '}{count:,} {by_rule} {usage['cpu_s']:.2f} CPU s")
    return report.check(row, kind, right, sha256=found, wanted=want, count=count, by_rule=by_rule, **usage)


def check_row(options, report, row, progress):
    """One row's two outputs against what they should be."""
    events = workload.events_file(options.cache, row)
    wanted = (row.candidates, row.actions)
    if wanted == (None, None):
        wanted = workload.oracle_hashes(options.cache, row)
    right = True
    for kind, want in zip(KINDS, wanted):
        output = out_file(options, f"{kind}.csv")
        command = lull_command(options, rules_folder(kind, row), events, row, output)
        right = check_output(options, report, row.name, kind, command, output, want, progress) and right
    return right


def check_limit(options, row):
    """The limit has to be right as well, or its time means nothing."""
    program, events = workload.limit(options.cache), workload.events_file(options.cache, row)
    prefix = out_file(options, "limit")
    timed(options, [program, events, prefix])
    for name, want in (("cand", row.candidates), ("act", row.actions)):
        digest = workload.plain_csv_hash(f"{prefix}.{name}.csv")
        if digest != want:
            sys.exit(f"bench: the limit's {name} hash on {row.name} is {digest}, not {want}")


def compare(options, report, row):
    """For candidates the limit writes its files too; for actions it keeps them in memory, which favours the limit."""
    check_limit(options, row)
    program, events = workload.limit(options.cache), workload.events_file(options.cache, row)
    runs = min(options.runs, 3) if row.full_only else options.runs
    env = warm(options)
    for kind, name in (("actions", "R1-R6"), ("candidates", "R1-R5, no policy")):
        if kind == "candidates" and row.full_only:
            continue
        output = out_file(options, f"{kind}.csv")
        more = [out_file(options, "limit")] if kind == "candidates" else []
        commands = {who: {"limit": [program, of, *more],
                          "lull": lull_command(options, rules_folder(kind, row), of, row, output)}
                    for who, of in (("whole", events), ("idle", empty_file(options)))}
        say(f"{name} {row.name}: {runs} runs")
        found = in_turn(options, commands["whole"], runs, env)
        report.speed("rules", f"{name} {row.name}", values(found["lull"]), values(found["limit"]), "limit",
                     SPEED_GOAL if kind == "actions" else None)
        if kind == "actions":
            idle = in_turn(options, commands["idle"], 3, env)
            compare_memory(report, row, found, idle)
            customers_points(report, row, found)


def compare_memory(report, row, found, idle):
    """What a run adds to the peak of the same program on an empty file."""
    growth = {who: [peak - median(idle[who], "peak_mb") for peak in values(found[who], "peak_mb")] for who in found}
    note = f"peak of all: lull {max(values(found['lull'], 'peak_mb')):.0f} MB," \
           f" limit {max(values(found['limit'], 'peak_mb')):.0f} MB"
    report.cost("memory", f"memory growth {row.name}", growth["lull"], growth["limit"], "limit", MEMORY_GOAL, "MB",
                note=note)


def customers_points(report, row, found):
    customers = workload.CUSTOMERS_SEEN.get(row.name)
    if customers:
        for who in ("lull", "limit"):
            line = who if row.events == 1_000_000 else f"{who}, {row.events // 10**6} M events"
            report.point("customers", line, customers, median(found[who]) * 1e9 / row.events)


def chosen_rows(options):
    if options.quick:
        rows = workload.QUICK_ROWS
    else:
        rows = [row for row in workload.ROWS if options.full or not row.full_only or row.name in (options.row or ())]
    if options.row:
        rows = [row for row in rows if row.name in options.row]
        if not rows:
            sys.exit("bench: no such row; there are: " + ", ".join(row.name for row in workload.ROWS))
    return rows


def run(options, report):
    rows = chosen_rows(options)
    right = {row.name: check_row(options, report, row, f"[{n}/{len(rows)}] ") for n, row in enumerate(rows, 1)}
    if options.hashes or options.quick:
        return
    for row in rows:
        if right[row.name] and not (row.shape or row.profile):
            compare(options, report, row)
