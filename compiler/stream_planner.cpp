#include "compiler/stream_planner.h"

#include <algorithm>

#include "compiler/meaning.h"

namespace lull::compiler {

using dsl::AggregateFunction;
using dsl::WindowKind;
using runtime::SlotKind;
using runtime::WindowFunction;

std::int64_t RetentionOf(const dsl::Aggregate& aggregate) {
  if (aggregate.window == WindowKind::kBeforeThat) return 2 * aggregate.last_micros;
  if (aggregate.window != WindowKind::kPeriod) return aggregate.last_micros;
  return (aggregate.periods_back + std::int64_t{1}) * PeriodMicrosMax(aggregate.period);
}

StreamId StreamPlanner::Find(dsl::EntityId entity, std::vector<dsl::EventId> events, dsl::EventSetId set,
                             dsl::ExprId where, const Restart& restart) {
  const dsl::CheckedProgram& program = *plan_.program;
  std::string meaning = program.by_first_names().entities[entity].name + ": " +
                        EventsMeaning(program, events) + " where " + ExprMeaning(program, where);
  if (restart.since != kNone) meaning += " since " + EventsMeaning(program, plan_.Events(restart.since));
  if (restart.journey != kNone) {
    const dsl::Journey& journey = program.journeys[restart.journey];
    meaning += " since entered " +
               program.by_first_names().journeys[restart.journey].stages[restart.stage].name + " of " +
               JourneyMeaning(program, journey);
  }
  const auto [found, is_new] = by_meaning_.try_emplace(meaning, static_cast<StreamId>(plan_.streams.size()));
  if (!is_new) {
    if (plan_.streams[found->second].set == kNone) plan_.streams[found->second].set = set;
    return found->second;
  }
  Stream& stream = plan_.streams.emplace_back();
  stream.entity = entity;
  stream.events = std::move(events);
  stream.set = set;
  stream.where = where;
  stream.restart = restart;
  stream.meaning = std::move(meaning);
  if (restart.exists()) Need(found->second, stream.since_time, SlotKind::kI64, "since");
  return found->second;
}

void StreamPlanner::Need(StreamId stream, Slot& slot, SlotKind kind, const char* what) {
  if (slot.exists()) return;
  const Stream& of = plan_.streams[stream];
  slot = plan_.layouts[of.entity].AddSlot(kind, what + (" " + of.meaning));
}

Slot StreamPlanner::NeedField(StreamId stream, std::map<std::string, Slot>& slots, const std::string& field,
                              const char* what, bool counter) {
  Slot& slot = slots[field];
  if (slot.exists()) return slot;
  const Stream& of = plan_.streams[stream];
  RecordLayout& layout = plan_.layouts[of.entity];
  const std::string meaning =
      std::string(what) + " " + FieldMeaning(*plan_.program, of.set, field) + " " + of.meaning;
  if (counter) {
    slot = layout.AddCounter(meaning);
  } else {
    const dsl::Type type = plan_.FieldType(of.set, field);
    slot = layout.AddSlot(SlotKindOf(*plan_.program, type), {meaning, {}, ValuesOf(*plan_.program, type)});
  }
  return slot;
}

StreamId StreamPlanner::Activity(dsl::EntityId entity) {
  const dsl::CheckedProgram& program = *plan_.program;
  const dsl::EventSetId set = program.entities[entity].activity;
  std::vector<dsl::EventId> events;
  if (set != kNone) {
    events = plan_.Events(set);
  } else {
    for (dsl::EventId e = 0; e < program.events.size(); ++e) {
      const dsl::Event& event = program.events[e];
      const bool is_step = event.task_step != dsl::TaskStep::kNo;
      if (!is_step && std::ranges::count(event.entities, entity) > 0) events.push_back(e);
    }
  }
  const StreamId stream = Find(entity, std::move(events), set, kNone, {});
  Need(stream, plan_.streams[stream].latest_time, SlotKind::kI64, "latest");
  return stream;
}

StreamId StreamPlanner::LatestOf(dsl::EntityId entity, dsl::EventSetId events, dsl::ExprId where) {
  const StreamId stream = Find(entity, plan_.Events(events), events, where, {});
  Need(stream, plan_.streams[stream].latest_time, SlotKind::kI64, "latest");
  return stream;
}

void StreamPlanner::PlanAggregate(dsl::AggregateId id) {
  const dsl::Aggregate& aggregate = plan_.program->aggregates[id];
  const Restart restart{aggregate.since, aggregate.since_journey, aggregate.since_stage};
  const StreamId stream =
      Find(aggregate.entity, plan_.Events(aggregate.events), aggregate.events, aggregate.where, restart);
  plan_.aggregates[id] = {stream, kNone, aggregate.entity};
  const bool looks_back = RetentionOf(aggregate) > 0 || !aggregate.same_field.empty() ||
                          aggregate.function == AggregateFunction::kCountDifferent;
  if (looks_back) {
    PlanWindowed(id, stream);
  } else {
    PlanScalar(aggregate, stream);
  }
}

void StreamPlanner::PlanScalar(const dsl::Aggregate& aggregate, StreamId id) {
  Stream& stream = plan_.streams[id];
  const std::string& field = aggregate.field;
  const bool of_time = field.empty() || field == "time";
  switch (aggregate.function) {
    case AggregateFunction::kCount:
      if (!stream.count.exists()) {
        stream.count = plan_.layouts[stream.entity].AddCounter("count " + stream.meaning);
      }
      return;
    case AggregateFunction::kAverage:
      NeedField(id, stream.known_count, field, "known", true);
      [[fallthrough]];
    case AggregateFunction::kSum: {
      const bool is_new = !stream.sum[field].exists();
      const Slot slot = NeedField(id, stream.sum, field, "sum");
      if (is_new) plan_.layouts[stream.entity].SetDefault(slot, 0);
      return;
    }
    case AggregateFunction::kMinimum:
      NeedField(id, stream.minimum, field, "minimum");
      return;
    case AggregateFunction::kMaximum:
      NeedField(id, stream.maximum, field, "maximum");
      return;
    case AggregateFunction::kFirst:
      Need(id, stream.first_time, SlotKind::kI64, "first");
      if (!of_time) NeedField(id, stream.first, field, "first");
      return;
    case AggregateFunction::kLatest:
      Need(id, stream.latest_time, SlotKind::kI64, "latest");
      if (!of_time) NeedField(id, stream.latest, field, "latest");
      return;
    case AggregateFunction::kGap:
      Need(id, stream.previous_time, SlotKind::kI64, "previous");
      [[fallthrough]];
    case AggregateFunction::kAny:
    case AggregateFunction::kTimeSince:
      Need(id, stream.latest_time, SlotKind::kI64, "latest");
      return;
    case AggregateFunction::kCountDifferent:
      return;
  }
}

std::uint32_t StreamPlanner::WindowOf(StreamId id) {
  Stream& stream = plan_.streams[id];
  if (stream.window == kNone) {
    auto& windows = plan_.entities[stream.entity].windows;
    stream.window = static_cast<std::uint32_t>(windows.size());
    windows.push_back({id, {}, {}});
    windows.back().spec.keep_count = plan_.program->header.keep_count;
    windows.back().spec.retention_micros = 1;
  }
  return stream.window;
}

std::uint32_t StreamPlanner::DistinctWindow(StreamId id, const std::string& field) {
  Stream& stream = plan_.streams[id];
  const auto found = stream.distinct.find(field);
  if (found != stream.distinct.end()) return found->second;
  auto& windows = plan_.entities[stream.entity].windows;
  const auto window = static_cast<std::uint32_t>(windows.size());
  windows.push_back({id, {}, {}});
  windows.back().spec.keep_count = plan_.program->header.keep_count;
  windows.back().spec.distinct_only = true;
  stream.distinct[field] = window;
  return window;
}

std::uint32_t StreamPlanner::Column(std::uint32_t window, StreamId id, const std::string& field) {
  if (field.empty() || field == "time") return runtime::kNoIndex;
  const Stream& stream = plan_.streams[id];
  WindowPlan& plan = plan_.entities[stream.entity].windows[window];
  const auto found = std::ranges::find(plan.columns, field);
  if (found != plan.columns.end()) return static_cast<std::uint32_t>(found - plan.columns.begin());
  plan.columns.push_back(field);
  const dsl::Type type = plan_.FieldType(stream.set, field);
  plan.spec.columns.push_back(ValueTypeOf(type));
  std::string meaning = FieldMeaning(*plan_.program, stream.set, field);
  for (const std::string& value : ValuesOf(*plan_.program, type)) meaning += " " + value;
  plan.spec.column_meanings.push_back(MeaningHash(meaning));
  return static_cast<std::uint32_t>(plan.columns.size() - 1);
}

void StreamPlanner::PlanWindowed(dsl::AggregateId id, StreamId stream) {
  static constexpr WindowFunction kFunctions[] = {
      WindowFunction::kCount,   WindowFunction::kSum,     WindowFunction::kAverage,
      WindowFunction::kMinimum, WindowFunction::kMaximum, WindowFunction::kCountDifferent,
      WindowFunction::kFirst,   WindowFunction::kLatest,  WindowFunction::kCount,
      WindowFunction::kLatest,  WindowFunction::kGap,
  };
  const dsl::Aggregate& aggregate = plan_.program->aggregates[id];
  const std::int64_t retention = RetentionOf(aggregate);
  const bool ever = retention == 0;
  const bool distinct =
      ever && aggregate.function == AggregateFunction::kCountDifferent && aggregate.same_field.empty();
  runtime::AggregateSpec spec;
  spec.window = distinct ? DistinctWindow(stream, aggregate.field) : WindowOf(stream);
  spec.function = kFunctions[static_cast<std::size_t>(aggregate.function)];
  spec.column = Column(spec.window, stream, aggregate.field);
  if (!aggregate.same_field.empty()) spec.same_column = Column(spec.window, stream, aggregate.same_field);
  spec.last_micros = aggregate.last_micros;
  spec.skip_micros = aggregate.window == WindowKind::kBeforeThat ? aggregate.last_micros : 0;
  spec.by_period = aggregate.window == WindowKind::kPeriod;
  spec.period = aggregate.period;
  spec.periods_back = aggregate.periods_back;
  EntityPlan& entity = plan_.entities[aggregate.entity];
  runtime::WindowSpec& window = entity.windows[spec.window].spec;
  if (ever) {
    window.retention_micros = 0;
  } else if (window.retention_micros != 0) {
    window.retention_micros = std::max(window.retention_micros, retention);
  }
  plan_.aggregates[id].spec = static_cast<std::uint32_t>(entity.aggregates.size());
  entity.aggregates.push_back(spec);
}

void StreamPlanner::Finish() {
  for (dsl::EntityId e = 0; e < plan_.entities.size(); ++e) {
    auto& windows = plan_.entities[e].windows;
    for (std::uint32_t w = 0; w < windows.size(); ++w) {
      WindowPlan& window = windows[w];
      // Columns are recognised one by one; a window of another length keeps what it still needs.
      std::string meaning = "window " + plan_.streams[window.stream].meaning;
      if (window.spec.distinct_only) {
        meaning += " distinct " + std::to_string(window.spec.column_meanings.front());
      }
      window.spec.offset = plan_.layouts[e].AddWindow(w, meaning);
    }
  }
}

}  // namespace lull::compiler
