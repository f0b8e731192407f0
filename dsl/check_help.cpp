// What to write instead, where the checker knows it: kinds that do not go together, names, quotes.
#include <algorithm>
#include <array>

#include "dsl/checker.h"
#include "dsl/habits.h"
#include "dsl/keywords.h"

namespace lull::dsl {
namespace {

/// 2026-11-26, perhaps with a time of day.
bool LooksLikeDate(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-dd";
  if (text.size() < kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? !IsDigit(text[i]) : text[i] != kShape[i]) return false;
  }
  return text.size() == kShape.size() || (text.size() >= 16 && (text[10] == ' ' || text[10] == 'T'));
}

bool LooksLikeNumber(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '.'; }) &&
         IsDigit(text.front()) && IsDigit(text.back());
}

struct KindHelp {
  TypeKind kind;
  std::string_view example;
};
constexpr std::array<KindHelp, 10> kKindExamples = {
    {{TypeKind::kFlag, "`yes` or `no`"},
     {TypeKind::kNumber, "a number such as `4`"},
     {TypeKind::kMoney, "an amount such as `500 USD`"},
     {TypeKind::kDuration, "a duration such as `3 days`"},
     {TypeKind::kTime, "a time such as `2026-03-02 10:00`"},
     {TypeKind::kDate, "a date such as `2026-11-26`"},
     {TypeKind::kText, "a text such as \"north\""},
     {TypeKind::kChoice, "one of its values"},
     {TypeKind::kStage, "one of its stages"},
     {TypeKind::kCalendarDuration, "a duration such as `2 months`"}}};

}  // namespace

std::string Checker::ExampleOf(Type type) const {
  if (type.kind == TypeKind::kChoice && type.of < program_.choices.size()) {
    const std::vector<std::string>& values = program_.choices[type.of].values;
    if (!values.empty()) return "one of its values, such as " + Quoted(values.front());
  }
  if (type.kind == TypeKind::kStage && !program_.journeys[type.of].stages.empty()) {
    return "one of its stages, such as " + Quoted(program_.journeys[type.of].stages.front().name);
  }
  if (type.kind == TypeKind::kMoney && !program_.header.currency.empty()) {
    return "an amount such as `500 " + program_.header.currency + "`";
  }
  return std::string(kKindExamples[static_cast<std::size_t>(type.kind)].example);
}

// `wrong` stands where something of the kind of `other` is needed.
void Checker::HelpUnlike(Diagnostic& diagnostic, const Expr& wrong, const Expr& other, CompareOp op) {
  const bool text = wrong.kind == ExprKind::kLiteral && wrong.type.kind == TypeKind::kText;
  const TypeKind wanted = other.type.kind;
  const bool date =
      (wanted == TypeKind::kDate || wanted == TypeKind::kTime) && text && LooksLikeDate(wrong.text);
  const bool number = wanted == TypeKind::kNumber && text && LooksLikeNumber(wrong.text);
  const bool flag = wanted == TypeKind::kFlag && text && !ValueMeant(wrong.text).write.empty();
  if (flag) {
    const std::string written(ValueMeant(wrong.text).write);
    diagnostic.Help("write `" + written + "`").Replace(wrong.span, written);
  } else if (date || number) {
    diagnostic.Help("leave out the quotes: `" + wrong.text + "`").Replace(wrong.span, wrong.text);
  } else if (wanted == TypeKind::kText && op != CompareOp::kEqual && op != CompareOp::kNotEqual) {
    diagnostic.Help("a text is neither larger nor smaller: compare a number, or ask with `is`");
  } else if (wanted == TypeKind::kText && wrong.kind == ExprKind::kLiteral &&
             (wrong.type.kind == TypeKind::kNumber || wrong.type.kind == TypeKind::kFlag)) {
    diagnostic.Help("put it in quotes: " + Quoted("\"...\""));
  } else {
    diagnostic.Help("compare " + TypeName(other.type) + " with " + ExampleOf(other.type));
  }
}

