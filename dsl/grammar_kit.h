// How the rules of the grammar call the builder, report errors, and look for themselves.
//
// Rules name the method of TreeBuilder that is called when they matched: `call<M>` at a place, `act<M, R...>`
// with the text of the rules R, `raw<M, R...>` with exactly the bytes of one token. A method is called as
// soon as its rule matches and is not undone, so every choice is decided by looking ahead (`at`) before
// anything is built; what must follow then is `need<R, "what">`, which reports and throws. `clause` and
// `declaration` rules catch that, and skip.
//
// PEGTL is known to dsl/grammar*.{h,cpp} only.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/analyze.hpp>

#include "dsl/tree_builder.h"

namespace lull::dsl::syntax::grammar {

namespace pegtl = tao::pegtl;
using pegtl::at;
using pegtl::digit;
using pegtl::eof;
using pegtl::not_at;
using pegtl::one;
using pegtl::opt;
using pegtl::plus;
using pegtl::rep;
using pegtl::rep_min_max;
using pegtl::seq;
using pegtl::sor;
using pegtl::star;
using B = TreeBuilder;
using T = SyntaxTree;

/// A string as a template argument.
template <std::size_t kSize>
struct Fixed {
  char text[kSize];
  // NOLINTNEXTLINE(google-explicit-constructor): literals become arguments by themselves.
  consteval Fixed(const char (&from)[kSize]) { std::copy_n(from, kSize, text); }
  constexpr std::string_view view() const { return {text, kSize - 1}; }
};

// --- Actions and errors ---
template <auto kMethod>
struct call : pegtl::success {
  using acts = call;
};
template <auto kMethod, typename... Rules>
struct act : seq<Rules...> {
  using acts = act;
};
template <auto kMethod, typename... Rules>
struct raw : seq<Rules...> {
  using acts = raw;
};
template <Fixed kWhat>
struct expected {};
template <typename Rule, Fixed kWhat>
struct need : sor<Rule, pegtl::raise<expected<kWhat>>> {};

template <typename Rule>
struct Action : pegtl::nothing<Rule> {};

/// A rule that derives from one of the three acts as it does.
template <typename Rule>
requires(!std::is_same_v<Rule, typename Rule::acts>) struct Action<Rule> : Action<typename Rule::acts> {
};

template <auto kMethod>
struct Action<call<kMethod>> {
  template <typename Input>
  static void apply(const Input& in, B& builder) {
    const std::uint32_t at = builder.OffsetOf(in.begin());
    if constexpr (std::is_invocable_v<decltype(kMethod), B&, Span>) {
      (builder.*kMethod)(builder.SpanOf(at, at));
    } else {
      (builder.*kMethod)();
    }
  }
};

template <auto kMethod, typename... Rules>
struct Action<act<kMethod, Rules...>> {
  template <typename Input>
  static void apply(const Input& in, B& builder) {
    (builder.*kMethod)(builder.SpanFrom(builder.OffsetOf(in.begin())));
  }
};

template <auto kMethod, typename... Rules>
struct Action<raw<kMethod, Rules...>> {
  template <typename Input>
  static void apply(const Input& in, B& builder) {
    (builder.*kMethod)(builder.SpanOf(builder.OffsetOf(in.begin()), builder.OffsetOf(in.end())));
  }
};

/// Rules that call nothing are matched without ceremony: it halves the time to compile this file.
template <typename Rule>
struct Control : pegtl::normal<Rule> {
  static constexpr bool enable = !std::is_base_of_v<pegtl::nothing<Rule>, Action<Rule>>;
};

template <Fixed kWhat>
struct Control<expected<kWhat>> {
  static constexpr bool enable = true;

  template <typename Input>
  [[noreturn]] static void raise(const Input& in, B& builder) {
    builder.FailExpected(kWhat.view(), builder.OffsetOf(in.current()));
  }
};

// --- Rules that look for themselves ---
template <typename Input>
std::string_view Rest(const Input& in) {
  return {in.current(), in.size()};
}

/// A rule of one's own: `Scan(rest, builder, offset)` gives the bytes matched, or -1.
template <typename Derived>
struct scanner {
  using subs_t = pegtl::empty_list;

