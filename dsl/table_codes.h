// The cells of a decision table as sets of codes (decision_graph.h), and codes as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dsl/checked_program.h"

namespace lull::dsl {

/// The cells of one input. `program` must outlive it.
class ColumnCoder {
 public:
  ColumnCoder(const CheckedProgram& program, ExprId input);

  /// Of a text: the texts that its cells name, in place of which codes stand.
  void SetTexts(const std::set<std::string>& texts);

  /// All codes that the input can have.
  const CodeRange& domain() const { return domain_; }
  const std::vector<std::string>& texts() const { return texts_; }
  bool is_text() const { return program_.exprs[input_].type.kind == TypeKind::kText; }

  /// Nothing if the cell is no fixed set. kNone is the cell that takes everything.
  std::optional<CellSet> SetOf(ExprId condition) const;
  /// Adds the texts that a cell compares with.
  void CollectTexts(ExprId condition, std::set<std::string>& texts) const;

 private:
  bool IsInput(ExprId id) const { return id == input_; }
  std::optional<std::int64_t> CodeOf(ExprId id) const;
  std::vector<CodeRange> RangesOf(CompareOp op, std::int64_t code) const;
  std::optional<CellSet> OneOf(const Expr& expr) const;

  const CheckedProgram& program_;
  ExprId input_;
  CodeRange domain_;
  std::vector<std::string> texts_;
};

/// "is web", "from 3 and below 5"; empty if the range is the whole domain. `texts` are those of the column.
std::string CodeRangeText(const CheckedProgram& program, Type type, const std::vector<std::string>& texts,
                          const CodeRange& range, const CodeRange& domain);

}  // namespace lull::dsl
