// What people write who know another language, or say it in plain English, and how it is written here.
//
// A table of patterns over the words of one line. It is asked only where the grammar cannot go on, and a
// pattern counts only if it covers that place, so it never judges what is well-formed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dsl/diagnostics.h"

namespace lull::dsl {

/// A row of the table. A pattern is a row of atoms, with blanks between them:
///   word         that word, in capitals or not; `a|b` is either, `[a]` may be missing
///   NAME         any word that is not reserved       PATH    `a` or `a.b`
///   NUM          a number                            UNIT    a unit of time
///   COUNT        a number in words, `a` included     TEXT    a text in quotes
///   CUR          a currency in capitals              MONEY   one in small letters
///   FIRST/INNER  as the first atom: the first word of a line, or not
///   else         that sign
/// `write` replaces what matched; $1, $2 … are what the atoms in capitals stood for, `$U1` in capitals.
struct Habit {
  Code code;
  std::string_view pattern;
  std::string_view write;  // empty: no edit is suggested
  std::string_view help;   // empty: "write `...`"; with $1, $2 …, too
};

/// The table, in order: the first row that matches counts.
std::span<const Habit> AllHabits();

struct HabitFound {
  const Habit* habit = nullptr;
  std::uint32_t begin = 0;  // what matched, in bytes of the text
  std::uint32_t end = 0;
  std::string replacement;  // empty: none
  std::string help;         // empty: "write `REPLACEMENT`"
};

/// The first row that covers the byte `error` of `text`.
std::optional<HabitFound> FindHabit(std::string_view text, std::uint32_t error);

/// A date or a time of day that begins at `at` in a spelling of another country: `26/11/2026`, `8:30 pm`.
struct ForeignTime {
  std::uint32_t end = 0;
  std::string replacement;  // empty: it cannot be said which day is meant
  bool is_clock = false;
};
std::optional<ForeignTime> FindForeignTime(std::string_view text, std::uint32_t at);

/// What a word of another language is called here, in a clause of a block (`what` = BlockWords::what, such as
/// "a nudge"), as a declaration, as a type, or as a value; empty if it is not known.
struct Synonym {
  std::string_view write;  // empty: no edit is suggested
  std::string_view help;   // empty: "write `...`"
};
Synonym ClauseMeant(std::string_view block, std::string_view word);
Synonym DeclarationMeant(std::string_view word);
Synonym TypeMeant(std::string_view word);
Synonym ValueMeant(std::string_view word);

/// Two lines that show how a clause of a block, or a declaration, is written; empty if there is none.
std::string_view ExampleOfClause(std::string_view block, std::string_view clause);

}  // namespace lull::dsl