void Checker::HelpArithmetic(Diagnostic& diagnostic, syntax::BinaryOp op, Type left, Type right) {
  const auto are = [&](TypeKind a, TypeKind b) {
    return (left.kind == a && right.kind == b) || (left.kind == b && right.kind == a);
  };
  const bool sum = op == syntax::BinaryOp::kAdd || op == syntax::BinaryOp::kSubtract;
  if (left.kind == TypeKind::kText || right.kind == TypeKind::kText) {
    diagnostic.Help("to join texts, write one text with braces: \"{first} {second}\".");
  } else if (are(TypeKind::kMoney, TypeKind::kDuration)) {
    diagnostic.Help(
        "money and time do not mix; divide the duration by a unit first: `amount * (age / 1 day)`");
  } else if (left.kind == TypeKind::kMoney && right.kind == TypeKind::kMoney) {
    diagnostic.Help("multiply money with a number or a percentage: `amount * 2%`");
  } else if (left.kind == TypeKind::kDuration && right.kind == TypeKind::kDuration) {
    diagnostic.Help("divide one of them by a unit first: `a * (b / 1 day)`");
  } else if (left.kind == TypeKind::kDate || right.kind == TypeKind::kDate) {
    diagnostic.Help("a date is a whole day; calculate with times and durations");
  } else if (left.kind == TypeKind::kFlag || right.kind == TypeKind::kFlag) {
    diagnostic.Help("make a number of the condition first: `if condition then 1 else 0`");
  } else if (sum) {
    diagnostic.Help("numbers, money and durations are added only to their like");
  } else {
    diagnostic.Help("money and durations are multiplied and divided with plain numbers");
  }
}

// A name that nothing has: is it a field of an event, a text without quotes, a word of another language?
bool Checker::ReportKnownSlip(const syntax::Name& name, const Scope& scope, std::optional<Type> expected) {
  constexpr std::array<std::string_view, 2> kKnown = {"known", "unknown"};
  const std::string_view known = ClosestWord(name.text, kKnown);
  if (expected && !known.empty() && ClosestOfEntity(name.text, scope).empty()) {
    diagnostics_.Report(Code::kUnknownName, name.span, "nothing is named " + Quoted(name.text) + " here")
        .Help("did you mean " + Quoted(known) + "?")
        .Replace(name.span, std::string(known));
    return true;
  }
  const Synonym value = ValueMeant(name.text);
  if (!value.write.empty() || !value.help.empty()) {
    Diagnostic& diagnostic =
        diagnostics_.Report(Code::kUnknownName, name.span, Quoted(name.text) + " has another name here");
    if (!value.help.empty()) diagnostic.Help(std::string(value.help));
    if (!value.write.empty()) diagnostic.Replace(name.span, std::string(value.write));
    return true;
  }
  for (const Choice& choice : program_.choices) {
    if (std::find(choice.values.begin(), choice.values.end(), name.text) != choice.values.end()) return false;
  }
  if (expected && expected->kind == TypeKind::kText && ClosestOfEntity(name.text, scope).empty()) {
    const std::string quoted = "\"" + name.text + "\"";
    diagnostics_.Report(Code::kUnknownName, name.span, "nothing is named " + Quoted(name.text) + " here")
        .Label("a text?")
        .Help("a text stands in quotes: " + quoted)
        .Replace(name.span, quoted);
    return true;
  }
  return ReportFieldOutOfReach(name, scope) || ReportAttributeOfOther(name, scope);
}

