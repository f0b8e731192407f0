"""The plots of a run: cost of an event against the number of rules, of customers and of pending deadlines."""
import os

import svg
from workload import say

COST = "CPU ns an event"
PLOTS = {
    "thresholds": ("T-N: thresholds over the same fields", "rules", COST + " (whole process)"),
    "stateful": ("Rules of all kinds over 20 types of event", "rules", COST + " (start deducted)"),
    "customers": ("R1-R6: customers", "customers seen", COST + " (whole process)"),
    "deadlines": ("Pending deadlines, each page view waits for an order", "pending on average",
                  COST + " (whole process)"),
    "peers": ("T-N: other engines, one core", "rules", COST + " (start deducted)"),
}


def draw(folder, report):
    os.makedirs(folder, exist_ok=True)
    for name, (title, x_title, y_title) in PLOTS.items():
        if report.series.get(name):
            path = os.path.join(folder, f"{name}.svg")
            with open(path, "w", encoding="utf-8") as out:
                out.write(svg.line_plot(title, x_title, y_title, report.series[name]))
            say(f"drawn: {path}")
