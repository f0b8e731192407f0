#include "dsl/condition_text.h"

#include <algorithm>

namespace lull::dsl {
namespace {

/// What a condition that holds hangs on and does not say itself: what it compares and, of alternatives, which
/// of them it is. `sure`: it holds.
class ConditionValues {
 public:
  ConditionValues(const CheckedProgram& program, const SourceSet& sources)
      : program_(program), sources_(sources) {}

  std::vector<ExprId> Of(ExprId condition) {
    Visit(condition, true);
    return std::move(values_);
  }

 private:
  void Visit(ExprId id, bool sure) {
    const Expr& expr = program_.expr(id);
    switch (expr.kind) {
      case ExprKind::kLiteral:
        return;
      case ExprKind::kAnd:
      case ExprKind::kOr:
      case ExprKind::kNot:
        for (const ExprId arg : expr.args) Visit(arg, sure && expr.kind == ExprKind::kAnd);
        return;
      case ExprKind::kCompare:
        if (sure && expr.compare == CompareOp::kEqual) return;
        [[fallthrough]];
      case ExprKind::kOneOf:
      case ExprKind::kStartsWith:
      case ExprKind::kEndsWith:
      case ExprKind::kContains:
      case ExprKind::kLike:
        for (const ExprId arg : expr.args) Add(arg);
        return;
      default:
        if (!sure) Add(id);
    }
  }

  void Add(ExprId id) {
    const Expr& expr = program_.expr(id);
    if (expr.kind == ExprKind::kLiteral || expr.kind == ExprKind::kTemplate) return;
    const std::string_view text = sources_.TextOf(expr.span);
    const auto says_it = [&](ExprId other) { return sources_.TextOf(program_.expr(other).span) == text; };
    if (!text.empty() && std::none_of(values_.begin(), values_.end(), says_it)) values_.push_back(id);
  }

  const CheckedProgram& program_;
  const SourceSet& sources_;
  std::vector<ExprId> values_;
};

}  // namespace

std::string OnOneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

ConditionText TextOfCondition(const CheckedProgram& program, const SourceSet& sources, ExprId condition) {
  const auto written = [&](ExprId id) { return OnOneLine(sources.TextOf(program.expr(id).span)); };
  ConditionText text;
  text.values = ConditionValues(program, sources).Of(condition);
  std::string piece = written(condition);
  const char* between = " (";
  for (const ExprId value : text.values) {
    text.pieces.push_back(piece + between + written(value) + " is ");
    piece.clear();
    between = ", ";
  }
  text.pieces.push_back(piece + (text.values.empty() ? "" : ")"));
  return text;
}

}  // namespace lull::dsl
