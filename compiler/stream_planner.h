// Plans the streams: which events are remembered, in scalars where that is enough, in windows where a rule
// looks back.
#pragma once

#include <map>
#include <string>

#include "compiler/plan.h"

namespace lull::compiler {

/// For how long the events of a window that moves with time must be kept; 0: the window does not move.
std::int64_t RetentionOf(const dsl::Aggregate& aggregate);

class StreamPlanner {
 public:
  /// Fills plan.streams, plan.aggregates and the windows of plan.entities; takes slots from plan.layouts.
  explicit StreamPlanner(Plan& plan) : plan_(plan) {}

  void PlanAggregate(dsl::AggregateId id);
  /// The stream that knows when the entity was last active.
  StreamId Activity(dsl::EntityId entity);
  /// The stream that knows when the latest of these events came.
  StreamId LatestOf(dsl::EntityId entity, dsl::EventSetId events, dsl::ExprId where);
  /// Once all is known: the pointers of the windows.
  void Finish();

 private:
  StreamId Find(dsl::EntityId entity, std::vector<dsl::EventId> events, dsl::EventSetId set,
                dsl::ExprId where, const Restart& restart);
  void Need(StreamId stream, Slot& slot, runtime::SlotKind kind, const char* what);
  Slot NeedField(StreamId stream, std::map<std::string, Slot>& slots, const std::string& field,
                 const char* what, bool counter = false);
  void PlanScalar(const dsl::Aggregate& aggregate, StreamId stream);
  std::uint32_t WindowOf(StreamId stream);
  std::uint32_t DistinctWindow(StreamId stream, const std::string& field);
  std::uint32_t Column(std::uint32_t window, StreamId stream, const std::string& field);
  void PlanWindowed(dsl::AggregateId id, StreamId stream);

  Plan& plan_;
  std::map<std::string, StreamId> by_meaning_;
};

}  // namespace lull::compiler
