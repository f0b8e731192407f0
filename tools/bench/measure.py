"""Runs programs on one core and says what they took: CPU seconds, wall seconds, peak memory."""
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys

import workload


def timed(options, command, output=subprocess.DEVNULL, env=None):
    """Runs a command on one core: its CPU seconds (user and system, all of the process), wall seconds and peak MB."""
    note = os.path.join(workload.folder(options.cache, "out"), f"usage-{os.getpid()}")
    launcher = [workload.build(options.cache, "usage.cpp", ["-O2"]), note, str(options.core)]
    done = subprocess.run([*launcher, *command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE,
                          env={**os.environ, **(env or {})})
    if done.returncode:
        sys.stderr.write(done.stderr.decode(errors="replace")[-4000:])
        sys.exit(f"bench: '{' '.join(command)}' ended with {done.returncode}")
    with open(note, encoding="utf-8") as text:
        cpu, wall, peak = text.read().split()
    os.remove(note)
    return {"cpu_s": float(cpu), "wall_s": float(wall), "peak_mb": int(peak) / 1024}


def in_turn(options, commands, runs=None, env=None):
    """Runs each of the commands (name: list of words, or a function that runs it) in turn; a list of usages by name.

    Every other round goes backwards, so that nobody always comes first.
    """
    usages = {name: [] for name in commands}
    for number in range(runs or options.runs):
        names = list(commands) if number % 2 == 0 else list(reversed(commands))
        for name in names:
            command = commands[name]
            usages[name].append(command() if callable(command) else timed(options, command, env=env))
    return usages


def values(usages, key="cpu_s"):
    return [usage[key] for usage in usages]


def median(usages, key="cpu_s"):
    return statistics.median(values(usages, key))


def warm(options):
    """The environment in which the object cache is the benchmark's own, and stays."""
    return {"XDG_CACHE_HOME": os.path.abspath(workload.folder(options.cache, "objects"))}


class cold:
    """`with cold(options) as env`: an object cache of its own that is empty and goes away."""

    def __init__(self, options):
        self.path = os.path.join(os.path.abspath(options.cache), "objects-cold")

    def __enter__(self):
        shutil.rmtree(self.path, ignore_errors=True)
        os.makedirs(self.path)
        return {"XDG_CACHE_HOME": self.path}

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def lull_run(options, rules, events, *more):
    command = [options.lull, "run", rules, "--events", events, "--quiet", *more]
    if options.engine and "--engine" not in more:
        command += ["--engine", options.engine]
    return command


def empty_file(options):
    path = os.path.join(workload.folder(options.cache, "out"), "empty.jsonl")
    with open(path, "wb"):
        return path


def counts_of(options, command, env=None):
    """Totals by nudge of one run with --counts, and its usage."""
    path = os.path.join(workload.folder(options.cache, "out"), "counts.txt")
    with open(path, "wb") as out:
        usage = timed(options, command, out, env or warm(options))
    with open(path, encoding="utf-8") as text:
        return workload.nudge_counts(text.read()), usage


def first_line(*command):
    """What a program says its version is, or nothing if it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].strip() if lines else None


def machine():
    """Processor, cores, memory and system; no names of hosts or folders."""
    with open("/proc/cpuinfo", encoding="utf-8") as text:
        model = re.search(r"^model name\s*:\s*(.*)$", text.read(), re.M)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with open("/etc/os-release", encoding="utf-8") as text:
        system = re.search(r'^PRETTY_NAME="?([^"\n]*)', text.read(), re.M)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory, 1),
        "system": system[1] if system else platform.system(),
        "kernel": platform.release(),
        "load_at_start": os.getloadavg()[0],
    }


def versions(options):
    return {
        "lull": (first_line(options.lull, "version") or "").removeprefix("lull "),
        "g++": first_line("g++", "--version"),
        "python": platform.python_version(),
    }
