#include "dsl/expr_writer.h"

#include <fmt/format.h>

#include <array>

namespace lull::dsl {
namespace {

struct OperatorText {
  ExprKind kind;
  const char* before;
  const char* between;
};

constexpr std::array<OperatorText, 21> kOperators = {{
    {ExprKind::kNot, "not ", ""},
    {ExprKind::kAnd, "", " and "},
    {ExprKind::kOr, "", " or "},
    {ExprKind::kNegate, "-", ""},
    {ExprKind::kAdd, "", " + "},
    {ExprKind::kSubtract, "", " - "},
    {ExprKind::kMultiply, "", " * "},
    {ExprKind::kDivide, "", " / "},
    {ExprKind::kStartsWith, "", " starts with "},
    {ExprKind::kEndsWith, "", " ends with "},
    {ExprKind::kContains, "", " contains "},
    {ExprKind::kLike, "", " like "},
    {ExprKind::kSmaller, "smaller of ", ", "},
    {ExprKind::kLarger, "larger of ", ", "},
    {ExprKind::kLowerCase, "lower case of ", ""},
    {ExprKind::kLength, "length of ", ""},
    {ExprKind::kOrElse, "", " or else "},
    {ExprKind::kIf, "if ", " : "},
    {ExprKind::kTimeUntil, "time until ", ""},
    {ExprKind::kNextYearly, "next yearly ", ""},
    {ExprKind::kBeforeThis, "before this ", ""},
}};

constexpr std::array<const char*, 6> kCompareTexts = {" is ", " is not ", " < ", " <= ", " > ", " >= "};
constexpr std::array<const char*, 3> kRoundTexts = {" rounded", " rounded up", " rounded down"};
constexpr std::array<const char*, 11> kFunctionTexts = {
    "count of ", "sum of ", "average of ", "minimum of ", "maximum of ", "count of different ",
    "first ",    "latest ", "any ",        "time since ", "gap of "};

}  // namespace

std::string QuotedText(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '{' || c == '}') {
      quoted += '\\';
    }
    quoted += c == '\n' ? "\\n" : std::string(1, c);
  }
  return quoted + '"';
}

std::string NumberText(double number) { return fmt::format("{}", number); }

std::string MoneyText(std::int64_t units) {
  const std::uint64_t magnitude =
      units < 0 ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
  std::string text = fmt::format("{}{}.{:04}", units < 0 ? "-" : "", magnitude / 10'000, magnitude % 10'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') {
    text.pop_back();
  }
  return text;
}

std::string ExperimentText(const CheckedProgram& program, const Experiment& experiment) {
  std::string text = experiment.name;
  if (experiment.entity != kNone) text += " of " + program.entities[experiment.entity].name;
  for (const Arm& arm : experiment.arms) {
    text += fmt::format(", {} {}e-9{}", arm.name, arm.share, arm.held_out ? " held out" : "");
  }
  return "(" + text + ")";
}

std::string ExprWriter::WriteLiteral(const Expr& expr) {
  switch (expr.type.kind) {
    case TypeKind::kFlag:
      return expr.integer != 0 ? "yes" : "no";
    case TypeKind::kNumber:
      return expr.decimals > 0 ? fmt::format("{}e-{}", expr.integer, expr.decimals) : NumberText(expr.number);
    case TypeKind::kMoney:
      return MoneyText(expr.integer) + " money";
    case TypeKind::kText:
      return QuotedText(expr.text);
    case TypeKind::kChoice:
      return program_.choices[expr.type.of].values[static_cast<std::size_t>(expr.integer)];
    case TypeKind::kStage:
      return program_.journeys[expr.type.of].stages[static_cast<std::size_t>(expr.integer)].name;
    case TypeKind::kDate:
      return fmt::format("day {}", expr.integer);
    case TypeKind::kDuration:
    case TypeKind::kTime:
      return Micros(expr.type.kind, expr.integer);
    case TypeKind::kCalendarDuration:
      break;
  }
  return "";
}

std::string ExprWriter::WriteTemplate(const Expr& expr) {
  std::string text = "text(";
  for (std::size_t i = 0; i < expr.texts.size(); ++i) {
    text += (i == 0 ? "" : ", ") + QuotedText(expr.texts[i]);
    if (i < expr.args.size()) {
      text += ", " + Write(expr.args[i]);
    }
  }
  return text + ")";
}

std::string ExprWriter::WriteList(const Expr& expr, std::size_t first) {
  std::string text = "(";
  for (std::size_t i = first; i < expr.args.size(); ++i) {
    text += (i == first ? "" : ", ") + Write(expr.args[i]);
  }
  return text + ")";
}

