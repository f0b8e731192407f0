"""Other engines on the same work: R1-R6 in DuckDB and in a plain Node service; the suites S and T-N in json-rules-engine,
the ZEN engine and CLIPS. Each has to be right, or its time does not count; the ones not installed are skipped.
"""
import importlib.util
import json
import os
import shutil
import statistics
import subprocess

import scaling
import workload
from measure import counts_of, empty_file, first_line, in_turn, lull_run, median, timed, values, warm
from report import Figure
from rules import lull_command, out_file, rules_folder
from workload import HERE, UNTIL, say

FOLDER = os.path.join(HERE, "peers")
PACKAGES = {"DuckDB": "@duckdb/node-api", "json-rules-engine": "json-rules-engine", "ZEN engine": "@gorules/zen-engine"}
SCRIPTS = {"DuckDB": "duckdb.mjs", "Node service": "node_service.mjs", "json-rules-engine": "json_rules_engine.mjs",
           "ZEN engine": "zen.mjs"}
PLAIN = next(row for row in workload.ROWS if row.name == "1M/100k")
# Peer, suite, events: fewer where each takes long.
STATELESS = (
    ("ZEN engine", "s", 100_000), ("ZEN engine", "10", 100_000), ("ZEN engine", "100", 20_000),
    ("json-rules-engine", "s", 50_000), ("json-rules-engine", "10", 50_000), ("json-rules-engine", "100", 5_000),
    ("CLIPS", "10", 200_000), ("CLIPS", "100", 200_000), ("CLIPS", "1000", 50_000),
)
NOT_EXPRESSED = {
    "json-rules-engine": "R2-R6, and the gap in R4: nothing is remembered between events, and no time passes",
    "ZEN engine": "R2-R6, and the gap in R4: nothing is remembered between events, and no time passes",
    "CLIPS": "R2-R6: no event time and no deadlines; they would have to be programmed as facts",
    "DuckDB": "deadlines while events arrive: a query has all events, or none",
}


def home(options):
    return os.path.join(os.path.abspath(options.cache), "peers")


def install(options):
    """Puts the packages of package.json, in the versions of package-lock.json, into the cache."""
    folder = workload.folder(home(options))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(FOLDER, name), folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        return subprocess.run(command, cwd=folder).returncode
    except FileNotFoundError:
        say("bench: npm is not installed (apt-get install nodejs npm)")
        return 3


def package_version(options, peer):
    path = os.path.join(home(options), "node_modules", PACKAGES[peer], "package.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as text:
        return json.load(text)["version"]


def clips_version():
    done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "clips"], capture_output=True, text=True)
    return done.stdout or "there" if shutil.which("clips") else None


def versions(options):
    found = {peer: package_version(options, peer) for peer in PACKAGES}
    return {"node": first_line("node", "--version"), "CLIPS": clips_version(), **found}


def missing(options, peer):
    """What to do so that a peer is there; nothing if it is."""
    if peer == "CLIPS":
        return None if shutil.which("clips") else "apt-get install clips"
    if not shutil.which("node"):
        return "apt-get install nodejs npm"
    if peer in PACKAGES and not package_version(options, peer):
        return "tools/bench/run --install-peers"
    return None


def available(options, report, peer):
    way = missing(options, peer)
    if way:
        report.peers.append({"peer": peer, "skipped": way})
        say(f"{peer} is skipped: not installed ({way})")
    return not way


def environment(options):
    return {**warm(options), "LULL_BENCH_PEERS": home(options)}


def node(peer, *arguments):
    return ["node", os.path.join(FOLDER, SCRIPTS[peer]), *arguments]


def with_memory(options, report):
    """R1-R6: both csv files of one run against the hashes, then whole processes in turn."""
    events = workload.events_file(options.cache, PLAIN)
    ours = lull_command(options, rules_folder("actions", PLAIN), events, PLAIN, out_file(options, "actions.csv"))
    for peer in ("Node service", "DuckDB"):
        if not available(options, report, peer):
            continue
        prefix = out_file(options, "peer")
        command = node(peer, events, prefix)
        say(f"{peer}: R1-R6 {PLAIN.name}")
        timed(options, command, env=environment(options))
        right = True
        for name, want in (("cand", PLAIN.candidates), ("act", PLAIN.actions)):
            found = workload.plain_csv_hash(f"{prefix}.{name}.csv")
            right = report.check(f"{peer} R1-R6", name, found == want, sha256=found, wanted=want) and right
        if right and not options.hashes:
            usages = in_turn(options, {"lull": ours, peer: command}, min(options.runs, 3), environment(options))
            add(report, peer, "R1-R6 1M/100k", PLAIN.events, values(usages["lull"]), values(usages[peer]), "s")


