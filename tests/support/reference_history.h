// What the reference engine knows of one entity, and how it reads the language over it: from the raw history,
// every time anew.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dsl/checked_program.h"
#include "runtime/base/zone.h"
#include "tests/support/reference_calendar.h"
#include "tests/support/reference_values.h"

namespace lull::test {

/// An event that was applied.
struct Entry {
  dsl::EventId event = dsl::kNone;
  std::int64_t time = 0;
  std::vector<Value> fields;  // by dsl::Event::fields
  LocalDate date = {};        // as a calendar on the wall shows it
  /// By AggregateId: whether the aggregate's `where` took it, decided when it was applied; -1: not asked yet.
  mutable std::vector<int> counts;
  /// By StallId: whether it is one that has to stay away, decided when it was applied.
  std::vector<bool> absent;
};

/// From where an expression is read.
struct View {
  std::int64_t now = 0;
  /// By which things age: a microsecond before `now` in the moments of events.
  std::int64_t clock = 0;
  const Entry* trigger = nullptr;
  const Entry* own = nullptr;
  std::vector<const Entry*> steps = {};  // of a sequence
};

class History {
 public:
  History(const dsl::CheckedProgram& program, const ReferenceCalendars& calendars, dsl::EntityId entity,
          std::string key);

  /// Adds an event and sets attributes.
  void Apply(const Entry& entry);

  Value Read(dsl::ExprId id, const View& view) const;
  /// An unknown flag is no; kNone is yes.
  bool Holds(dsl::ExprId id, const View& view) const;

  /// The instant that lies a duration after another (or before it).
  Value Deadline(std::int64_t start, dsl::ExprId duration, const View& view, bool back = false) const;

  bool IsIn(dsl::EventId event, dsl::EventSetId set) const;
  bool IsActivity(dsl::EventId event) const;
  /// Time of the latest activity; unknown if there was none.
  Value LatestActivity() const;
  /// Time of the latest event that a stall `no E for D` is about; unknown if there was none.
  Value LatestAbsent(dsl::StallId stall) const;
  Value Field(const Entry& entry, const std::string& name) const;
  /// Type of the field in the events of a set.
  dsl::TypeKind FieldType(dsl::EventSetId set, const std::string& name) const;

  std::span<const Entry> entries() const { return {log_->data(), count_}; }
  std::int64_t first_event() const { return entries().front().time; }

  /// Of a part, while it is in hand.
  const History* whole = nullptr;

  /// What there was before the event in hand; null if none is.
  std::shared_ptr<const History> before;

  // What the timeline decides and expressions read.
  std::vector<std::uint32_t> stages;  // by JourneyId
  std::vector<std::int64_t> entered;  // by JourneyId
  std::vector<bool> stall_held;       // by StallId
  std::vector<std::uint32_t> arms;    // by ExperimentId
  /// The journey enters the stage after all entries that there are.
  void Enter(dsl::JourneyId journey, std::uint32_t stage);

 private:
  Value Aggregate(const dsl::Aggregate& aggregate, dsl::AggregateId id, const View& view) const;
  std::vector<const Entry*> Counted(const dsl::Aggregate& aggregate, dsl::AggregateId id,
                                    const View& view) const;
  bool Counts(const dsl::Aggregate& aggregate, dsl::AggregateId id, const Entry& entry) const;
  /// How many of the oldest entries the window does not see.
  std::size_t SeenFrom(const dsl::Aggregate& aggregate) const;
  Value OfTime(const dsl::Expr& expr, const View& view) const;
  Value NextYearly(std::int64_t day, std::int64_t clock) const;
  Value LookUp(const dsl::Expr& expr, const View& view) const;
  Value Score(const dsl::Score& score, const View& view) const;
  Value Arithmetic(const dsl::Expr& expr, const View& view) const;
  Value Product(const dsl::Expr& expr, const View& view) const;
  Value Quotient(const dsl::Expr& expr, const View& view) const;
  Value Extreme(const dsl::Expr& expr, const View& view) const;
  Value OfTexts(const dsl::Expr& expr, const View& view) const;

  const dsl::CheckedProgram* program_;
  dsl::EntityId entity_;
  std::string key_;
  const ReferenceCalendars* calendars_;
  /// Shared with what there was before, which sees fewer.
  std::shared_ptr<std::vector<Entry>> log_ = std::make_shared<std::vector<Entry>>();
  std::size_t count_ = 0;
  std::vector<Value> attributes_;  // by AttributeId
  Zone zone_;
  /// Entries that there were when a stage was last entered, by JourneyId and stage.
  std::map<std::pair<dsl::JourneyId, std::uint32_t>, std::size_t> entries_at_entering_;
};

}  // namespace lull::test
