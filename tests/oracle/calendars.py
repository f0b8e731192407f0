#!/usr/bin/env python3
"""Random calendars and questions about them: the runtime's answers against a computation day by day with
Python's own zone rules.

    calendars.py --probe build/dev/bin/calendar_probe [--cases 100000] [--seed 7]

Ends with 77 (skipped) only where Python has no zone data.
"""
import argparse
import random
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone

try:
    from zoneinfo import ZoneInfo

    ZoneInfo("Asia/Kolkata")
except Exception as problem:  # no module, or no data
    print(f"skipped: Python has no zone data ({problem})")
    sys.exit(77)

ZONES = [
    "UTC", "America/Chicago", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana",
    "Africa/Cairo", "Asia/Tehran", "Pacific/Apia", "America/St_Johns", "America/Sao_Paulo", "Asia/Beirut",
    "Pacific/Chatham", "Africa/Casablanca", "America/Santiago", "Asia/Kathmandu",
]
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICRO = timedelta(microseconds=1)
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# The zone library knows the changes of the clocks up to 2037.
FIRST_DAY = (date(1975, 1, 1) - date(1970, 1, 1)).days
LAST_DAY = (date(2034, 1, 1) - date(1970, 1, 1)).days
# Days that a search may walk before it is called endless.
DAYS_MAX = 1_200


class Clock:
    """Local time of one zone: what is skipped means the end of the gap, what is repeated the first time."""

    def __init__(self, name):
        self.zone = ZoneInfo(name)

    def offset(self, instant):
        return (EPOCH + instant * MICRO).astimezone(self.zone).utcoffset() // MICRO

    def day_of(self, instant):
        return (instant + self.offset(instant)) // DAY

    def instant(self, local):
        """The first instant at which clocks show this local time, in microseconds since 1970, or later."""
        shown = datetime(1970, 1, 1) + local * MICRO
        before = shown.replace(tzinfo=self.zone, fold=0).utcoffset() // MICRO
        after = shown.replace(tzinfo=self.zone, fold=1).utcoffset() // MICRO
        first = local - before
        if first + self.offset(first) == local:
            return first
        # In a gap: the change lies between the two readings.
        low, high = local - after, local - before
        while high - low > 1:
            middle = (low + high) // 2
            if self.offset(middle) == after:
                high = middle
            else:
                low = middle
        return high