def add(report, peer, suite, events, ours, theirs, unit, note=""):
    """The figure's ratio is the peer's cost in Lull's."""
    one, other = statistics.median(ours), statistics.median(theirs)
    ratios = [b / a for a, b in zip(ours, theirs)]
    report.add(Figure("peers", f"{suite}, {peer}", one, unit, other, peer, other / one, min(ratios), max(ratios), "x",
                      note=note))
    report.peers.append({"peer": peer, "suite": suite, "events": events, "unit": unit, "lull": one, "found": other,
                         "ratio": other / one})


def head(options, count):
    """The first events of 1M/100k."""
    path = os.path.join(workload.folder(options.cache, "peers"), f"first-{count}.jsonl")
    if not os.path.exists(path):
        with open(workload.events_file(options.cache, PLAIN), "rb") as lines, open(path, "wb") as out:
            for _ in range(count):
                out.write(lines.readline())
    return path


def expected(events, suite):
    """By oracle_t.py: {"r1": …, "r4s": …} or {"t": …}."""
    command = ["python3", os.path.join(HERE, "oracle_t.py"), events, suite]
    words = dict(word.split("=") for word in subprocess.run(command, check=True, capture_output=True, text=True)
                 .stdout.split())
    return {"r1": int(words["R1"]), "r4s": int(words["R4s"])} if suite == "s" else {"t": int(words["total"])}


def clips_command(options, events, suite):
    spec = importlib.util.spec_from_file_location("clips_files", os.path.join(FOLDER, "clips_files.py"))
    clips = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(clips)
    return ["clips", "-f2", clips.write(events, int(suite), workload.folder(options.cache, "peers"))]


def peer_command(options, peer, events, suite):
    return clips_command(options, events, suite) if peer == "CLIPS" else node(peer, events, suite)


def ours(options, suite):
    """Lull's microseconds an event, the start deducted; None if it is not right."""
    rules = os.path.join(HERE, "rulesets", "stateless") if suite == "s" else scaling.threshold_rules(options, int(suite))
    whole, start = (lull_run(options, rules, path, "--counts", "--until", UNTIL)
                    for path in (workload.events_file(options.cache, PLAIN), empty_file(options)))
    wanted = workload.STATELESS if suite == "s" else {"t": workload.THRESHOLDS[int(suite)]}
    counts, _ = counts_of(options, whole)
    if {key: scaling.total(counts, key) for key in wanted} != wanted:
        return None
    found = in_turn(options, {"whole": whole, "start": start}, min(options.runs, 3), warm(options))
    return [(cpu - median(found["start"])) * 1e6 / PLAIN.events for cpu in values(found["whole"])]


def without_memory(options, report):
    """S and T-N: the counts of the first events against oracle_t.py, then CPU an event with the start deducted."""
    own = {}
    there = {peer: available(options, report, peer) for peer in dict.fromkeys(peer for peer, _, _ in STATELESS)}
    for peer, suite, count in STATELESS:
        if not there[peer]:
            continue
        name, events = "S" if suite == "s" else f"T-{suite}", head(options, count)
        say(f"{peer}: {name}, {count:,} events")
        output, want = out_file(options, "peer.json"), expected(events, suite)
        commands = {"start": peer_command(options, peer, empty_file(options), suite),
                    "whole": peer_command(options, peer, events, suite)}
        with open(output, "wb") as out:
            first = timed(options, commands["whole"], out, environment(options))
        with open(output, encoding="utf-8") as text:
            found = json.load(text)
        if not report.check(f"{peer} {name}", "counts", found == want, found=found, wanted=want) or options.hashes:
            continue
        usages = in_turn(options, commands, 1 if first["cpu_s"] > 20 else min(options.runs, 3), environment(options))
        start = median(usages["start"])
        theirs = [(cpu - start) * 1e6 / count for cpu in values(usages["whole"])]
        if suite not in own:
            own[suite] = ours(options, suite)
            if report.check(f"lull {name}", "counts", own[suite] is not None) and suite != "s":
                report.point("peers", "lull", int(suite), statistics.median(own[suite]) * 1e3)
        if own[suite]:
            add(report, peer, name, count, own[suite], theirs, "us/event")
            if suite != "s":
                report.point("peers", peer, int(suite), statistics.median(theirs) * 1e3)


def run(options, report):
    with_memory(options, report)
    without_memory(options, report)
    for peer, reason in NOT_EXPRESSED.items():
        print(f"{peer} cannot express {reason}", flush=True)
    report.peers += [{"peer": peer, "cannot": reason} for peer, reason in NOT_EXPRESSED.items()]
