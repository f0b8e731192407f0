// What an engine with many entities takes: bench_engine swap|deadlines [ENTITIES...]
//
// `swap`: how long the path of events stands still when the ruleset changes. A customer has a window, two
// features and a deadline; the change is one of those that people make every day. The engine is used as the
// service uses it: slices between batches of events, a tick only when all are there.
//
// `deadlines`: the memory of so many entities with an armed deadline each, and what it takes to decide them.
#include "runtime/engine.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/native.h"
#include "connectors/decision_output.h"
#include "dsl/load.h"
#include "runtime/base/check.h"

namespace {

using namespace lull;

constexpr std::size_t kBatchEvents = 200;
constexpr std::size_t kSliceEntities = 512;
constexpr std::int64_t kBegin = 1'767'571'200LL * kMicrosPerSecond;

std::string Rules(const std::string& title, int threshold, int wait_hours, bool with_feature) {
  std::string text = fmt::format(R"(
ruleset engine {{ zone "UTC" channels call as task, email as message }}
unit sales
entity customer by customer_id
event visited of customer {{ page text, price number }}
event ordered of customer {{ page text, price number }}
feature visits of customer = count of visited in last 7 days
feature spent of customer = sum of visited.price in last 7 days
stall gone_quiet of customer {{ after visited no ordered within {} hours }}
nudge call_back of customer {{ on gone_quiet do call "{}" to sales }}
nudge regular of customer {{ while visits > {} and spent > 100 do email "A regular" to sales }}
)",
                                 wait_hours, title, threshold);
  if (with_feature) {
    text +=
        "feature orders of customer = count of ordered in last 3 days\n"
        "nudge buyer of customer { while orders > 5 do email \"Buys a lot\" to sales }\n";
  }
  return text;
}

const std::string kDeadlines = R"(
ruleset engine { zone "UTC" channels call as task }
unit sales
entity customer by customer_id
event visited of customer { page text, price number }
event ordered of customer { page text, price number }
stall gone_quiet of customer { after visited no ordered within 36 hours }
nudge call_back of customer { on gone_quiet do call "Call back" to sales }
)";

runtime::Program Compiled(const std::string& text) {
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"engine.lull", text}});
  LULL_CHECK(loaded.good());
  const auto compiled = compiler::Compile(loaded.program);
  LULL_CHECK(compiled.has_value());
  const auto code = compiler::CompileNative(*compiled->module, {.level = 2, .cache_folder = {}});
  LULL_CHECK(code.has_value());
  return {compiled->ruleset, *code};
}

/// Visits of customers by number.
class Visits {
 public:
  explicit Visits(const runtime::Ruleset& ruleset)
      : fields_(ruleset.frame_slot_count), keys_(kBatchEvents), views_(kBatchEvents) {
    for (const runtime::FieldSchema& field : ruleset.events[0].fields) {
      if (!field.used) continue;
      if (field.name == "price") fields_[field.slot].number = 20;
    }
  }
  /// One each of `count` customers, up to kBatchEvents.
  template <typename NumberOf>
  std::span<const runtime::EventFrame> Batch(std::size_t count, std::int64_t time, NumberOf&& number_of) {
    frames_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      keys_[i] = fmt::format("customer-{}", number_of(i));
      views_[i] = runtime::TextView::Of(keys_[i]);
      frames_.push_back({.event = 0,
                         .time = {time},
                         .id = {},
                         .fields = fields_.data(),
                         .keys = &views_[i],
                         .position = {}});
    }
    return frames_;
  }

 private:
  std::vector<runtime::FieldValue> fields_;
  std::vector<std::string> keys_;
  std::vector<runtime::TextView> views_;
  std::vector<runtime::EventFrame> frames_;
};

