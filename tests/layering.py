#!/usr/bin/env python3
"""The walls of ARCHITECTURE.md: each third-party header has one room, and no room includes one above it."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("runtime/base", "runtime", "dsl", "compiler", "connectors/nats", "connectors/checkpoint", "connectors/http", "connectors/signing", "connectors", "trial", "service", "tools", "tests")

# Pattern of an include -> where it may stand.
HOMES = {
    r"tao/pegtl": r"dsl/grammar(_\w+)?\.(h|cpp)",
    r"boost/graph": r"compiler/(rule_graph|journey_proofs)\.cpp",
    r"llvm(-c)?/": r"compiler/native\w*\.(h|cpp)",
    r"nats(/|\.h)": r"(connectors/nats/|tests/simulation/(broker|nats_client)\.cpp)",
    r"toml\+\+": r"connectors/nats/",
    r"rocksdb/": r"connectors/checkpoint/checkpoint_store\.cpp",
    r"httplib": r"connectors/http/http_server\.cpp",
    r"prometheus/": r"connectors/http/metrics_text\.cpp",
    r"simdjson": r"(connectors|tests/unit/(connectors|http)|tests/fuzz|tools/bench)/",
    r"zlib\.h": r"(connectors|tests/unit/connectors)/",
    r"sodium": r"connectors/signing/signing\.cpp",
    r"CLI/": r"tools/lull/",
    r"date/": r"runtime/base/",
    r"xxhash\.h": r"(runtime|compiler|tests/unit/compiler)/",
}
# Room -> rooms that it may include.
MAY_USE = {
    "runtime/base": {"runtime/base"},
    "runtime": {"runtime", "runtime/base"},
    "dsl": {"dsl", "runtime/base"},
    "compiler": {"compiler", "dsl", "runtime", "runtime/base"},
    "trial": {"trial", "connectors", "compiler", "dsl", "runtime", "runtime/base"},
    "service": {
        "service", "trial", "connectors", "connectors/nats", "connectors/checkpoint", "connectors/http",
        "connectors/signing", "compiler", "dsl", "runtime", "runtime/base",
    },
    "connectors": {"connectors", "runtime", "runtime/base"},
    "connectors/signing": {"connectors/signing", "runtime/base"},
    "connectors/checkpoint": {"connectors/checkpoint", "connectors", "runtime", "runtime/base"},
    "connectors/http": {"connectors/http", "connectors/nats", "connectors", "runtime", "runtime/base"},
    "connectors/nats": {"connectors/nats", "connectors/signing", "connectors", "runtime", "runtime/base"},
}


def room_of(path):
    return next((room for room in ROOMS if path.startswith(room + "/")), None)


def problems_of(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    for included in re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, re.MULTILINE):
        for pattern, home in HOMES.items():
            if re.match(pattern, included) and not re.match(home, path):
                yield f"{path} includes <{included}>, whose home is {home}"
        room, used = room_of(path), room_of(included)
        if room in MAY_USE and used is not None and used not in MAY_USE[room]:
            yield f"{path} includes {included}: {room} must not know {used}"


def main():
    files = [
        str(path.relative_to(ROOT))
        for room in ("runtime", "dsl", "compiler", "connectors", "trial", "service", "tools", "tests")
        for path in sorted((ROOT / room).rglob("*"))
        if path.suffix in (".h", ".cpp")
    ]
    problems = [problem for path in files for problem in problems_of(path)]
    print("\n".join(problems))
    print(f"{len(files) - len({p.split(' ')[0] for p in problems})} passed, {len(problems)} failed")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
