// Expressions of the syntax tree as text.
#include <cstdio>

#include "dsl/tree_printer.h"
#include "runtime/base/time.h"

namespace lull::dsl {
namespace {

using namespace syntax;  // NOLINT(google-build-using-namespace): the names of the tree are what this file is
                         // about

constexpr const char* kBinaryWords[] = {
    "or",        "and",      "is",   "is not",  "<", "<=", ">", ">=", "starts with",
    "ends with", "contains", "like", "or else", "+", "-",  "*", "/"};
constexpr const char* kAggregateWords[] = {"count of",   "count of different", "sum of", "average of",
                                           "minimum of", "maximum of",         "first",  "latest",
                                           "any",        "time since",         "gap of"};

std::string Print(const Decimal& decimal) {
  std::string digits = std::to_string(decimal.units);
  if (decimal.decimals == 0) return digits;
  const auto decimals = static_cast<std::size_t>(decimal.decimals);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  return digits.insert(digits.size() - decimals, ".");
}

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    if (c == '{' || c == '}') escaped += c;
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

class ExprPrinter {
 public:
  explicit ExprPrinter(const SyntaxTree& tree) : tree_(tree) {}

  std::string Print(ExprId id) const {
    if (!id.exists()) return {};
    return std::visit([this](const auto& node) { return Node(node); }, tree_[id].node);
  }

