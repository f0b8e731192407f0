"""Reading logs and writing fires, for the oracles of this folder. Times are whole microseconds since 1970."""
import calendar
import gzip
import json
import sys
import time
from collections import defaultdict
from functools import lru_cache

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def micros(text):
    """An RFC 3339 instant in UTC, with a fraction of a second or without."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds * SECOND + int(fraction.ljust(6, "0"))


def rfc3339(instant):
    """As in the output: no fraction, milliseconds or microseconds, whichever is enough."""
    seconds, fraction = divmod(instant, SECOND)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    if fraction:
        text += f".{fraction:06}" if fraction % 1000 else f".{fraction // 1000:03}"
    return text + "Z"


@lru_cache(maxsize=1)
def read(path):
    """All events in log order as (time, type, event), not to be changed: the latest log is kept. The log must be in order of time: nothing here is late."""
    opener = gzip.open if path.endswith(".gz") else open
    known = {}
    events = []
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            text = event["ts"]
            if text not in known:
                known[text] = micros(text)
            if events and known[text] < events[-1][0]:
                sys.exit(f"{path}: not in order of time at {text}")
            events.append((known[text], event["type"], event))
    return events


def by_key(events, key):
    """The timeline of every entity, in log order; events without the key belong to none."""
    timelines = defaultdict(list)
    for entry in events:
        if key in entry[2]:
            timelines[entry[2][key]].append(entry)
    return timelines


def edges(timeline, weight, span, threshold):
    """Instants at which the sum of weights in (t - span, t] rises to the threshold through an event.

    Just before the event the window has already lost what leaves at t, so a fall and a rise at one instant is an
    edge. Weights must not be negative: then only events can raise the sum.
    """
    window = [(t, weight(kind, event)) for t, kind, event in timeline]
    window = [(t, w) for t, w in window if w is not None]
    fires = []
    for i, (t, w) in enumerate(window):
        before = sum(earlier for at, earlier in window[:i] if at > t - span)
        if before < threshold <= before + w:
            fires.append(t)
    return fires


def unanswered(timeline, opens, answers, span, end, restart):
    """Deadlines of waits that nobody answered at or before them, up to the end.

    restart: every opening event begins the wait anew; otherwise the first one since the last wait ended counts.
    """
    fires = []
    since = None
    for t, kind, _ in timeline + [(end + 1, None, None)]:
        if since is not None and t > since + span:
            if since + span <= end:
                fires.append(since + span)
            since = None
        if kind in answers:
            since = None
        if kind in opens and (since is None or restart):
            since = t
    return fires


def main(description, figures, default):
    """The command line that the oracles share; figures maps a nudge to a function of (events, end)."""
    import argparse

    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("log", nargs="?", default=default, help="JSON Lines, plain or .gz")
    parser.add_argument("--csv", metavar="FILE", help="write every fire as nudge,entity,time ('-': standard output)")
    options = parser.parse_args()
    fires = all_fires(options.log, figures)
    for nudge in figures:
        mine = [fire for fire in fires if fire[0] == nudge]
        print(f"{nudge:28} {len(mine):7,} fires of {len({fire[1] for fire in mine}):,}", file=sys.stderr)
    if options.csv:
        out = sys.stdout if options.csv == "-" else open(options.csv, "w", encoding="utf-8")
        with out:
            out.writelines(",".join(fire) + "\n" for fire in fires)


def all_fires(path, figures):
    """Sorted (nudge, entity, time) of every figure; the end of input is the last event's time."""
    events = read(path)
    end = events[-1][0]
    fires = []
    for nudge, figure in figures.items():
        fires += [(nudge, entity, rfc3339(t)) for entity, t in figure(events, end)]
    return sorted(fires)
