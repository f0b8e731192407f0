// Comparisons: only like with like, and a bare value of a choice or a stage takes the type of the other side.
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

bool HasOrder(Type type) {
  return type.kind == TypeKind::kNumber || type.kind == TypeKind::kMoney ||
         type.kind == TypeKind::kDuration || type.kind == TypeKind::kTime || type.kind == TypeKind::kDate;
}

bool IsNamed(Type type) { return type.kind == TypeKind::kChoice || type.kind == TypeKind::kStage; }

CompareOp CompareOf(syntax::BinaryOp op) {
  switch (op) {
    case syntax::BinaryOp::kIs:
      return CompareOp::kEqual;
    case syntax::BinaryOp::kIsNot:
      return CompareOp::kNotEqual;
    case syntax::BinaryOp::kLess:
      return CompareOp::kLess;
    case syntax::BinaryOp::kLessEqual:
      return CompareOp::kLessEqual;
    case syntax::BinaryOp::kGreater:
      return CompareOp::kGreater;
    default:
      return CompareOp::kGreaterEqual;
  }
}

}  // namespace

std::pair<ExprId, ExprId> Checker::CheckSides(syntax::ExprId left, syntax::ExprId right, const Scope& scope,
                                              std::optional<Type> expected) {
  const auto is_bare = [&](syntax::ExprId id) {
    const auto* node = std::get_if<syntax::NameRef>(&tree_[id].node);
    return node != nullptr && FindMeanings(node->name.text, scope).empty();
  };
  if (expected && (is_bare(left) || is_bare(right))) {
    return {CheckExpr(left, scope, expected), CheckExpr(right, scope, expected)};
  }
  if (is_bare(left) && !is_bare(right)) {
    const ExprId checked = CheckExpr(right, scope);
    return {CheckExpr(left, scope, checked == kNone ? std::nullopt : std::optional(At(checked).type)),
            checked};
  }
  const ExprId checked = CheckExpr(left, scope, expected);
  if (checked == kNone) {
    // What a bare name on the other side could mean is anybody's guess now.
    return {kNone, is_bare(right) ? kNone : CheckExpr(right, scope, expected)};
  }
  return {checked, CheckExpr(right, scope, At(checked).type)};
}

ExprId Checker::CheckCompare(const syntax::Binary& node, Span span, const Scope& scope) {
  const auto [left, right] = CheckSides(node.left, node.right, scope);
  return left == kNone || right == kNone ? kNone : MakeCompare(CompareOf(node.op), left, right, span);
}

ExprId Checker::MakeCompare(CompareOp op, ExprId left, ExprId right, Span span) {
  if (!CheckAlike(left, right, op)) {
    return kNone;
  }
  if (op != CompareOp::kEqual && op != CompareOp::kNotEqual && !HasOrder(At(left).type)) {
    diagnostics_.Report(Code::kNoOrder, span, "there is no larger or smaller among such values")
        .NoteAt(At(left).span, "this is " + TypeNameOf(left))
        .Help("ask with `is`, `is not` or `is one of (...)`");
    return kNone;
  }
  const ExprId id = Make(ExprKind::kCompare, kFlagType, {left, right}, span);
  program_.exprs[id].compare = op;
  return id;
}

bool Checker::CheckAlike(ExprId left, ExprId right, CompareOp op) {
  constexpr std::string_view kWhy = "it cannot be compared";
  if (RefuseCalendarDuration(left, kWhy) || RefuseCalendarDuration(right, kWhy)) {
    return false;
  }
  if (At(left).type == At(right).type) {
    return true;
  }
  const Expr a = At(left);
  const Expr b = At(right);
  if (ReportMissingUnit(left, right)) {
    return false;
  }
  const bool left_named = IsNamed(a.type);
  const Expr& named = left_named ? a : b;
  const Expr& other = left_named ? b : a;
  if (IsNamed(named.type) && other.type.kind == TypeKind::kText) {
    Diagnostic& diagnostic =
        diagnostics_
            .Report(Code::kTextForChoice, other.span, "a text is compared with " + TypeName(named.type))
            .Label("a text")
            .NoteAt(named.span, "this is " + TypeName(named.type));
    const bool exists =
        other.kind == ExprKind::kLiteral && CheckValueName({other.text, other.span}, named.type) != kNone;
    if (exists) {
      diagnostic.Help("leave out the quotes: `" + other.text + "`").Replace(other.span, other.text);
    } else {
      diagnostic.Help("write " + ExampleOf(named.type) + ", without quotes");
    }
    return false;
  }
  Diagnostic& diagnostic =
      diagnostics_.Report(Code::kUnlikeComparison, b.span, "these two cannot be compared")
          .Label("this is " + TypeName(b.type))
          .NoteAt(a.span, "and this is " + TypeName(a.type));
  HelpUnlike(diagnostic, b, a, op);
  return false;
}

ExprId Checker::CheckBetween(const syntax::Between& node, Span span, const Scope& scope) {
  const ExprId value = CheckExpr(node.value, scope);
  const std::optional<Type> like = value == kNone ? std::nullopt : std::optional(At(value).type);
  const ExprId low = CheckExpr(node.low, scope, like);
  const ExprId high = CheckExpr(node.high, scope, like);
  if (value == kNone || low == kNone || high == kNone) {
    return kNone;
  }
  const ExprId from = MakeCompare(CompareOp::kGreaterEqual, value, low, span);
  const ExprId to = from == kNone ? kNone : MakeCompare(CompareOp::kLessEqual, value, high, span);
  return to == kNone ? kNone : Make(ExprKind::kAnd, kFlagType, {from, to}, span);
}

// `is not one of` is no for something unknown, as every comparison is.
ExprId Checker::CheckOneOf(const syntax::OneOf& node, Span span, const Scope& scope) {
  const ExprId value = CheckExpr(node.value, scope);
  std::vector<ExprId> args = {value};
  bool good = value != kNone;
  for (const syntax::ExprId choice : node.choices) {
    if (value == kNone) {
      break;
    }
    const ExprId arg = CheckExpr(choice, scope, At(value).type);
    good = good && arg != kNone && CheckAlike(value, arg);
    args.push_back(arg);
  }
  if (!good) {
    return kNone;
  }
  if (!node.negated) {
    return Make(ExprKind::kOneOf, kFlagType, std::move(args), span);
  }
  std::vector<ExprId> all;
  for (std::size_t i = 1; i < args.size(); ++i) {
    all.push_back(MakeCompare(CompareOp::kNotEqual, value, args[i], span));
  }
  return Join(std::move(all), ExprKind::kAnd);
}

}  // namespace lull::dsl
