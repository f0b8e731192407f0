"""The table of SPEC.md, the inputs it needs, and what makes a csv of Lull comparable with it."""
import calendar
import collections
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 42
UNTIL = "2026-01-12T00:00:00Z"
MINUTE_MS = 60_000
MASK = (1 << 64) - 1
DEVICES = ("mobile", "desktop", "tablet")


@dataclass(frozen=True)
class Row:
    """One row of the table. shape is '' (ordered), 'ooo', 'minutes' or 'twice'; the hashes are None for the oracle to say."""

    name: str
    events: int
    customers: int
    shape: str = ""
    lateness: str = ""
    profile: str = ""
    candidates: str | None = None
    actions: str | None = None
    full_only: bool = False


ROWS = (
    Row("1M/10k", 1_000_000, 10_000, candidates="c65a72af77dcc70c", actions="7844b89acf7351bb"),
    Row("1M/100k", 1_000_000, 100_000, candidates="0c42af622b45678b", actions="4e952ea0a3cede43"),
    Row(
        "1M/100k ooo", 1_000_000, 100_000, "ooo", "60s", candidates="0c42af622b45678b", actions="4e952ea0a3cede43"
    ),
    Row(
        "1M/100k 48/24",
        1_000_000,
        100_000,
        profile="_48_24",
        candidates="3921b5c59cfd9c4f",
        actions="3418b99adf928270",
    ),
    Row("1M/1M", 1_000_000, 1_000_000, candidates="863264d72b798589", actions="79b5759a926df47b"),
    Row(
        "300k/2k minutes 48/24",
        300_000,
        2_000,
        "minutes",
        profile="_48_24",
        candidates="60325d141cc86ad6",
        actions="cadbc004e793a23f",
    ),
    Row(
        "10M/1M",
        10_000_000,
        1_000_000,
        candidates="27575623ab09bae7",
        actions="4cf55ae52ee310e0",
        full_only=True,
    ),
)

# Small enough for every push; the oracle says what is right, so nothing here is a figure to believe.
QUICK_ROWS = (
    Row("300k/2k", 300_000, 2_000),
    Row("300k/2k ooo", 300_000, 2_000, "ooo", "60s"),
    Row("300k/2k minutes 48/24", 300_000, 2_000, "minutes", profile="_48_24"),
)

CUSTOMERS_SEEN = {"1M/10k": 9_984, "1M/100k": 55_531, "1M/1M": 103_617, "10M/1M": 484_033}
STATELESS = {"r1": 32_734, "r4s": 24_939}
THRESHOLDS = {10: 65_690, 100: 463_325, 1000: 4_308_781}


