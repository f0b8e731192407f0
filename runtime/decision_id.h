// The id of a decision: the same in every replay, shard count and backtest.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::runtime {

/// A 128-bit XXH3 hash. Compares like its 32 lower-case hexadecimal digits.
struct DecisionId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend auto operator<=>(const DecisionId&, const DecisionId&) = default;

  /// Writes exactly 32 digits, no terminator.
  void WriteHex(char* digits) const;
  std::string Hex() const;
  /// Of exactly 32 hexadecimal digits, in either case.
  static std::optional<DecisionId> FromHex(std::string_view digits);
};

/// What a decision is named by (semantics: decisions). Log positions are no part of it.
struct DecisionName {
  std::string_view ruleset;
  std::string_view nudge;
  std::string_view entity;  // the type
  std::string_view key;
  bool is_part = false;
  std::string_view whole;  // of a part: the key of its whole, within which its own is unique
  std::int64_t instant = 0;
  std::uint32_t n = 0;  // the moment among the entity's moments at this instant
  std::uint32_t k = 0;  // the trigger among the nudge's triggers in this moment
};

DecisionId MakeDecisionId(const DecisionName& name);

/// Of whom an experiment deals the arm.
struct ArmName {
  std::string_view ruleset;
  std::string_view experiment;
  std::string_view entity;  // the type
  std::string_view key;
  bool is_part = false;
  std::string_view whole;  // of a part: the key of its whole
};

/// A number below 1'000'000'000 that depends on these names only: it decides the arm.
std::uint64_t ArmPoint(const ArmName& name);

/// A number in [0, 1) that depends on the three names only: who is below a policy's holdout share gets
/// nothing.
double HoldoutPoint(std::string_view ruleset, std::string_view policy, std::string_view entity_key);
/// The same for one part.
double HoldoutPoint(std::string_view ruleset, std::string_view policy, std::string_view whole_key,
                    std::string_view part_key);

}  // namespace lull::runtime
