// Decision tables, and the use of shared declarations.
#include "dsl/tree_builder.h"

namespace lull::dsl::syntax {

void TreeBuilder::AddUse(Span) {
  tree_.uses.push_back({plain_});
  plain_ = {};
}

void TreeBuilder::SetTableType() {
  const Name name = PopName();
  table_.type = name.text;
  table_.type_span = name.span;
}

void TreeBuilder::SetTableFile(Span) {
  table_.file = plain_.text;
  table_.file_span = plain_.span;
  plain_ = {};
}

void TreeBuilder::PushTableInput(Span span) {
  bare_cell_ = false;
  operands_.push_back({table_.inputs[row_.cell_count], span});
}

void TreeBuilder::MakeBareCell() {
  bare_cell_ = true;
  MakeBinary<BinaryOp::kIs>();
}

void TreeBuilder::AddAnyCell() {
  row_.cells.push_back({});
  ++row_.cell_count;
}

void TreeBuilder::AddCell() {
  row_.cells.push_back(PopExpr());
  ++row_.cell_count;
}

void TreeBuilder::AddTableResult() {
  const ExprId value = PopExpr();
  if (row_.cell_count++ == table_.inputs.size()) row_.result = value;
}

void TreeBuilder::EndTableRow(Span span) {
  row_.span = span;
  const std::size_t needed = table_.inputs.size() + 1;
  if (row_.cell_count != needed) {
    if (current_ != nullptr) current_->incomplete = true;
    diagnostics_
        .Report(Code::kTableCells, span,
                "this row has " + std::to_string(row_.cell_count) + " cells, and the table has " +
                    std::to_string(needed) + " columns")
        .Label("one cell for each input, and one for the value")
        .Help("write `-` in a cell where any value will do");
  } else {
    table_.rows.push_back(std::move(row_));
  }
  row_ = {};
}

void TreeBuilder::EndTable(Span span) {
  Push(std::move(table_), span);
  tree_.features.back().value = PopExpr();
  table_ = {};
}

void TreeBuilder::BeginRawCell(ExprId input) {
  table_.inputs = {input};
  row_ = {};
}

TreeBuilder::RawResult TreeBuilder::EndRawCell() {
  RawResult result;
  if (!row_.cells.empty()) result = {row_.cells.front(), bare_cell_};
  table_ = {};
  row_ = {};
  return result;
}

}  // namespace lull::dsl::syntax
