// Tests: who is in them, when, and what happens to them.
#include "dsl/check_tests.h"

#include <algorithm>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {

void Checker::CheckTests() {
  // What only a test looks at is not used by the rules.
  const std::vector<bool> uses = feature_uses_;
  for (const syntax::TestDecl& decl : tree_.tests) {
    TestInHand in_hand;
    in_hand.time_reported = decl.incomplete;  // the step with the first time may be the one that is lost
    in_hand.test.title = decl.title.text;
    in_hand.test.doc = decl.doc;
    in_hand.test.span = decl.title.span;
    const std::size_t errors = diagnostics_.error_count();
    for (const syntax::TestItem& item : decl.items) CheckTestItem(item, in_hand);
    const bool expects = std::any_of(in_hand.test.steps.begin(), in_hand.test.steps.end(),
                                     [](const TestStep& step) { return step.kind == TestStepKind::kExpect; });
    if (!expects && !decl.incomplete && errors == diagnostics_.error_count()) {
      diagnostics_
          .Report(Code::kTestExpectsNothing, decl.title.span, "this test expects nothing, so it cannot fail")
          .Help("say what should come of it: `at +36h expect NUDGE`, or `expect nothing`");
    }
    program_.tests.push_back(std::move(in_hand.test));
  }
  feature_uses_ = uses;
}

void Checker::CheckTestItem(const syntax::TestItem& item, TestInHand& in_hand) {
  if (item.kind == syntax::TestItemKind::kHeldOut) {
    in_hand.test.held_out = true;
    return;
  }
  if (item.kind == syntax::TestItemKind::kArm) {
    CheckTestArm(item, in_hand);
    return;
  }
  const Symbol* symbol = item.kind == syntax::TestItemKind::kNamed ? Find(item.name.text) : nullptr;
  if (symbol != nullptr && symbol->kind == SymbolKind::kEntity) {
    CheckTestSubject(symbol->index, item, in_hand);
    return;
  }
  if (item.kind == syntax::TestItemKind::kExpect) {
    if (CheckTestTime(item, in_hand)) CheckExpectation(item, in_hand);
    return;
  }
  if (symbol != nullptr && symbol->kind == SymbolKind::kEvent) {
    if (CheckTestTime(item, in_hand)) CheckTestEvent(symbol->index, item, in_hand);
    return;
  }
  if (!CheckTestTask(item, in_hand)) ReportUnknownTestItem(item);
}

void Checker::ReportUnknownTestItem(const syntax::TestItem& item) {
  const Symbol* symbol = Find(item.name.text);
  if (symbol != nullptr && symbol->kind == SymbolKind::kLater) return;
  if (symbol != nullptr) {
    Diagnostic& diagnostic =
        diagnostics_
            .Report(Code::kNoTestStep, item.name.span,
                    Quoted(item.name.text) + " is " + std::string(KindWords(symbol->kind)) +
                        ", which is no step of a test")
            .NoteAt(symbol->span, "declared here");
    if (symbol->kind == SymbolKind::kNudge) {
      diagnostic.Help("to say that it goes out, write " + Quoted("expect " + item.name.text))
          .Replace(item.name.span, "expect " + item.name.text);
    } else if (symbol->kind == SymbolKind::kGroup) {
      diagnostic.Help("write one of the events of the group");
    }
    return;
  }
  std::vector<std::string_view> candidates = NamesOf({SymbolKind::kEntity, SymbolKind::kEvent});
  for (const std::string_view word : {"expect", "claim", "done", "decline"}) candidates.push_back(word);
  ReportUnknown(Code::kNoTestStep, item.name,
                Quoted(item.name.text) + " is neither an entity nor an event nor a step of a task",
                candidates);
}

bool Checker::CheckTestTime(const syntax::TestItem& item, TestInHand& in_hand) {
  if (!item.time.exists()) {
    if (!in_hand.time_reported) {
      diagnostics_.Report(Code::kTestTime, item.span, "when does this happen?")
          .Help("write the time before it: `at 2026-03-02 10:00`, and `at +36h` for what happens later");
    }
    in_hand.time_reported = true;
    return false;
  }
  if (item.time.span == in_hand.time_span) return in_hand.time_good;
  in_hand.time_span = item.time.span;
  in_hand.time_good = false;
  const std::optional<std::int64_t> instant = TestInstant(item.time, in_hand);
  if (!instant) {
    in_hand.time_reported = true;
    return false;
  }
  if (!in_hand.first) in_hand.first = *instant;
  if (*instant < in_hand.now) {
    diagnostics_.Report(Code::kTestTime, item.time.span, "this is earlier than the step before")
        .Label("goes back in time")
        .Explain("offsets such as `+36h` count from the first time of the test, not from the step before")
        .Help("put the steps in the order in which they happen");
    return false;
  }
  in_hand.now = *instant;
  in_hand.time_good = true;
  return true;
}

