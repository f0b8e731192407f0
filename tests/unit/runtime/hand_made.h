// Rulesets made by hand, with lambdas for code, to test step, arbitration and engine without the compiler.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/abi.h"
#include "runtime/base/check.h"
#include "runtime/engine.h"
#include "runtime/record.h"

namespace lull::runtime::testing {

inline constexpr std::int64_t kHour = kMicrosPerHour;
inline constexpr std::int64_t kDay = kMicrosPerDay;

inline std::int64_t& SlotAt(Moment* moment, std::uint32_t offset) {
  return *reinterpret_cast<std::int64_t*>(moment->record + offset);
}
inline void ArmAt(Moment* moment, std::int64_t instant) {
  if (instant > moment->age_now && instant < moment->next_wake) moment->next_wake = instant;
}
/// As the instruction kUpdate.
inline void UpdateCondition(Moment* moment, std::uint32_t condition, bool value) {
  if (!value) moment->early[condition / 64] &= ~(std::uint64_t{1} << (condition % 64));
  if (TestBit(moment->record, condition) != value) abi::ConditionEdge(moment, condition, value ? 1 : 0);
}

/// One entity type, `customer`, whose conditions are lambdas evaluated in order at every event.
class Lab {
 public:
  using Action = std::function<std::uint64_t(Moment*)>;
  static constexpr std::uint32_t kExtraBits = 32;  // bits below are conditions

  Lab() {
    ruleset->name = "lab";
    ruleset->version = "1";
    ruleset->currency = "USD";
    ruleset->channels = {{"call", true}, {"email", false}};
    ruleset->units = {{"sales"}, {"office"}};
    EntitySpec& customer = ruleset->entities.emplace_back();
    customer.name = "customer";
    customer.key = "customer_id";
    ruleset->frame_slot_count = 2;
  }

  EntitySpec& entity() { return ruleset->entities[0]; }
  FunctionId Add(Action action) {
    actions->push_back(std::move(action));
    return static_cast<FunctionId>(actions->size() - 1);
  }
  FunctionId Value(std::function<std::int64_t(Moment*)> value) {
    return Add([value](Moment* moment) -> std::uint64_t {
      moment->out[0].integer = value(moment);
      return 0;
    });
  }
  std::uint32_t Slot(std::int64_t initial = kUnknown) {
    slots_.push_back(initial);
    return static_cast<std::uint32_t>(kBitsOffset + 8 * slots_.size());
  }
  std::uint32_t Bit() { return kExtraBits + bit_count_++; }

  /// An event with field 0 (an integer) and field 1 (a text), and what it does.
  std::uint32_t Event(const std::string& name, Action update = {}, Action nudges = {}) {
    EventSchema& event = ruleset->events.emplace_back();
    event.name = name;
    event.fields = {{.name = "amount", .wire_path = "amount", .slot = 0, .type = ValueType::kMoney},
                    {.name = "ref", .wire_path = "ref", .slot = 1, .type = ValueType::kText}};
    event.entities = {0};
    EntitySpec::EventFunctions& functions = entity().events.emplace_back();
    if (update) functions.update = Add(std::move(update));
    if (nudges) functions.nudges = Add(std::move(nudges));
    return static_cast<std::uint32_t>(ruleset->events.size() - 1);
  }

  /// `value` sees the Moment and arms what it needs.
  std::uint32_t Condition(const std::string& name, std::function<bool(Moment*)> value) {
    const auto index = static_cast<std::uint32_t>(conditions_.size());
    conditions_.push_back(std::move(value));
    entity().conditions.push_back(
        {.name = name, .since_offset = Slot(), .each_wait = kNoIndex, .listeners = {}});
    return index;
  }
  void Listen(std::uint32_t condition, ListenerKind kind, std::uint32_t index = kNoIndex) {
    entity().conditions[condition].listeners.push_back({kind, index});
  }

  /// An `on` nudge; who triggers it is up to the caller.
  std::uint32_t Nudge(const std::string& name, bool is_task = false, std::int64_t worth = kUnknown) {
    NudgeSpec& nudge = ruleset->nudges.emplace_back();
    nudge.name = name;
    nudge.channel = is_task ? 0 : 1;
    nudge.title.text.pieces = {"Do " + name};
    nudge.meaning = std::hash<std::string>{}(name);
    if (worth != kUnknown) nudge.worth = Value([worth](Moment*) { return worth; });
    return static_cast<std::uint32_t>(ruleset->nudges.size() - 1);
  }
  std::uint32_t OnCondition(const std::string& name, std::uint32_t condition, bool is_task = false,
                            std::int64_t worth = kUnknown) {
    const std::uint32_t nudge = Nudge(name, is_task, worth);
    ruleset->nudges[nudge].trigger = TriggerKind::kCondition;
    Listen(condition, ListenerKind::kTriggerNudge, nudge);
    return nudge;
  }
  /// `while` a condition, which is both its state and what makes it due.
  std::uint32_t While(const std::string& name, std::uint32_t condition, bool is_task = true,
                      std::int64_t worth = kUnknown) {
    const std::uint32_t nudge = Nudge(name, is_task, worth);
    NudgeSpec& spec = ruleset->nudges[nudge];
    spec.trigger = TriggerKind::kWhile;
    spec.state_condition = spec.due_condition = condition;
    spec.gone_bit = Bit();
    Listen(condition, ListenerKind::kEpisode, nudge);
    Listen(condition, ListenerKind::kDue, nudge);
    return nudge;
  }
  PolicySpec& Policy(const std::string& name, std::vector<std::uint32_t> covers) {
    PolicySpec& policy = ruleset->policies.emplace_back();
    policy.name = name;
    policy.covers = std::move(covers);
    return policy;
  }
  LimitSpec Rolling(std::uint32_t count, std::int64_t micros) {
    LimitSpec limit{.count_max = count, .rolling_micros = micros, .text = "a limit"};
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t offset = Slot();
      if (i == 0) limit.offset = offset;
    }
    return limit;
  }
  LimitSpec Calendar(std::uint32_t count, LimitPeriod period) {
    LimitSpec limit{.count_max = count, .period = period, .offset = Slot(), .text = "a limit"};
    Slot(0);
    return limit;
  }

