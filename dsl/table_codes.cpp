#include "dsl/table_codes.h"

#include <algorithm>
#include <limits>

#include "dsl/expr_writer.h"
#include "dsl/program_walk.h"
#include "runtime/base/number_code.h"
#include "runtime/base/time.h"

namespace lull::dsl {
namespace {

constexpr std::int64_t kCodeMin = std::numeric_limits<std::int64_t>::min() + 1;
constexpr std::int64_t kCodeMax = std::numeric_limits<std::int64_t>::max();

std::vector<CodeRange> Intersect(const std::vector<CodeRange>& a, const std::vector<CodeRange>& b) {
  std::vector<CodeRange> both;
  for (const CodeRange& x : a) {
    for (const CodeRange& y : b) {
      const CodeRange range{std::max(x.low, y.low), std::min(x.high, y.high)};
      if (range.low <= range.high) both.push_back(range);
    }
  }
  std::sort(both.begin(), both.end(), [](const CodeRange& x, const CodeRange& y) { return x.low < y.low; });
  return both;
}

class CodeWriter {
 public:
  CodeWriter(const CheckedProgram& program, Type type, const std::vector<std::string>& texts)
      : program_(program), type_(type), texts_(texts) {}

  /// "", if the range says nothing.
  std::string Range(const CodeRange& range, const CodeRange& domain) const {
    const bool from_start = range.low == domain.low;
    const bool to_end = range.high == domain.high;
    if (from_start && to_end) return {};
    if (range.low == range.high) return "is " + Text(range.low);
    if (type_.kind == TypeKind::kFlag || type_.kind == TypeKind::kChoice || type_.kind == TypeKind::kStage ||
        type_.kind == TypeKind::kText) {
      return "is " + Text(range.low);
    }
    const std::string low = from_start ? "" : Rounder(range.low, "from ", range.low - 1, "above ");
    const std::string high = to_end ? "" : Rounder(range.high, "up to ", range.high + 1, "below ");
    return low + (low.empty() || high.empty() ? "" : " and ") + high;
  }

 private:
  std::string Rounder(std::int64_t code, const char* word, std::int64_t beside,
                      const char* other_word) const {
    const std::string text = Text(code);
    const std::string other = Text(beside);
    return text.size() <= other.size() ? word + text : other_word + other;
  }

  std::string Text(std::int64_t code) const {
    const auto index = static_cast<std::size_t>(code);
    switch (type_.kind) {
      case TypeKind::kFlag:
        return code != 0 ? "yes" : "no";
      case TypeKind::kChoice:
        return program_.choices[type_.of].values[index];
      case TypeKind::kStage:
        return program_.journeys[type_.of].stages[index].name;
      case TypeKind::kText:
        return index < texts_.size() ? "\"" + texts_[index] + "\"" : "any other text";
      case TypeKind::kNumber:
        return NumberText(NumberOfCode(code));
      case TypeKind::kMoney:
        return MoneyText(code) + " " + program_.header.currency;
      case TypeKind::kDuration:
        return SpanText(code);
      default:
        return std::to_string(code);
    }
  }

