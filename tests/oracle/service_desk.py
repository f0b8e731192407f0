#!/usr/bin/env python3
"""What rulesets/service_desk has to find, by straight-line search through each case's and caller's events.

No timers and no clock: every figure looks at a whole timeline at once, which is not how an engine works.
"""
import os

import logs
from logs import DAY, HOUR, MINUTE

UPDATES = {"ticket.new", "ticket.active", "ticket.awaiting_user_info", "ticket.awaiting_vendor"}
UPDATES |= {"ticket.awaiting_problem", "ticket.awaiting_evidence", "ticket.resolved", "ticket.closed"}
UPDATES |= {"ticket.state_unknown"}
SMALL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../rulesets/service_desk/events.small.jsonl.gz")


def stays(state, span):
    """A case that is in one state for the span without a break; leaving at exactly its end is leaving in time."""

    def find(events, end):
        for case, timeline in logs.by_key(events, "case").items():
            since = None
            for t, kind, _ in timeline + [(end + 1, "end of input", None)]:
                if kind != "end of input" and kind not in UPDATES:
                    continue
                if kind == state and since is None:
                    since = t
                elif kind != state and since is not None:
                    if since + span <= end and t > since + span:
                        yield case, since + span
                    since = None

    return find


def untouched(events, end):
    handled = UPDATES - {"ticket.new"}
    for case, timeline in logs.by_key(events, "case").items():
        for t in logs.unanswered(timeline, {"ticket.opened"}, handled, 24 * HOUR, end, restart=True):
            yield case, t


def many_tickets(events, _):
    opened = [entry for entry in events if entry[1] == "ticket.opened"]
    for customer, timeline in logs.by_key(opened, "customer").items():
        for t in logs.edges(timeline, lambda kind, event: 1, 7 * DAY, 3):
            yield customer, t


FIGURES = {
    "user_silent_72_hours": stays("ticket.awaiting_user_info", 72 * HOUR),
    "untouched_24_hours": untouched,
    "resolved_not_closed": stays("ticket.resolved", 5 * DAY + 30 * MINUTE),
    "three_tickets_in_a_week": many_tickets,
}

if __name__ == "__main__":
    logs.main(__doc__, FIGURES, SMALL)