  template <pegtl::apply_mode, pegtl::rewind_mode, template <typename...> class, template <typename...> class,
            typename Input>
  static bool match(Input& in, B& builder) {
    const std::int64_t bytes = Derived::Scan(Rest(in), builder, builder.OffsetOf(in.current()));
    if (bytes < 0) return false;
    in.bump(static_cast<std::size_t>(bytes));
    return true;
  }
};

/// Marks scanners that always consume, for the analysis.
struct consuming {};

/// A word of the language.
template <Fixed kWord>
struct word : scanner<word<kWord>>, consuming {
  using rule_t = word;
  static std::int64_t Scan(std::string_view rest, B&, std::uint32_t) {
    constexpr std::string_view text = kWord.view();
    const bool matches =
        rest.starts_with(text) && (rest.size() == text.size() || !IsWordByte(rest[text.size()]));
    return matches ? static_cast<std::int64_t>(text.size()) : -1;
  }
};

/// A sign, or a part of one.
template <Fixed kSign>
struct sign : scanner<sign<kSign>>, consuming {
  using rule_t = sign;
  static std::int64_t Scan(std::string_view rest, B&, std::uint32_t) {
    return rest.starts_with(kSign.view()) ? static_cast<std::int64_t>(kSign.view().size()) : -1;
  }
};

/// Any word that may be a name. One that begins the next declaration or clause is none: what should stand
/// before it is missing.
struct free_word : scanner<free_word>, consuming {
  using rule_t = free_word;
  static std::int64_t Scan(std::string_view rest, B& builder, std::uint32_t offset) {
    const std::string_view found = WordAt(rest, 0);
    const bool free = !found.empty() && !IsReservedWord(found) && !builder.BeginsDeclaration(offset);
    return free ? static_cast<std::int64_t>(found.size()) : -1;
  }
};

struct clause_here : scanner<clause_here> {
  using rule_t = clause_here;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    return builder.BeginsClause(offset) ? 0 : -1;
  }
};

struct time_unit : scanner<time_unit>, consuming {
  using rule_t = time_unit;
  static std::int64_t Scan(std::string_view rest, B&, std::uint32_t) {
    const std::string_view found = WordAt(rest, 0);
    const auto units = TimeUnitWords();
    const bool known = std::find(units.begin(), units.end(), found) != units.end();
    return known ? static_cast<std::int64_t>(found.size()) : -1;
  }
};

struct same_line : scanner<same_line> {
  using rule_t = same_line;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    return builder.IsOnLineOfLastToken(offset) ? 0 : -1;
  }
};

struct declaration_here : scanner<declaration_here> {
  using rule_t = declaration_here;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    return builder.BeginsDeclaration(offset) ? 0 : -1;
  }
};

/// Something of another language, with what it is here.
template <Fixed kWritten, Fixed kRight>
struct wrong : scanner<wrong<kWritten, kRight>>, consuming {
  using rule_t = wrong;
  static std::int64_t Scan(std::string_view rest, B& builder, std::uint32_t offset) {
    constexpr std::string_view text = kWritten.view();
    const bool in_words = IsWordByte(text.back());
    const bool matches =
        rest.starts_with(text) && !(in_words && rest.size() > text.size() && IsWordByte(rest[text.size()]));
    if (matches) builder.FailWrongOperator(text, kRight.view(), offset);
    return -1;
  }
};

/// Always throws.
template <auto kFail>
struct fail : scanner<fail<kFail>>, consuming {
  using rule_t = fail;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    (builder.*kFail)(offset);
    return -1;
  }
};

/// Goes on where the builder says.
template <auto kRecover>
struct skip : scanner<skip<kRecover>>, consuming {
  using rule_t = skip;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    return static_cast<std::int64_t>((builder.*kRecover)(offset)) - offset;
  }
};

/// Bounds how deep rules nest.
template <typename Rule>
struct nested {
  using rule_t = nested;
  using subs_t = pegtl::type_list<Rule>;

  template <pegtl::apply_mode A, pegtl::rewind_mode M, template <typename...> class Act,
            template <typename...> class Ctl, typename Input>
  static bool match(Input& in, B& builder) {
    builder.EnterNesting(builder.OffsetOf(in.current()));
    const bool matched = Ctl<Rule>::template match<A, M, Act, Ctl>(in, builder);
    builder.LeaveNesting();
    return matched;
  }
};

}  // namespace lull::dsl::syntax::grammar

namespace tao::pegtl {

// What the analysis needs to know of the rules with a match of their own.
template <typename Name, typename Rule>
requires std::is_base_of_v<lull::dsl::syntax::grammar::consuming, Rule>
struct analyze_traits<Name, Rule> : analyze_any_traits<> {
};
template <typename Name, typename Rule>
requires(std::is_base_of_v<lull::dsl::syntax::grammar::scanner<Rule>, Rule> &&
         !std::is_base_of_v<lull::dsl::syntax::grammar::consuming, Rule>) struct analyze_traits<Name, Rule>
    : analyze_opt_traits<> {
};
template <typename Name, typename Rule>
struct analyze_traits<Name, lull::dsl::syntax::grammar::nested<Rule>> : analyze_seq_traits<Rule> {};

}  // namespace tao::pegtl
