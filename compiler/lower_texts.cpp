// Texts of actions, and what conditions say, as templates with functions for their values.
#include "compiler/lower_nudges.h"

namespace lull::compiler {

using dsl::ExprId;

// Stages are numbered within their own entity: those of a whole are texts to its parts.
bool NudgeLowering::IsStageOfWhole(ExprId id) const {
  const dsl::Expr& expr = lowering_.program().expr(id);
  return expr.kind == dsl::ExprKind::kOfWhole && expr.type.kind == dsl::TypeKind::kStage;
}

runtime::TemplateSpec::Argument NudgeLowering::Argument(ExprId id) const {
  const dsl::Type type = lowering_.program().expr(id).type;
  if (IsStageOfWhole(id)) return {runtime::ValueType::kText, kNone};
  const std::uint32_t of =
      type.kind == dsl::TypeKind::kStage ? lowering_.plan.journey_numbers[type.of] : type.of;
  return {ValueTypeOf(type), of};
}

runtime::TextSpec NudgeLowering::Text(const std::string& name, ExprId text, ExprId when) {
  const dsl::Expr& expr = lowering_.program().expr(text);
  runtime::TextSpec spec;
  spec.when = Condition(name + "_when", when);
  std::vector<ExprId> arguments;
  if (expr.kind == dsl::ExprKind::kLiteral && expr.type.kind == dsl::TypeKind::kText) {
    spec.text.pieces = {expr.text};
  } else if (expr.kind == dsl::ExprKind::kTemplate) {
    spec.text.pieces = expr.texts;
    arguments = expr.args;
  } else {
    spec.text.pieces = {"", ""};
    arguments = {text};
  }
  SetArguments(name, arguments, spec);
  return spec;
}

void NudgeLowering::SetArguments(const std::string& name, const std::vector<ExprId>& arguments,
                                 runtime::TextSpec& spec) {
  if (arguments.empty()) return;
  FunctionInHand function(lowering_, name + "_text", kPlain);
  function.read.SetBeside(beside_);
  for (std::uint32_t i = 0; i < arguments.size(); ++i) {
    spec.text.arguments.push_back(Argument(arguments[i]));
    const bool as_text = IsStageOfWhole(arguments[i]);
    const ValueId value = as_text ? function.read.Text(arguments[i]) : function.read.Value(arguments[i]);
    function.build.Out(i, value);
  }
  spec.arguments = function.Finish();
}

runtime::TextSpec NudgeLowering::ConditionText(const std::string& name, const dsl::ConditionText& text) {
  runtime::TextSpec spec;
  spec.text.pieces = text.pieces;
  SetArguments(name, text.values, spec);
  return spec;
}

}  // namespace lull::compiler
