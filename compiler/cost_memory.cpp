#include "compiler/cost_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <set>

#include "dsl/program_walk.h"
#include "runtime/entity_side.h"
#include "runtime/parts.h"
#include "runtime/window.h"

namespace lull::compiler {
namespace {

using runtime::EntitySpec;
using runtime::ValueType;

constexpr std::uint64_t kAllocationBytes = 16;  // what the allocator adds
/// A hash table doubles when it is three quarters full, so each entry has 8/3 places at most.
constexpr std::uint64_t PlacesBytes(std::uint64_t entry_bytes) { return entry_bytes * 8 / 3 + 1; }

/// A text in the pool: its head, its place in units of 16 bytes (powers of two where it is long), and its
/// entry of the pool's table.
std::uint64_t TextBytes(std::uint64_t text_bytes) {
  const std::uint64_t units = (12 + text_bytes + 15) / 16;
  return (units <= 32 ? units : std::bit_ceil(units)) * 16 + PlacesBytes(8);
}

/// A vector that grows by doubling.
template <typename Element>
std::uint64_t ListBytes(std::uint64_t count) {
  return count == 0 ? 0 : kAllocationBytes + std::bit_ceil(count) * sizeof(Element);
}

/// Which declarations read each aggregate.
std::vector<std::set<std::string>> ReadersOf(const dsl::CheckedProgram& program) {
  std::vector<std::set<std::string>> readers(program.aggregates.size());
  const auto note = [&](dsl::ExprId root, const std::string& name) {
    dsl::VisitExprs(program, root, [&](dsl::ExprId, const dsl::Expr& expr) {
      if (expr.kind == dsl::ExprKind::kAggregate) readers[expr.index].insert(name);
    });
  };
  for (const dsl::Feature& feature : program.features) note(feature.value, feature.name);
  const auto visit_all = [&](const auto& definitions) {
    for (const auto& definition : definitions) {
      dsl::VisitRoots(definition, [&](dsl::ExprId root, dsl::RootUse) { note(root, definition.name); });
    }
  };
  visit_all(program.scores);
  visit_all(program.stalls);
  visit_all(program.journeys);
  visit_all(program.nudges);
  visit_all(program.policies);
  return readers;
}

std::string Joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

class MemoryMeter {
 public:
  MemoryMeter(const Plan& plan, const runtime::Ruleset& ruleset, dsl::EntityId id, EntityCost& cost)
      : program_(*plan.program),
        ruleset_(ruleset),
        plan_(plan),
        id_(id),
        spec_(ruleset.entities[id]),
        cost_(cost) {
    for (const dsl::Event& event : program_.events) {
      for (const dsl::EventField& field : event.fields) {
        if (field.type.kind == dsl::TypeKind::kText) {
          text_bytes_ = std::max<std::uint64_t>(text_bytes_, field.text_bytes_max);
        }
      }
    }
    for (const EntitySpec::DefaultText& text : spec_.default_texts) {
      text_bytes_ = std::max<std::uint64_t>(text_bytes_, text.text.size());
    }
  }

  void Measure() {
    // A record may begin on a line of the cache of its own, if that adds no more than an eighth.
    Add("record", "", (spec_.record_bytes + 16) * 9 / 8 + PlacesBytes(16));
    Add("key", "", TextBytes(text_bytes_));
    for (const runtime::AttributeSpec& attribute : spec_.attributes) {
      if (attribute.kind == runtime::SlotKind::kText) AddText("text of " + attribute.name, attribute.offset);
    }
    const std::uint64_t others = spec_.text_offsets.size() - texts_told_;
    Add("texts that features look at", "", others * TextBytes(text_bytes_));
    readers_ = ReadersOf(program_);
    for (std::uint32_t w = 0; w < spec_.windows.size(); ++w) AddWindow(w);
    for (dsl::StallId s = 0; s < program_.stalls.size(); ++s) AddWaits(s);
    AddNudges();
    if (ruleset_.dedupe_micros > 0) {
      Add("ids seen (`dedupe`)", "", ListBytes<runtime::SeenId>(runtime::kIdsKept));
      Note("ids of the events of `dedupe`, where more than {} come in that time: {} bytes for each",
           runtime::kIdsKept, 2 * sizeof(runtime::SeenId));
    }
    if (ruleset_.lateness_micros > 0) {
      Note("events that are held until they are in order (`lateness`)");
    }
    if (!spec_.parts.empty()) {
      Add("list of its parts", "", sizeof(runtime::Family) + 2 * kAllocationBytes);
    }
    if (spec_.whole != runtime::kNoIndex) {
      Add("place in the list of its whole", "",
          2 * (sizeof(runtime::Part) + 2 * sizeof(runtime::Family::Wake)));
    }
    std::ranges::stable_sort(cost_.items, std::ranges::greater(), &CostItem::amount);
    for (const CostItem& item : cost_.items) cost_.bytes += item.amount;
  }