std::optional<std::int64_t> Checker::TestInstant(const syntax::TestTime& time, const TestInHand& in_hand) {
  if (!time.instant.exists()) {
    if (in_hand.first) return *in_hand.first + time.offset_micros;
    if (in_hand.time_reported) return std::nullopt;
    diagnostics_
        .Report(Code::kTestTime, time.span,
                "an offset counts from the first time of the test, and there is none yet")
        .Help("begin the test with a time such as `at 2026-03-02 10:00`");
    return std::nullopt;
  }
  const ExprId value = CheckExpr(time.instant, {});
  if (value == kNone) return std::nullopt;
  const Expr& expr = At(value);
  if (expr.type.kind == TypeKind::kDate) return zone_.DayStart(expr.integer);
  return expr.integer;
}

void Checker::CheckTestSubject(EntityId entity, const syntax::TestItem& item, TestInHand& in_hand) {
  const std::size_t errors = diagnostics_.error_count();
  AddTestSubject(entity, item, in_hand);
  in_hand.subject_reported |= errors != diagnostics_.error_count();
}

void Checker::AddTestSubject(EntityId entity, const syntax::TestItem& item, TestInHand& in_hand) {
  const Entity& of = program_.entities[entity];
  TestSubject subject;
  subject.entity = entity;
  subject.key = item.text.text;
  subject.span = item.span;
  if (!of.key.empty() && !item.text.exists()) {
    diagnostics_.Report(Code::kTestWhose, item.name.span, "which " + of.name + " is this?")
        .Help("give it a key, such as " + Quoted(of.name + " \"" + of.name.substr(0, 1) + "-1\""));
    return;
  }
  if (item.time.exists()) {
    diagnostics_
        .Report(Code::kTestTime, item.name.span,
                "who is in a test stands at its beginning, before the first `at`")
        .Explain("what is said of an entity here is so from the beginning");
    return;
  }
  if (of.whole != kNone) {
    const std::optional<TestWho> whole = TestWhom(of.whole, item.of, item.of_whole, item.name.span, in_hand);
    if (!whole) return;
    subject.whole_key = whole->key;
  }
  for (const TestSubject& other : in_hand.test.subjects) {
    const bool same = other.key == subject.key && other.whole_key == subject.whole_key;
    if (other.entity != entity || !same) continue;
    diagnostics_.Report(Code::kRepeated, item.span, "this " + of.name + " is in the test twice")
        .NoteAt(other.span, "first named here");
    return;
  }
  for (const syntax::TestValue& value : item.values) {
    const auto at = attributes_[entity].find(value.name.text);
    if (at == attributes_[entity].end()) {
      std::vector<std::string_view> names;
      for (const auto& [name, id] : attributes_[entity]) names.push_back(name);
      ReportUnknown(Code::kUnknownAttribute, value.name,
                    "a " + of.name + " has no attribute " + Quoted(value.name.text), names);
      continue;
    }
    const ExprId literal = CheckTestValue(value, program_.attributes[at->second].type, 0, in_hand);
    if (literal != kNone) subject.attributes.push_back({at->second, literal});
  }
  in_hand.test.subjects.push_back(std::move(subject));
}

void Checker::CheckTestEvent(EventId id, const syntax::TestItem& item, TestInHand& in_hand) {
  TestStep step = in_hand.Step(item, TestStepKind::kEvent);
  step.event.event = id;
  if (item.second.exists() || item.text.exists()) {
    const Span extra = item.second.exists() ? item.second.span : item.text.span;
    Diagnostic& diagnostic =
        diagnostics_.Report(Code::kNoTestStep, extra,
                            "an event has its fields in braces: " + Quoted(item.name.text + " { ... }"));
    if (item.text.exists()) diagnostic.Help("to say whose event it is, write `of` before the key");
    if (item.second.exists())
      diagnostic.Help("separate two steps with a comma, or write each on its own line");
    return;
  }
  CheckTestFields(item, step.event, in_hand);
  CheckTestKeys(item, step.event, in_hand);
  in_hand.test.steps.push_back(std::move(step));
}

}  // namespace lull::dsl
