#!/usr/bin/env python3
"""Plants one bug at a time into the product, and looks whether the simulation finds it.

  tests/simulation/planted.py [--build build/release] [NAME ...]

A bug is a source file with one text in place of another. It is compiled beside the tree, and the test program is linked
with it, so nothing of the tree or of the build changes. Ends with 1 if a bug is not found in 1,000 worlds."""
import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORLDS = "1000"

# Name, file, text, text in its place.
BUGS = [
    ("a log that was written anew is read on", "connectors/nats/input_log.cpp",
     "config.OptStartSeq = next > first ? next - 1 : next;", "config.OptStartSeq = next;"),
    ("holes in the input are passed over", "connectors/nats/input_log.cpp",
     "if (delivery->sequence > next && !filtered()) {", "if (false) {"),
    ("a hole in what came is taken for a hole in the log", "connectors/nats/input_log.cpp",
     "state->message_count == state->last_sequence + 1 - state->first_sequence", "false"),
    ("messages do not expect the one before", "connectors/nats/output_log.cpp",
     "natsMsgHeader_Set(message, kExpectedLastIdHeader, last_id.c_str());", "NATS_OK;"),
    ("the tail is not read after a refusal", "connectors/nats/output_log.cpp",
     "const auto struck_off = StrikeOffTail(tail);",
     "last_sequence = tail;\n  const Result<bool> struck_off = true;"),
    ("a duplicate stands for all before it", "connectors/nats/output_log.cpp",
     "pending[index].sequence = ack.sequence;",
     "pending[index].sequence = ack.sequence;\n  last_sequence = std::max(last_sequence, ack.sequence);"),
    ("a foreign writer goes unnoticed", "connectors/nats/output_log.cpp",
     "if (pending.empty() || message.message_id != pending.front().id) {",
     "if (pending.empty() || message.message_id != pending.front().id) {\n"
     "    last_sequence = message.sequence;\n    return {};\n  }\n  if (pending.empty()) {"),
    ("what was sent before is sent again", "service/outbox.cpp",
     "channel.known_.emplace(HashId(id), sequence);", "(void)sequence;"),
    ("a checkpoint of a replay stands at the end of the output", "service/outbox.cpp",
     "if (!known_.empty()) return mark;", "mark.end = stream_end;"),
    ("output that no input gives is passed over", "service/service.cpp",
     "if (unclaimed == 0) return {};", "if (unclaimed == 0 || !options_.accept_lost_input) return {};"),
    ("outputs that a checkpoint needs are not stored first", "service/service.cpp",
     "if (Status ok = outbox_->Flush(); !ok) return ok;\n  applied_", "applied_"),
    ("ticks too far ahead are taken", "service/service.cpp",
     "instant->micros > message.stored_at.micros + engine_->deployment().marker.ahead_micros", "false"),
    ("entries of the service's own come before the events in front of them", "service/service.cpp",
     "engine_->Apply(messages.subspan(from, i - from));\n    stats_.events += i - from;\n    from = i + 1;\n"
     "    if (Status ok = (this->*entry->apply)(messages[i]); !ok) return ok;",
     "if (Status ok = (this->*entry->apply)(messages[i]); !ok) return ok;\n"
     "    engine_->Apply(messages.subspan(from, i - from));\n    stats_.events += i - from;\n    from = i + 1;"),
    ("a new log begins with the ruleset of whoever reads it", "service/service.cpp",
     "if (own && found.first == own->marker) return own;", "if (own) return own;"),
    ("a deployment takes the ruleset that lies ready, not the one of the log", "service/service_rulesets.cpp",
     "if (candidate->marker == marker) return candidate;", "return candidate;"),
    ("output that was lost is not missed", "service/recovery.cpp",
     "if (FitOf(output.end, *facts) != MarkFit::kLost) continue;", "if (!facts) return false;\n    continue;"),
    ("input that was lost is not missed", "service/recovery.cpp",
     "if (fit == MarkFit::kFits) return true;", "return true;"),
    ("sequences are trusted without looking at what stands there", "service/recovery.cpp",
     "return {.sequence = message.sequence, .digest = digest};",
     "return {.sequence = message.sequence, .digest = digest * 0};"),
    ("a checkpoint says where it ended, not where it began", "service/checkpoint_keeper.cpp",
     "writer_.Finish(*head_);\n    handed_over_ = true;", "writer_.Finish(describe());\n    handed_over_ = true;"),
    ("after a failure a checkpoint has only what has changed", "service/checkpoint_keeper.cpp",
     "engine.AbandonSnapshot();", "(void)engine;"),
    ("what is about to change is not saved first", "runtime/engine_snapshot.cpp",
     "if (snapshot_ != nullptr && changes.due.Has(place)) GiveOut(index, record, place);\n  changes.changed.Add(place);",
     "changes.changed.Add(place);"),
    ("what is restored is not woken", "runtime/engine_snapshot.cpp",
     "Schedule(index, found.record);\n  return true;", "return true;"),
    ("a moment that has been counted is forgotten", "runtime/entity_image.cpp",
     "io_.Fixed(header.moment_count);",
     "std::remove_reference_t<decltype(header.moment_count)> none = 0;\n  io_.Fixed(none);"),
    ("dead letters name the wrong message", "service/live_engine.cpp",
     "sink_.AddDeadLetter(*message, letter.code, letter.reason);",
     "sink_.AddDeadLetter(messages.front(), letter.code, letter.reason);"),
]


