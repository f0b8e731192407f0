#include "tests/support/engine_runner.h"

#include <algorithm>
#include <stdexcept>

#include "dsl/load.h"
#include "dsl/render.h"
#include "runtime/base/check.h"
#include "tests/support/collector.h"
#include "tests/support/log_frames.h"

namespace lull::test {
TriedRuleset CompileText(std::string text) {
  dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"random.lull", text}});
  if (!loaded.good()) {
    throw std::runtime_error(text + "\n" + dsl::RenderAll(loaded.diagnostics, loaded.sources));
  }
  auto compiled = compiler::Compile(loaded.program);
  if (!compiled) throw std::runtime_error(text + "\n" + compiled.error().message);
  return {std::move(text), std::move(loaded.program), std::move(*compiled)};
}

HoldsOut HoldoutOf(const dsl::CheckedProgram& program) {
  return [&program](const dsl::Policy& policy, const std::string& key) {
    if (policy.holdout_share <= 0) return false;
    const dsl::CheckedProgram& named = program.by_first_names();
    const std::string& name =
        named.policies[static_cast<std::size_t>(&policy - program.policies.data())].name;
    const std::string& ruleset = named.header.name;
    if (program.entities[policy.entity].whole == dsl::kNone) {
      return runtime::HoldoutPoint(ruleset, name, key) < policy.holdout_share;
    }
    const std::size_t slash = key.find('/');
    return runtime::HoldoutPoint(ruleset, name, key.substr(0, slash), key.substr(slash + 1)) <
           policy.holdout_share;
  };
}

ArmOf ArmsOf(const dsl::CheckedProgram& program) {
  return [&program](const dsl::Experiment& experiment, const std::string& key) {
    const dsl::Entity& entity = program.entities[experiment.entity];
    runtime::ArmName name{.ruleset = program.header.name,
                          .experiment = experiment.name,
                          .entity = entity.name,
                          .key = key,
                          .is_part = entity.whole != dsl::kNone,
                          .whole = {}};
    if (name.is_part) {
      const std::size_t slash = key.find('/');
      name.whole = std::string_view(key).substr(0, slash);
      name.key = std::string_view(key).substr(slash + 1);
    }
    std::uint64_t point = runtime::ArmPoint(name);
    std::uint32_t arm = 0;
    for (; point >= experiment.arms[arm].share; ++arm) point -= experiment.arms[arm].share;
    return arm;
  };
}

IdOfTask TaskIdsOf(const dsl::CheckedProgram& program) {
  return [&program](const TaskName& name) {
    return runtime::MakeDecisionId({.ruleset = program.header.name,
                                    .nudge = name.nudge,
                                    .entity = name.entity,
                                    .key = name.key,
                                    .is_part = name.is_part,
                                    .whole = name.whole,
                                    .instant = name.instant,
                                    .n = name.n,
                                    .k = name.k})
        .Hex();
  };
}

RunResult RunEngine(const dsl::CheckedProgram& program, const runtime::Program& code,
                    const std::vector<LogEvent>& log, const RunOptions& options) {
  LULL_CHECK(code.ruleset->events.size() == program.events.size());
  Collector collector;
  runtime::EngineOptions engine_options;
  engine_options.live = options.tick_micros > 0;
  auto engine = runtime::Engine::Create(code, engine_options, collector);
  LULL_CHECK(engine.has_value());
  const Frames frames(log, *code.ruleset);
  const auto all = frames.all();
  std::int64_t tick = log.empty() ? 0 : log.front().time;
  for (std::size_t from = 0; from < all.size();) {
    if (options.swap_every > 0 && from % options.swap_every == 0)
      LULL_CHECK((*engine)->Swap(code).has_value());
    while (options.tick_micros > 0 && tick + options.tick_micros <= all[from].time.micros) {
      // Far apart events need no more than a tick at each end.
      const std::int64_t steps = (all[from].time.micros - tick) / options.tick_micros;
      tick += options.tick_micros * std::max<std::int64_t>(1, steps / 2);
      (*engine)->Tick(EventTime{tick});
    }
    std::size_t count = std::min(options.batch_size, all.size() - from);
    if (options.swap_every > 0) count = std::min(count, options.swap_every - from % options.swap_every);
    if (options.tick_micros > 0 || options.after_event) count = 1;
    (*engine)->ApplyBatch(all.subspan(from, count));
    if (options.after_event) options.after_event(log[from], (*engine)->stats());
    from += count;
  }
  if (!log.empty()) (*engine)->Finish((*engine)->latest_time());
  std::ranges::sort(collector.result.outcomes);
  return std::move(collector.result);
}

}  // namespace lull::test