def mix(z):
    """The splitmix64 finaliser, as in oracle_t.py and bound_thresholds.cpp."""
    z = (z + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def thresholds(count):
    """The rules of T-N: (price, dwell, device)."""
    return [(40000 + mix(2 * k) % 40000, 200 + mix(2 * k + 1) % 400, DEVICES[k % 3]) for k in range(count)]


def say(text):
    print(text, file=sys.stderr, flush=True)


def folder(cache, *names):
    path = os.path.join(cache, *names)
    os.makedirs(path, exist_ok=True)
    return path


def build(cache, source, flags):
    """Compiles one of the project's own C++ files into the cache; the name carries its text's hash."""
    with open(os.path.join(HERE, source), "rb") as text:
        digest = hashlib.sha256(text.read() + " ".join(flags).encode()).hexdigest()[:12]
    program = os.path.join(folder(cache, "bin"), f"{os.path.splitext(source)[0]}-{digest}")
    if not os.path.exists(program):
        say(f"building {source}")
        before, after = [f for f in flags if not f.startswith("-l")], [f for f in flags if f.startswith("-l")]
        command = ["g++", *before, os.path.join(HERE, source), "-o", program + ".part", *after]
        try:
            subprocess.run(command, check=True)
        except FileNotFoundError:
            sys.exit("bench: g++ is not installed (apt-get install g++)")
        except subprocess.CalledProcessError:
            sys.exit(f"bench: {source} does not compile; libsimdjson-dev is needed for the limit")
        os.replace(program + ".part", program)
    return program


def generator(cache):
    return build(cache, "gen.cpp", ["-O2"])


def limit(cache, source="bound.cpp"):
    return build(cache, source, ["-O2", "-march=native", "-std=c++20", "-lsimdjson"])


def whole_minutes(source, target):
    pattern = re.compile(rb'"ts":(\d+)')
    with open(source, "rb") as lines, open(target, "wb") as out:
        for line in lines:
            out.write(pattern.sub(lambda m: b'"ts":%d' % (int(m[1]) // MINUTE_MS * MINUTE_MS), line, count=1))


def some_twice(source, target):
    """Each 50th line comes again 300 lines later, about 3 minutes: the same id, so it counts once."""
    waiting = collections.deque()
    with open(source, "rb") as lines, open(target, "wb") as out:
        for number, line in enumerate(lines):
            out.write(line)
            if number % 50 == 0:
                waiting.append((number + 300, line))
            if waiting and waiting[0][0] == number:
                out.write(waiting.popleft()[1])


MADE_FROM_ORDERED = {"minutes": whole_minutes, "twice": some_twice}


def events_file(cache, row):
    """The row's input, made once and kept in the cache."""
    program = generator(cache)
    inputs = folder(cache, "inputs-" + program.rsplit("-", 1)[1])
    suffix = f"-{row.shape}" if row.shape else ""
    path = os.path.join(inputs, f"{row.events}-{row.customers}-{SEED}{suffix}.jsonl")
    if os.path.exists(path):
        return path
    say(f"generating {row.events:,} events of {row.customers:,} customers{' ' + row.shape if row.shape else ''}")
    if row.shape in MADE_FROM_ORDERED:
        plain = Row(row.name, row.events, row.customers)
        MADE_FROM_ORDERED[row.shape](events_file(cache, plain), path + ".part")
    else:
        order = ["ooo"] if row.shape == "ooo" else []
        with open(path + ".part", "wb") as out:
            subprocess.run([program, str(row.events), str(row.customers), str(SEED), *order], stdout=out, check=True)
    os.replace(path + ".part", path)
    return path


def oracle_hashes(cache, row):
    """Candidates' and actions' hash from oracle.py, which sorts by time itself."""
    hours = ["48", "24"] if row.profile else []
    prefix = os.path.join(folder(cache, "oracle"), "quick")
    command = [sys.executable, os.path.join(HERE, "oracle.py"), events_file(cache, row), prefix, *hours]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = dict(re.findall(r"^(cand|act): .*sha256=(\w+)", text, re.M))
    return found["cand"], found["act"]


class Clock:
    """Reads RFC 3339 instants in UTC as milliseconds; days repeat, so each is converted once."""

    def __init__(self):
        self.days = {}

    def milliseconds(self, text):
        day = self.days.get(text[:10])
        if day is None:
            day = calendar.timegm((int(text[:4]), int(text[5:7]), int(text[8:10]), 0, 0, 0)) * 1000
            self.days[text[:10]] = day
        if text[10] != "T" or text[-1] != "Z":
            raise ValueError(f"not an instant in UTC: {text}")
        seconds = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
        fraction = text[20:-1]
        if len(fraction) > 3 and fraction[3:].strip("0"):
            raise ValueError(f"finer than a millisecond: {text}")
        return day + seconds * 1000 + (int(fraction[:3].ljust(3, "0")) if fraction else 0)


def csv_hash(path):
    """(hash, lines, lines by rule) of Lull's nudge,entity,time as SPEC.md's sorted rule,customer,time."""
    clock = Clock()
    rows = []
    by_rule = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            nudge, customer, time = line.rstrip("\n").split(",")
            if nudge == "nudge":
                continue
            rule = int(re.match(r"r(\d)", nudge)[1])
            by_rule[rule] = by_rule.get(rule, 0) + 1
            rows.append((rule, customer, clock.milliseconds(time)))
    rows.sort()
    digest = hashlib.sha256()
    for row in rows:
        digest.update(b"%d,%s,%d\n" % (row[0], row[1].encode(), row[2]))
    return digest.hexdigest()[:16], len(rows), [by_rule.get(rule, 0) for rule in range(1, 6)]


def plain_csv_hash(path):
    """Hash of rule,customer,time with times in milliseconds, in any order."""
    with open(path, encoding="utf-8") as lines:
        rows = sorted((int(r), c, int(t)) for r, c, t in (line.rstrip("\n").split(",") for line in lines))
    return hashlib.sha256("".join("%d,%s,%d\n" % row for row in rows).encode()).hexdigest()[:16]


def nudge_counts(text):
    """Totals by nudge from `lull run --counts`: lines with a name and a number, however they are set apart."""
    counts = {}
    for name, number in re.findall(r'^[\s{"]*(\w+)"?[\s,:=]+([\d,_]+)[\s,}]*$', text, re.M):
        counts[name] = int(re.sub(r"\D", "", number))
    return counts
