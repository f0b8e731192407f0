#include "tests/support/reference_timeline.h"

#include <algorithm>
#include <tuple>

#include "runtime/base/time.h"

namespace lull::test {
namespace {

bool IsStep(const dsl::CheckedProgram& program, const LogEvent& event) {
  return program.events[event.event].task_step != dsl::TaskStep::kNo;
}

}  // namespace

Timeline::Timeline(const dsl::CheckedProgram& program, dsl::EntityId entity, std::string key,
                   const Zone& zone, const HoldsOut& holds_out, const IdOfTask& id_of_task,
                   const ArmOf& arm_of, std::vector<Outcome>& outcomes)
    : MemberState(program, entity, key),
      program_(program),
      zone_(zone),
      holds_out_(holds_out),
      id_of_task_(id_of_task),
      arm_of_(arm_of),
      outcomes_(outcomes) {
  members_.emplace_back(program, entity, key);
  for (const dsl::Expr& expr : program.exprs) {
    const bool is_duration =
        expr.kind == dsl::ExprKind::kLiteral && expr.type.kind == dsl::TypeKind::kDuration;
    if (is_duration) AddDuration(expr.integer);
  }
  for (const dsl::Aggregate& aggregate : program.aggregates) {
    AddDuration(aggregate.last_micros);
    if (aggregate.window == dsl::WindowKind::kBeforeThat) AddDuration(2 * aggregate.last_micros);
  }
  for (const dsl::Policy& policy : program.policies) {
    for (const dsl::Limit& limit : policy.limits) AddDuration(limit.rolling_micros);
  }
  const auto by_calendar = [&](dsl::EntityId of, dsl::ExprId id) {
    if (id != dsl::kNone && program.expr(id).type.kind == dsl::TypeKind::kCalendarDuration) {
      by_calendar_.emplace_back(of, id);
    }
  };
  for (const dsl::Stall& stall : program.stalls) by_calendar(stall.entity, stall.duration);
  for (const dsl::Nudge& nudge : program.nudges) {
    for (const dsl::ExprId id : {nudge.again_after, nudge.valid_for, nudge.repeat_every}) {
      by_calendar(nudge.entity, id);
    }
  }
  for (const dsl::Journey& journey : program.journeys) {
    for (const dsl::Transition& step : journey.transitions) by_calendar(journey.entity, step.duration);
  }
  AddDuration(kTaskLifeMicros);
  for (const dsl::Expr& expr : program.exprs) {
    if (expr.kind == dsl::ExprKind::kRound && expr.depends_on_time) AddRoundingSteps();
    AddRatioSteps(expr);
  }
  for (const dsl::Entity& each : program.entities) AddDuration(each.forget_after_micros);
  ListConditions();
  DealArms();
}

void Timeline::Select(std::size_t index) {
  if (index == hand_) return;
  std::swap(static_cast<MemberState&>(*this), members_[hand_]);
  std::swap(static_cast<MemberState&>(*this), members_[index]);
  hand_ = index;
  history_.whole = index == 0 ? nullptr : &members_.front().history_;
}

std::size_t Timeline::Part(dsl::EntityId entity, const std::string& key) {
  for (std::size_t index = 1; index < members_.size(); ++index) {
    if (gone_members_.contains(index)) continue;
    const MemberState& member = index == hand_ ? *this : members_[index];
    if (member.entity_ == entity && member.key_ == key) return index;
  }
  members_.emplace_back(program_, entity, key);
  const std::size_t index = members_.size() - 1;
  const std::size_t hand = hand_;
  Select(index);
  ListConditions();
  DealArms();
  Select(hand);
  return index;
}

void Timeline::ForgetPart(std::size_t index) {
  Select(index);
  for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size(); ++nudge) {
    DropWaiting(nudge, 0);
    Withdraw(nudge, 0);
  }
  Select(0);
  gone_members_.insert(index);
}

void Timeline::Reset() {
  for (std::size_t index = 1; index < members_.size(); ++index) gone_members_.insert(index);
  history_ = History(program_, entity_, key_);
  DealArms();
  exposed_.clear();
  reached_.clear();
  for (Condition& condition : conditions_) condition.held = condition.early = false;
  waits_.clear();
  last_opening_.clear();
  runs_.clear();
  done_.clear();
  gone_.clear();
  last_due_.clear();
  waiting_.clear();
  reminding_.clear();
  tasks_.clear();
  sent_.clear();
  candidates_.clear();
  marks_.clear();
  countdowns_.clear();
  fresh_marks_.clear();
}

void Timeline::AddCandidate(std::int64_t instant) {
  if (instant > clock_) candidates_.insert(instant);
}

