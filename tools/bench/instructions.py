"""Instructions an event, counted by valgrind: the same on a busy machine, so a push that makes Lull much slower fails.

The interpreter is counted, and native code that the object cache has. instructions.json holds what is expected;
`tools/bench/run --quick --accept` writes it anew.
"""
import concurrent.futures
import itertools
import json
import os
import re
import shutil
import subprocess
import sys

import large_rules
import scaling
import stateful
import workload
from measure import empty_file
from workload import HERE, UNTIL, say

EXPECTED = os.path.join(HERE, "instructions.json")
TOLERANCE = 0.25


def first_lines(options, count):
    """The beginning of the input that the hashes are checked with."""
    source = workload.events_file(options.cache, workload.QUICK_ROWS[0])
    path = os.path.join(workload.folder(options.cache, "out"), f"first-{count}.jsonl")
    with open(source, "rb") as lines, open(path, "wb") as out:
        out.writelines(itertools.islice(lines, count))
    return path


def cases(options):
    """(name, rules, events, how many, end)"""
    shoppers = first_lines(options, 20_000)
    yield "R1-R6", os.path.join(HERE, "rulesets", "actions"), shoppers, 20_000, UNTIL
    yield "R1-R5", os.path.join(HERE, "rulesets", "candidates"), shoppers, 20_000, UNTIL
    yield "T-100", scaling.threshold_rules(options, 100), first_lines(options, 5_000), 5_000, UNTIL
    yield ("100 rules of all kinds", large_rules.cached(options.cache, 100), stateful.events_file(options.cache, 1_000),
           1_000, stateful.UNTIL)


NATIVE = ("R1-R6", "T-100")


def run_command(options, rules, events, until, engine):
    return [options.lull, "run", rules, "--events", events, "--until", until, "--counts", "--quiet", "--engine", engine]


def counted(options, rules, events, until, engine):
    """Instructions of one run under callgrind."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += run_command(options, rules, events, until, engine)
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"refs:\s+([\d,]+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"bench: '{' '.join(command)}' ended with {done.returncode}\n{done.stderr[-2000:]}")
    return int(found[1].replace(",", ""))


def measured(options):
    """Instructions of each case's start, and of an event of it. What else runs beside does not matter."""
    listed = [(*case, "interpreter") for case in cases(options)]
    for name, rules, events, many, until, _ in list(listed):
        if name not in NATIVE:
            continue
        listed.append((f"{name} native", rules, events, many, until, "native"))
        # Compiled to the cache, where the runs that count find it: valgrind's processor has a cache of its own.
        counted(options, rules, empty_file(options), until, "native")
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        whole = [pool.submit(counted, options, rules, events, until, engine)
                 for _, rules, events, _, until, engine in listed]
        start = [pool.submit(counted, options, rules, empty_file(options), until, engine)
                 for _, rules, _, _, until, engine in listed]
    found = {}
    for (name, _, _, many, _, engine), all_of_it, idle in zip(listed, whole, start):
        found[f"{name}, an event"] = round((all_of_it.result() - idle.result()) / many)
        if engine == "interpreter":
            found[f"{name}, start"] = idle.result()
    return found


def run(options, report):
    if not shutil.which("valgrind"):
        say("instructions are not counted: valgrind is not installed (apt-get install valgrind)")
        return
    found = measured(options)
    if options.accept:
        with open(EXPECTED, "w", encoding="utf-8") as out:
            out.write(json.dumps(found, indent=2) + "\n")
        say(f"written: {EXPECTED}")
        return
    with open(EXPECTED, encoding="utf-8") as text:
        expected = json.load(text)
    for name, count in found.items():
        want = expected.get(name)
        change = count / want - 1 if want else 0.0
        right = want is not None and change <= TOLERANCE
        verdict = "right" if right else "TOO MANY" if want else "NOT EXPECTED"
        if change < -TOLERANCE:
            verdict = "far fewer; write that down with --quick --accept"
        say(f"{name:34} {count:>13,} instructions, {change:+.1%} of {want or 0:,}: {verdict}")
        report.check(name, "instructions", right, found=count, wanted=want, change=round(change, 4))
