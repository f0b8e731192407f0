// The words of the language: which are reserved, and which begin a declaration or a clause of a block.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace lull::dsl {

/// Reserved words are never names. Other words of the language are words only where they stand.
bool IsReservedWord(std::string_view word);
std::span<const std::string_view> ReservedWords();

/// Words that begin a declaration, those of later editions included.
std::span<const std::string_view> DeclarationWords();
bool IsDeclarationWord(std::string_view word);

/// Words for units of time, one and many.
std::span<const std::string_view> TimeUnitWords();

/// Words and letters for units of time in the offsets of tests: `+36h`.
bool IsOffsetUnit(std::string_view word);

/// The kinds of blocks in braces.
enum class BlockKind {
  kRuleset,
  kChoice,
  kEntity,
  kFields,
  kJourney,
  kStall,
  kScore,
  kUnit,
  kNudge,
  kPolicy,
  kCalendar,
  kTest,
  kExperiment,
  kTable
};

struct BlockWords {
  BlockKind kind;
  std::string_view what;                      // "a nudge"
  std::string_view contents;                  // what stands in it, for people
  std::span<const std::string_view> clauses;  // words that begin a clause
  bool resumes_anywhere;                      // clauses may begin with any name: each line may begin one
};
const BlockWords& WordsOf(BlockKind kind);
std::vector<BlockKind> AllBlockKinds();
std::span<const BlockWords> AllBlocks();
bool IsClauseWord(BlockKind kind, std::string_view word);

/// Whether a byte can stand in a word; bytes of non-ASCII letters count, names are judged later.
bool IsWordByte(char byte);
inline bool IsDigit(char byte) { return byte >= '0' && byte <= '9'; }
/// A blank within a line.
inline bool IsBlank(char byte) { return byte == ' ' || byte == '\t' || byte == '\r'; }
/// The word that begins at `offset`, or empty.
std::string_view WordAt(std::string_view text, std::size_t offset);

}  // namespace lull::dsl