bool Timeline::FollowsCalendar() const {
  const auto is_yearly = [](const dsl::Expr& expr) { return expr.kind == dsl::ExprKind::kNextYearly; };
  if (std::ranges::any_of(program_.exprs, is_yearly)) return true;
  return std::ranges::any_of(program_.aggregates, [](const dsl::Aggregate& aggregate) {
    return aggregate.window == dsl::WindowKind::kPeriod;
  });
}

void Timeline::Mark(std::int64_t instant) {
  if (!marks_.insert(instant).second) return;
  AddCandidate(instant);
  for (const std::int64_t micros : durations_) {
    AddCandidate(instant + micros);
    AddCandidate(instant + micros + 1);
  }
  fresh_marks_.push_back(instant);
}

// What has begun in this moment may be a deadline's start for any member.
void Timeline::AddFreshDeadlines() {
  ForEach([&] {
    for (const std::int64_t mark : fresh_marks_) AddCalendarDeadlines(mark);
  });
  fresh_marks_.clear();
}

void Timeline::AddCalendarDeadlines(std::int64_t start) {
  if (history_.entries().empty()) return;
  const View view{now_, clock_, nullptr, nullptr};
  for (const auto& [entity, id] : by_calendar_) {
    if (entity != entity_) continue;
    if (const Value due = history_.Deadline(start, id, view); due.known) AddCandidate(due.integer);
  }
  for (const dsl::Expr& expr : program_.exprs) {
    if (expr.kind != dsl::ExprKind::kOpenTimeIn) continue;
    for (const std::int64_t micros : durations_) {
      const auto reached = history_.calendars().AfterOpenTime(expr.index, start, micros);
      if (!reached) continue;
      AddCandidate(*reached);
      AddCandidate(*reached + 1);
    }
  }
}

void Timeline::AddEdges() {
  for (dsl::CalendarId calendar = 0; calendar < program_.calendars.size(); ++calendar) {
    if (const auto edge = history_.calendars().NextEdge(calendar, now_)) AddCandidate(*edge);
  }
}

void Timeline::AddDuration(std::int64_t micros) {
  if (!durations_.insert(micros).second) return;
  for (const std::int64_t instant : marks_) {
    AddCandidate(instant + micros);
    AddCandidate(instant + micros + 1);
  }
}

// Whether an expression is a duration that only attributes of the entity change.
bool Timeline::IsOfAttributes(dsl::ExprId id) const {
  const dsl::Expr& expr = program_.expr(id);
  if (expr.kind == dsl::ExprKind::kOfWhole) {
    return hand_ != 0 && program_.expr(expr.args[0]).kind == dsl::ExprKind::kAttribute &&
           program_.entities[entity_].whole == members_.front().entity_;
  }
  if (expr.kind == dsl::ExprKind::kTimeUntil) return false;
  if (expr.kind == dsl::ExprKind::kAttribute) return program_.attributes[expr.index].entity == entity_;
  if (expr.args.empty()) return expr.kind == dsl::ExprKind::kLiteral;
  return std::ranges::all_of(expr.args, [&](dsl::ExprId argument) { return IsOfAttributes(argument); });
}

// Durations as they are now.
void Timeline::LearnDurations() {
  const View view{now_, clock_, nullptr, nullptr};
  for (dsl::ExprId id = 0; id < program_.exprs.size(); ++id) {
    const dsl::Expr& expr = program_.exprs[id];
    if (expr.type.kind != dsl::TypeKind::kDuration || !IsOfAttributes(id)) continue;
    if (const Value value = history_.Read(id, view); value.known)
      AddDuration(std::max<std::int64_t>(value.integer, 0));
  }
  for (const std::int64_t mark : marks_) AddCalendarDeadlines(mark);
}

// Where values that are rounded to five or ten minutes step.
void Timeline::AddRoundingSteps() {
  for (std::int64_t step = 1; step <= 40; ++step) AddDuration(step * 150 * kMicrosPerSecond);
}

// Where a running time divided by a fixed one is a whole number.
void Timeline::AddRatioSteps(const dsl::Expr& expr) {
  constexpr std::int64_t kWholeMax = 10;
  if (expr.kind != dsl::ExprKind::kDivide || !expr.depends_on_time) return;
  const dsl::Expr& divisor = program_.expr(expr.args[1]);
  if (divisor.kind != dsl::ExprKind::kLiteral || divisor.type.kind != dsl::TypeKind::kDuration) return;
  for (std::int64_t whole = 1; whole <= kWholeMax; ++whole) AddDuration(whole * divisor.integer);
}

