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

Timeline::Timeline(const dsl::CheckedProgram& program, const ReferenceCalendars& calendars,
                   dsl::EntityId entity, std::string key, const Zone& zone, const HoldsOut& holds_out,
                   const IdOfTask& id_of_task, const ArmOf& arm_of, std::vector<Outcome>& outcomes)
    : program_(program),
      calendars_(calendars),
      zone_(zone),
      holds_out_(holds_out),
      id_of_task_(id_of_task),
      arm_of_(arm_of),
      outcomes_(outcomes) {
  AddMember(entity, key);
  Select(0);
  ListDurations();
  ListCalendarDurations();
  const auto reads_before = [](const dsl::Expr& expr) { return expr.kind == dsl::ExprKind::kBeforeThis; };
  reads_before_ = std::ranges::any_of(program.exprs, reads_before);
}

void Timeline::AddMember(dsl::EntityId entity, const std::string& key) {
  Member& member = members_.emplace_back(program_, calendars_, members_.size(), entity, key);
  if (member.index != 0) member.history.whole = &members_.front().history;
  hand_ = &member;
  ListConditions();
  DealArms();
}

std::size_t Timeline::Part(dsl::EntityId entity, const std::string& key) {
  for (const Member& member : members_) {
    const bool is_it = member.index != 0 && member.entity == entity && member.key == key;
    if (is_it && !gone_members_.contains(member.index)) return member.index;
  }
  Member* const hand = hand_;
  AddMember(entity, key);
  hand_ = hand;
  return members_.size() - 1;
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
  hand_->history = History(program_, calendars_, hand_->entity, hand_->key);
  DealArms();
  exposed_.clear();
  reached_.clear();
  for (Condition& condition : hand_->conditions) condition.held = condition.early = false;
  hand_->waits.clear();
  hand_->last_opening.clear();
  hand_->runs.clear();
  hand_->done.clear();
  hand_->gone.clear();
  hand_->last_due.clear();
  waiting_.clear();
  hand_->learned = false;
  hand_->reminding.clear();
  tasks_.clear();
  sent_.clear();
  candidates_.clear();
  marks_.clear();
  events_.clear();
  countdowns_.clear();
  fresh_marks_.clear();
}

// Whether a nudge `on every ...` is due at an instant.
bool Timeline::IsScheduled(dsl::NudgeId id, std::int64_t instant) const {
  const dsl::Nudge& nudge = program_.nudges[id];
  if (nudge.entity != hand_->entity || nudge.trigger != dsl::TriggerKind::kClock) return false;
  const std::int32_t second = nudge.schedule.second_of_day;
  if (nudge.schedule.kind == dsl::ScheduleKind::kOpenDays) {
    return calendars_.IsTimeOfOpenDay(nudge.schedule.calendar, instant, second);
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
    hand_->own = own.contains(hand_->index);
    hand_->began.clear();
    hand_->entered.clear();
    if (hand_->history.entries().empty()) {
      std::ranges::fill(hand_->history.entered, now_);
      for (Condition& condition : hand_->conditions) condition.early = false;
    } else {
      LookBefore();
    }
  });
  Entry entry;
  entry.event = event.event;
  entry.time = event.time;
  entry.fields = event.fields;
  if (reads_before_) KeepBefore();
  if (is_step) ApplyTaskStep(event);
  ForEach([&] {
    if (!hand_->own) return;
    hand_->history.Apply(entry);
    UpdateWaits(hand_->history.entries().back());
    UpdateSequences(hand_->history.entries().back());
    ReachGoals(hand_->history.entries().back());
  });
  MoveJourneys(true);
  ForEach([&] { UpdateConditions(); });
  Arbitrate();
  by_event_ = false;
  FollowUps();
  if (!program_.events[event.event].sets.empty()) {
    for (Member& member : members_) member.learned = false;
  }
  ForEach([&] {
    if (!hand_->learned) LearnDurations();
  });
  MarkEvent(now_);
  LookAhead();
}

// Of the own members: what there is just before the event. A part reads its whole as it was, too.
void Timeline::KeepBefore() {
  ForEach([&] {
    if (!hand_->own) return;
    hand_->history.before = nullptr;
    const auto before = std::make_shared<History>(hand_->history);
    if (hand_->history.whole != nullptr) before->whole = hand_->history.whole->before.get();
    hand_->history.before = before;
  });
}

void Timeline::FollowUps() {
  ForEach([&] { hand_->own = false; });
  for (;;) {
    ForEach([&] { hand_->began_before = std::exchange(hand_->began, {}); });
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
    hand_->own = false;
    hand_->began.clear();
    hand_->began_before.clear();
    hand_->entered.clear();
    for (Condition& condition : hand_->conditions) condition.early = false;
  });
  AgeTasks();
  ForEach([&] {
    for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size() && !hand_->history.entries().empty();
         ++nudge) {
      if (IsScheduled(nudge, now_)) AddTrigger(nudge, 0);
    }
  });
  MoveJourneys(false);
  ForEach([&] { UpdateConditions(); });
  Arbitrate();
  FollowUps();
  LookAhead();
  ForgetQuiet();
}

// A whole that has been quiet for long takes its parts with it.
void Timeline::ForgetQuiet() {
  std::vector<std::size_t> over;
  ForEach([&] {
    if (MayForget()) over.push_back(hand_->index);
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
  const std::int64_t quiet = program_.entities[hand_->entity].forget_after_micros;
  if (quiet <= 0) return false;
  const Value latest = hand_->history.LatestActivity();
  return (latest.known ? latest.integer : hand_->history.first_event()) + quiet <= now_;
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
  const ReferenceCalendars calendars(program);
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
          timelines.try_emplace({entity, *key}, program, calendars, entity, *key, zone.value_or(Zone::Utc()),
                                holds_out, id_of_task, arm_of, outcomes);
      found->second.Apply(event, parts);
    }
  }
  for (auto& [who, timeline] : timelines) timeline.Finish(end);
  std::ranges::sort(outcomes);
  return outcomes;
}

}  // namespace lull::test