 private:
  void Add(std::string what, std::string uses, std::uint64_t bytes) {
    if (bytes > 0) cost_.items.push_back({std::move(what), std::move(uses), bytes});
  }
  template <typename... Values>
  void Note(fmt::format_string<Values...> text, Values&&... values) {
    cost_.notes.push_back(fmt::format(text, std::forward<Values>(values)...));
  }
  void AddText(std::string what, std::uint32_t offset) {
    if (std::ranges::count(spec_.text_offsets, offset) == 0) return;
    ++texts_told_;
    Add(std::move(what), "", TextBytes(text_bytes_));
  }
  std::uint64_t TextsOf(ValueType type) const {
    return type == ValueType::kText ? TextBytes(text_bytes_) : 0;
  }

  void AddWindow(std::uint32_t window) {
    const runtime::WindowSpec& of = spec_.windows[window];
    // One of different values has one more while it looks whether that is new.
    const std::uint64_t entries = std::bit_ceil(of.keep_count + std::uint64_t{of.distinct_only ? 1U : 0U});
    std::uint64_t bytes = kAllocationBytes + sizeof(runtime::WindowBlock) +
                          of.aggregates.size() * sizeof(runtime::WindowCursor);
    bytes += std::max<std::uint64_t>(entries, 4) * (1 + of.columns.size()) * sizeof(std::uint64_t);
    for (const ValueType type : of.columns) bytes += of.keep_count * TextsOf(type);
    std::set<std::string> names;
    for (dsl::AggregateId a = 0; a < plan_.aggregates.size(); ++a) {
      const AggregatePlan& aggregate = plan_.aggregates[a];
      const bool here = aggregate.entity == id_ && aggregate.spec != kNone &&
                        spec_.aggregates[aggregate.spec].window == window;
      if (here) names.insert(readers_[a].begin(), readers_[a].end());
    }
    const Stream& stream = plan_.streams[plan_.entities[id_].windows[window].stream];
    std::string events;
    for (const dsl::EventId event : stream.events) {
      events += (events.empty() ? "" : ", ") + program_.events[event].name;
    }
    Add(fmt::format("window of {}, {} entries", events, of.keep_count), Joined(names), bytes);
  }

  std::uint64_t WaitsOf(dsl::StallId stall) const {
    const std::uint32_t wait = plan_.stalls[stall].each_wait;
    return wait == kNone ? 1 : ruleset_.entities[program_.stalls[stall].entity].each_waits[wait].keep_count;
  }

  void AddWaits(dsl::StallId id) {
    const dsl::Stall& stall = program_.stalls[id];
    const std::uint32_t wait = plan_.stalls[id].each_wait;
    if (stall.entity != id_ || wait == kNone) return;
    const runtime::EachWaitSpec& each = spec_.each_waits[wait];
    std::uint64_t captured = 0;
    if (!each.captured.empty())
      captured = kAllocationBytes + each.captured.size() * sizeof(runtime::FieldValue);
    for (const auto& field : each.captured) captured += TextsOf(field.type);
    const std::uint64_t same = TextsOf(each.same_type);
    Add("waits of " + stall.name, stall.name,
        ListBytes<runtime::EachWait>(each.keep_count) + each.keep_count * (captured + same) +
            ListBytes<runtime::EachAnswerSeen>(runtime::kAnswersKept) + runtime::kAnswersKept * same +
            2 * sizeof(runtime::EachWaitList));
  }

  void AddNudges() {
    bool any = false;
    for (dsl::NudgeId n = 0; n < program_.nudges.size(); ++n) {
      const dsl::Nudge& nudge = program_.nudges[n];
      if (nudge.entity != id_) continue;
      any = true;
      const std::uint64_t chances = nudge.stall == dsl::kNone ? 1 : WaitsOf(nudge.stall);
      std::uint64_t bytes = chances * (2 * sizeof(runtime::WaitingNudge) + KeptBytes(ruleset_.nudges[n]));
      if (ruleset_.nudges[n].repeat_every != runtime::kNoFunction)
        bytes += 2 * chances * sizeof(runtime::Reminder);
      if (program_.channels[nudge.channel].is_task) {
        bytes += OpenAtOnce(n, chances) * TaskBytes(ruleset_.nudges[n]);
      }
      Add("what waits and is open of " + nudge.name, nudge.name, bytes);
    }
    const bool each = !spec_.each_waits.empty();
    if (any || each || ruleset_.dedupe_micros > 0 || !spec_.parts.empty()) {
      Add("list of what waits and is open", "", sizeof(runtime::EntitySide) + 5 * kAllocationBytes);
    }
  }