def run(command, **more):
    return subprocess.run(command, cwd=more.pop("cwd", ROOT), capture_output=True, text=True, check=False, **more)


def compile_planted(build, folder, source, text):
    """The object file of the changed source, with the flags of the original."""
    entries = json.loads((build / "compile_commands.json").read_text())
    entry = next(e for e in entries if e["file"] == str(ROOT / source))
    changed = folder / pathlib.Path(source).name
    changed.write_text(text)
    words = [word for word in shlex.split(entry["command"]) if not word.endswith("ccache")]
    words[words.index("-o") + 1] = str(folder / "planted.o")
    words[words.index(str(ROOT / source))] = str(changed)
    made = run([*words, "-Wno-error", "-w"], cwd=entry["directory"])
    if made.returncode != 0:
        sys.exit(f"{source} does not compile:\n{made.stderr[-2000:]}")
    return folder / "planted.o"


def link(build, folder, planted):
    """The test program: an object that is named before a library stands in for the library's own."""
    line = run(["ninja", "-C", str(build), "-t", "commands", "bin/test_simulation"]).stdout.strip().splitlines()[-1]
    words = shlex.split(line.split("&&")[1])
    first = next(i for i, word in enumerate(words) if word.endswith(".o"))
    words.insert(first, str(planted))
    words[words.index("-o") + 1] = str(folder / "test")
    made = run(words, cwd=build)
    if made.returncode != 0:
        sys.exit(f"does not link:\n{made.stderr[-2000:]}")
    return folder / "test"


def find(program):
    """How the simulation ended, in a line; nothing if it found nothing."""
    environment = {**os.environ, "LULL_SEEDS": WORLDS, "LULL_STOP_AT_FIRST": "1"}
    try:
        ended = run([str(program), "--gtest_filter=Simulation.Nothing*"], env=environment, timeout=570)
    except subprocess.TimeoutExpired:
        return "it never ends"
    if ended.returncode == 0:
        return None
    seed = re.search(r"LULL_SEED=\d+: [^\n]{0,100}", ended.stdout)
    return seed.group(0) if seed else (ended.stderr or ended.stdout).strip().splitlines()[-1][:120]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a part of the name of a bug")
    arguments = parser.parse_args()
    chosen = [bug for bug in BUGS if not arguments.names or any(name in bug[0] for name in arguments.names)]
    found = 0
    for name, source, text, instead in chosen:
        original = (ROOT / source).read_text()
        if original.count(text) != 1:
            sys.exit(f"{source} has the place of \"{name}\" {original.count(text)} times; it must be once")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            planted = compile_planted(arguments.build.resolve(), folder, source, original.replace(text, instead))
            outcome = find(link(arguments.build.resolve(), folder, planted))
        print(f"{'found' if outcome else 'NOT FOUND':9}  {name}: {outcome or ''}", flush=True)
        found += outcome is not None
    print(f"{found} of {len(chosen)} planted bugs found")
    return 0 if found == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