double Milliseconds(auto&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

std::unique_ptr<runtime::Engine> NewEngine(const runtime::Program& program, runtime::DecisionSink& sink) {
  return std::move(*runtime::Engine::Create(program, {.live = true}, sink));
}

void Fill(runtime::Engine& engine, std::size_t entities) {
  Visits visits(engine.ruleset());
  // Over 30 hours: all deadlines are ahead.
  const std::int64_t step = 30 * kMicrosPerHour / static_cast<std::int64_t>(entities);
  for (std::size_t from = 0; from < entities; from += kBatchEvents) {
    const std::size_t count = std::min(kBatchEvents, entities - from);
    engine.ApplyBatch(visits.Batch(count, kBegin + static_cast<std::int64_t>(from) * step,
                                   [&](std::size_t i) { return from + i; }));
  }
}

struct Change {
  const char* name;
  std::string rules;
};

void MeasureSwap(const runtime::Program& before, const Change& change, const runtime::Program& after,
                 std::size_t entities) {
  connectors::NullSink nothing;
  const std::unique_ptr<runtime::Engine> engine = NewEngine(before, nothing);
  Fill(*engine, entities);
  const std::int64_t now = engine->latest_time().micros;
  engine->Tick({now});
  const double swap = Milliseconds([&] { LULL_CHECK(engine->Swap(after).has_value()); });
  Visits visits(engine->ruleset());
  std::mt19937_64 random(1);
  double slice = 0;
  double batch = 0;
  double sum = 0;
  for (bool done = false; !done;) {
    const double took = Milliseconds([&] { done = engine->ContinueSwap(kSliceEntities); });
    slice = std::max(slice, took);
    sum += took;
    const auto frames = visits.Batch(kBatchEvents, now, [&](std::size_t) { return random() % entities; });
    batch = std::max(batch, Milliseconds([&] { engine->ApplyBatch(frames); }));
  }
  const double tick = Milliseconds([&] { engine->Tick({now + kMicrosPerSecond}); });
  fmt::print("| {:>9} | {:<17} | {:>7.2f} | {:>7.2f} | {:>7.2f} | {:>7.2f} | {:>8.0f} | {:>6.0f} |\n",
             entities, change.name, swap, slice, batch, tick, sum, sum * 1e6 / static_cast<double>(entities));
  std::fflush(stdout);
}

int Swap(const std::vector<std::size_t>& counts) {
  const runtime::Program before = Compiled(Rules("Call back", 5, 36, false));
  const Change changes[] = {{"a text", Rules("Call them back", 5, 36, false)},
                            {"a threshold", Rules("Call back", 7, 36, false)},
                            {"a feature more", Rules("Call back", 5, 36, true)},
                            {"a wait's length", Rules("Call back", 5, 40, false)}};
  fmt::print(
      "longest stops of the path of events, in ms: the swap, {} entities, {} events, the next tick\n\n",
      kSliceEntities, kBatchEvents);
  fmt::print(
      "|  entities | change            |    swap |   slice |  events |    tick | all (ms) | ns/ent |\n");
  fmt::print("|---|---|---|---|---|---|---|---|\n");
  for (const std::size_t count : counts) {
    for (const Change& change : changes) MeasureSwap(before, change, Compiled(change.rules), count);
  }
  return 0;
}

/// In MiB, from /proc/self/status.
double MemoryOf(const char* what) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(what))
      return std::strtod(line.c_str() + std::string(what).size() + 1, nullptr) / 1024;
  }
  return 0;
}

int Deadlines(const std::vector<std::size_t>& counts) {
  const runtime::Program program = Compiled(kDeadlines);
  for (const std::size_t count : counts) {
    connectors::NullSink nothing;
    const std::unique_ptr<runtime::Engine> engine = NewEngine(program, nothing);
    const double idle = MemoryOf("VmRSS:");
    const double fill = Milliseconds([&] { Fill(*engine, count); });
    engine->Tick(engine->latest_time());
    const auto per_entity = [&](double mib) { return mib * (1 << 20) / static_cast<double>(count); };
    const double now = MemoryOf("VmRSS:");
    fmt::print(
        "{} entities with a deadline each: {:.0f} MiB, at most {:.0f} MiB while they came; {:.0f} bytes "
        "each over the idle {:.0f} MiB; {:.0f} ns an event\n",
        engine->stats().records, now, MemoryOf("VmHWM:"), per_entity(now - idle), idle,
        fill * 1e6 / static_cast<double>(count));
    const double decide = Milliseconds([&] { engine->Tick({kBegin + 100 * kMicrosPerHour}); });
    fmt::print("all decided by one tick: {:.0f} ns each; {} tasks sent\n",
               decide * 1e6 / static_cast<double>(count), engine->stats().nudges.at("call_back").by_kind[0]);
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const std::string what = count > 1 ? words[1] : "";
  std::vector<std::size_t> counts;
  for (int i = 2; i < count; ++i) counts.push_back(std::strtoull(words[i], nullptr, 10));
  if (what == "swap")
    return Swap(counts.empty() ? std::vector<std::size_t>{1'000, 100'000, 1'000'000} : counts);
  if (what == "deadlines") return Deadlines(counts.empty() ? std::vector<std::size_t>{10'000'000} : counts);
  fmt::print(stderr, "usage: bench_engine swap|deadlines [ENTITIES...]\n");
  return 2;
}
