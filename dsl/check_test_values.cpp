// Tests: the keys and fields of events, and values.
#include <algorithm>
#include <utility>

#include "dsl/check_tests.h"

namespace lull::dsl {

void Checker::CheckTestKeys(const syntax::TestItem& item, TestEvent& event, TestInHand& in_hand) {
  const Event& declared = program_.events[event.event];
  if (declared.entities.empty()) return;  // reported where it is declared
  event.keys.resize(declared.entities.size());
  bool of_used = !item.of.exists();
  bool any = false;
  for (std::size_t i = 0; i < declared.entities.size(); ++i) {
    const Entity& entity = program_.entities[declared.entities[i]];
    any = any || entity.key.empty();
    const auto given = std::find_if(
        item.values.begin(), item.values.end(),
        [&](const syntax::TestValue& value) { return !entity.key.empty() && value.name.text == entity.key; });
    if (given != item.values.end()) {
      const ExprId key = CheckTestValue(*given, {TypeKind::kText, kNone}, 0, in_hand);
      if (key != kNone) event.keys[i] = At(key).text;
      any = true;
      continue;
    }
    const auto of_entity = [&](const TestSubject& subject) { return subject.entity == declared.entities[i]; };
    const auto named = [&](const TestSubject& subject) {
      return of_entity(subject) && subject.key == item.of.text;
    };
    const std::vector<TestSubject>& subjects = in_hand.test.subjects;
    const bool only = declared.entities.size() == 1;
    if (item.of.exists() && (only || std::any_of(subjects.begin(), subjects.end(), named))) {
      event.keys[i] = item.of.text;
      of_used = true;
    } else if (std::count_if(subjects.begin(), subjects.end(), of_entity) == 1 &&
               (only || !item.of.exists())) {
      event.keys[i] = std::find_if(subjects.begin(), subjects.end(), of_entity)->key;
    }
    any = any || event.keys[i].has_value();
  }
  GiveWholes(item, event, in_hand);
  if (in_hand.subject_reported && (!of_used || !any)) return;
  if (!of_used) {
    diagnostics_
        .Report(Code::kTestWhose, item.of.span, "nobody in this test has the key \"" + item.of.text + "\"")
        .Help("name it at the beginning of the test");
  } else if (!any) {
    TestWhom(declared.entities.front(), {}, {}, item.name.span, in_hand);
  }
}

// Of whom the parts of a test are is said where they are named, and again where keys alone leave it open.
void Checker::GiveWholes(const syntax::TestItem& item, TestEvent& event, const TestInHand& in_hand) {
  const std::vector<EntityId>& entities = program_.events[event.event].entities;
  bool of_whole_used = !item.of_whole.exists();
  for (std::size_t part = 0; part < entities.size(); ++part) {
    const auto whole = std::find(entities.begin(), entities.end(), program_.entities[entities[part]].whole);
    if (whole == entities.end() || !event.keys[part]) continue;
    std::optional<std::string>& key = event.keys[static_cast<std::size_t>(whole - entities.begin())];
    of_whole_used = true;
    if (key && !item.of_whole.exists()) continue;
    const auto is_part = [&](const TestSubject& subject) {
      return subject.entity == entities[part] && subject.key == *event.keys[part];
    };
    const std::vector<TestSubject>& subjects = in_hand.test.subjects;
    const bool named = std::any_of(subjects.begin(), subjects.end(), is_part);
    if (!named && !item.of_whole.exists()) continue;
    const syntax::PlainText of = {*event.keys[part], item.of.exists() ? item.of.span : item.name.span};
    const std::optional<TestWho> who = TestWhom(entities[part], of, item.of_whole, of.span, in_hand);
    if (who) key = who->whole_key;
  }
  if (of_whole_used) return;
  diagnostics_.Report(Code::kTestWhose, item.of_whole.span, Quoted(item.name.text) + " is no event of a part")
      .Help("say whose it is with one key");
}

void Checker::CheckTestFields(const syntax::TestItem& item, TestEvent& event, const TestInHand& in_hand) {
  const Event& declared = program_.events[event.event];
  event.fields.assign(declared.fields.size(), kNone);
  std::vector<bool> given(declared.fields.size(), false);
  const auto is_key = [&](const std::string& name) {
    return std::any_of(declared.entities.begin(), declared.entities.end(),
                       [&](EntityId entity) { return program_.entities[entity].key == name; });
  };
  for (const syntax::TestValue& value : item.values) {
    const auto at = std::find_if(declared.fields.begin(), declared.fields.end(),
                                 [&](const EventField& field) { return field.name == value.name.text; });
    if (at == declared.fields.end()) {
      if (is_key(value.name.text)) continue;
      std::vector<std::string_view> names;
      for (const EventField& field : declared.fields) names.push_back(field.name);
      ReportUnknown(Code::kUnknownField, value.name,
                    "the event " + Quoted(declared.name) + " has no field " + Quoted(value.name.text), names);
      continue;
    }
    const auto index = static_cast<std::size_t>(at - declared.fields.begin());
    if (given[index]) {
      diagnostics_.Report(Code::kRepeated, value.name.span, Quoted(value.name.text) + " is given twice");
    }
    given[index] = true;
    event.fields[index] = CheckTestValue(value, at->type, at->text_bytes_max, in_hand);
  }
  std::string missing;
  for (std::size_t f = 0; f < declared.fields.size(); ++f) {
    const EventField& field = declared.fields[f];
    if (given[f] || field.optional || is_key(field.name)) continue;
    missing += (missing.empty() ? "" : ", ") + Quoted(field.name);
  }
  if (missing.empty()) return;
  diagnostics_
      .Report(Code::kTestMissingField, item.name.span,
              "the event " + Quoted(declared.name) + " lacks " + missing)
      .Explain("an event without a field that it must have would be refused, and change nothing")
      .Help("give the field a value, or declare it with `?` if it may be missing");
}

ExprId Checker::CheckTestValue(const syntax::TestValue& value, Type type, std::uint32_t text_bytes_max,
                               const TestInHand& in_hand) {
  if (value.time.exists()) {
    const std::optional<std::int64_t> instant = TestInstant(value.time, in_hand);
    if (!instant) return kNone;
    const ExprId literal = MakeLiteral({TypeKind::kTime, kNone}, *instant, value.time.span);
    return ReportTestValueType(literal, type, value.name) ? kNone : literal;
  }
  const ExprId literal = CheckExpr(value.value, {}, type);
  if (literal == kNone || ReportTestValueType(literal, type, value.name)) return kNone;
  const Expr& expr = At(literal);
  if (expr.kind != ExprKind::kLiteral) {
    diagnostics_
        .Report(Code::kNotConstant, expr.span, "a test gives plain values, nothing that is calculated")
        .Help("write the value itself");
    return kNone;
  }
  if (type.kind == TypeKind::kText && text_bytes_max > 0 && expr.text.size() > text_bytes_max) {
    diagnostics_
        .Report(Code::kOutOfRange, expr.span,
                "this text is longer than the " + std::to_string(text_bytes_max) +
                    " bytes that the field may have")
        .Help("a longer field is declared with `text up to 1_000 bytes`");
    return kNone;
  }
  return literal;
}

bool Checker::ReportTestValueType(ExprId value, Type type, const syntax::Name& name) {
  const Expr& expr = At(value);
  if (expr.type == type) return false;
  Diagnostic& diagnostic =
      diagnostics_.Report(Code::kTestValueType, expr.span, Quoted(name.text) + " is " + TypeName(type))
          .Label("this is " + TypeNameOf(value));
  const bool number = expr.type.kind == TypeKind::kNumber && expr.kind == ExprKind::kLiteral;
  if (type.kind == TypeKind::kChoice) {
    const std::vector<std::string>& values = program_.choices[type.of].values;
    if (std::find(values.begin(), values.end(), expr.text) != values.end()) {
      diagnostic.Help("the values of a choice stand without quotes").Replace(expr.span, expr.text);
    }
  } else if (type.kind == TypeKind::kMoney && number) {
    diagnostic.Help("add the currency, such as `21_500 " +
                    (program_.header.currency.empty() ? "USD" : program_.header.currency) + "`");
  } else if (type.kind == TypeKind::kDuration && number) {
    diagnostic.Help("add the unit of time, such as `3 days`");
  } else if (type.kind == TypeKind::kTime && expr.type.kind == TypeKind::kDate) {
    diagnostic.Help(
        "add the time of day, such as `2026-03-02 10:00`, or write `+36h` after the first time of the test");
  } else if (type.kind == TypeKind::kText) {
    diagnostic.Help("texts stand in quotes");
  }
  return true;
}

}  // namespace lull::dsl
