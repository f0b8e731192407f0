#!/usr/bin/env python3
"""What rulesets/web_shop has to find, by straight-line search through what each customer did.

Carts are in a log of clicks, carts and orders of single articles; lapsed customers in a log of invoices.
"""
import os
from fractions import Fraction

import logs
from logs import DAY, HOUR

VIEWED, PUT, BOUGHT, PLACED = "click", "cart", "order", "order.placed"
ACTIVITY = {VIEWED, PUT, BOUGHT, PLACED}
SMALL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../rulesets/web_shop/events.small.jsonl.gz")


def left_cart(span):
    """Something in the cart and no sign of life for the span; two weeks later the cart is no longer a cart."""

    def find(events, end):
        for customer, timeline in logs.by_key(events, "customer").items():
            lives = [entry for entry in timeline if entry[1] in ACTIVITY]
            filled = False
            for i, (t, kind, _) in enumerate(lives):
                if i and t > lives[i - 1][0] + 14 * DAY:
                    filled = False
                if kind == PUT:
                    filled = True
                elif kind != VIEWED:
                    filled = False
                quiet_until = lives[i + 1][0] if i + 1 < len(lives) else end + 1
                if filled and t + span < quiet_until:
                    yield customer, t + span

    return find


def third_look(events, _):
    for customer, timeline in logs.by_key(events, "customer").items():
        views = [(t, event["sku"]) for t, kind, event in timeline if kind == VIEWED]
        for i, (t, article) in enumerate(views):
            looks = [earlier for earlier, other in views[: i + 1] if other == article and earlier > t - 24 * HOUR]
            if len(looks) == 3:
                yield customer, t


def patience(times):
    """How long we wait after the last of these orders: two months, or twice the usual wait of who orders often."""
    if len(times) < 3:
        return 60 * DAY
    rhythm = round(Fraction(times[-1] - times[0], len(times) - 1))
    return max(30 * DAY, 2 * rhythm)


def waits(events, end):
    """(customer, when it was later than usual, next order) for each order."""
    for customer, timeline in logs.by_key(events, "customer").items():
        times = [t for t, kind, _ in timeline if kind == PLACED]
        for i, t in enumerate(times):
            following = times[i + 1] if i + 1 < len(times) else end + 1
            yield customer, t + patience(times[: i + 1]), following


def late(more):
    def find(events, end):
        for customer, due, following in waits(events, end):
            if due + more < following:
                yield customer, due + more

    return find


def came_back(events, end):
    for customer, due, following in waits(events, end):
        if due < following <= end:
            yield customer, following


CARTS = {
    "cart_left_4_hours": left_cart(4 * HOUR),
    "cart_left_3_days": left_cart(3 * DAY),
    "third_look": third_look,
}
CUSTOMERS = {
    "later_than_usual": late(0 * DAY),
    "much_later": late(45 * DAY),
    "given_up": late(180 * DAY),
    "came_back": came_back,
}
FIGURES = CARTS | CUSTOMERS

if __name__ == "__main__":
    logs.main(__doc__, FIGURES, SMALL)