  Program Build() {
    EntitySpec& customer = entity();
    const auto conditions = std::make_shared<std::vector<std::function<bool(Moment*)>>>(conditions_);
    EntitySpec::ConditionGroup& group = customer.groups.emplace_back();
    group.all = Add([conditions](Moment* moment) -> std::uint64_t {
      for (std::uint32_t i = 0; i < conditions->size(); ++i)
        UpdateCondition(moment, i, (*conditions)[i](moment));
      return 0;
    });
    group.before = Add([conditions](Moment* moment) -> std::uint64_t {
      for (std::uint32_t i = 0; i < conditions->size(); ++i) {
        abi::ConditionBefore(moment, i, (*conditions)[i](moment) ? 1 : 0);
      }
      return 0;
    });
    for (EntitySpec::EventFunctions& functions : customer.events) functions.conditions = {{0, group.all}};
    customer.record_bytes = static_cast<std::uint32_t>(kBitsOffset + 8 + 8 * slots_.size());
    customer.image.assign(customer.record_bytes - kBitsOffset, std::byte{0});
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      std::memcpy(&customer.image[8 + 8 * i], &slots_[i], 8);
    }
    auto table = std::make_shared<CodeTable>();
    for (const Action& action : *actions) {
      table->functions.push_back({[](Moment* moment, const void* closure) -> std::uint64_t {
                                    return (*static_cast<const Action*>(closure))(moment);
                                  },
                                  &action});
    }
    table->owner = actions;
    return {ruleset, table};
  }

  std::shared_ptr<Ruleset> ruleset = std::make_shared<Ruleset>();
  std::shared_ptr<std::deque<Action>> actions = std::make_shared<std::deque<Action>>();

 private:
  std::vector<std::int64_t> slots_;
  std::vector<std::function<bool(Moment*)>> conditions_;
  std::uint32_t bit_count_ = 0;
};

/// Keeps "HOURS KIND NUDGE" of every decision, with more on demand.
class Log : public DecisionSink {
 public:
  SinkWants wants() const override { return wanted; }
  void OnDecision(const Decision& decision) override {
    const Ruleset& ruleset = *decision.ruleset;
    const double hours = static_cast<double>(decision.time.micros) / static_cast<double>(kHour);
    std::string line =
        Hours(hours) + " " + std::string(NameOf(decision.kind)) + " " + ruleset.nudges[decision.nudge].name;
    if (with_key) line += " " + std::string(decision.key);
    lines.push_back(line);
    whys.emplace_back(decision.why);
    ids.push_back(decision.id);
    full.push_back(line + " " + std::string(decision.key) + " " + decision.id.Hex() + " n" +
                   std::to_string(decision.n) + " k" + std::to_string(decision.k) + " " +
                   std::string(decision.title) + " " + std::string(NameOf(decision.code)));
  }
  static std::string Hours(double hours) {
    std::string text = std::to_string(hours);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
  }

  SinkWants wanted = SinkWants::Everything();
  bool with_key = false;
  std::vector<std::string> lines;
  std::vector<std::string> whys;
  std::vector<std::string> full;
  std::vector<DecisionId> ids;
};

/// An engine over a lab's ruleset, with events by the hour.
class Shop {
 public:
  explicit Shop(Lab& lab, EngineOptions options = {}) : ruleset_(lab.ruleset) {
    Result<std::unique_ptr<Engine>> made = Engine::Create(lab.Build(), options, log);
    LULL_CHECK(made.has_value());
    engine = std::move(*made);
  }
  ApplyResult At(double hour, std::uint32_t event, std::int64_t amount = 0, const std::string& ref = "",
                 const std::string& customer = "c", const std::string& id = "") {
    return AtMicros(static_cast<std::int64_t>(hour * static_cast<double>(kHour)), event, amount, ref,
                    customer, id);
  }
  ApplyResult AtMicros(std::int64_t micros, std::uint32_t event, std::int64_t amount = 0,
                       const std::string& ref = "", const std::string& customer = "c",
                       const std::string& id = "") {
    FieldValue fields[2];
    fields[0].integer = amount;
    fields[1].text = ref.empty() ? TextView{} : TextView::Of(ref);
    const TextView key = TextView::Of(customer);
    EventFrame frame;
    frame.event = event;
    frame.time = {micros};
    frame.fields = fields;
    frame.keys = &key;
    frame.id = id.empty() ? TextView{} : TextView::Of(id);
    return engine->Apply(frame);
  }
  void Finish(double hour) { engine->Finish({static_cast<std::int64_t>(hour * static_cast<double>(kHour))}); }
  void Tick(double hour) { engine->Tick({static_cast<std::int64_t>(hour * static_cast<double>(kHour))}); }

  Log log;
  std::unique_ptr<Engine> engine;

 private:
  std::shared_ptr<Ruleset> ruleset_;
};

}  // namespace lull::runtime::testing