bool Checker::ReportFieldOutOfReach(const syntax::Name& name, const Scope& scope) {
  std::string events;
  std::string first;
  for (const Event& event : program_.events) {
    const bool seen =
        std::find(event.entities.begin(), event.entities.end(), scope.entity) != event.entities.end();
    const bool has = std::any_of(event.fields.begin(), event.fields.end(),
                                 [&](const EventField& field) { return field.name == name.text; });
    if (!seen || !has) continue;
    if (first.empty()) first = event.name;
    events += (events.empty() ? "" : ", ") + Quoted(event.name);
  }
  if (first.empty()) return false;
  const std::string written = "latest " + first + "." + name.text;
  Diagnostic& diagnostic = diagnostics_.Report(
      Code::kUnknownName, name.span,
      Quoted(name.text) + " is a field of " + events + ", and none of them is at hand here");
  diagnostic.Help("say of which event, such as " + Quoted(written));
  if (events.find(',') == std::string::npos) diagnostic.Replace(name.span, written);
  return true;
}

bool Checker::ReportAttributeOfOther(const syntax::Name& name, const Scope& scope) {
  for (EntityId id = 0; scope.entity != kNone && id < attributes_.size(); ++id) {
    const auto found = attributes_[id].find(name.text);
    if (id == scope.entity || found == attributes_[id].end()) continue;
    diagnostics_
        .Report(Code::kOtherEntity, name.span,
                Quoted(name.text) + " is an attribute of " + Quoted(program_.entities[id].name) +
                    ", and this is about " + Quoted(program_.entities[scope.entity].name))
        .NoteAt(program_.attributes[found->second].span, "declared here")
        .Help("write the rule for " + Quoted(program_.entities[id].name) + ", or give " +
              Quoted(program_.entities[scope.entity].name) + " such an attribute");
    return true;
  }
  return false;
}

std::string_view Checker::ClosestOfEntity(std::string_view name, const Scope& scope) const {
  std::vector<std::string_view> candidates;
  if (scope.own != kNone) candidates = FieldNames(scope.own);
  if (scope.own == kNone && scope.trigger != kNone) candidates = FieldNames(scope.trigger);
  if (scope.entity != kNone) {
    for (const auto& [attribute, id] : attributes_[scope.entity]) candidates.push_back(attribute);
  }
  for (const auto& [other, declared] : symbols_) {
    if (scope.entity != kNone && EntityOf(declared) == scope.entity) candidates.push_back(other);
  }
  return ClosestWord(name, candidates);
}

// `on quote-started`: a name with a hyphen reads as a subtraction.
bool Checker::ReportHyphen(const syntax::Binary& node, Span span) {
  if (node.op != syntax::BinaryOp::kSubtract) return false;
  const auto* left = std::get_if<syntax::NameRef>(&tree_[node.left].node);
  const auto* right = std::get_if<syntax::NameRef>(&tree_[node.right].node);
  if (left == nullptr || right == nullptr || left->name.span.end + 1 != right->name.span.begin) return false;
  const std::string joined = left->name.text + "_" + right->name.text;
  if (Find(joined) == nullptr) return false;
  diagnostics_.Report(Code::kNameSpelling, span, "a hyphen cannot stand in a name")
      .Explain("it would be read as a subtraction")
      .Help("did you mean " + Quoted(joined) + "?")
      .Replace(span, joined);
  return true;
}

// `on a or b` of events.
bool Checker::ReportEventsJoined(syntax::ExprId condition, Span span) {
  std::vector<std::string> names;
  std::vector<syntax::ExprId> open = {condition};
  while (!open.empty()) {
    const syntax::Expr& expr = tree_[open.back()];
    open.pop_back();
    if (const auto* binary = std::get_if<syntax::Binary>(&expr.node);
        binary != nullptr && binary->op == syntax::BinaryOp::kOr) {
      open.insert(open.end(), {binary->right, binary->left});
    } else if (const auto* ref = std::get_if<syntax::NameRef>(&expr.node)) {
      const Symbol* symbol = Find(ref->name.text);
      if (symbol == nullptr || (symbol->kind != SymbolKind::kEvent && symbol->kind != SymbolKind::kGroup)) {
        return false;
      }
      names.push_back(ref->name.text);
    } else {
      return false;
    }
  }
  if (names.size() < 2) return false;
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  diagnostics_.Report(Code::kNotAValue, span, "a rule on several events needs a name for them together")
      .Help("write " + Quoted("events either = " + list) + " outside of the nudge, and `on either` here");
  return true;
}

