#include "tests/simulation/checks.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "connectors/nats/deploy_marker.h"
#include "connectors/nats/routed_task.h"
#include "connectors/time_text.h"
#include "runtime/base/clock.h"
#include "service/service.h"
#include "service/tick_clock.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/scenario.h"

namespace lull::simulation {
namespace {

constexpr std::int64_t kWaitMicros = 5 * kSecond;
constexpr std::int64_t kAheadMicros = 300 * kSecond;
constexpr const char* kOutputStreams[] = {kOutputStream, "LULL_SIM_DECISIONS", "LULL_SIM_DEAD"};

std::string IdOf(const StoredMessage& stored) {
  const std::string* id = FindHeader(stored.message, "Nats-Msg-Id");
  return id == nullptr ? std::string() : *id;
}

/// One customer that has asked, as the log tells it.
struct Asker {
  std::int64_t asked = 0;
  bool passed = false;    // the clock has gone past the end of the wait
  bool answered = false;  // before that
  bool unclear = false;   // the question came when the clock was already beyond it
};

/// The customers by the log, entry by entry.
class WaitModel {
 public:
  void Take(const StoredMessage& stored) {
    const Message& message = stored.message;
    if (message.subject == "lull.sim.tick") {
      const auto instant = service::ParseTick(message.data);
      if (!instant || instant->micros > stored.stored_micros + kAheadMicros) return;
      tick_ = std::max(tick_, instant->micros);
      for (auto& [key, asker] : askers) Pass(asker, tick_);
      return;
    }
    const auto type = connectors::TextMember(message.data, "type");
    const auto key = connectors::TextMember(message.data, "customer");
    const auto time = connectors::TextMember(message.data, "time");
    const auto micros = time ? connectors::ParseRfc3339(*time) : std::nullopt;
    if (!type || !key || !micros) return;
    if (*micros > stored.stored_micros + kAheadMicros) return;  // a dead letter
    std::int64_t& seen = newest_[*key];
    const auto found = askers.find(*key);
    if (found != askers.end()) Pass(found->second, *micros);
    if (found != askers.end() && *type == "answered" && !found->second.passed) found->second.answered = true;
    if (*type == "asked") {
      askers[*key] = {.asked = *micros, .unclear = *micros <= std::max(tick_, seen)};
    }
    seen = std::max(seen, *micros);
  }

  std::map<std::string, Asker> askers;

 private:
  static void Pass(Asker& asker, std::int64_t clock) {
    if (clock == asker.asked + kWaitMicros) asker.unclear = true;
    if (clock > asker.asked + kWaitMicros) asker.passed = true;
  }

