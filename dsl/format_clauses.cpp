#include "dsl/format_clauses.h"

#include <algorithm>

namespace lull::dsl::format {
namespace {

/// Clauses that begin with more than one word.
constexpr std::string_view kHeads[][2] = {
    {"at", "most"},     {"quiet", "hours"}, {"never", "when"},   {"again", "after"},   {"withdraw", "when"},
    {"stale", "after"}, {"valid", "for"},   {"repeat", "every"}, {"expires", "after"},
};

/// The time of a step of a test, up to what happens then.
std::size_t TimeWords(Tokens clause) {
  const bool is_offset = clause.size() > 1 && clause[1].Is("+");
  const auto is_unit = [&](std::size_t at) {
    return is_offset && clause[at - 1].kind == TokenKind::kNumber && IsOffsetUnit(clause[at].text);
  };
  std::size_t at = 1;
  while (at < clause.size() && (clause[at].kind != TokenKind::kWord || is_unit(at))) ++at;
  return at;
}

std::size_t HeadWords(BlockKind kind, Tokens clause) {
  if (kind == BlockKind::kEntity || kind == BlockKind::kFields || clause.size() < 2) return 1;
  const auto fits = [&](const auto& head) { return clause[0].Is(head[0]) && clause[1].Is(head[1]); };
  return std::any_of(std::begin(kHeads), std::end(kHeads), fits) ? 2 : 1;
}

std::size_t Find(Tokens tokens, std::size_t from, std::string_view word) {
  int depth = 0;
  for (std::size_t at = from; at < tokens.size(); ++at) {
    if (tokens[at].Is("(")) ++depth;
    if (tokens[at].Is(")")) --depth;
    if (depth == 0 && tokens[at].Is(word)) return at;
  }
  return tokens.size();
}

/// A `when` of an `if … then` is none of the clause, nor is one in parentheses.
std::vector<Tokens> PointsCells(Tokens clause) {
  const std::size_t when = Find(clause, 1, "when");
  const std::size_t because = Find(clause, 1, "because");
  const Tokens points = clause.subspan(1, std::min(when, because) - 1);
  if (when < because) {
    return {clause.subspan(0, 1), points, clause.subspan(when, because - when), clause.subspan(because)};
  }
  return {clause.subspan(0, 1), points, {}, clause.subspan(because)};
}

/// The days of a line of a calendar stand in one column, its hours in another.
std::size_t DaysOfWeek(Tokens clause) {
  constexpr std::string_view kOthers[] = {"closed", "open", "zone", "always"};
  if (std::find(std::begin(kOthers), std::end(kOthers), clause[0].text) != std::end(kOthers)) return 1;
  std::size_t end = 0;
  while (end < clause.size() && clause[end].kind != TokenKind::kNumber && !clause[end].Is("all") &&
         !clause[end].Is("closed")) {
    ++end;
  }
  return end;
}

}  // namespace

bool BeginsTime(Tokens clause) { return clause[0].Is("at") || clause[0].Is("by"); }

Columns ColumnsOf(BlockKind kind, Tokens clause) {
  using Shape = Columns::Shape;
  if (kind == BlockKind::kChoice) return {Shape::kWhole, {clause}};
  if (kind == BlockKind::kJourney) {
    const std::size_t arrow = Find(clause, 0, "->");
    if (arrow == clause.size()) return {Shape::kWhole, {clause}};
    const std::size_t rest = std::min(arrow + 2, clause.size());
    return {Shape::kTransition, {clause.subspan(0, arrow), clause.subspan(arrow, 2), clause.subspan(rest)}};
  }
  if (kind == BlockKind::kTest) {
    if (!BeginsTime(clause)) return {Shape::kWhole, {clause}};
    const std::size_t time = TimeWords(clause);
    return {Shape::kHead, {clause.subspan(0, time), clause.subspan(time)}};
  }
  if (kind == BlockKind::kTable) {
    Columns columns{Shape::kRow, {}};
    for (std::size_t begin = 0; begin < clause.size();) {
      const std::size_t end = Find(clause, begin + 1, "|");
      columns.cells.push_back(clause.subspan(begin, end - begin));
      begin = end;
    }
    if (columns.cells.size() > kCellsMax) return {Shape::kWhole, {clause}};
    return columns;
  }
  if (kind == BlockKind::kScore && (clause[0].Is("add") || clause[0].Is("take"))) {
    return {Shape::kPoints, PointsCells(clause)};
  }
  const std::size_t head = kind == BlockKind::kCalendar ? DaysOfWeek(clause) : HeadWords(kind, clause);
  if (clause[0].Is("because")) {
    const std::size_t when = Find(clause, 1, "when");
    return {Shape::kHead, {clause.subspan(0, 1), clause.subspan(1, when - 1), clause.subspan(when)}};
  }
  return {Shape::kHead, {clause.subspan(0, head), clause.subspan(head)}};
}

std::vector<Tokens> DeclarationCells(Tokens head) {
  std::vector<Tokens> cells;
  std::size_t begin = 0;
  for (std::size_t at = 2; at < head.size() && cells.size() < 2; ++at) {
    const bool is_of = head[at].Is("of") && cells.empty();
    const bool is_equals = head[at].Is("=");
    if (!is_of && !is_equals) continue;
    cells.push_back(head.subspan(begin, at - begin));
    begin = at;
    if (is_equals) break;
  }
  cells.push_back(head.subspan(begin));
  return cells;
}

bool MayBeOnOneLine(BlockKind kind) {
  return kind == BlockKind::kChoice || kind == BlockKind::kFields || kind == BlockKind::kUnit;
}

}  // namespace lull::dsl::format