// `quiet hours 20:00 - 08:00`.
bool Checker::ReportClocksJoined(syntax::ExprId condition) {
  const auto* joined = std::get_if<syntax::Binary>(&tree_[condition].node);
  if (joined == nullptr || !std::holds_alternative<syntax::ClockLiteral>(tree_[joined->left].node) ||
      !std::holds_alternative<syntax::ClockLiteral>(tree_[joined->right].node)) {
    return false;
  }
  const Span left = tree_[joined->left].span;
  const Span between{left.source, left.end, tree_[joined->right].span.begin};
  diagnostics_.Report(Code::kClockHere, tree_[condition].span, "two times of day are joined with `to`")
      .Help("write `quiet hours 20:00 to 08:00`")
      .Replace(between, " to ");
  return true;
}

// Quiet hours with a number in place of a time of day: `20` and `20.30` can only be one.
void Checker::ReportNoClock(syntax::ExprId id) {
  Diagnostic& diagnostic =
      diagnostics_
          .Report(Code::kQuietHoursEmpty, tree_[id].span, "quiet hours need times of day in whole minutes")
          .Help("write `quiet hours 20:00 to 08:00`");
  const auto* number = std::get_if<syntax::NumberLiteral>(&tree_[id].node);
  if (number == nullptr || number->percent || number->value.units < 0) return;
  const bool hours = number->value.decimals == 0 && number->value.units <= 24;
  const bool minutes =
      number->value.decimals == 2 && number->value.units < 2'400 && number->value.units % 100 < 60;
  if (!hours && !minutes) return;
  const auto two = [](std::int64_t value) {
    return std::string(value < 10 ? "0" : "") + std::to_string(value);
  };
  const std::string clock = hours ? two(number->value.units) + ":00"
                                  : two(number->value.units / 100) + ":" + two(number->value.units % 100);
  diagnostic.Help("times of day have hours and minutes: `" + clock + "`").Replace(tree_[id].span, clock);
}

std::string ListOf(const std::vector<std::string_view>& names) {
  constexpr std::size_t kShown = 8;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    list += (list.empty() ? "" : ", ") + Quoted(names[i]);
  }
  if (names.size() > kShown) list += " and " + std::to_string(names.size() - kShown) + " more";
  return list;
}

// A zone by its city, or by letters that people know.
std::string ZoneMeant(std::string_view written) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kLetters = {{
      {"CST", "America/Chicago"},
      {"CDT", "America/Chicago"},
      {"EST", "America/New_York"},
      {"EDT", "America/New_York"},
      {"MST", "America/Denver"},
      {"PST", "America/Los_Angeles"},
      {"PDT", "America/Los_Angeles"},
      {"CET", "Europe/Berlin"},
      {"CEST", "Europe/Berlin"},
      {"BST", "Europe/London"},
      {"GMT", "Europe/London"},
      {"IST", "Asia/Kolkata"},
  }};
  for (const auto& [letters, zone] : kLetters) {
    if (letters == written) return std::string(zone);
  }
  std::string city(written.substr(written.find('/') == std::string_view::npos ? 0 : written.rfind('/') + 1));
  bool begins = true;
  for (char& c : city) {
    if (c == ' ') c = '_';
    if (begins && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    begins = c == '_';
  }
  for (const std::string_view region :
       {"America", "Europe", "Asia", "Africa", "Australia", "Pacific", "Atlantic"}) {
    const std::string zone = std::string(region) + "/" + city;
    if (!city.empty() && Zone::Find(zone)) return zone;
  }
  return {};
}

}  // namespace lull::dsl