  std::int64_t tick_ = 0;
  std::map<std::string, std::int64_t> newest_;  // event time
};

std::map<std::string, std::string> OutputsOf(Broker& broker, const char* name) {
  std::map<std::string, std::string> outputs;
  const Stream* stream = broker.FindStream(name);
  if (stream == nullptr) return outputs;
  for (const StoredMessage& stored : stream->messages) {
    outputs[IdOf(stored)] = stored.message.subject + " " + stored.message.data;
  }
  return outputs;
}

/// The ruleset that the log ends with.
int LastVariant(const Stream& input) {
  int variant = 0;
  for (const StoredMessage& stored : input.messages) {
    if (stored.message.subject != "lull.sim.deploy") continue;
    const auto marker = connectors::ParseDeployMarker(stored.message.data);
    for (int i = 0; marker && i < kRulesetVariants; ++i) {
      if (marker->files.front().second == RulesetText(i)) variant = i;
    }
  }
  return variant;
}

/// Reads a log to its end in a world of its own.
Status ReadAlone(Broker& broker, const Stream& input, const std::string& rules) {
  World world(1);
  Broker alone(world);
  alone.streams()[kInputStream] = input;
  SetBroker(&alone);
  connectors::ServeConfig config;
  config.name = kDeployment;
  config.ruleset = rules + "/" + std::to_string(LastVariant(input));
  config.sources.push_back({.subject = "events.>", .stream = {}, .silence_micros = {}});
  config.action_prefix = "lull.sim.actions";
  config.keep_decisions = true;
  config.automatic_ticks = false;
  service::Signals signals;
  Status outcome;
  const auto serve = [&] {
    service::ServiceLog log(config.name, [&](std::string_view line) {
      if (line.find("\"caught up\"") != std::string_view::npos) signals.stop = true;
    });
    service::Operations operations(config, log);
    service::Service live(config, signals, log, operations, {.native = false});
    outcome = live.Start();
    if (outcome) outcome = live.Run();
  };
  const Process& process = world.Spawn("alone", serve, [&] { signals.stop = true; });
  world.Run(3'600 * kSecond, [&] { return process.finished; });
  for (const char* name : kOutputStreams)
    broker.streams()[std::string(name) + "_ALONE"] = alone.streams()[name];
  SetBroker(&broker);
  return outcome;
}

}  // namespace

void CheckEvents(Broker& broker, const std::set<std::string>& acknowledged,
                 std::vector<std::string>& problems) {
  std::map<std::string, int> times;
  for (const StoredMessage& stored : broker.FindStream(kInputStream)->messages) {
    if (const std::string id = IdOf(stored); !id.empty()) ++times[id];
  }
  for (const auto& [id, count] : times) {
    if (count > 1) problems.push_back(fmt::format("event {} is in the input log {} times", id, count));
  }
  std::uint64_t missing = 0;
  for (const std::string& id : acknowledged) missing += !times.contains(id);
  if (missing > broker.lost_count(kInputStream)) {
    problems.push_back(fmt::format("{} events were acknowledged and are not in the input log", missing));
  }
}

void CheckIds(Broker& broker, std::vector<std::string>& problems) {
  for (const char* name : kOutputStreams) {
    std::set<std::string> seen;
    const Stream* stream = broker.FindStream(name);
    if (stream == nullptr) {
      problems.push_back(fmt::format("there is no stream {}", name));
      continue;
    }
    for (const StoredMessage& stored : stream->messages) {
      const std::string id = IdOf(stored);
      if (id.empty()) problems.push_back(fmt::format("message {} of {} has no id", stored.sequence, name));
      if (!seen.insert(id).second) problems.push_back(fmt::format("{} has {} twice", name, id));
    }
  }
}

void CheckWaits(Broker& broker, std::vector<std::string>& problems) {
  WaitModel model;
  for (const StoredMessage& stored : broker.FindStream(kInputStream)->messages) model.Take(stored);
  std::map<std::string, int> sent;
  for (const StoredMessage& stored : broker.FindStream(kOutputStream)->messages) {
    const std::string& data = stored.message.data;
    if (connectors::TextMember(data, "nudge") != "answer" || IdOf(stored).find('.') != std::string::npos)
      continue;
    constexpr std::string_view kBefore = R"("entity":{"type":"customer","id":")";
    const std::size_t begin = data.find(kBefore) + kBefore.size();
    ++sent[data.substr(begin, data.find('"', begin) - begin)];
  }
  for (const auto& [key, asker] : model.askers) {
    if (asker.unclear) continue;
    const int expected = asker.passed && !asker.answered ? 1 : 0;
    if (sent[key] != expected) {
      problems.push_back(fmt::format("customer {}: answered {} times, not {}", key, sent[key], expected));
    }
  }
}

void CheckReplay(Broker& broker, const std::string& rules, bool may_have_more,
                 std::vector<std::string>& problems) {
  const Stream& input = *broker.FindStream(kInputStream);
  if (const Status read = ReadAlone(broker, input, rules); !read) {
    problems.push_back("the log cannot be read alone: " + read.error().message);
    return;
  }
  // What was decided by input that is gone may be decided again, at another time and place.
  const bool lost = broker.lost_count(kInputStream) > 0;
  for (const char* name : kOutputStreams) {
    const auto had = OutputsOf(broker, name);
    const auto alone = OutputsOf(broker, (std::string(name) + "_ALONE").c_str());
    for (const auto& [id, text] : alone) {
      const auto found = had.find(id);
      if (found == had.end()) {
        problems.push_back(fmt::format("{} lacks {}: {}", name, id, text));
      } else if (found->second != text && !lost) {
        problems.push_back(fmt::format("{} has {} as {}\n  and alone as {}", name, id, found->second, text));
      }
    }
    for (const auto& [id, text] : had) {
      if (!may_have_more && !alone.contains(id))
        problems.push_back(fmt::format("{} has {} too much: {}", name, id, text));
    }
  }
}

}  // namespace lull::simulation
