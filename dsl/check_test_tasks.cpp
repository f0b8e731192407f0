// Tests: what somebody does with a task, and the arms of experiments.
#include <algorithm>
#include <utility>

#include "dsl/check_tests.h"

namespace lull::dsl {
namespace {

struct TaskWord {
  std::string_view word;
  TaskAction action;
};
constexpr TaskWord kTaskWords[] = {{"claim", TaskAction::kClaim},     {"claimed", TaskAction::kClaim},
                                   {"release", TaskAction::kRelease}, {"released", TaskAction::kRelease},
                                   {"done", TaskAction::kDone},       {"decline", TaskAction::kDecline},
                                   {"declined", TaskAction::kDecline}};

}  // namespace

bool Checker::IsTask(const Nudge& nudge) const {
  return nudge.channel != kNone && program_.channels[nudge.channel].is_task;
}

bool Checker::CheckTestTask(const syntax::TestItem& item, TestInHand& in_hand) {
  const auto* word = std::find_if(std::begin(kTaskWords), std::end(kTaskWords),
                                  [&](const TaskWord& each) { return each.word == item.name.text; });
  if (word == std::end(kTaskWords)) return false;
  if (!CheckTestTime(item, in_hand)) return true;
  TestStep step = in_hand.Step(item, TestStepKind::kTask);
  step.task.action = word->action;
  step.task.outcome = item.text.text;
  step.task.by = item.by.text;
  if (item.has_values) {
    diagnostics_.Report(Code::kNoTestStep, item.span, "a step of a task has no fields")
        .Help("write `done NUDGE \"the outcome\" by \"who did it\"`");
    return true;
  }
  if (CheckTestStepOf(item, step.task, in_hand) && CheckTestOutcome(item, step.task)) {
    in_hand.test.steps.push_back(std::move(step));
  }
  return true;
}

/// Which task, and whose.
bool Checker::CheckTestStepOf(const syntax::TestItem& item, TestTaskStep& task, const TestInHand& in_hand) {
  const std::vector<Nudge>& nudges = program_.nudges;
  if (std::none_of(nudges.begin(), nudges.end(), [&](const Nudge& nudge) { return IsTask(nudge); })) {
    diagnostics_.Report(Code::kNoTestStep, item.span, "no nudge of this ruleset is a task")
        .Explain("a message is gone when it is sent; nobody claims it or says that it is done");
    return false;
  }
  if (item.second.exists()) {
    const Symbol* symbol = Find(item.second.text);
    if (symbol == nullptr && IsOutcome(item.second.text)) {
      const std::string quoted = "\"" + item.second.text + "\"";
      diagnostics_
          .Report(Code::kNoTestStep, item.second.span,
                  Quoted(item.second.text) + " is an outcome, not a nudge")
          .Help("in a test an outcome stands in quotes: " + Quoted(item.name.text + " " + quoted))
          .Replace(item.second.span, quoted);
      return false;
    }
    task.nudge = Resolve(item.second, SymbolKind::kNudge, Code::kUnknownNudge, "a nudge");
    if (task.nudge == kNone) return false;
    if (!IsTask(nudges[task.nudge])) {
      diagnostics_
          .Report(Code::kMessageHasNoSteps, item.second.span,
                  Quoted(nudges[task.nudge].name) + " is a message, and a message is gone when it is sent")
          .Help("only tasks are claimed, done or declined");
      return false;
    }
  }
  if (!item.of.exists()) return true;
  task.key = item.of.text;
  if (item.of_whole.exists()) task.whole_key = item.of_whole.text;
  const std::vector<TestSubject>& subjects = in_hand.test.subjects;
  const auto is_meant = [&](const TestSubject& subject) {
    const bool its_kind = task.nudge == kNone || nudges[task.nudge].entity == subject.entity;
    return its_kind && subject.key == item.of.text &&
           (!task.whole_key || subject.whole_key == *task.whole_key);
  };
  if (subjects.empty() || std::any_of(subjects.begin(), subjects.end(), is_meant)) return true;
  if (in_hand.subject_reported) return false;
  diagnostics_
      .Report(Code::kTestWhose, item.of.span, "nobody in this test has the key \"" + item.of.text + "\"")
      .Help("name it at the beginning of the test");
  return false;
}

bool Checker::IsOutcome(const std::string& text) const {
  return std::any_of(program_.nudges.begin(), program_.nudges.end(), [&](const Nudge& nudge) {
    if (nudge.outcomes == kNone) return false;
    const std::vector<std::string>& values = program_.choices[nudge.outcomes].values;
    return std::find(values.begin(), values.end(), text) != values.end();
  });
}

bool Checker::CheckTestOutcome(const syntax::TestItem& item, const TestTaskStep& task) {
  if (!item.text.exists()) return true;
  if (task.action != TaskAction::kDone && task.action != TaskAction::kDecline) {
    diagnostics_.Report(Code::kNoTestStep, item.text.span, "only who is done, or declines, says an outcome")
        .Help("write it without the outcome: " + Quoted(item.name.text));
    return false;
  }
  std::vector<std::string_view> outcomes;
  for (NudgeId id = 0; id < program_.nudges.size(); ++id) {
    const Nudge& nudge = program_.nudges[id];
    if (!IsTask(nudge) || (task.nudge != kNone && task.nudge != id)) continue;
    if (nudge.outcomes == kNone) return true;  // any text
    for (const std::string& value : program_.choices[nudge.outcomes].values) outcomes.push_back(value);
  }
  if (std::find(outcomes.begin(), outcomes.end(), item.text.text) != outcomes.end()) return true;
  const std::string of = task.nudge == kNone ? "no task" : Quoted(program_.nudges[task.nudge].name);
  ReportUnknown(
      Code::kTestValueType, {"\"" + item.text.text + "\"", item.text.span},
      of + (task.nudge == kNone ? " has the outcome \"" : " has no outcome \"") + item.text.text + "\"",
      outcomes);
  return false;
}

void Checker::CheckTestArm(const syntax::TestItem& item, TestInHand& in_hand) {
  ExperimentId only = kNone;
  if (item.second.exists()) {
    only = Resolve(item.second, SymbolKind::kExperiment, Code::kUnknownExperiment, "an experiment");
    if (only == kNone) return;
  }
  if (program_.experiments.empty()) {
    diagnostics_.Report(Code::kNoTestStep, item.span, "this ruleset has no experiment to be in an arm of")
        .Help("leave it out, or declare one: `experiment NAME of ENTITY { arm a 50%  arm b 50% }`");
    return;
  }
  std::vector<std::pair<ExperimentId, std::uint32_t>> found;
  std::vector<std::string_view> names;
  for (ExperimentId id = 0; id < program_.experiments.size(); ++id) {
    if (only != kNone && only != id) continue;
    const std::vector<Arm>& arms = program_.experiments[id].arms;
    for (std::uint32_t arm = 0; arm < arms.size(); ++arm) {
      names.push_back(arms[arm].name);
      if (arms[arm].name == item.name.text) found.emplace_back(id, arm);
    }
  }
  if (found.empty()) {
    ReportUnknown(Code::kUnknownExperiment, item.name,
                  (only == kNone ? "no experiment" : Quoted(program_.experiments[only].name)) +
                      std::string(only == kNone ? " has an arm " : " has no arm ") + Quoted(item.name.text),
                  names);
    return;
  }
  if (found.size() > 1) {
    diagnostics_
        .Report(Code::kTestWhose, item.name.span, "several experiments have an arm " + Quoted(item.name.text))
        .Help("say which one: " +
              Quoted("in arm " + item.name.text + " of " + program_.experiments[found.front().first].name));
    return;
  }
  for (const auto& [experiment, arm] : in_hand.test.arms) {
    if (experiment != found.front().first) continue;
    diagnostics_.Report(Code::kRepeated, item.span,
                        "the arm of " + Quoted(program_.experiments[experiment].name) + " is said twice");
    return;
  }
  in_hand.test.arms.push_back(found.front());
}

}  // namespace lull::dsl
