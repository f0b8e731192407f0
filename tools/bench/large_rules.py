"""A large ruleset drawn at random: rules of all kinds over 20 types of event, which use each other."""
import hashlib
import pathlib
import random

AREAS = ["sales", "service", "delivery", "billing", "care"]
STEPS = ["started", "changed", "looked_at", "done"]
# Shares of the kinds of rules, of 100.
SHARES = {"feature": 36, "stall": 18, "journey": 4, "score": 6, "table": 4, "nudge": 28, "policy": 4}


def header():
    lines = ["ruleset large {", '  title     "A large ruleset"', '  zone      "Europe/Berlin"', "  currency  EUR",
             "  channels  call as task, visit as task, email as message", "}", "",
             "calendar office {", "  monday to friday  08:00 to 18:00", "  closed            2026-12-25", "}", "",
             "choice tier { gold, silver, bronze }", "",
             "entity customer by customer_id {", "  name       text", "  tier       tier = bronze", "  region     text",
             "  opted_out  flag = no", "}", "",
             "event customer_updated of customer sets name, tier, region, opted_out"]
    for area in AREAS:
        for step in STEPS:
            lines.append(f"event {area}_{step} of customer {{ page text, item text?, amount money, points number }}")
        lines.append(f"unit {area}_team {{ hours office }}")
    return "\n".join(lines) + "\n"


class Writer:
    """Each rule uses some of those before it, so that everything is used."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.features, self.stalls, self.journeys, self.scores, self.tables, self.nudges = [], [], [], [], [], []
        self.unused = []

    def event(self):
        return f"{self.random.choice(AREAS)}_{self.random.choice(STEPS)}"

    def number(self):
        if self.unused and self.random.random() < 0.6:
            return self.unused.pop(self.random.randrange(len(self.unused)))
        if not self.features or self.random.random() < 0.3:
            return f"count of {self.event()} in last {self.random.randint(1, 60)} days"
        return self.random.choice(self.features[-40:])

    def condition(self):
        forms = [lambda: f"{self.number()} >= {self.random.randint(1, 9)}",
                 lambda: f"tier is {self.random.choice(['gold', 'silver'])}",
                 lambda: f'any {self.event()} where page starts with "/{self.random.choice(AREAS)}" in last 3 days',
                 lambda: f"time since {self.event()} > {self.random.randint(2, 90)} hours",
                 lambda: "not opted_out"]
        if self.journeys:
            forms.append(lambda: f"{self.random.choice(self.journeys)} is {self.random.choice(['open', 'busy'])}")
        if self.tables:
            forms.append(lambda: f"{self.random.choice(self.tables)} > {self.random.randint(1, 3)}")
        return " and ".join(self.random.choice(forms)() for _ in range(self.random.randint(1, 3)))

    def feature(self, n):
        event, days = self.event(), self.random.randint(1, 60)
        value = self.random.choice([
            f"count of {event} where amount > {self.random.randint(1, 900)} EUR in last {days} days",
            f"average of {event}.points in last {days} days or else 0",
            f"count of different {event}.item in last {days} days",
            f"{self.number()} * {self.random.randint(2, 5)} + {self.number()}",
            f"if {self.condition()} then {self.number()} else {self.random.randint(0, 5)}",
            f"(sum of {event}.amount in last {days} days) / 10 EUR",
        ])
        self.features.append(f"value_{n}")
        self.unused.append(f"value_{n}")
        return f"feature value_{n} of customer = {value}"

    def stall(self, n):
        event, answer = self.event(), self.event()
        while answer == event:
            answer = self.event()
        form = self.random.choice([
            f"  while    {self.condition()}\n  quiet    {self.random.randint(2, 90)} hours",
            f"  after    {event} no {answer} within {self.random.randint(2, 40)} hours",
            f"  while    {self.condition()}\n  for      {self.random.randint(2, 30)} days",
            f"  no       {event} for {self.random.randint(2, 10)} days",
        ])
        self.stalls.append(f"stall_{n}")
        return (f"## What has come to a halt, number {n}.\nstall stall_{n} of customer {{\n{form}\n  unless   opted_out\n"
                f'  because  "It was {{{self.number()}}} by then"\n'
                f'  because  "and more than that"  when {self.condition()}\n}}')

    def journey(self, n):
        events = self.random.sample([f"{area}_{step}" for area in AREAS for step in ("started", "done")], 3)
        self.journeys.append(f"journey_{n}")
        return (f"journey journey_{n} of customer {{\n  start idle\n  idle, busy -> open  on {events[0]}\n"
                f"  open -> busy  on {events[1]}\n  any -> idle  on {events[2]} where points > {n % 7}\n"
                f"  busy -> idle  after {self.random.randint(2, 30)} days\n}}")

    def score(self, n):
        lines = "\n".join(f'  add  {self.random.randint(1, 50)}  when {self.condition()}  because "reason {i}"'
                          for i in range(4))
        self.scores.append(f"score_{n}")
        return f"score score_{n} of customer {{\n  start  {n % 10}\n{lines}\n  kept  between 0 and 100\n}}"

    def table(self, n):
        feature = self.number() if not self.features else self.random.choice(self.features)
        rows = "\n".join(f"  | {tier} | >= {limit} | {self.random.randint(1, 9)} |"
                         for tier in ("gold", "silver", "bronze") for limit in (8, 5, 3))
        self.tables.append(f"table_{n}")
        return f"table table_{n} of customer (tier, {feature}) gives number {{\n{rows}\n  | - | - | 1 |\n}}"

    def nudge(self, n):
        trigger = f"while  {self.random.choice(self.stalls)}" if self.stalls and self.random.random() < 0.7 else \
            f"on     {self.event()} where amount > {self.random.randint(1, 900)} EUR"
        worth = self.random.choice(self.scores) if self.scores else self.number()
        self.nudges.append(f"nudge_{n}")
        return (f"nudge nudge_{n} of customer {{\n  {trigger}\n  if     {self.condition()}\n"
                f'  do     call "Call {{name or else region}}"\n'
                f"  to     {self.random.choice(AREAS)}_team\n  worth  {worth}\n}}")

    def policy(self, n):
        covered = self.nudges[-12:]
        if not covered:
            return self.feature(n)
        return (f"policy policy_{n} of customer {{\n  covers       {', '.join(covered)}\n  best 1 by    worth\n"
                f"  at most      {n % 5 + 1} nudges in 7 days\n  quiet hours  20:00 to 08:00\n  never when   opted_out\n}}")


def rules(count, seed):
    writer = Writer(seed)
    kinds = [kind for kind, share in SHARES.items() for _ in range(share)]
    writer.random.shuffle(kinds)
    return [getattr(writer, kinds[n % len(kinds)])(n) for n in range(count)]


def write(folder, count, seed):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "large.lull").write_text(header())
    made = rules(count, seed)
    for number, begin in enumerate(range(0, len(made), 100)):
        (folder / f"rules_{number:02}.lull").write_text("\n\n".join(made[begin:begin + 100]) + "\n")


def cached(cache, count, seed=1):
    """The ruleset in the benchmark's cache, written once for each text of this file."""
    with open(__file__, "rb") as text:
        digest = hashlib.sha256(text.read()).hexdigest()[:12]
    folder = pathlib.Path(cache) / "large" / f"{count}-{seed}-{digest}"
    if not folder.exists():
        write(folder, count, seed)
    return str(folder)
