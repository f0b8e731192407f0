// Decision tables. A short one becomes a chain of `if … then … else`; a long one, whose cells are all fixed,
// a lookup.
#include <algorithm>
#include <set>
#include <utility>

#include "dsl/checker.h"
#include "dsl/expr_writer.h"
#include "dsl/program_walk.h"
#include "dsl/table_codes.h"
#include "dsl/tree_printer.h"
#include "runtime/base/number_code.h"
#include "runtime/base/time.h"

namespace lull::dsl {
namespace {

constexpr std::size_t kChainRowsMax = 8;
constexpr std::size_t kOpenRowsMax = 200;  // of tables that cannot be looked up

/// Two numbers of 64 bits, by FNV-1a: what the meaning of a table says of its rows.
class RowsHash {
 public:
  void Add(std::int64_t number) {
    for (unsigned i = 0; i < 8; ++i) Byte(static_cast<unsigned char>(number >> (8 * i)));
  }
  void Add(const std::string& text) {
    Add(static_cast<std::int64_t>(text.size()));
    for (const char c : text) Byte(static_cast<unsigned char>(c));
  }
  std::string text() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string digits;
    for (const std::uint64_t half : {a_, b_}) {
      for (int shift = 60; shift >= 0; shift -= 4) digits += kDigits[(half >> shift) & 0xF];
    }
    return digits;
  }

 private:
  void Byte(unsigned char byte) {
    a_ = (a_ ^ byte) * 0x100000001b3ULL;
    b_ = (b_ ^ byte ^ 0x5A) * 0x100000001b3ULL;
  }
  std::uint64_t a_ = 0xcbf29ce484222325ULL;
  std::uint64_t b_ = 0x84222325cbf29ce4ULL;
};

std::string HashOf(const CheckedProgram& program, const Lookup& lookup) {
  RowsHash hash;
  for (std::size_t row = 0; row < lookup.rows.size(); ++row) {
    for (const CellSet& cell : lookup.rows[row]) {
      hash.Add(cell.unknown ? 1 : 0);
      for (const CodeRange& range : cell.ranges) hash.Add(range.low), hash.Add(range.high);
      hash.Add(std::string("|"));
    }
    const Expr& result = program.exprs[lookup.results[row]];
    hash.Add(result.type.kind == TypeKind::kNumber ? CodeOfNumber(result.number) : result.integer);
    hash.Add(result.text);
  }
  for (const std::vector<std::string>& texts : lookup.texts) {
    for (const std::string& text : texts) hash.Add(text);
  }
  return hash.text();
}

}  // namespace

ExprId Checker::CheckRawCell(const syntax::RawCell& cell, Span span, const Scope& scope,
                             std::optional<Type> expected) {
  const bool quoted =
      cell.parsed.exists() && std::holds_alternative<syntax::TextLiteral>(tree_[cell.parsed].node);
  if (expected && expected->kind == TypeKind::kText && !quoted) return MakeText(cell.text, span);
  if (!cell.parsed.exists()) {
    diagnostics_.Report(Code::kTableFile, span, "\"" + cell.text + "\" cannot be read")
        .Label(expected ? TypeName(*expected) + " is needed here" : "a value is needed here");
    return kNone;
  }
  if (const auto* number = std::get_if<syntax::NumberLiteral>(&tree_[cell.parsed].node);
      number != nullptr && expected && expected->kind == TypeKind::kMoney) {
    return CheckMoney({number->value, {}}, span);
  }
  return CheckExpr(cell.parsed, scope, expected);
}

bool Checker::CheckTableRows(const syntax::Table& table, Type type, const Scope& scope, TableRows& rows) {
  bool good = true;
  for (const syntax::TableRow& row : table.rows) {
    std::vector<ExprId> cells;
    for (const syntax::ExprId cell : row.cells) {
      cells.push_back(cell.exists() ? CheckCondition(cell, scope) : kNone);
      good = good && (!cell.exists() || cells.back() != kNone);
    }
    const ExprId result = CheckExpr(row.result, scope, type);
    if (result != kNone && At(result).type != type) {
      diagnostics_
          .Report(Code::kTableValue, At(result).span,
                  "this is " + TypeNameOf(result) + ", and the table gives " + TypeName(type))
          .NoteAt(table.type_span, "the type is said here");
      good = false;
    }
    good = good && result != kNone;
    rows.cells.push_back(std::move(cells));
    rows.results.push_back(result);
  }
  return good;
}

// `if` for each row, from the last to the first.
ExprId Checker::MakeTableChain(const TableRows& rows, Type type, Span span) {
  std::size_t count = 0;
  bool closed = false;  // a row takes all that is left
  while (count < rows.results.size() && !closed) {
    const std::vector<ExprId>& cells = rows.cells[count++];
    closed = std::all_of(cells.begin(), cells.end(), [](ExprId cell) { return cell == kNone; });
  }
  ExprId value = closed ? rows.results[--count] : Make(ExprKind::kUnknown, type, {}, span);
  while (count > 0) {
    --count;
    std::vector<ExprId> conditions;
    for (const ExprId cell : rows.cells[count]) {
      if (cell != kNone) conditions.push_back(cell);
    }
    const ExprId all = Join(std::move(conditions), ExprKind::kAnd);
    value = Make(ExprKind::kIf, type, {all, rows.results[count], value}, span);
  }
  return value;
}

