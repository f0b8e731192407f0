#include "dsl/format.h"

#include <algorithm>
#include <array>

#include "dsl/format_clauses.h"
#include "dsl/format_entries.h"
#include "dsl/parser.h"
#include "dsl/tree_printer.h"

namespace lull::dsl {
namespace format {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kShapes = 5;
/// A longer cell is not what the others are aligned to.
constexpr std::size_t kCellWidthMax = 50;
constexpr std::size_t kContentColumnMax = 48;

using Lines = std::vector<std::string>;
using Widths = std::array<std::size_t, kCellsMax>;
using ByShape = std::array<Widths, kShapes>;

std::string Padded(const std::string& text, std::size_t width) {
  const std::size_t own = WidthOf(text);
  return text + std::string(own < width ? width - own : 0, ' ');
}

std::size_t LengthOf(Tokens tokens) { return WidthOf(Join(tokens)); }

/// Cells with `gap` spaces between them, each padded to its column; columns that nobody uses are left out.
std::string Line(const std::vector<Tokens>& cells, const Widths& widths, std::size_t gap) {
  std::string line;
  std::size_t pad = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string text = Join(cells[i]);
    if (!text.empty()) line += std::string(pad, ' ') + text, pad = 0;
    const std::size_t own = WidthOf(text);
    if (own > 0 || widths[i] > 0) pad += std::max(widths[i], own) - own + gap;
  }
  return line;
}

class Formatter {
 public:
  std::string Run(const std::vector<Entry>& declarations) {
    Declarations(declarations);
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

 private:
  // --- Declarations ---
  void Declarations(const std::vector<Entry>& all) {
    for (std::size_t at = 0; at < all.size();) {
      if (all[at].is_comment()) {
        BlankBefore(all, at);
        lines_.emplace_back(all[at].comment->text);
        ++at;
        continue;
      }
      const std::size_t end = EndOfRun(all, at);
      const Widths widths = WidthsOfRun(all, at, end);
      for (; at < end; ++at) {
        BlankBefore(all, at);
        Declaration(all[at], widths);
      }
    }
  }

  /// A blank line stands where the author put one, and around declarations of several lines.
  void BlankBefore(const std::vector<Entry>& all, std::size_t at) {
    if (at == 0) return;
    std::size_t owner = at;  // the declaration that a comment belongs to
    while (owner + 1 < all.size() && all[owner].is_comment() && !all[owner + 1].blank_before) ++owner;
    const bool after_comment = all[at - 1].is_comment();
    const bool needed = IsBroken(all[at - 1]) || (!after_comment && IsBroken(all[owner]));
    if (all[at].blank_before || needed) lines_.emplace_back();
  }

  static bool IsBroken(const Entry& entry) { return entry.block != nullptr && InlineBlock(entry, 0).empty(); }

  /// One-line declarations of a kind, directly under one another, are aligned.
  static std::size_t EndOfRun(const std::vector<Entry>& all, std::size_t begin) {
    std::size_t end = begin + 1;
    if (IsBroken(all[begin])) return end;
    while (end < all.size() && !all[end].is_comment() && !all[end].blank_before && !IsBroken(all[end]) &&
           all[end].head[0].text == all[begin].head[0].text) {
      ++end;
    }
    return end;
  }

  static Widths WidthsOfRun(const std::vector<Entry>& all, std::size_t begin, std::size_t end) {
    Widths widths{};
    for (std::size_t at = begin; at < end; ++at) {
      if (HasCommentAhead(all[at])) continue;
      const std::vector<Tokens> cells = DeclarationCells(all[at].head);
      const std::size_t padded = cells.size() - (cells.size() > 1 || all[at].block == nullptr ? 1 : 0);
      for (std::size_t i = 0; i < padded; ++i) widths[i] = std::max(widths[i], LengthOf(cells[i]));
    }
    return widths;
  }

  /// Whether a comment keeps the parts of a declaration from standing on one line.
  static bool HasCommentAhead(const Entry& entry) {
    const Tokens head = entry.head;
    const std::size_t last = DeclarationCells(head).back().size();
    return HasComment(entry.block != nullptr ? head : head.subspan(0, head.size() - last));
  }

  void Declaration(const Entry& entry, const Widths& widths) {
    const std::vector<Tokens> cells = DeclarationCells(entry.head);
    if (IsBroken(entry)) {
      BrokenBlock(entry, "", Tokens(entry.head), 0);
    } else if (HasCommentAhead(entry)) {
      Fill(lines_, "", entry.head, 2 * kIndent);
      if (entry.block != nullptr) lines_.back() += " " + InlineBlock(entry, 0);
    } else {
      std::string prefix;
      for (std::size_t i = 0; i + 1 < cells.size(); ++i) prefix += Padded(Join(cells[i]), widths[i]) + " ";
      if (entry.block != nullptr) {
        const std::string last = Join(cells.back());
        lines_.push_back(prefix + (cells.size() > 1 ? last : Padded(last, widths[0])) + " " +
                         InlineBlock(entry, 0));
      } else {
        const std::size_t content = WidthOf(prefix) + 2;
        const bool aligned = cells.back()[0].Is("=") && content <= kContentColumnMax;
        Fill(lines_, prefix, cells.back(), aligned ? content : 2 * kIndent);
      }
    }
    TrailingComment(entry);
  }

  // --- Blocks ---
  /// `{ … }` and what follows, or empty if it cannot be on one line that begins at `column`.
  static std::string InlineBlock(const Entry& entry, std::size_t column) {
    const Block& block = *entry.block;
    if (HasComment(entry.tail)) return {};
    std::string tail = Join(entry.tail);
    if (!tail.empty()) tail = " " + tail;
    if (block.entries.empty() && !block.comment) return "{}" + tail;
    if (!block.on_one_line || block.comment || !MayBeOnOneLine(block.kind)) return {};
    const bool commas = block.kind != BlockKind::kUnit;
    std::string text;
    for (const Entry& each : block.entries) {
      if (each.comment || each.block != nullptr || HasComment(each.head)) return {};
      text += (text.empty() ? "{ " : commas ? ", " : "  ") + Join(each.head);
    }
    text += " }" + tail;
    const std::size_t before = HasComment(entry.head) ? 0 : LengthOf(entry.head);
    return column + before + 1 + WidthOf(text) <= kFormatColumnsMax ? text : std::string();
  }

  void BrokenBlock(const Entry& entry, const std::string& prefix, Tokens head, std::size_t indent) {
    if (head.empty()) {
      lines_.push_back(prefix + "{");
    } else {
      Fill(lines_, prefix, head, indent + 2 * kIndent);
      lines_.back() += head.back().is_comment() ? "" : " {";
      if (head.back().is_comment()) lines_.push_back(std::string(indent, ' ') + "{");
    }
    if (entry.block->comment) lines_.back() += "  " + std::string(entry.block->comment->text);
    Clauses(*entry.block, indent + kIndent);
    Fill(lines_, std::string(indent, ' ') + (entry.tail.empty() ? "" : "} "), entry.tail, indent + kIndent);
    if (entry.tail.empty()) lines_.push_back(std::string(indent, ' ') + "}");
  }

  void Clauses(const Block& block, std::size_t indent) {
    ByShape widths{};
    for (const Entry& each : block.entries) AddWidths(block.kind, each, indent, widths);
    std::size_t step_indent = indent;
    for (std::size_t at = 0; at < block.entries.size(); ++at) {
      const Entry& each = block.entries[at];
      if (each.blank_before && at > 0) lines_.emplace_back();
      const bool is_step = block.kind == BlockKind::kTest && IsStep(block.entries, at);
      const std::size_t own_indent = is_step ? step_indent : indent;
      if (each.is_comment()) {
        lines_.push_back(std::string(own_indent, ' ') + std::string(each.comment->text));
        continue;
      }
      Clause(block.kind, each, own_indent, widths);
      TrailingComment(each);
      if (block.kind == BlockKind::kTest && !is_step) step_indent = StepIndent(each, indent, widths);
    }
  }

  /// Whether an entry of a test belongs to the time above it: a comment goes with what it stands before.
  static bool IsStep(const std::vector<Entry>& entries, std::size_t at) {
    while (at < entries.size() && entries[at].is_comment()) ++at;
    return at < entries.size() && !BeginsTime(entries[at].head);
  }

  /// Where the further steps of a time stand: under its first step, or a step in from a time that is alone.
  static std::size_t StepIndent(const Entry& entry, std::size_t indent, const ByShape& widths) {
    const Columns columns = ColumnsOf(BlockKind::kTest, entry.head);
    const bool alone = columns.cells.size() < 2 || columns.cells[1].empty();
    return indent + (alone ? 0 : widths[static_cast<std::size_t>(columns.shape)][0]) + kIndent;
  }

  static void AddWidths(BlockKind kind, const Entry& entry, std::size_t indent, ByShape& widths) {
    if (entry.is_comment() || HasComment(entry.head)) return;
    const Columns columns = ColumnsOf(kind, entry.head);
    if (columns.shape == Columns::Shape::kWhole) return;
    Widths& own = widths[static_cast<std::size_t>(columns.shape)];
    const bool fits = indent + LengthOf(entry.head) <= kFormatColumnsMax;
    const bool has_rest = columns.cells.size() > 1 && LengthOf(entry.head) > LengthOf(columns.cells[0]);
    for (std::size_t i = 0; i < columns.cells.size() && fits && has_rest; ++i) {
      const bool free = columns.shape == Columns::Shape::kHead && i > 0;
      const std::size_t length = LengthOf(columns.cells[i]);
      if (!free && length <= kCellWidthMax) own[i] = std::max(own[i], length);
    }
    if (!fits && has_rest) own[0] = std::max(own[0], LengthOf(columns.cells[0]));
  }

  void Clause(BlockKind kind, const Entry& entry, std::size_t indent, const ByShape& all_widths) {
    const Columns columns = ColumnsOf(kind, entry.head);
    Widths widths = all_widths[static_cast<std::size_t>(columns.shape)];
    const bool is_row = columns.shape == Columns::Shape::kRow;
    if (columns.shape != Columns::Shape::kTransition && !is_row) {
      for (const Columns::Shape shape : {Columns::Shape::kHead, Columns::Shape::kPoints}) {
        widths[0] = std::max(widths[0], all_widths[static_cast<std::size_t>(shape)][0]);
      }
    }
    const std::string margin(indent, ' ');
    if (entry.block != nullptr) {
      const std::string block = HasComment(entry.head) ? std::string() : InlineBlock(entry, indent);
      if (block.empty()) return BrokenBlock(entry, margin, entry.head, indent);
      lines_.push_back(margin + Join(entry.head) + " " + block);
      return;
    }
    if (!HasComment(entry.head)) {
      Widths narrow{};
      narrow[0] = widths[0];
      for (const Widths& each : {widths, narrow}) {
        const std::string line = margin + Line(columns.cells, each, is_row ? 1 : kIndent);
        if (WidthOf(line) <= kFormatColumnsMax) return lines_.push_back(line);
      }
    }
    LongClause(columns, entry, margin, widths);
  }

  void LongClause(const Columns& columns, const Entry& entry, const std::string& margin,
                  const Widths& widths) {
    const Tokens head = columns.cells[0];
    if (columns.shape == Columns::Shape::kWhole || columns.shape == Columns::Shape::kTransition ||
        columns.shape == Columns::Shape::kRow || HasComment(head)) {
      return Fill(lines_, margin, entry.head, margin.size() + 2 * kIndent);
    }
    const std::string prefix = margin + Padded(Join(head), widths[0]) + std::string(kIndent, ' ');
    Fill(lines_, prefix, Tokens(entry.head).subspan(head.size()), WidthOf(prefix));
  }

  void TrailingComment(const Entry& entry) {
    if (entry.comment) lines_.back() += "  " + std::string(entry.comment->text);
  }

  Lines lines_;
};

/// Comments at the end of a clause's tokens were put behind it; a comma before them went away.
bool SameTokens(std::string_view before, std::string_view after) {
  const auto words = [](std::string_view text) {
    std::vector<std::string_view> all;
    for (const Token& token : Tokenize(text)) {
      if (!token.Is(",")) all.push_back(token.text);
    }
    return all;
  };
  return words(before) == words(after);
}

}  // namespace
}  // namespace format

FormatResult Format(const SourceSet& file, Diagnostics& diagnostics) {
  const SourceId id = file.ids().front();
  const std::string_view text = file.text(id);
  FormatResult result{FormatOutcome::kSyntaxErrors, std::string(text)};
  const syntax::SyntaxTree tree = Parse(file, diagnostics);
  if (diagnostics.has_errors()) return result;
  std::string form = format::Formatter().Run(format::MakeOutline(format::Tokenize(text), tree.marks));

  SourceSet formed;
  formed.Add(file.path(id), form);
  Diagnostics found;
  const syntax::SyntaxTree other = Parse(formed, found);
  result.outcome = FormatOutcome::kWouldChange;
  if (found.has_errors() || !format::SameTokens(text, form) || PrintTree(tree) != PrintTree(other)) {
    return result;
  }
  return {FormatOutcome::kDone, std::move(form)};
}

}  // namespace lull::dsl