class Calendar:
    def __init__(self, zone, week, closed, yearly, special):
        self.clock = CLOCKS[zone]
        self.zone, self.week, self.closed, self.yearly, self.special = zone, week, closed, yearly, special
        self.known = {}

    def hours_of(self, day):
        if day in self.special:
            return self.special[day]
        when = date(1970, 1, 1) + timedelta(days=day)
        if any(first <= day <= last for first, last in self.closed):
            return []
        at = (when.month, when.day)
        for first, last in self.yearly:
            if first <= last and first <= at <= last or first > last and (at >= first or at <= last):
                return []
        return self.week[when.weekday()]

    def openings(self, day):
        if day not in self.known:
            spans = []
            for start, end in self.hours_of(day):
                begin = self.clock.instant(day * DAY + start * MINUTE)
                until = self.clock.instant(day * DAY + end * MINUTE)
                if begin < until:
                    spans.append((begin, until))
            self.known[day] = spans
        return self.known[day]

    def spans(self, first, last):
        """What is open on days, disjoint and in order, touching ones joined."""
        merged = []
        for begin, end in sorted(span for day in range(first - 3, last + 1) for span in self.openings(day)):
            if merged and begin <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([begin, end])
        return merged

    def is_open(self, instant):
        day = self.clock.day_of(instant)
        return int(any(begin <= instant < end for begin, end in self.spans(day - 3, day + 2)))

    def edge(self, instant):
        day = self.clock.day_of(instant)
        reach = 8
        while True:
            spans = self.spans(day - 3, day + reach)
            edges = [at for span in spans for at in span if at > instant]
            # The end of the last one may be joined with what comes later.
            if edges and edges[0] != (spans[-1][1] if spans else None):
                return edges[0]
            if reach > DAYS_MAX:
                return None
            reach *= 4

    def after(self, start, amount):
        if amount == 0:
            return start
        day = self.clock.day_of(start)
        left = abs(amount)
        reach = 8
        while reach <= DAYS_MAX:
            left = abs(amount)
            if amount > 0:
                for begin, end in self.spans(day - 3, day + reach):
                    begin = max(begin, start)
                    if end > begin and end - begin >= left:
                        return begin + left
                    left -= max(end - begin, 0)
            else:
                for begin, end in reversed(self.spans(day - reach, day + 2)):
                    end = min(end, start)
                    if end > begin and end - begin >= left:
                        # Spans of days before the first are cut off, which only the first may show.
                        return end - left
                    left -= max(end - begin, 0)
            reach *= 4
        return None

    def between(self, start, end):
        if end <= start:
            return 0
        spans = self.spans(self.clock.day_of(start) - 3, self.clock.day_of(end) + 2)
        return sum(max(min(until, end) - max(begin, start), 0) for begin, until in spans)

    def days(self, start, count):
        if count == 0:
            return start
        day = self.clock.day_of(start)
        time_of_day = start + self.clock.offset(start) - day * DAY
        left = abs(count)
        for _ in range(DAYS_MAX):
            day += 1 if count > 0 else -1
            if self.openings(day):
                left -= 1
                if left == 0:
                    return self.clock.instant(day * DAY + time_of_day)
        return None

    def months(self, start, count):
        if count == 0:
            return start
        day = self.clock.day_of(start)
        time_of_day = start + self.clock.offset(start) - day * DAY
        when = date(1970, 1, 1) + timedelta(days=day)
        month = when.year * 12 + when.month - 1 + count
        for last in range(when.day, 0, -1):
            try:
                target = date(month // 12, month % 12 + 1, last)
                return self.clock.instant((target - date(1970, 1, 1)).days * DAY + time_of_day)
            except ValueError:
                continue
        return None

    def text(self):
        week = "/".join(",".join(f"{a}-{b}" for a, b in hours) for hours in self.week)
        closed = ",".join(f"{a}:{b}" for a, b in self.closed)
        yearly = ",".join(f"{a[0]}:{a[1]}:{b[0]}:{b[1]}" for a, b in self.yearly)
        special = ",".join(f"{day}:{a}:{b}" for day, hours in self.special.items() for a, b in hours)
        return f"{self.zone}|{week}|{closed}|{yearly}|{special}"


CLOCKS = {name: Clock(name) for name in ZONES}


def random_hours(rng):
    kind = rng.randrange(6)
    if kind == 0:
        return [(0, 1440)]
    if kind == 1:
        return [(rng.randrange(18, 24) * 60, 1440 + rng.randrange(1, 6) * 60)]
    ends = sorted(rng.sample(range(0, 1441, rng.choice([1, 15, 60])), 4))
    return [(ends[0], ends[1])] if kind < 4 else [(ends[0], ends[1]), (ends[2], ends[3])]


def random_calendar(rng):
    week = [random_hours(rng) if rng.random() < 0.75 else [] for _ in range(7)]
    if not any(week):
        week[rng.randrange(7)] = random_hours(rng)
    closed, special = [], {}
    center = rng.randrange(FIRST_DAY, LAST_DAY)
    for _ in range(rng.randrange(4)):
        first = center + rng.randrange(-200, 200)
        closed.append((first, first + rng.choice([0, 0, 1, 10, 60])))
    for _ in range(rng.randrange(4)):
        special[center + rng.randrange(-200, 200)] = random_hours(rng)
    year_days = [(12, 25), (1, 1), (2, 29), (7, 4), (12, 31)]
    yearly = [(rng.choice(year_days), rng.choice(year_days)) for _ in range(rng.choice([0, 0, 1]))]
    yearly = [(a, b) for a, b in yearly if a == b or a > b and a[0] - b[0] > 10]
    return Calendar(rng.choice(ZONES), week, closed, yearly, special), center


def random_instant(rng, calendar, center):
    day = center + rng.randrange(-220, 220)
    kind = rng.randrange(4)
    near = [at for each in range(day, day + 3) for span in calendar.openings(each) for at in span]
    if kind == 0 and near:
        return rng.choice(near) + rng.choice([-1, 0, 0, 1])
    if kind == 1:  # the hours in which clocks change
        return calendar.clock.instant(day * DAY) + rng.randrange(-3 * 60, 4 * 60) * MINUTE
    return day * DAY + rng.randrange(DAY)


def random_case(rng, calendar, center):
    at = random_instant(rng, calendar, center)
    question = rng.choice(["open", "edge", "after", "after", "between", "days", "months"])
    if question == "after":
        amount = rng.choice([rng.randrange(300) * MINUTE, rng.randrange(80) * HOUR, rng.randrange(DAY)])
        amount = rng.choice([amount, amount, -amount])
        return question, at, amount, calendar.after(at, amount)
    if question == "between":
        to = random_instant(rng, calendar, center)
        return question, at, to, calendar.between(at, to)
    if question == "days":
        count = rng.randrange(-8, 30)
        return question, at, count, calendar.days(at, count)
    if question == "months":
        count = rng.randrange(-14, 30)
        return question, at, count, calendar.months(at, count)
    return question, at, 0, calendar.is_open(at) if question == "open" else calendar.edge(at)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--probe", required=True)
    arguments.add_argument("--cases", type=int, default=3_000)
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = arguments.parse_args()
    print(f"seed {given.seed}, {given.cases} cases")
    rng = random.Random(given.seed)
    lines, expected = [], []
    while len(lines) < given.cases:
        calendar, center = random_calendar(rng)
        for _ in range(50):
            question, a, b, answer = random_case(rng, calendar, center)
            lines.append(f"{calendar.text()}|{question}|{a}|{b}")
            expected.append("never" if answer is None else str(answer))
    run = subprocess.run([given.probe], input="\n".join(lines) + "\n", capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"the probe failed: {run.stderr}")
    answers = run.stdout.split()
    wrong = [i for i in range(len(lines)) if i >= len(answers) or answers[i] != expected[i]]
    for i in wrong[:10]:
        print(f"{lines[i]}\n  expected {expected[i]}, got {answers[i] if i < len(answers) else 'nothing'}")
    if wrong or len(answers) != len(lines):
        sys.exit(f"{len(wrong)} of {len(lines)} answers differ")
    print(f"all {len(lines)} answers agree")


main()
