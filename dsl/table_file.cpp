#include "dsl/table_file.h"

#include <algorithm>
#include <optional>

#include "dsl/grammar.h"
#include "dsl/tree_builder.h"

namespace lull::dsl {
namespace {

struct CsvCell {
  std::uint32_t begin = 0;  // of what stands in it, without quotes and blanks
  std::uint32_t end = 0;
  std::string text;  // with doubled quotes made single
};

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  bool done() const { return at_ >= text_.size(); }
  std::uint32_t at() const { return static_cast<std::uint32_t>(at_); }

  /// The cells of the next line; nothing if a quote is not closed on it.
  std::optional<std::vector<CsvCell>> ReadLine() {
    std::vector<CsvCell> cells;
    while (true) {
      std::optional<CsvCell> cell = ReadCell();
      if (!cell) return std::nullopt;
      cells.push_back(std::move(*cell));
      if (done() || text_[at_] == '\n') {
        ++at_;
        return cells;
      }
      ++at_;  // the comma
    }
  }

 private:
  static bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  bool AtEnd() const { return done() || text_[at_] == ',' || text_[at_] == '\n'; }

  std::optional<CsvCell> ReadCell() {
    while (!done() && IsBlank(text_[at_])) ++at_;
    CsvCell cell;
    if (!done() && text_[at_] == '"') {
      cell.begin = at() + 1;
      for (++at_; !done() && text_[at_] != '\n'; ++at_) {
        if (text_[at_] == '"') {
          if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
          ++at_;
        }
        cell.text += text_[at_];
      }
      if (done() || text_[at_] != '"') return std::nullopt;
      cell.end = at();
      ++at_;
      while (!done() && IsBlank(text_[at_])) ++at_;
      if (!AtEnd()) return std::nullopt;
      return cell;
    }
    cell.begin = at();
    while (!AtEnd()) ++at_;
    cell.end = at();
    while (cell.end > cell.begin && IsBlank(text_[cell.end - 1])) --cell.end;
    cell.text = text_.substr(cell.begin, cell.end - cell.begin);
    return cell;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class TableReader {
 public:
  TableReader(const SourceSet& sources, SourceId csv, std::string name, syntax::SyntaxTree& tree,
              syntax::ExprId table, Diagnostics& diagnostics)
      : sources_(sources),
        csv_(csv),
        name_(std::move(name)),
        tree_(tree),
        table_(table),
        diagnostics_(diagnostics),
        reader_(sources.text(csv)) {}

  void Run() {
    const std::uint32_t header_begin = reader_.at();
    const auto header = reader_.ReadLine();
    if (!header) return ReportQuote(header_begin);
    if (!FindColumns(*header, header_begin)) return;
    std::vector<syntax::TableRow> rows;
    while (!reader_.done()) {
      const std::uint32_t begin = reader_.at();
      const auto cells = reader_.ReadLine();
      if (!cells) return ReportQuote(begin);
      if (cells->size() == 1 && cells->front().text.empty()) continue;
      if (cells->size() != header->size()) {
        Report(begin, cells->back().end,
               "this line has " + std::to_string(cells->size()) + " cells, and the first line has " +
                   std::to_string(header->size()));
        continue;
      }
      if (rows.size() == kTableRowsMax) {
        Report(begin, cells->back().end, "a table has at most " + std::to_string(kTableRowsMax) + " rows");
        break;
      }
      rows.push_back(MakeRow(*cells, begin));
    }
    std::get<syntax::Table>(tree_.expressions[table_.index].node).rows = std::move(rows);
  }

 private:
  Span Place(std::uint32_t begin, std::uint32_t end) const { return {csv_, begin, std::max(begin, end)}; }
  Diagnostic& Report(std::uint32_t begin, std::uint32_t end, std::string message) {
    return diagnostics_.Report(Code::kTableFile, Place(begin, end), std::move(message));
  }
  void ReportQuote(std::uint32_t begin) {
    Report(begin, begin + 1, "a quote on this line is not closed, or not at the end of its cell")
        .Help("write a quote inside of quotes twice: \"a \"\"word\"\"\"");
  }

  bool FindColumns(const std::vector<CsvCell>& header, std::uint32_t begin) {
    const auto find = [&](std::string_view name) {
      const auto at =
          std::find_if(header.begin(), header.end(), [&](const CsvCell& cell) { return cell.text == name; });
      if (at == header.end()) {
        Report(begin, header.back().end, "no column is called `" + std::string(name) + "`")
            .Label("the first line names the columns")
            .Help(
                "a table needs a column for each input, named as in the rules, and one named like the "
                "table itself for the value");
      }
      return static_cast<std::size_t>(at - header.begin());
    };
    bool found = true;
    for (const syntax::ExprId input : std::get<syntax::Table>(tree_[table_].node).inputs) {
      columns_.push_back(find(sources_.TextOf(tree_[input].span)));
      found = found && columns_.back() < header.size();
    }
    result_column_ = find(name_);
    return found && result_column_ < header.size();
  }

  syntax::ExprId Add(syntax::ExprNode node, Span span) {
    tree_.expressions.push_back({std::move(node), span, 2});
    return {static_cast<std::uint32_t>(tree_.expressions.size() - 1)};
  }

  syntax::ExprId MakeInputCell(const CsvCell& cell, syntax::ExprId input) {
    if (cell.text.empty() || cell.text == "-") return {};
    Diagnostics unread;
    syntax::TreeBuilder builder(sources_, csv_, tree_, unread);
    builder.BeginRawCell(input);
    const bool matched = syntax::MatchCell(sources_.text(csv_), cell.begin, cell.end, builder);
    const bool good = matched && unread.all().empty();
    const auto result = builder.EndRawCell();
    if (good && !result.bare) return result.condition;
    syntax::ExprId parsed;
    if (good) parsed = std::get<syntax::Binary>(tree_[result.condition].node).right;
    const Span span = Place(cell.begin, cell.end);
    const syntax::ExprId raw = Add(syntax::RawCell{cell.text, parsed}, span);
    return Add(syntax::Binary{syntax::BinaryOp::kIs, input, raw}, span);
  }

  syntax::ExprId MakeResultCell(const CsvCell& cell) {
    Diagnostics unread;
    syntax::TreeBuilder builder(sources_, csv_, tree_, unread);
    const bool matched = syntax::MatchResult(sources_.text(csv_), cell.begin, cell.end, builder);
    syntax::ExprId parsed;
    if (matched && unread.all().empty()) {
      parsed = {static_cast<std::uint32_t>(tree_.expressions.size() - 1)};
    }
    return Add(syntax::RawCell{cell.text, parsed}, Place(cell.begin, cell.end));
  }

  syntax::TableRow MakeRow(const std::vector<CsvCell>& cells, std::uint32_t begin) {
    syntax::TableRow row;
    row.span = Place(begin, cells.back().end);
    const std::vector<syntax::ExprId> inputs = std::get<syntax::Table>(tree_[table_].node).inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      row.cells.push_back(MakeInputCell(cells[columns_[i]], inputs[i]));
    }
    row.result = MakeResultCell(cells[result_column_]);
    row.cell_count = cells.size();
    return row;
  }

  const SourceSet& sources_;
  SourceId csv_;
  std::string name_;
  syntax::SyntaxTree& tree_;
  syntax::ExprId table_;
  Diagnostics& diagnostics_;
  CsvReader reader_;
  std::vector<std::size_t> columns_;
  std::size_t result_column_ = 0;
};

}  // namespace

void ReadTableFile(const SourceSet& sources, SourceId csv, const std::string& table_name,
                   syntax::SyntaxTree& tree, syntax::ExprId table, Diagnostics& diagnostics) {
  TableReader(sources, csv, table_name, tree, table, diagnostics).Run();
}

}  // namespace lull::dsl