 private:
  std::string Node(const BadExpr&) const { return "<error>"; }
  std::string Node(const NumberLiteral& number) const {
    if (!number.percent) return dsl::Print(number.value);
    return dsl::Print(Decimal{number.value.units, number.value.decimals - 2}) + "%";
  }
  std::string Node(const MoneyLiteral& money) const {
    return dsl::Print(money.amount) + " " + money.currency.text;
  }
  std::string Node(const DurationLiteral& duration) const {
    const std::int64_t micros = duration.micros % kMicrosPerSecond;
    std::string text = duration.months != 0 ? std::to_string(duration.months) + " months" : "";
    if (duration.months != 0 && duration.micros == 0) return text;
    if (!text.empty()) text += ' ';
    if (micros == 0) return text + std::to_string(duration.micros / kMicrosPerSecond) + " seconds";
    return text + dsl::Print(Decimal{duration.micros, 6}) + " seconds";
  }
  std::string Node(const CalendarDuration& duration) const {
    const std::string amount = Print(duration.amount) + (duration.days ? " working days" : "");
    return duration.calendar.exists() ? amount + " of " + duration.calendar.text : amount;
  }
  std::string Node(const ClockLiteral& clock) const {
    char text[16];
    std::snprintf(text, sizeof(text), "%02d:%02d:%02d", clock.second_of_day / 3'600,
                  clock.second_of_day / 60 % 60, clock.second_of_day % 60);
    return text;
  }
  std::string Node(const DateLiteral& date) const {
    char text[32];
    std::snprintf(text, sizeof(text), "%04d-%02d-%02d", date.year, date.month, date.day);
    return text;
  }
  std::string Node(const DateTimeLiteral& at) const { return Node(at.date) + " " + Node(at.clock); }
  std::string Node(const FlagLiteral& flag) const { return flag.value ? "yes" : "no"; }
  std::string Node(const TextLiteral& literal) const {
    std::string text = "\"";
    for (const TextPart& part : literal.parts) {
      text += part.expr.exists() ? "{" + Print(part.expr) + "}" : Escaped(part.text);
    }
    return text + "\"";
  }
  std::string Node(const NameRef& ref) const { return ref.name.text; }
  std::string Node(const FieldRef& ref) const { return Print(ref.base) + "." + ref.field.text; }
  std::string Node(const Unary& unary) const {
    const std::string operand = Print(unary.operand);
    switch (unary.op) {
      case UnaryOp::kNot:
        return "(not " + operand + ")";
      case UnaryOp::kNegate:
        return "(-" + operand + ")";
      case UnaryOp::kIsKnown:
        return "(" + operand + " is known)";
      case UnaryOp::kIsUnknown:
        return "(" + operand + " is unknown)";
      case UnaryOp::kRounded:
        return "(" + operand + " rounded)";
      case UnaryOp::kRoundedUp:
        return "(" + operand + " rounded up)";
      case UnaryOp::kRoundedDown:
        return "(" + operand + " rounded down)";
      case UnaryOp::kLowerCase:
        return "(lower case of " + operand + ")";
      case UnaryOp::kLength:
        return "(length of " + operand + ")";
      case UnaryOp::kTimeUntil:
        return "(time until " + operand + ")";
      case UnaryOp::kNextYearly:
        return "(next yearly " + operand + ")";
      case UnaryOp::kBeforeThis:
        return "(" + operand + " before this)";
    }
    return {};
  }
  std::string Node(const Binary& binary) const {
    return "(" + Print(binary.left) + " " + kBinaryWords[static_cast<int>(binary.op)] + " " +
           Print(binary.right) + ")";
  }
  std::string Node(const Between& between) const {
    return "(" + Print(between.value) + " between " + Print(between.low) + " and " + Print(between.high) +
           ")";
  }
  std::string Node(const OneOf& one_of) const {
    return "(" + Print(one_of.value) + (one_of.negated ? " is not one of " : " is one of ") +
           List(one_of.choices) + ")";
  }
  std::string Node(const IfThenElse& choice) const {
    return "(if " + Print(choice.condition) + " then " + Print(choice.then_value) + " else " +
           Print(choice.else_value) + ")";
  }
  std::string Node(const Pick& pick) const {
    return (pick.kind == PickKind::kSmaller ? "(smaller of " : "(larger of ") + List(pick.values) + ")";
  }
  std::string Node(const ArmRef& arm) const { return "(arm of " + arm.experiment.text + ")"; }
  std::string Node(const Aggregate& aggregate) const {
    std::string text =
        std::string("(") + kAggregateWords[static_cast<int>(aggregate.kind)] + " " + aggregate.event.text;
    if (aggregate.field.exists()) text += "." + aggregate.field.text;
    if (aggregate.where.exists()) text += " where " + Print(aggregate.where);
    if (aggregate.same_field.exists()) text += " with same " + aggregate.same_field.text;
    const Window& window = aggregate.window;
    if (window.kind == WindowKind::kLast) text += " in last " + Print(window.duration);
    if (window.kind == WindowKind::kSinceEvent) text += " since " + window.name.text;
    if (window.kind == WindowKind::kSinceEntered)
      text += " since " + window.name.text + " entered " + window.stage.text;
    if (window.kind == WindowKind::kBeforeThat) text += " in the " + Print(window.duration) + " before that";
    if (window.kind == WindowKind::kPeriod) text += Period(window);
    return text + ")";
  }
  std::string Node(const ClockOnDay& at) const { return "(" + Node(at.clock) + " on " + Print(at.day) + ")"; }
  std::string Node(const TimeIn& time) const {
    std::string text = "(time in " + time.stage.text;
    for (const Name& of : {time.of, time.also_of}) text += of.exists() ? " of " + of.text : "";
    return text + ")";
  }
  static std::string Period(const Window& window) {
    static constexpr const char* kWords[] = {" this ", " last ", " in the "};
    return kWords[window.periods_back] + std::string(PeriodName(window.period)) +
           (window.periods_back == 2 ? " before last" : "");
  }
  std::string Node(const RawCell& cell) const { return "'" + cell.text + "'"; }
  std::string Node(const Table& table) const {
    std::string text = "table " + List(table.inputs) + " gives " + table.type;
    if (!table.file.empty()) text += " from \"" + table.file + "\"";
    for (const TableRow& row : table.rows) {
      text += "\n   ";
      for (const ExprId cell : row.cells) text += " | " + (cell.exists() ? Print(cell) : std::string("-"));
      text += " | " + Print(row.result);
    }
    return text;
  }
  std::string List(const std::vector<ExprId>& values) const {
    std::string text;
    for (const ExprId value : values) text += (text.empty() ? "(" : ", ") + Print(value);
    return text + ")";
  }

  const SyntaxTree& tree_;
};

}  // namespace

std::string PrintExpr(const SyntaxTree& tree, ExprId id) { return ExprPrinter(tree).Print(id); }

}  // namespace lull::dsl