void Checker::ReportTable(const syntax::Table& table, const std::vector<ExprId>& inputs, const Lookup& lookup,
                          const std::vector<CodeRange>& domains) {
  const std::vector<bool> reached = ReachedRows(lookup.graph, lookup.rows.size());
  for (std::size_t row = 0; row < reached.size(); ++row) {
    if (reached[row]) continue;
    std::size_t twin = 0;
    while (twin < row && lookup.rows[twin] != lookup.rows[row]) ++twin;
    Diagnostic& diagnostic =
        diagnostics_.Report(Code::kTableRowNever, table.rows[row].span, "this row is never reached");
    if (twin < row) diagnostic.NoteAt(table.rows[twin].span, "this row takes the very same cases");
    if (twin == row) diagnostic.Label("rows above it take all of its cases");
    diagnostic.Help("leave the row out, or move it up");
  }
  const auto gap = FindGap(lookup.graph, domains);
  if (!gap) return;
  std::string text;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string range =
        CodeRangeText(program_, At(inputs[i]).type, lookup.texts[i], (*gap)[i], domains[i]);
    if (range.empty()) continue;
    text += (text.empty() ? "" : " and ") + PrintExpr(tree_, table.inputs[i]) + " " + range;
  }
  diagnostics_
      .Report(Code::kTableGap, At(inputs.front()).span,
              text.empty() ? "no row of this table fits" : "no row fits where " + text)
      .Label("not all cases of the inputs are covered")
      .Help("add a row for it, or a last row with `-` in every cell for all that is left");
}

// Where cells are computed it is not known what they take; but a row that takes all of another's cases does.
void Checker::ReportShadowedRows(const syntax::Table& table, const TableRows& rows,
                                 const std::vector<std::vector<std::optional<CellSet>>>& sets) {
  const auto covers = [&](std::size_t above, std::size_t row) {
    for (std::size_t i = 0; i < sets[row].size(); ++i) {
      if (rows.cells[above][i] == kNone) continue;
      const std::optional<CellSet>& wide = sets[above][i];
      const std::optional<CellSet>& narrow = sets[row][i];
      if (!wide || !narrow || !wide->Covers(*narrow)) return false;
    }
    return true;
  };
  for (std::size_t row = 1; row < sets.size(); ++row) {
    std::size_t above = 0;
    while (above < row && !covers(above, row)) ++above;
    if (above == row) continue;
    diagnostics_.Report(Code::kTableRowNever, table.rows[row].span, "this row is never reached")
        .NoteAt(table.rows[above].span, "this row takes all of its cases")
        .Help("leave the row out, or move it up");
  }
}

ExprId Checker::CheckTable(const syntax::Table& table, Span span, const Scope& scope) {
  const Type type = ResolveType({{table.type, table.type_span}, {}});
  std::vector<ExprId> inputs;
  for (const syntax::ExprId input : table.inputs) {
    inputs.push_back(CheckExpr(input, scope));
    if (inputs.back() == kNone) return kNone;
    table_inputs_[input.index] = inputs.back();
  }
  TableRows rows;
  const bool good = CheckTableRows(table, type, scope, rows);
  for (const syntax::ExprId input : table.inputs) table_inputs_.erase(input.index);
  if (!good) return kNone;
  if (rows.results.empty()) return Make(ExprKind::kUnknown, type, {}, span);

  Lookup lookup;
  std::vector<CodeRange> domains;
  std::vector<std::vector<std::optional<CellSet>>> sets(rows.results.size());
  bool fixed = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    ColumnCoder column(program_, inputs[i]);
    std::set<std::string> texts;
    for (const auto& cells : rows.cells) column.CollectTexts(cells[i], texts);
    if (column.is_text()) column.SetTexts(texts);
    for (std::size_t row = 0; row < rows.cells.size(); ++row) {
      sets[row].push_back(column.SetOf(rows.cells[row][i]));
      fixed = fixed && sets[row].back().has_value();
    }
    domains.push_back(column.domain());
    lookup.texts.push_back(column.texts());
  }
  std::optional<DecisionGraph> graph;
  if (fixed) {
    for (const auto& cells : sets) {
      std::vector<CellSet>& row = lookup.rows.emplace_back();
      for (const std::optional<CellSet>& cell : cells) row.push_back(*cell);
    }
    graph = MakeDecisionGraph(lookup.rows, domains);
  } else if (sets.size() <= kOpenRowsMax) {
    ReportShadowedRows(table, rows, sets);
  }
  if (graph) {
    lookup.graph = std::move(*graph);
    ReportTable(table, inputs, lookup, domains);
  }
  const bool fixed_results = std::all_of(rows.results.begin(), rows.results.end(), [&](ExprId result) {
    return At(result).kind == ExprKind::kLiteral;
  });
  if (rows.results.size() <= kChainRowsMax || !graph || !fixed_results) {
    if (rows.results.size() <= kOpenRowsMax) return MakeTableChain(rows, type, span);
    diagnostics_
        .Report(Code::kTableTooLong, span,
                "this table has " + std::to_string(rows.results.size()) +
                    " rows, and not all of its cells are fixed values")
        .Label("at most " + std::to_string(kOpenRowsMax) + " rows with cells that are computed")
        .Help(
            "write plain values in the cells, or split the table into two that follow each other with `or "
            "else`");
    return kNone;
  }
  lookup.results = rows.results;
  if (rows.results.size() <= kOpenRowsMax) lookup.chain = MakeTableChain(rows, type, span);
  lookup.has_gap = FindGap(lookup.graph, domains).has_value();
  lookup.hash = HashOf(program_, lookup);
  const ExprId id = Make(ExprKind::kLookup, type, inputs, span);
  program_.exprs[id].index = static_cast<std::uint32_t>(program_.lookups.size());
  program_.lookups.push_back(std::move(lookup));
  return id;
}

}  // namespace lull::dsl
