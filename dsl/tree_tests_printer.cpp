// Tests in the text of a syntax tree.
#include "dsl/tree_printer.h"

namespace lull::dsl {
namespace {

using namespace syntax;  // NOLINT(google-build-using-namespace): the names of the tree are what this file is
                         // about

std::string Quoted(const PlainText& text) { return "\"" + text.text + "\""; }
std::string If(const char* word, const Name& name) {
  return name.exists() ? word + name.text : std::string();
}
std::string If(const char* word, const PlainText& text) { return text.exists() ? word + Quoted(text) : ""; }
std::string If(const SyntaxTree& tree, const char* word, ExprId id) {
  return id.exists() ? word + PrintExpr(tree, id) : std::string();
}

std::string TimeText(const SyntaxTree& tree, const TestTime& time) {
  return time.instant.exists() ? PrintExpr(tree, time.instant)
                               : "+" + std::to_string(time.offset_micros) + "us";
}

std::string ExpectationText(const SyntaxTree& tree, const TestExpectation& expectation) {
  static constexpr const char* kOutcomes[] = {"",         " withdrawn",  " escalated", " expired",
                                              " waiting", " suppressed", " held out"};
  std::string text = "expect";
  if (expectation.form == ExpectForm::kNothing) text += " nothing";
  if (expectation.form == ExpectForm::kNoNudge) text += " no " + expectation.nudge.text;
  text += If(tree, " ", expectation.value);
  text += kOutcomes[static_cast<int>(expectation.outcome)];
  text +=
      If(" to ", expectation.unit) + If(tree, " / ", expectation.unit_key) + If(" because ", expectation.why);
  for (const PlainText& because : expectation.because) text += " because " + Quoted(because);
  if (expectation.due.exists()) text += " due " + TimeText(tree, expectation.due);
  text += If(tree, " due ", expectation.due_after) + If(tree, " worth ", expectation.worth);
  return text + If(" text ", expectation.text);
}

std::string OfText(const TestItem& item) { return If(" of ", item.of) + If(" of ", item.of_whole); }

std::string ItemText(const SyntaxTree& tree, const TestItem& item) {
  std::string text;
  if (item.time.exists()) text += (item.time.by ? "by " : "at ") + TimeText(tree, item.time) + " ";
  if (item.kind == TestItemKind::kHeldOut) return text + "held out";
  if (item.kind == TestItemKind::kArm) return text + "in arm " + item.name.text + If(" of ", item.second);
  if (item.kind == TestItemKind::kExpect) {
    return text + ExpectationText(tree, item.expectation) + OfText(item);
  }
  text += item.name.text + If(" ", item.second) + If(" ", item.text) + OfText(item) + If(" by ", item.by);
  if (!item.has_values) return text;
  text += " {";
  for (const TestValue& value : item.values) {
    text += " " + value.name.text + " ";
    text += value.time.exists() ? TimeText(tree, value.time) : PrintExpr(tree, value.value);
  }
  return text + " }";
}

}  // namespace

std::string PrintTest(const SyntaxTree& tree, const TestDecl& test) {
  std::string text = "test " + Quoted(test.title) + (test.incomplete ? " (incomplete)\n" : "\n");
  for (const TestItem& item : test.items) text += "  " + ItemText(tree, item) + "\n";
  return text;
}

}  // namespace lull::dsl
