// Tests: what is expected.
#include <algorithm>
#include <utility>

#include "dsl/check_tests.h"

namespace lull::dsl {
namespace {

using syntax::ExpectForm;
using syntax::ExpectOutcome;

struct WhyWords {
  std::string_view words;
  std::string_view code;  // NameOf(runtime::DecisionCode)
};
constexpr WhyWords kWhyWords[] = {
    {"never", "never"},
    {"capped", "capped"},
    {"quiet hours", "quiet_hours"},
    {"outranked", "outranked"},
    {"place taken", "place_taken"},
    {"held out", "holdout"},
    {"holdout", "holdout"},
    {"state over", "state_over"},
    {"state ended", "state_over"},
    {"answered", "answered"},
    {"withdraw when", "withdraw_when"},
    {"forgotten", "forgotten"},
    {"time over", "time_over"},
    {"overdue", "overdue"},
};

Expected OutcomeOf(ExpectOutcome outcome) {
  switch (outcome) {
    case ExpectOutcome::kNone:
      return Expected::kSent;
    case ExpectOutcome::kWithdrawn:
      return Expected::kWithdrawn;
    case ExpectOutcome::kEscalated:
      return Expected::kEscalated;
    case ExpectOutcome::kExpired:
      return Expected::kExpired;
    case ExpectOutcome::kWaiting:
      return Expected::kWaiting;
    case ExpectOutcome::kSuppressed:
      return Expected::kSuppressed;
    case ExpectOutcome::kHeldOut:
      return Expected::kHeldOut;
  }
  return Expected::kSent;
}

}  // namespace

std::optional<NudgeId> Checker::NudgeNamed(const syntax::TestExpectation& written) const {
  if (!written.value.exists()) return std::nullopt;
  const auto* name = std::get_if<syntax::NameRef>(&tree_[written.value].node);
  const Symbol* symbol = name == nullptr ? nullptr : Find(name->name.text);
  if (symbol == nullptr || symbol->kind != SymbolKind::kNudge) return std::nullopt;
  return symbol->index;
}

void Checker::CheckExpectation(const syntax::TestItem& item, TestInHand& in_hand) {
  const syntax::TestExpectation& written = item.expectation;
  TestStep step = in_hand.Step(item, TestStepKind::kExpect);
  Expectation& expectation = step.expectation;
  const std::optional<NudgeId> nudge = NudgeNamed(written);
  if (nudge) {
    CheckExpectedNudge(*nudge, item, expectation, in_hand);
  } else if (written.form == ExpectForm::kExpression) {
    if (!CheckExpectedState(item, expectation, in_hand)) return;
  } else {
    expectation.what = written.form == ExpectForm::kNothing ? Expected::kNothing : Expected::kNotSent;
    if (written.form == ExpectForm::kNoNudge) {
      expectation.nudge = Resolve(written.nudge, SymbolKind::kNudge, Code::kUnknownNudge, "a nudge");
      if (expectation.nudge == kNone) return;
    }
    if (item.of.exists()) expectation.key = item.of.text;
    if (item.of_whole.exists()) expectation.whole_key = item.of_whole.text;
    if (written.tail_span.exists()) {
      diagnostics_
          .Report(Code::kTestExpectation, written.tail_span, "there is nothing that could be like this")
          .Explain("what is expected here is that nothing goes out");
    }
  }
  in_hand.test.steps.push_back(std::move(step));
}

void Checker::CheckExpectedNudge(NudgeId nudge, const syntax::TestItem& item, Expectation& expectation,
                                 const TestInHand& in_hand) {
  const syntax::TestExpectation& written = item.expectation;
  expectation.what = OutcomeOf(written.outcome);
  expectation.nudge = nudge;
  const EntityId entity = program_.nudges[nudge].entity;
  expectation.entity = entity;
  if (item.of.exists() && entity != kNone) {
    if (const auto who = TestWhom(entity, item.of, item.of_whole, item.of.span, in_hand)) {
      expectation.key = who->key;
      expectation.whole_key = who->whole_key;
    }
  } else {
    const auto of_entity = [&](const TestSubject& subject) { return subject.entity == entity; };
    const std::vector<TestSubject>& subjects = in_hand.test.subjects;
    const auto only = std::find_if(subjects.begin(), subjects.end(), of_entity);
    if (std::count_if(subjects.begin(), subjects.end(), of_entity) == 1) {
      expectation.key = only->key;
      if (entity != kNone && program_.entities[entity].whole != kNone)
        expectation.whole_key = only->whole_key;
    }
  }
  for (const syntax::PlainText& because : written.because) expectation.because.push_back(because.text);
  if (written.why.exists()) {
    const auto* why = std::find_if(std::begin(kWhyWords), std::end(kWhyWords),
                                   [&](const WhyWords& each) { return each.words == written.why.text; });
    if (why == std::end(kWhyWords)) {
      std::vector<std::string_view> words;
      for (const WhyWords& each : kWhyWords) words.push_back(each.words);
      ReportUnknown(Code::kTestExpectation, written.why,
                    "nothing is held back because of " + Quoted(written.why.text), words)
          .Explain("a reason that goes with the nudge is a text: `because \"...\"`");
    } else if (expectation.what == Expected::kSent) {
      diagnostics_
          .Report(Code::kTestExpectation, written.why.span,
                  "this is why a nudge is held back, and here it is expected to go out")
          .Help("write `waiting because " + written.why.text + "` or `suppressed because " +
                written.why.text + "`");
    } else {
      expectation.why = why->code;
    }
  }
  CheckExpectedAction(written, expectation, in_hand);
}

void Checker::CheckExpectedAction(const syntax::TestExpectation& written, Expectation& expectation,
                                  const TestInHand& in_hand) {
  const Nudge& nudge = program_.nudges[expectation.nudge];
  if (written.unit.exists()) {
    expectation.unit = Resolve(written.unit, SymbolKind::kUnit, Code::kUnknownUnit, "a unit");
    if (written.unit_key.exists()) {
      const syntax::ExprNode& key = tree_[written.unit_key].node;
      if (const auto* name = std::get_if<syntax::NameRef>(&key)) {
        expectation.unit_key = name->name.text;
      } else if (const auto* text = std::get_if<syntax::TextLiteral>(&key)) {
        expectation.unit_key = text->parts.empty() ? "" : text->parts.front().text;
      } else {
        diagnostics_.Report(Code::kTestExpectation, tree_[written.unit_key].span,
                            "the key of a unit is a text in quotes, or the value of a choice");
      }
    }
  }
  const Span due_span = written.due.exists()         ? written.due.span
                        : written.due_after.exists() ? tree_[written.due_after].span
                                                     : Span();
  if (due_span.exists() && nudge.due == kNone) {
    diagnostics_
        .Report(Code::kTestExpectation, due_span,
                "the tasks of " + Quoted(nudge.name) + " have no time at which they are due")
        .Help("give the nudge a `due`, or leave this out");
    return;
  }
  if (written.due.exists()) {
    if (const auto due = TestInstant(written.due, in_hand)) expectation.due = *due;
  }
  if (written.due_after.exists()) {
    if (const auto after = ConstantDuration(written.due_after, false)) expectation.due_after = *after;
  }
  if (written.text.exists()) expectation.text = written.text.text;
  if (!written.worth.exists()) return;
  if (nudge.worth == kNone) {
    diagnostics_
        .Report(Code::kTestExpectation, tree_[written.worth].span,
                "the nudge " + Quoted(nudge.name) + " has no worth")
        .Help("give it a `worth`, or leave this out");
    return;
  }
  syntax::TestValue value;
  value.name = {"worth", tree_[written.worth].span};
  value.value = written.worth;
  expectation.worth = CheckTestValue(value, At(nudge.worth).type, 0, in_hand);
}

bool Checker::CheckExpectedState(const syntax::TestItem& item, Expectation& expectation,
                                 const TestInHand& in_hand) {
  const syntax::TestExpectation& written = item.expectation;
  if (written.tail_span.exists()) {
    const auto* name = std::get_if<syntax::NameRef>(&tree_[written.value].node);
    if (name != nullptr && Find(name->name.text) == nullptr) {
      ReportUnknown(Code::kUnknownNudge, name->name, "there is no nudge " + Quoted(name->name.text),
                    NamesOf({SymbolKind::kNudge}));
    } else {
      diagnostics_.Report(Code::kTestExpectation, written.tail_span, "only a nudge can be expected like this")
          .NoteAt(tree_[written.value].span, "this is no nudge");
    }
    return false;
  }
  const auto* bare = std::get_if<syntax::NameRef>(&tree_[written.value].node);
  const auto is_attribute = [&](const auto& of_entity) { return of_entity.contains(bare->name.text); };
  if (bare != nullptr && Find(bare->name.text) == nullptr &&
      std::none_of(attributes_.begin(), attributes_.end(), is_attribute)) {
    ReportUnknown(Code::kUnknownNudge, bare->name,
                  "there is no nudge, stall or other condition " + Quoted(bare->name.text),
                  NamesOf({SymbolKind::kNudge, SymbolKind::kStall, SymbolKind::kFeature}));
    return false;
  }
  const EntityId entity = EntityOfState(item, in_hand);
  if (entity == kNone) return false;
  expectation.what = Expected::kCondition;
  expectation.entity = entity;
  const Span span = tree_[written.value].span;
  if (const auto who = TestWhom(entity, item.of, item.of_whole, span, in_hand)) {
    expectation.key = who->key;
    expectation.whole_key = who->whole_key;
  }
  expectation.condition = CheckCondition(written.value, Scope{entity, kNone, kNone, false, false});
  return expectation.key.has_value() && expectation.condition != kNone;
}

}  // namespace lull::dsl
