// Decision tables that are looked up.
#include "compiler/lower_lookup.h"

#include "compiler/lower_expression.h"

namespace lull::compiler {

using dsl::TypeKind;
using runtime::AbiId;

runtime::LookupSpec MakeLookupSpec(const dsl::CheckedProgram& program, const dsl::Lookup& lookup) {
  runtime::LookupSpec spec;
  for (const dsl::DecisionGraph::Node& node : lookup.graph.nodes) {
    spec.nodes.push_back({node.input, node.first, node.count, node.unknown_next});
  }
  spec.begins = lookup.graph.begins;
  spec.nexts = lookup.graph.nexts;
  spec.texts = lookup.texts;
  for (const dsl::ExprId id : lookup.results) {
    const dsl::Expr& result = program.expr(id);
    runtime::FieldValue value;
    if (result.type.kind == TypeKind::kNumber) {
      value.number = result.number;
    } else if (result.type.kind == TypeKind::kText) {
      spec.result_texts.push_back(result.text);
    } else {
      value.integer = result.integer;
    }
    spec.results.push_back(value);
  }
  return spec;
}

ValueId ExpressionLowering::LookUp(const dsl::Expr& expr) {
  const ValueId table = U32(expr.index);
  ValueId at = builder_.ConstI64(-1);
  for (const dsl::ExprId input : expr.args) {
    const ValueId value = Value(input);
    const TypeKind kind = At(input).type.kind;
    const AbiId step = kind == TypeKind::kNumber ? AbiId::kLookupF64
                       : kind == TypeKind::kText ? AbiId::kLookupText
                                                 : AbiId::kLookupI64;
    at = builder_.Call(step, {table, at, value});
  }
  const AbiId gives = expr.type.kind == TypeKind::kNumber ? AbiId::kLookupGivesF64
                      : expr.type.kind == TypeKind::kText ? AbiId::kLookupGivesText
                                                          : AbiId::kLookupGivesI64;
  return builder_.Call(gives, {table, at});
}

}  // namespace lull::compiler