// Whether a nudge `on every ...` is due at an instant.
bool Timeline::IsScheduled(dsl::NudgeId id, std::int64_t instant) const {
  const dsl::Nudge& nudge = program_.nudges[id];
  if (nudge.entity != entity_ || nudge.trigger != dsl::TriggerKind::kClock) return false;
  const std::int32_t second = nudge.schedule.second_of_day;
  if (nudge.schedule.kind == dsl::ScheduleKind::kOpenDays) {
    return history_.calendars().IsTimeOfOpenDay(nudge.schedule.calendar, instant, second);
  }
  const std::int64_t today = DayOfDate(zone_.MicrosToLocal(instant).date);
  for (const std::int64_t day : {today - 1, today}) {
    const LocalDate date = DateOfDay(day);
    const bool of_month = nudge.schedule.kind == dsl::ScheduleKind::kMonthDay;
    const bool is_last = DateOfDay(day + 1).month != date.month;
    const std::int64_t weekday = (day - DayOfDate({2001, 1, 1}) + 70'000) % 7;
    const bool is_on =
        of_month ? date.day == nudge.schedule.month_day || (is_last && date.day < nudge.schedule.month_day)
                 : (nudge.schedule.weekdays & (1 << weekday)) != 0;
    const LocalTime local{date, second / 3'600, second / 60 % 60, second % 60 * kMicrosPerSecond};
    if (is_on && zone_.LocalToMicros(local) == instant) return true;
  }
  return false;
}

// The time of day of each nudge `on every ...` on the days around this one.
void Timeline::AddScheduled() {
  for (const dsl::Nudge& nudge : program_.nudges) {
    if (nudge.entity != entity_ || nudge.trigger != dsl::TriggerKind::kClock) continue;
    const std::int32_t second = nudge.schedule.second_of_day;
    if (nudge.schedule.kind == dsl::ScheduleKind::kOpenDays) {
      for (const std::int64_t time :
           history_.calendars().TimesAround(nudge.schedule.calendar, now_, second)) {
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

// What a countdown reaches, as it is now: something may happen any duration before it.
void Timeline::LearnCountdowns() {
  const View view{now_, clock_, nullptr, nullptr};
  for (const dsl::Expr& expr : program_.exprs) {
    if (expr.kind != dsl::ExprKind::kTimeUntil || !IsOfAttributes(expr.args[0])) continue;
    const Value until = history_.Read(expr.args[0], view);
    if (!until.known) continue;
    const auto known = std::make_tuple(until.integer, durations_.size(), marks_.size());
    if (std::exchange(countdowns_[{hand_, &expr}], known) == known) continue;
    AddCandidate(until.integer);
    for (const std::int64_t micros : durations_) {
      AddCandidate(until.integer - micros);
      AddCandidate(until.integer - micros + 1);
    }
    // Where a countdown meets the time since something.
    for (const std::int64_t mark : marks_) {
      const std::int64_t middle = mark + (until.integer - mark) / 2;
      AddCandidate(middle);
      AddCandidate(middle + 1);
    }
  }
}

void Timeline::Apply(const LogEvent& event, const std::vector<std::pair<dsl::EntityId, std::string>>& parts) {
  RunDeadlines(event.time);
  const bool is_step = IsStep(program_, event);
  if (is_step && FindTask(event) == nullptr) return;
  now_ = event.time;
  clock_ = now_ - 1;
  by_event_ = true;
  BeginMoment();
  std::set<std::size_t> own = {0};
  if (is_step) own.insert(FindTask(event)->member);
  for (const auto& [part, key] : parts) own.insert(Part(part, key));
  ForEach([&] {
    own_ = own.contains(hand_);
    began_.clear();
    entered_.clear();
    if (history_.entries().empty()) {
      for (Condition& condition : conditions_) condition.early = false;
    } else {
      LookBefore();
    }
  });
  Entry entry;
  entry.event = event.event;
  entry.time = event.time;
  entry.fields = event.fields;
  KeepBefore();
  if (is_step) ApplyTaskStep(event);
  ForEach([&] {
    if (!own_) return;
    history_.Apply(entry);
    UpdateWaits(history_.entries().back());
    UpdateSequences(history_.entries().back());
    ReachGoals(history_.entries().back());
  });
  MoveJourneys(true);
  ForEach([&] { UpdateConditions(); });
  Arbitrate();
  by_event_ = false;
  FollowUps();
  ForEach([&] { LearnDurations(); });
  Mark(now_);
  LookAhead();
}

// Of the own members: what there is just before the event. A part reads its whole as it was, too.
void Timeline::KeepBefore() {
  ForEach([&] {
    if (!own_) return;
    if (history_.entries().empty()) std::ranges::fill(history_.entered, now_);
    history_.before = nullptr;
    const auto before = std::make_shared<History>(history_);
    if (history_.whole != nullptr) before->whole = history_.whole->before.get();
    history_.before = before;
  });
}

// Instants at which something may happen whatever comes.
void Timeline::LookAhead() {
  AddFreshDeadlines();
  AddEdges();
  ForEach([&] {
    LearnCountdowns();
    AddScheduled();
  });
  if (FollowsCalendar()) AddCandidate(zone_.NextDayStart(now_));
}

void Timeline::FollowUps() {
  ForEach([&] { own_ = false; });
  for (;;) {
    ForEach([&] { began_before_ = std::exchange(began_, {}); });
    task_ends_.clear();
    if (!MoveJourneys(false)) return;
    BeginMoment();
    ForEach([&] { UpdateConditions(); });
    Arbitrate();
  }
}

void Timeline::RunDeadlines(std::int64_t before) {
  while (!candidates_.empty() && *candidates_.begin() < before) {
    const std::int64_t instant = *candidates_.begin();
    candidates_.erase(candidates_.begin());
    DeadlineMoment(instant);
  }
}

void Timeline::DeadlineMoment(std::int64_t instant) {
  now_ = clock_ = instant;
  BeginMoment();
  ForEach([&] {
    own_ = false;
    began_.clear();
    began_before_.clear();
    entered_.clear();
    for (Condition& condition : conditions_) condition.early = false;
  });
  AgeTasks();
  ForEach([&] {
    for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size() && !history_.entries().empty(); ++nudge) {
      if (IsScheduled(nudge, now_)) AddTrigger(nudge, 0);
    }
  });
  MoveJourneys(false);
  ForEach([&] { UpdateConditions(); });
  Arbitrate();
  FollowUps();
  LookAhead();
  std::vector<std::size_t> over;
  ForEach([&] {
    if (MayForget()) over.push_back(hand_);
  });
  const bool all = !over.empty() && over.front() == 0;
  for (const std::size_t index : over) {
    if (index != 0) ForgetPart(index);
  }
  if (!all) {
    // What a forgotten part held is free.
    if (!over.empty()) {
      BeginMoment();
      Arbitrate();
    }
    return;
  }
  ForEach([&] {
    for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size(); ++nudge) Withdraw(nudge, 0);
  });
  Reset();
}

void Timeline::BeginMoment() {
  task_ends_.clear();
  moments_ = counted_instant_ == now_ ? moments_ + 1 : 0;
  counted_instant_ = now_;
}

bool Timeline::MayForget() const {
  const std::int64_t quiet = program_.entities[entity_].forget_after_micros;
  if (quiet <= 0) return false;
  const Value latest = history_.LatestTime(dsl::kNone);
  return (latest.known ? latest.integer : history_.first_event()) + quiet <= now_;
}

std::string PartKey(const std::string& whole, const std::string& part) { return whole + "/" + part; }

std::string Show(const Outcome& outcome) {
  std::string text = std::to_string(outcome.instant) + " " + std::to_string(outcome.entity) + " " +
                     outcome.key + ": " + outcome.nudge + " " + outcome.what;
  if (!outcome.why.empty()) text += ": " + outcome.why;
  if (!outcome.unit.empty()) text += ", to " + outcome.unit;
  if (!outcome.worth.empty()) text += ", worth " + outcome.worth;
  return text;
}

std::vector<Outcome> RunReference(const dsl::CheckedProgram& program, const std::vector<LogEvent>& log,
                                  const HoldsOut& holds_out, const IdOfTask& id_of_task,
                                  const ArmOf& arm_of) {
  const Result<Zone> zone = Zone::Find(program.header.zone);
  std::vector<Outcome> outcomes;
  std::map<std::pair<dsl::EntityId, std::string>, Timeline> timelines;
  std::int64_t end = kEventMicrosMin;
  for (const LogEvent& event : log) {
    const dsl::Event& kind = program.events[event.event];
    const auto key_of = [&](dsl::EntityId entity) -> std::optional<std::string> {
      if (program.entities[entity].key.empty()) return std::string();
      const auto place = std::ranges::find(kind.entities, entity) - kind.entities.begin();
      return event.keys[static_cast<std::size_t>(place)];
    };
    for (std::size_t place = 0; place < kind.entities.size(); ++place) {
      const dsl::EntityId entity = kind.entities[place];
      const std::optional<std::string> key = key_of(entity);
      if (!key || program.entities[entity].whole != dsl::kNone) continue;
      std::vector<std::pair<dsl::EntityId, std::string>> parts;
      for (const dsl::EntityId part : kind.entities) {
        if (program.entities[part].whole == entity && key_of(part)) parts.emplace_back(part, *key_of(part));
      }
      if (place >= kind.named_count && parts.empty()) continue;
      end = std::max(end, event.time);
      // A step of a task is nobody's beginning.
      if (IsStep(program, event) && !timelines.contains({entity, *key})) continue;
      const auto [found, made] =
          timelines.try_emplace({entity, *key}, program, entity, *key, zone.value_or(Zone::Utc()), holds_out,
                                id_of_task, arm_of, outcomes);
      found->second.Apply(event, parts);
    }
  }
  for (auto& [who, timeline] : timelines) timeline.Finish(end);
  std::ranges::sort(outcomes);
  return outcomes;
}

}  // namespace lull::test
