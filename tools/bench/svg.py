"""A small writer of line plots as SVG: two axes, logarithmic or not, and a line with points for each series."""
import html
import math

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 78, 150, 46, 60
COLOURS = ("#1f5fa8", "#c2571a", "#2f7d4f", "#7a4aa0", "#8a6d1d", "#a02c4a")
STYLE = "font-family:sans-serif;font-size:12px;fill:#222"


class Axis:
    """Turns values into places; a logarithmic axis has ticks at powers of ten, and at 2 and 5 if it is short."""

    def __init__(self, values, begin, end, logarithmic):
        self.begin, self.end, self.logarithmic = begin, end, logarithmic
        low, high = min(values), max(values)
        if logarithmic:
            self.ticks = [m * 10.0**e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
                          for m in ((1, 2, 5) if high / low < 200 else (1,))]
            below = [t for t in self.ticks if t <= low * 1.0001]
            above = [t for t in self.ticks if t >= high * 0.9999]
            self.low, self.high = below[-1] if below else low, above[0] if above else high
        else:
            step = 10 ** math.floor(math.log10(high or 1))
            step = next(s for s in (step / 5, step / 2, step, step * 2) if high / s <= 6)
            self.ticks = [step * n for n in range(math.ceil(high / step - 1e-9) + 1)]
            self.low, self.high = 0.0, self.ticks[-1]
        self.ticks = [t for t in self.ticks if self.low <= t <= self.high]
        if self.low == self.high:
            self.high = self.low * 2 or 1.0

    def place(self, value):
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)


def number(value):
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def apart(places, least=15):
    """Moves places that are too close to each other, in order, until labels fit."""
    order = sorted(range(len(places)), key=lambda n: places[n])
    moved = list(places)
    for before, after in zip(order, order[1:]):
        moved[after] = max(moved[after], moved[before] + least)
    return moved


def line_plot(title, x_title, y_title, lines, log_x=True, log_y=True):
    """lines: name to [(x, y)]. Returns the text of an SVG file; each line's name stands at its end."""
    lines = {name: sorted(points) for name, points in lines.items() if points}
    points = [point for line in lines.values() for point in line]
    x = Axis([p[0] for p in points], LEFT, WIDTH - RIGHT, log_x)
    y = Axis([p[1] for p in points], HEIGHT - BOTTOM, TOP, log_y)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']

    def text(at_x, at_y, words, anchor="middle", more=""):
        out.append(f'<text x="{at_x:.1f}" y="{at_y:.1f}" text-anchor="{anchor}" style="{STYLE}{more}">'
                   f"{html.escape(words)}</text>")

    text(LEFT, 26, title, "start", ";font-size:15px;font-weight:bold")
    for tick in x.ticks:
        at = x.place(tick)
        out.append(f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e4e4e4"/>')
        text(at, HEIGHT - BOTTOM + 18, number(tick))
    for tick in y.ticks:
        at = y.place(tick)
        out.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>')
        text(LEFT - 8, at + 4, number(tick), "end")
    out.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#555"/>')
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, x_title)
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out.append(f'<text transform="translate(18 {middle:.1f}) rotate(-90)" text-anchor="middle" style="{STYLE}">'
               f"{html.escape(y_title)}</text>")
    labels = apart([y.place(line[-1][1]) for line in lines.values()])
    for n, ((name, line), label) in enumerate(zip(lines.items(), labels)):
        colour = COLOURS[n % len(COLOURS)]
        places = [(x.place(a), y.place(b)) for a, b in line]
        way = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
        out.append(f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in places]
        text(places[-1][0] + 9, label + 4, name, "start", f";fill:{colour}")
    return "\n".join(out) + "\n</svg>\n"
