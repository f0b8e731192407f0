#!/usr/bin/env python3
"""What rulesets/store_stockouts has to find, by straight-line search through the sales of each product and store."""
import os
from bisect import bisect_right
from collections import defaultdict, namedtuple
from datetime import date, timedelta
from functools import cache

import logs
from logs import DAY

SOLD = "item.sold"
SMALL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../rulesets/store_stockouts/events.small.jsonl.gz")
SERVICES = {"POST", "DOT", "M", "m", "C2", "S", "PADS", "BANK CHARGES", "AMAZONFEE"}
CLOSED = {date(2010, 12, 24) + timedelta(days) for days in range(11)}
CLOSED |= {date(2011, 4, 22) + timedelta(days) for days in range(4)} | {date(2011, 4, 29)}
CLOSED |= {date(2011, 5, 2), date(2011, 5, 30), date(2011, 8, 29)}
SATURDAY = 5
known = []  # the log of the latest question, and its shelves


def is_open(day):
    return day.weekday() != SATURDAY and day not in CLOSED


@cache
def open_day_after(number, days):
    """The number of the so-manieth open day after a day."""
    day = date(1970, 1, 1) + timedelta(number)
    while days:
        number += 1
        day += timedelta(1)
        days -= is_open(day)
    return number


def working_days_after(instant, days):
    """The same time of day on the so-manieth open day after that of the instant."""
    number, time_of_day = divmod(instant, DAY)
    return open_day_after(number, days) * DAY + time_of_day


def is_product(sku):
    return sku not in SERVICES and not sku.startswith(("gift_", "DCGS"))


# One line that was sold: when, how often this product was in 60 days, and how often makes it a steady seller.
Sale = namedtuple("Sale", "instant sales steady")


def in_last_60_days(times):
    """How many of the times, which are in order and end now, are less than 60 days ago."""
    return len(times) - bisect_right(times, times[-1] - 60 * DAY)


def shelves(events):
    """The sales of every product of every store, in log order."""
    if known and known[0] is events:
        return known[1]
    of_store, of_shelf, sales = defaultdict(list), defaultdict(list), defaultdict(list)
    for instant, kind, event in events:
        if kind != SOLD:
            continue
        shelf = (event["country"], event["sku"])
        of_store[shelf[0]].append(instant)
        of_shelf[shelf].append(instant)
        steady = 30 if in_last_60_days(of_store[shelf[0]]) >= 10_000 else 8
        sales[shelf].append(Sale(instant, in_last_60_days(of_shelf[shelf]), steady))
    known[:] = [events, sales]
    return sales


def gaps(events, end, multiple, days):
    """(sku, sale, alarm, next sale or None) for each sale after which the shelf was missed."""
    for (_, sku), sales in shelves(events).items():
        if not is_product(sku):
            continue
        for sale, following in zip(sales, sales[1:] + [None]):
            if sale.sales < multiple * sale.steady:
                continue
            alarm = working_days_after(sale.instant, days)
            if alarm <= end and (following is None or following.instant > alarm):
                yield sku, sale, alarm, following


def missing(multiple, days):
    def find(events, end):
        for sku, _, alarm, _ in gaps(events, end, multiple, days):
            yield sku, alarm

    return find


def gone_for_good(events, end):
    for sku, _, alarm, following in gaps(events, end, 1, 10):
        dropped = working_days_after(alarm, 40)
        if dropped <= end and (following is None or following.instant > dropped):
            yield sku, dropped


def sells_again(events, end):
    for sku, sale, _, following in gaps(events, end, 1, 10):
        # What has not been sold for longer is forgotten: its next sale is that of a new product.
        if following is not None and following.instant <= sale.instant + 180 * DAY:
            yield sku, following.instant


def silent_store(events, end):
    of_store = defaultdict(list)
    for instant, kind, event in events:
        if kind == SOLD:
            of_store[event["country"]].append((instant, event["case"]))
    for country, lines in of_store.items():
        for i, (instant, _) in enumerate(lines):
            alarm = working_days_after(instant, 5)
            if alarm > end or (i + 1 < len(lines) and lines[i + 1][0] <= alarm):
                continue
            if len({order for at, order in lines[: i + 1] if at > instant - 60 * DAY}) >= 5:
                yield country, alarm


FIGURES = {
    "bestseller_gone": missing(2, 3),
    "seller_gone": missing(1, 10),
    "gone_for_good": gone_for_good,
    "sells_again": sells_again,
    "silent_store": silent_store,
}

if __name__ == "__main__":
    logs.main(__doc__, FIGURES, SMALL)
