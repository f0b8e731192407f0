// What is remembered for each declaration of a ruleset, and what becomes of it when the ruleset follows
// another.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/change_plan.h"
#include "compiler/plan.h"
#include "runtime/succession.h"

namespace lull::compiler {

/// Two rulesets with their plans, and which piece of state of one goes on with which of the other. Both must
/// outlive it.
class ChangeFacts {
 public:
  ChangeFacts(const ComparedRuleset& before, const ComparedRuleset& after);

  /// What the new ruleset remembers for a declaration; `of` as in PrintedDefinition. Empty where nothing is,
  /// or no rule needs it.
  std::vector<Memory> MemoryOf(const std::string& of, std::uint32_t index) const;
  /// What only the old one remembered.
  std::vector<Memory> ForgottenOf(const std::string& of, std::uint32_t index) const;

  /// Numbers of the new ruleset; kNone: it goes.
  dsl::EntityId EntityAfter(dsl::EntityId before) const { return successions_[before].to; }
  dsl::NudgeId NudgeAfter(dsl::NudgeId before) const;
  /// Whether an old nudge goes on with this one.
  bool HasPredecessor(dsl::NudgeId after) const;
  bool CarriesBit(dsl::EntityId entity_after, std::uint32_t bit) const {
    return Source(entity_after, runtime::StatePiece::Kind::kBit, bit) != nullptr;
  }
  bool Carries(dsl::EntityId entity_after, const Slot& slot) const;

  const ComparedRuleset& before() const { return before_; }
  const ComparedRuleset& after() const { return after_; }
  const Plan& plan_before() const { return plan_before_; }
  const Plan& plan_after() const { return plan_after_; }

 private:
  friend class MemoryList;
  /// The old piece that a new one goes on with; null: none.
  const runtime::StatePiece* Source(dsl::EntityId after, runtime::StatePiece::Kind kind,
                                    std::uint32_t index) const;
  const runtime::EntitySuccession* SuccessionTo(dsl::EntityId after) const;

  const ComparedRuleset before_;
  const ComparedRuleset after_;
  const Plan plan_before_;
  const Plan plan_after_;
  std::vector<runtime::EntitySuccession> successions_;  // by old entity
};

}  // namespace lull::compiler
