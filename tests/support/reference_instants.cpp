// Instants at which something may happen without an event: whatever has happened, any duration of the ruleset
// later; what countdowns reach, any duration before; edges of calendars, and what is on the clock.
#include <algorithm>

#include "runtime/base/time.h"
#include "tests/support/reference_timeline.h"

namespace lull::test {
namespace {

/// Of 150 seconds, after an event: a week. A rounded time that runs for longer is not looked at as closely.
constexpr std::int64_t kStepsOfRounding = 4'032;

bool IsMovingDuration(const dsl::Expr& expr) {
  return expr.depends_on_time && expr.type.kind == dsl::TypeKind::kDuration;
}

/// Whether the time in a stage, which no event needs to begin, is part of an expression.
bool ReadsTimeInStage(const dsl::CheckedProgram& program, const dsl::Expr& expr) {
  if (expr.kind == dsl::ExprKind::kTimeIn) return true;
  if (expr.kind == dsl::ExprKind::kFeature) {
    return ReadsTimeInStage(program, program.expr(program.features[expr.index].value));
  }
  return std::ranges::any_of(
      expr.args, [&](dsl::ExprId argument) { return ReadsTimeInStage(program, program.expr(argument)); });
}

}  // namespace

void Timeline::ListDurations() {
  for (const dsl::Expr& expr : program_.exprs) {
    const bool is_duration =
        expr.kind == dsl::ExprKind::kLiteral && expr.type.kind == dsl::TypeKind::kDuration;
    if (is_duration) AddDuration(expr.integer);
    AddSteps(expr);
    if (expr.kind == dsl::ExprKind::kTimeUntil) countdowns_of_rules_.push_back(&expr);
    if (expr.kind == dsl::ExprKind::kOpenTimeIn) open_times_.insert(expr.index);
    if (expr.kind == dsl::ExprKind::kNextYearly) follows_dates_ = true;
    const auto moves = [&](dsl::ExprId argument) { return IsMovingDuration(program_.expr(argument)); };
    if (std::ranges::count_if(expr.args, moves) > 1) times_meet_ = true;
  }
  for (const dsl::Aggregate& aggregate : program_.aggregates) {
    AddDuration(aggregate.last_micros);
    if (aggregate.window == dsl::WindowKind::kBeforeThat) AddDuration(2 * aggregate.last_micros);
    if (aggregate.window == dsl::WindowKind::kPeriod) follows_dates_ = true;
  }
  for (const dsl::Policy& policy : program_.policies) {
    for (const dsl::Limit& limit : policy.limits) AddDuration(limit.rolling_micros);
  }
  for (const dsl::Entity& each : program_.entities) AddDuration(each.forget_after_micros);
  AddDuration(kTaskLifeMicros);
}

void Timeline::ListCalendarDurations() {
  const auto by_calendar = [&](dsl::EntityId of, dsl::ExprId id) {
    if (id != dsl::kNone && program_.expr(id).type.kind == dsl::TypeKind::kCalendarDuration) {
      by_calendar_.emplace_back(of, id);
    }
  };
  for (const dsl::Stall& stall : program_.stalls) by_calendar(stall.entity, stall.duration);
  for (const dsl::Nudge& nudge : program_.nudges) {
    for (const dsl::ExprId id : {nudge.again_after, nudge.valid_for, nudge.repeat_every}) {
      by_calendar(nudge.entity, id);
    }
  }
  for (const dsl::Journey& journey : program_.journeys) {
    for (const dsl::Transition& step : journey.transitions) by_calendar(journey.entity, step.duration);
  }
}

// Where a running time that is rounded to five or ten minutes steps, and where one that is divided by a fixed
// one is a whole number.
void Timeline::AddSteps(const dsl::Expr& expr) {
  if (!expr.depends_on_time) return;
  const bool of_events = !ReadsTimeInStage(program_, expr);
  const auto add = [&](std::int64_t micros) {
    if (of_events) {
      steps_.insert(micros);
    } else {
      AddDuration(micros);
    }
  };
  if (expr.kind == dsl::ExprKind::kRound) {
    for (std::int64_t step = 1; step <= kStepsOfRounding; ++step) add(step * 150 * kMicrosPerSecond);
  }
  if (expr.kind != dsl::ExprKind::kDivide) return;
  const dsl::Expr& divisor = program_.expr(expr.args[1]);
  if (divisor.kind != dsl::ExprKind::kLiteral || divisor.type.kind != dsl::TypeKind::kDuration) return;
  for (std::int64_t whole = 1; whole <= 10; ++whole) add(whole * divisor.integer);
}

void Timeline::AddCandidate(std::int64_t instant) {
  if (instant > clock_) candidates_.insert(instant);
}

void Timeline::AddBoth(std::int64_t instant) {
  AddCandidate(instant);
  AddCandidate(instant + 1);
}

void Timeline::Mark(std::int64_t instant) {
  if (!marks_.insert(instant).second) return;
  AddCandidate(instant);
  for (const std::int64_t micros : durations_) {
    AddBoth(instant + micros);
    AddOpenTime(instant, micros);
  }
  for (const auto& [whose, until] : countdowns_) AddMeeting(instant, until);
  fresh_marks_.push_back(instant);
}

void Timeline::MarkEvent(std::int64_t instant) {
  Mark(instant);
  if (!events_.insert(instant).second) return;
  for (const std::int64_t micros : steps_) AddBoth(instant + micros);
}

void Timeline::AddDuration(std::int64_t micros) {
  if (!durations_.insert(micros).second) return;
  for (const std::int64_t instant : marks_) {
    AddBoth(instant + micros);
    AddOpenTime(instant, micros);
  }
  for (const auto& [whose, until] : countdowns_) AddBoth(until - micros);
}

void Timeline::AddOpenTime(std::int64_t start, std::int64_t micros) {
  for (const dsl::CalendarId calendar : open_times_) {
    if (const auto reached = calendars_.AfterOpenTime(calendar, start, micros)) AddBoth(*reached);
  }
}

// Where a countdown meets the time since something.
void Timeline::AddMeeting(std::int64_t mark, std::int64_t until) {
  if (times_meet_) AddBoth(mark + (until - mark) / 2);
}

// What has begun in this moment may be a deadline's start for any member.
void Timeline::AddFreshDeadlines() {
  ForEach([&] {
    for (const std::int64_t mark : fresh_marks_) AddCalendarDeadlines(mark);
  });
  fresh_marks_.clear();
}

void Timeline::AddCalendarDeadlines(std::int64_t start) {
  if (hand_->history.entries().empty()) return;
  const View view{now_, clock_, nullptr, nullptr};
  for (const auto& [entity, id] : by_calendar_) {
    if (entity != hand_->entity) continue;
    if (const Value due = hand_->history.Deadline(start, id, view); due.known) AddCandidate(due.integer);
  }
}

void Timeline::AddEdges() {
  for (dsl::CalendarId calendar = 0; calendar < program_.calendars.size(); ++calendar) {
    if (const auto edge = calendars_.NextEdge(calendar, now_)) AddCandidate(*edge);
  }
}

// Whether an expression is a duration that only attributes of the entity change.
bool Timeline::IsOfAttributes(dsl::ExprId id) const {
  const dsl::Expr& expr = program_.expr(id);
  if (expr.kind == dsl::ExprKind::kOfWhole) {
    return hand_->index != 0 && program_.expr(expr.args[0]).kind == dsl::ExprKind::kAttribute &&
           program_.entities[hand_->entity].whole == members_.front().entity;
  }
  if (expr.kind == dsl::ExprKind::kTimeUntil) return false;
  if (expr.kind == dsl::ExprKind::kAttribute) return program_.attributes[expr.index].entity == hand_->entity;
  if (expr.args.empty()) return expr.kind == dsl::ExprKind::kLiteral;
  return std::ranges::all_of(expr.args, [&](dsl::ExprId argument) { return IsOfAttributes(argument); });
}

// Durations as attributes make them now.
void Timeline::LearnDurations() {
  const View view{now_, clock_, nullptr, nullptr};
  for (dsl::ExprId id = 0; id < program_.exprs.size(); ++id) {
    const dsl::Expr& expr = program_.exprs[id];
    if (expr.type.kind != dsl::TypeKind::kDuration || !IsOfAttributes(id)) continue;
    if (const Value value = hand_->history.Read(id, view); value.known)
      AddDuration(std::max<std::int64_t>(value.integer, 0));
  }
  for (const std::int64_t mark : marks_) AddCalendarDeadlines(mark);
  hand_->learned = !hand_->history.entries().empty();
}

// What a countdown reaches, as it is now: something may happen any duration before it.
void Timeline::LearnCountdowns() {
  const View view{now_, clock_, nullptr, nullptr};
  for (const dsl::Expr* countdown : countdowns_of_rules_) {
    if (!IsOfAttributes(countdown->args[0])) continue;
    const Value until = hand_->history.Read(countdown->args[0], view);
    if (!until.known) continue;
    const auto [known, is_new] = countdowns_.try_emplace({hand_->index, countdown}, until.integer);
    if (!is_new && std::exchange(known->second, until.integer) == until.integer) continue;
    AddCandidate(until.integer);
    for (const std::int64_t micros : durations_) AddBoth(until.integer - micros);
    for (const std::int64_t micros : steps_) AddBoth(until.integer - micros);
    for (const std::int64_t mark : marks_) AddMeeting(mark, until.integer);
  }
}

// The time of day of each nudge `on every ...` on the days around this one.
void Timeline::AddScheduled() {
  for (const dsl::Nudge& nudge : program_.nudges) {
    if (nudge.entity != hand_->entity || nudge.trigger != dsl::TriggerKind::kClock) continue;
    const std::int32_t second = nudge.schedule.second_of_day;
    if (nudge.schedule.kind == dsl::ScheduleKind::kOpenDays) {
      for (const std::int64_t time : calendars_.TimesAround(nudge.schedule.calendar, now_, second)) {
        AddCandidate(time);
      }
      continue;
    }
    const std::int64_t today = DayOfDate(zone_.MicrosToLocal(now_).date);
    for (const std::int64_t day : {today - 1, today, today + 1}) {
      AddCandidate(zone_.LocalToMicros(
          {DateOfDay(day), second / 3'600, second / 60 % 60, second % 60 * kMicrosPerSecond}));
    }
  }
}

// Instants at which something may happen whatever comes.
void Timeline::LookAhead() {
  AddFreshDeadlines();
  AddEdges();
  ForEach([&] {
    LearnCountdowns();
    AddScheduled();
  });
  if (follows_dates_) AddCandidate(zone_.NextDayStart(now_));
}

}  // namespace lull::test