  static std::string SpanText(std::int64_t micros) {
    struct Unit {
      std::int64_t micros;
      const char* name;
    };
    for (const Unit& unit : {Unit{kMicrosPerDay, " days"}, Unit{3'600 * kMicrosPerSecond, " hours"},
                             Unit{60 * kMicrosPerSecond, " minutes"}, Unit{kMicrosPerSecond, " seconds"}}) {
      if (micros % unit.micros == 0) return std::to_string(micros / unit.micros) + unit.name;
    }
    return NumberText(static_cast<double>(micros) / 1e6) + " seconds";
  }

  const CheckedProgram& program_;
  Type type_;
  const std::vector<std::string>& texts_;
};

}  // namespace

ColumnCoder::ColumnCoder(const CheckedProgram& program, ExprId input) : program_(program), input_(input) {
  const Type type = program.exprs[input].type;
  switch (type.kind) {
    case TypeKind::kFlag:
      domain_ = {0, 1};
      break;
    case TypeKind::kChoice:
      domain_ = {0, static_cast<std::int64_t>(program.choices[type.of].values.size()) - 1};
      break;
    case TypeKind::kStage:
      domain_ = {0, static_cast<std::int64_t>(program.journeys[type.of].stages.size()) - 1};
      break;
    case TypeKind::kNumber:
      domain_ = {CodeOfNumber(-std::numeric_limits<double>::max()),
                 CodeOfNumber(std::numeric_limits<double>::max())};
      break;
    default:
      domain_ = {kCodeMin, kCodeMax};
  }
}

void ColumnCoder::SetTexts(const std::set<std::string>& texts) {
  texts_.assign(texts.begin(), texts.end());
  domain_ = {0, static_cast<std::int64_t>(texts_.size())};
}

std::optional<CellSet> ColumnCoder::SetOf(ExprId condition) const {
  if (condition == kNone) return CellSet{{domain_}, true};
  const Expr& expr = program_.exprs[condition];
  if (expr.kind == ExprKind::kIsKnown && IsInput(expr.args[0])) return CellSet{{domain_}, false};
  if (expr.kind == ExprKind::kIsUnknown && IsInput(expr.args[0])) return CellSet{{}, true};
  if (expr.kind == ExprKind::kCompare && IsInput(expr.args[0])) {
    const std::optional<std::int64_t> code = CodeOf(expr.args[1]);
    return code ? std::optional(CellSet{RangesOf(expr.compare, *code), false}) : std::nullopt;
  }
  if (expr.kind == ExprKind::kOneOf && IsInput(expr.args[0])) return OneOf(expr);
  if (expr.kind == ExprKind::kAnd) {
    const std::optional<CellSet> a = SetOf(expr.args[0]);
    const std::optional<CellSet> b = SetOf(expr.args[1]);
    if (a && b) return CellSet{Intersect(a->ranges, b->ranges), false};
  }
  return std::nullopt;
}

void ColumnCoder::CollectTexts(ExprId condition, std::set<std::string>& texts) const {
  if (!is_text()) return;
  VisitExprs(program_, condition, [&](ExprId, const Expr& expr) {
    if (expr.kind == ExprKind::kLiteral && expr.type.kind == TypeKind::kText) texts.insert(expr.text);
  });
}

std::optional<std::int64_t> ColumnCoder::CodeOf(ExprId id) const {
  const Expr& expr = program_.exprs[id];
  if (expr.kind != ExprKind::kLiteral) return std::nullopt;
  if (expr.type.kind == TypeKind::kNumber) return CodeOfNumber(expr.number);
  if (expr.type.kind != TypeKind::kText) return expr.integer;
  const auto at = std::lower_bound(texts_.begin(), texts_.end(), expr.text);
  return at - texts_.begin();
}

std::vector<CodeRange> ColumnCoder::RangesOf(CompareOp op, std::int64_t code) const {
  const auto cut = [&](std::int64_t low, std::int64_t high, std::vector<CodeRange>& out) {
    if (low <= high) out.push_back({low, high});
  };
  std::vector<CodeRange> out;
  switch (op) {
    case CompareOp::kEqual:
      return {{code, code}};
    case CompareOp::kNotEqual:
      if (code > domain_.low) cut(domain_.low, code - 1, out);
      if (code < domain_.high) cut(code + 1, domain_.high, out);
      return out;
    case CompareOp::kLess:
      if (code > domain_.low) cut(domain_.low, code - 1, out);
      return out;
    case CompareOp::kLessEqual:
      cut(domain_.low, code, out);
      return out;
    case CompareOp::kGreater:
      if (code < domain_.high) cut(code + 1, domain_.high, out);
      return out;
    case CompareOp::kGreaterEqual:
      cut(code, domain_.high, out);
      return out;
  }
  return out;
}

std::optional<CellSet> ColumnCoder::OneOf(const Expr& expr) const {
  std::set<std::int64_t> codes;
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    const std::optional<std::int64_t> code = CodeOf(expr.args[i]);
    if (!code) return std::nullopt;
    codes.insert(*code);
  }
  CellSet set;
  for (const std::int64_t code : codes) {
    const bool touches = !set.ranges.empty() && set.ranges.back().high == code - 1;
    if (touches) set.ranges.back().high = code;
    if (!touches) set.ranges.push_back({code, code});
  }
  return set;
}

std::string CodeRangeText(const CheckedProgram& program, Type type, const std::vector<std::string>& texts,
                          const CodeRange& range, const CodeRange& domain) {
  return CodeWriter(program, type, texts).Range(range, domain);
}

}  // namespace lull::dsl
