"""What a run of the benchmark found: outputs checked, figures with their goals, and series for plots."""
import json
import statistics
import sys
from dataclasses import asdict, dataclass


@dataclass
class Goal:
    """What a figure should reach: its ratio, or its amount where it stands alone."""

    sign: str  # ">=" or "<="
    value: float

    def met(self, found):
        return found >= self.value if self.sign == ">=" else found <= self.value


@dataclass
class Figure:
    section: str
    name: str
    ours: float
    unit: str
    beside: float | None = None
    beside_name: str = ""
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    style: str = ""  # of ratio: "%" or "x"
    goal: Goal | None = None
    note: str = ""

    @property
    def met(self):
        return self.goal.met(self.ours if self.ratio is None else self.ratio) if self.goal else None


def amount_text(value, unit):
    if value is None:
        return ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f} {unit}"


def ratio_text(value, style):
    if value is None:
        return ""
    return f"{value:.0%}" if style == "%" else f"{value:.2f}x" if value < 100 else f"{value:.0f}x"


class Report:
    """Collects, and prints each figure as it is found."""

    WIDTHS = (30, 13, 26, 9, 18, 12, 4)

    def __init__(self):
        self.checks = []
        self.figures = []
        self.series = {}
        self.peers = []
        self.has_head = False

    def check(self, row, kind, right, **more):
        self.checks.append({"row": row, "kind": kind, "right": right, **more})
        return right

    def line(self, cells):
        texts = [str(cell).ljust(width) for cell, width in zip(cells, self.WIDTHS)]
        print("  ".join(texts).rstrip(), flush=True)

    def add(self, figure):
        self.figures.append(figure)
        if not self.has_head:
            self.line(("row", "lull", "beside it", "ratio", "min to max", "goal", "met"))
            self.has_head = True
        style, unit = figure.style, figure.unit
        beside = f"{figure.beside_name} {amount_text(figure.beside, unit)}" if figure.beside is not None else ""
        show = (lambda v: ratio_text(v, style)) if figure.ratio is not None else (lambda v: amount_text(v, unit))
        spread = f"{show(figure.low)} to {show(figure.high)}" if figure.low is not None else ""
        spread = spread.replace(f" {unit} to", " to")
        goal = f"{figure.goal.sign} {show(figure.goal.value)}" if figure.goal else ""
        met = "" if figure.met is None else "yes" if figure.met else "NO"
        self.line((figure.name, amount_text(figure.ours, unit), beside, show(figure.ratio) if figure.ratio else "",
                   spread, goal, met))
        if figure.note:
            print(f"    {figure.note}", flush=True)
        return figure

    def speed(self, section, name, ours, beside, beside_name, goal=None, unit="s", **more):
        """Share of the other's speed: beside / ours."""
        ratios = [b / a for a, b in zip(ours, beside)]
        one, other = statistics.median(ours), statistics.median(beside)
        return self.add(Figure(section, name, one, unit, other, beside_name, other / one, min(ratios), max(ratios), "%",
                               goal, **more))

    def cost(self, section, name, ours, beside, beside_name, goal=None, unit="s", **more):
        """How many times the other's cost: ours / beside."""
        ratios = [a / b for a, b in zip(ours, beside)]
        one, other = statistics.median(ours), statistics.median(beside)
        return self.add(Figure(section, name, one, unit, other, beside_name, one / other, min(ratios), max(ratios), "x",
                               goal, **more))

    def amount(self, section, name, found, unit, goal=None, **more):
        return self.add(Figure(section, name, statistics.median(found), unit, low=min(found), high=max(found), goal=goal,
                               **more))

    def point(self, plot, line, x, y):
        """One point of a line of a plot."""
        self.series.setdefault(plot, {}).setdefault(line, []).append((x, y))

    def wrong(self):
        return [check for check in self.checks if not check["right"]]

    def write(self, path, **head):
        figures = [{**asdict(figure), "met": figure.met} for figure in self.figures]
        found = {**head, "figures": figures, "peers": self.peers, "checks": self.checks, "series": self.series}
        text = json.dumps(found, indent=2) + "\n"
        if path == "-":
            sys.stdout.write(text)
        else:
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
