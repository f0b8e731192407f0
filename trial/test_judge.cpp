#include "trial/test_judge.h"

#include <algorithm>

#include "dsl/program_printer.h"
#include "trial/test_frames.h"

namespace lull::trial {
namespace {

using dsl::Expected;
using runtime::DecisionKind;

struct Outcome {
  Expected expected;
  DecisionKind kind;
  std::string_view did_not;  // "X did not go out"
};
constexpr Outcome kOutcomes[] = {
    {Expected::kSent, DecisionKind::kSent, "did not go out"},
    {Expected::kHeldOut, DecisionKind::kHeldOut, "was not held out"},
    {Expected::kWithdrawn, DecisionKind::kWithdrawn, "was not withdrawn"},
    {Expected::kExpired, DecisionKind::kExpired, "did not expire"},
    {Expected::kEscalated, DecisionKind::kEscalated, "did not go on to another unit"},
    {Expected::kSuppressed, DecisionKind::kSuppressed, "was not suppressed"},
};

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// Who is expected to do it; the keys may be left open.
Who WhoOf(const dsl::Expectation& expected) {
  return {expected.entity, expected.key.value_or(""), expected.whole_key.value_or("")};
}

std::string Words(std::string_view name) {
  std::string words(name);
  std::ranges::replace(words, '_', ' ');
  return words;
}

}  // namespace

std::string TestJudge::When(std::int64_t instant) const {
  std::string text = run_.recorder().TimeText(instant);
  if (instant == first_) return text;
  text += " (+";
  runtime::AppendDuration(text, instant - first_);
  return text + ")";
}

TestJudge::Verdict TestJudge::Judge(const dsl::TestStep& step, std::int64_t since) {
  const dsl::Expectation& expected = step.expectation;
  switch (expected.what) {
    case Expected::kNothing:
      return Nothing(step, std::nullopt);
    case Expected::kNotSent:
      return Nothing(step, expected.nudge);
    case Expected::kCondition:
      return Condition(step);
    case Expected::kWaiting:
      return Waiting(step);
    default:
      return Happened(step, since);
  }
}

const DecisionRecord* TestJudge::TaskOf(const dsl::TestTaskStep& step, std::int64_t instant,
                                        Verdict& verdict) {
  const DecisionRecord* found = nullptr;
  const DecisionRecord* latest = nullptr;
  for (const DecisionRecord& record : run_.recorder().decisions()) {
    const bool concerned = (step.nudge == dsl::kNone || record.nudge == step.nudge) &&
                           (!step.key || record.key == *step.key) &&
                           (!step.whole_key || record.whole_key == *step.whole_key);
    if (!concerned || record.kind == DecisionKind::kGoal) continue;
    latest = &record;
    if (record.kind != DecisionKind::kSent && record.kind != DecisionKind::kHeldOut) continue;
    if (!run_.IsOpen(record)) continue;
    if (found != nullptr) {
      const bool same = found->nudge == record.nudge;
      verdict.message =
          "several tasks are open; say " +
          std::string(same ? "whose is meant, with `of \"...\"`" : "which one, with the name of its nudge");
      return nullptr;
    }
    found = &record;
  }
  if (found != nullptr) return found;
  verdict.message =
      step.nudge == dsl::kNone ? "no task" : "no task of " + run_.ruleset().nudges[step.nudge].name;
  verdict.message += " is open at " + When(instant);
  if (latest == nullptr) return nullptr;
  verdict.who = latest->who();
  verdict.message += "; at " + When(latest->instant) + " " + run_.ruleset().nudges[latest->nudge].name +
                     " was " + Words(NameOf(latest->kind));
  if (!latest->why.empty()) verdict.message += ": " + latest->why;
  return nullptr;
}

TestJudge::Verdict TestJudge::Nothing(const dsl::TestStep& step, std::optional<dsl::NudgeId> nudge) {
  Verdict verdict;
  for (const DecisionRecord& record : run_.recorder().decisions()) {
    const bool goes_on = record.kind == DecisionKind::kEscalated;
    if ((record.kind != DecisionKind::kSent && !goes_on) || record.expected) continue;
    if (record.instant > step.instant) continue;
    if (!Concerns(step.expectation, record)) continue;
    verdict.message = run_.ruleset().nudges[record.nudge].name;
    verdict.message += goes_on ? " went on to " + run_.ruleset().units[record.unit].name : " went out";
    verdict.message += " at " + When(record.instant);
    verdict.who = record.who();
    verdict.message += nudge ? "" : ", and nothing was expected";
    return verdict;
  }
  return verdict;
}

std::vector<std::string> TestJudge::Lines(const std::vector<Answer>& answers) const {
  std::size_t width = 0;
  for (const Answer& answer : answers) {
    width = std::max(width, 2 * answer.part->depth + answer.part->label.size());
  }
  width = std::min<std::size_t>(width, 60);
  std::vector<std::string> lines;
  for (const Answer& answer : answers) {
    std::string line(2 * answer.part->depth, ' ');
    line += answer.part->label;
    if (answer.holds) {
      line.append(line.size() < width ? width - line.size() : 0, ' ');
      line += *answer.holds ? "  yes" : "  no ";
    }
    if (!answer.why.empty()) line += "  " + answer.why;
    while (line.ends_with(' ')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> TestJudge::Describe(const dsl::TestStep& step, const Who& who) {
  const dsl::Expectation& expected = step.expectation;
  const std::vector<Part>& parts = expected.what == Expected::kCondition ? state_parts_.at(expected.condition)
                                                                         : nudge_parts_[expected.nudge];
  return Lines(run_.Ask(parts, who, step.instant));
}

TestJudge::Verdict TestJudge::Condition(const dsl::TestStep& step) {
  const dsl::Expectation& expected = step.expectation;
  Verdict verdict;
  const Who who = WhoOf(expected);
  if (run_.Holds(who, expected.condition, step.instant)) return verdict;
  verdict.message = TextOf(run_.loaded(), expected.condition) + " is not so";
  verdict.reasons = Describe(step, who);
  verdict.who = who;
  return verdict;
}

const DecisionRecord* TestJudge::WaitingRecord(const dsl::Expectation& expected) {
  const DecisionRecord* found = nullptr;
  for (const DecisionRecord& record : run_.recorder().decisions()) {
    if (Concerns(expected, record) && record.kind == DecisionKind::kWaiting) found = &record;
  }
  if (found == nullptr || run_.Waiting(found->nudge, found->who()) == nullptr) return nullptr;
  return found;
}

TestJudge::Verdict TestJudge::Waiting(const dsl::TestStep& step) {
  const dsl::Expectation& expected = step.expectation;
  const std::string& name = run_.ruleset().nudges[expected.nudge].name;
  Verdict verdict;
  verdict.who = WhoOf(expected);
  const DecisionRecord* record = WaitingRecord(expected);
  if (record == nullptr) {
    verdict.message = name + " does not wait";
    for (const DecisionRecord& sent : run_.recorder().decisions()) {
      if (!Concerns(expected, sent)) continue;
      verdict.who = sent.who();
      if (sent.kind == DecisionKind::kSent)
        verdict.message = name + " does not wait: it went out at " + When(sent.instant);
    }
    verdict.reasons = Describe(step, *verdict.who);
    return verdict;
  }
  verdict.who = record->who();
  const std::string difference = Difference(step, *record);
  if (!difference.empty()) verdict.message = name + " waits, but " + difference;
  return verdict;
}

std::string TestJudge::DestinationDifference(const dsl::Expectation& expected,
                                             const DecisionRecord& record) const {
  if (expected.unit == dsl::kNone) return "";
  const auto text = [this](std::uint32_t unit, bool has_key, const std::string& key) {
    if (unit == dsl::kNone) return std::string("nobody");
    return run_.ruleset().units[unit].name + (has_key ? " / " + Quoted(key) : "");
  };
  const bool same_key =
      !expected.unit_key || (record.unit_key_known && record.unit_key == *expected.unit_key);
  if (record.unit == expected.unit && same_key) return "";
  return "it went to " + text(record.unit, record.unit_key_known, record.unit_key) + ", not to " +
         text(expected.unit, expected.unit_key.has_value(), expected.unit_key.value_or(""));
}

std::string TestJudge::DueDifference(const dsl::Expectation& expected, const DecisionRecord& record) const {
  std::int64_t due = expected.due;
  if (expected.due_after != kUnknown) {
    // From when it first went out.
    const auto& all = run_.recorder().decisions();
    const auto first = std::ranges::find(all, record.id, &DecisionRecord::id);
    due = first->instant + expected.due_after;
  }
  if (due == kUnknown || due == record.due) return "";
  return (record.due == kUnknown ? "it is never due" : "it is due at " + When(record.due)) + ", not at " +
         When(due);
}

std::string TestJudge::Difference(const dsl::TestStep& step, const DecisionRecord& record) const {
  const dsl::Expectation& expected = step.expectation;
  if (!expected.why.empty() && NameOf(record.code) != expected.why) {
    return "because of " + Words(NameOf(record.code)) + (record.why.empty() ? "" : " (" + record.why + ")") +
           ", not because of " + Words(expected.why);
  }
  const bool out = record.kind == DecisionKind::kSent || record.kind == DecisionKind::kHeldOut;
  for (const std::string& because : expected.because) {
    const bool given =
        out ? std::ranges::count(record.reasons, because) > 0 : record.why.find(because) != std::string::npos;
    if (given) continue;
    if (!out) return "because " + Quoted(record.why) + ", not because " + Quoted(because);
    std::string reasons;
    for (const std::string& reason : record.reasons)
      reasons += (reasons.empty() ? "" : ", ") + Quoted(reason);
    return "not because " + Quoted(because) + "; its reasons are " + (reasons.empty() ? "none" : reasons);
  }
  if (const std::string difference = DestinationDifference(expected, record); !difference.empty())
    return difference;
  if (const std::string difference = DueDifference(expected, record); !difference.empty()) return difference;
  if (expected.text && record.title != *expected.text) {
    return "its text is " + Quoted(record.title) + ", not " + Quoted(*expected.text);
  }
  if (expected.worth == dsl::kNone) return "";
  const runtime::NudgeSpec& nudge = run_.ruleset().nudges[record.nudge];
  const runtime::FieldValue worth = ValueOf(run_.loaded().program, expected.worth);
  const bool number = nudge.worth_type == runtime::ValueType::kNumber;
  const bool same = number ? record.worth.number == worth.number : record.worth.integer == worth.integer;
  if (record.has_worth && same) return "";
  std::string text = "its worth is ";
  const runtime::FormatContext format = run_.recorder().FormatFor(record.entity);
  runtime::AppendValue(text, record.worth, {.type = nudge.worth_type}, format);
  text += ", not ";
  runtime::AppendValue(text, worth, {.type = nudge.worth_type}, format);
  return text;
}

TestJudge::Verdict TestJudge::Happened(const dsl::TestStep& step, std::int64_t since) {
  const dsl::Expectation& expected = step.expectation;
  const Outcome* outcome = std::ranges::find(kOutcomes, expected.what, &Outcome::expected);
  const std::string& name = run_.ruleset().nudges[expected.nudge].name;
  Verdict verdict;
  verdict.who = WhoOf(expected);
  std::string difference;
  const DecisionRecord* elsewhere = nullptr;
  const DecisionRecord* latest = nullptr;
  for (DecisionRecord& record : run_.recorder().decisions()) {
    if (!Concerns(expected, record) || record.instant > step.instant) continue;
    verdict.who = record.who();
    latest = &record;
    if (record.kind != outcome->kind || record.expected) continue;
    const bool in_time = record.instant == step.instant || (step.by && record.instant > since);
    if (!in_time) {
      elsewhere = &record;
      continue;
    }
    const std::string found = Difference(step, record);
    if (!found.empty()) {
      difference = found;
      continue;
    }
    // What a withdrawal or the like ends was expected, too.
    for (DecisionRecord& same : run_.recorder().decisions()) {
      if (same.id == record.id && same.instant <= record.instant) same.expected = true;
    }
    return {};
  }
  if (!difference.empty()) {
    verdict.message = name + ": " + difference;
    return verdict;
  }
  verdict.message = name + " " + std::string(outcome->did_not) + " at " + When(step.instant);
  if (elsewhere != nullptr) {
    verdict.message += ", but at " + When(elsewhere->instant);
  } else if (latest != nullptr) {
    verdict.message += "; at " + When(latest->instant) + " it was " + Words(NameOf(latest->kind));
    if (!latest->why.empty()) verdict.message += ": " + latest->why;
  }
  verdict.reasons = Describe(step, *verdict.who);
  return verdict;
}

}  // namespace lull::trial