  /// What a waiting nudge keeps of its event.
  std::uint64_t KeptBytes(const runtime::NudgeSpec& nudge) const {
    if (nudge.kept.empty()) return 0;
    std::uint64_t bytes = 2 * kAllocationBytes + nudge.kept.size() * sizeof(runtime::FieldValue);
    for (const runtime::CapturedField& field : nudge.kept) {
      if (field.type == ValueType::kText) bytes += text_bytes_;
    }
    return bytes;
  }

  /// An open task with the key of its unit, its ladder, and its title for those further up.
  std::uint64_t TaskBytes(const runtime::NudgeSpec& nudge) const {
    const std::uint64_t bytes = 2 * sizeof(runtime::OpenTask) + TextBytes(text_bytes_);
    if (nudge.ladder.empty()) return bytes;
    std::uint64_t title_bytes = nudge.title.text.arguments.size() * text_bytes_;
    for (const std::string& piece : nudge.title.text.pieces) title_bytes += piece.size();
    return bytes + ListBytes<runtime::OpenRung>(nudge.ladder.size()) +
           nudge.ladder.size() * TextBytes(text_bytes_) + TextBytes(title_bytes);
  }

  /// How long a task is open at most; nothing if that is computed.
  std::optional<std::int64_t> LifeMicros(const dsl::Nudge& nudge) const {
    if (nudge.expires_after == dsl::kNone) return runtime::kTaskLifeMicros;
    const dsl::Expr& life = program_.expr(nudge.expires_after);
    return life.kind == dsl::ExprKind::kLiteral ? std::optional(life.integer) : std::nullopt;
  }

  /// How many tasks of a nudge are open at once, by what holds it back.
  std::uint64_t OpenAtOnce(dsl::NudgeId id, std::uint64_t chances) {
    const dsl::Nudge& nudge = program_.nudges[id];
    if (nudge.lasts() && !ruleset_.nudges[id].keep_when_over) return chances;
    std::optional<std::uint64_t> most;
    const auto at_most = [&](std::uint64_t count) { most = most ? std::min(*most, count) : count; };
    const std::optional<std::int64_t> life = LifeMicros(nudge);
    for (const runtime::PolicySpec& policy : ruleset_.policies) {
      if (std::ranges::count(policy.covers, id) == 0) continue;
      if (policy.best_count > 0) at_most(policy.best_count);
      for (const runtime::LimitSpec& limit : policy.limits) {
        const bool holds =
            limit.scope == runtime::LimitScope::kAll || limit.scope == runtime::LimitScope::kTasks ||
            (limit.scope == runtime::LimitScope::kNudge && limit.scope_index == id) ||
            (limit.scope == runtime::LimitScope::kChannel && limit.scope_index == nudge.channel);
        if (holds && life) at_most(limit.count_max * SpansIn(*life, limit));
      }
    }
    if (nudge.again_after != dsl::kNone) {
      const dsl::Expr& pause = program_.expr(nudge.again_after);
      if (life && pause.kind == dsl::ExprKind::kLiteral && pause.integer > 0) {
        at_most(static_cast<std::uint64_t>(*life / pause.integer) + 1);
      }
    }
    if (!most) {
      Note(
          "tasks of {} that are open at once: {} bytes for each. Nothing limits them; `best N` or `at most "
          "N` "
          "in a policy, or `again after`, would",
          nudge.name, TaskBytes(ruleset_.nudges[id]));
    }
    return most.value_or(1);
  }

  /// In how many spans of a limit a time may lie. Days of the calendar may be an hour short.
  static std::uint64_t SpansIn(std::int64_t life_micros, const runtime::LimitSpec& limit) {
    constexpr std::int64_t kShortDay = 23 * kMicrosPerDay / 24;
    const auto spans = [&](std::int64_t micros, std::uint64_t more) {
      return static_cast<std::uint64_t>(life_micros / micros) + more;
    };
    switch (limit.period) {
      case runtime::LimitPeriod::kRolling:
        return spans(limit.rolling_micros, 1);
      case runtime::LimitPeriod::kDay:
        return spans(kShortDay, 2);
      case runtime::LimitPeriod::kWeek:
        return spans(6 * kMicrosPerDay + kShortDay, 2);
      case runtime::LimitPeriod::kMonth:
        return spans(27 * kMicrosPerDay + kShortDay, 2);
    }
    return 1;
  }

  const dsl::CheckedProgram& program_;
  const runtime::Ruleset& ruleset_;
  const Plan& plan_;
  dsl::EntityId id_;
  const EntitySpec& spec_;
  EntityCost& cost_;
  std::vector<std::set<std::string>> readers_;
  std::uint64_t text_bytes_ = 256;  // of the longest text
  std::uint64_t texts_told_ = 0;
};

}  // namespace

void MeasureMemory(const Plan& plan, const runtime::Ruleset& ruleset, dsl::EntityId id, EntityCost& cost) {
  MemoryMeter(plan, ruleset, id, cost).Measure();
}

}  // namespace lull::compiler