// Every operation stands in parentheses, so that nothing depends on precedence.
std::string ExprWriter::Write(ExprId id) {
  if (id == kNone) {
    return "";
  }
  const Expr& expr = program_.exprs[id];
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return WriteLiteral(expr);
    case ExprKind::kTemplate:
      return WriteTemplate(expr);
    case ExprKind::kAttribute:
      return AttributeText(expr.index);
    case ExprKind::kArm:
      return "arm of " + ExperimentText(program_, program_.experiments[expr.index]);
    case ExprKind::kTaskOutcome:
      return "outcome of " + program_.nudges[expr.index].name;
    case ExprKind::kField:
      if (expr.scope == FieldScope::kStep)
        return fmt::format("step {} ", expr.integer) + FieldText(expr.index, expr.scope, expr.text);
      return FieldText(expr.index, expr.scope, expr.text);
    case ExprKind::kFeature:
    case ExprKind::kScore:
    case ExprKind::kStage:
    case ExprKind::kStall:
    case ExprKind::kAggregate:
      return Reference(expr.kind, expr.index);
    // A calendar by its name: a new holiday moves deadlines, and ends nothing.
    case ExprKind::kCalendarOpen:
      return "(open " + program_.calendars[expr.index].name + ")";
    case ExprKind::kOpenTime:
      return "(" + Write(expr.args[0]) + " of " + program_.calendars[expr.index].name + ")";
    case ExprKind::kOpenDays:
      return "(" + Write(expr.args[0]) + " working days of " + program_.calendars[expr.index].name + ")";
    case ExprKind::kMonths:
      return "(" + Write(expr.args[0]) + " months)";
    case ExprKind::kCompare:
      return "(" + Write(expr.args[0]) + kCompareTexts[static_cast<std::size_t>(expr.compare)] +
             Write(expr.args[1]) + ")";
    case ExprKind::kOfWhole:
      return Write(expr.args[0]);
    case ExprKind::kOneOf:
      return "(" + Write(expr.args[0]) + " is one of " + WriteList(expr, 1) + ")";
    case ExprKind::kRound:
      return "(" + Write(expr.args[0]) + kRoundTexts[static_cast<std::size_t>(expr.rounding)] + ")";
    case ExprKind::kIsKnown:
      return "(" + Write(expr.args[0]) + " is known)";
    case ExprKind::kIsUnknown:
      return "(" + Write(expr.args[0]) + " is unknown)";
    case ExprKind::kTimeOnDay:
      return fmt::format("(second {} on {})", expr.integer, Write(expr.args[0]));
    case ExprKind::kKey:
      return "the key";
    case ExprKind::kTimeIn: {
      const Stage& stage = program_.journeys[expr.index].stages[static_cast<std::size_t>(expr.integer)];
      return fmt::format("(time in {} of {})", stage.name, Reference(ExprKind::kStage, expr.index));
    }
    case ExprKind::kOpenTimeIn:
      return "(" + Write(expr.args[0]) + " of " + program_.calendars[expr.index].name + ")";
    case ExprKind::kUnknown:
      return "unknown";
    case ExprKind::kLookup:
      return "(table " + program_.lookups[expr.index].hash + " of " + WriteList(expr, 0) + ")";
    default:
      break;
  }
  for (const OperatorText& row : kOperators) {
    if (row.kind != expr.kind) {
      continue;
    }
    std::string text = std::string("(") + row.before;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
      text += (i == 0 ? "" : row.between) + Write(expr.args[i]);
    }
    return text + ")";
  }
  return "";
}

std::string ExprWriter::WriteAggregate(const Aggregate& aggregate) {
  std::string text =
      kFunctionTexts[static_cast<std::size_t>(aggregate.function)] + EventsText(aggregate.events);
  if (!aggregate.field.empty()) {
    text += "." + FieldText(aggregate.events, FieldScope::kOwn, aggregate.field);
  }
  if (aggregate.where != kNone) {
    text += " where " + Write(aggregate.where);
  }
  if (!aggregate.same_field.empty()) {
    text += " with same " + FieldText(aggregate.events, FieldScope::kOwn, aggregate.same_field) + " as " +
            Write(aggregate.same_value);
  }
  if (aggregate.window == WindowKind::kLast) {
    text += " in last " + Micros(TypeKind::kDuration, aggregate.last_micros);
  } else if (aggregate.window == WindowKind::kSince) {
    text += " since " + EventsText(aggregate.since);
  } else if (aggregate.window == WindowKind::kSinceEntered) {
    const Journey& journey = program_.journeys[aggregate.since_journey];
    text += " since " + Reference(ExprKind::kStage, aggregate.since_journey) + " entered " +
            journey.stages[aggregate.since_stage].name;
  } else if (aggregate.window == WindowKind::kBeforeThat) {
    text += " in the " + Micros(TypeKind::kDuration, aggregate.last_micros) + " before that";
  } else if (aggregate.window == WindowKind::kPeriod) {
    text += fmt::format(" in the {} {} back", PeriodName(aggregate.period), aggregate.periods_back);
  }
  return text;
}

}  // namespace lull::dsl
