#!/usr/bin/env python3
"""What rulesets/online_retail has to find, by straight-line search through each customer's invoices."""
import os

import logs
from logs import DAY

PLACED = {"order.placed"}
CANCELLED = {"order.cancelled"}
SMALL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../rulesets/online_retail/events.small.jsonl.gz")


def waits(opens, days, restart):
    def find(events, end):
        for customer, timeline in logs.by_key(events, "customer").items():
            for t in logs.unanswered(timeline, opens, PLACED, days * DAY, end, restart):
                yield customer, t

    return find


def pence_spent(kind, event):
    return event["amount_pence"] if kind == "order.placed" else None


def big_spenders(events, _):
    for customer, timeline in logs.by_key(events, "customer").items():
        for t in logs.edges(timeline, pence_spent, 30 * DAY, 500_000):
            yield customer, t


FIGURES = {
    "no_order_30_days": waits(PLACED, 30, restart=True),
    "not_reordered": waits(CANCELLED, 14, restart=True),
    "not_reordered_since_first": waits(CANCELLED, 14, restart=False),
    "spends_much": big_spenders,
}

if __name__ == "__main__":
    logs.main(__doc__, FIGURES, SMALL)
