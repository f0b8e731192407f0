// What a new ruleset does to the state of the old one, declaration by declaration, before it is deployed.
//
// Made from what Engine::Swap goes by: the pieces of state of both rulesets and which goes on with which
// (runtime/succession.h). So it cannot say anything else than what happens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "dsl/checked_program.h"
#include "runtime/base/result.h"

namespace lull::compiler {

enum class ChangeKind : std::uint8_t { kAdded, kRemoved, kRenamed, kChanged, kAffected };

/// What becomes of one thing that is remembered for a declaration.
enum class Fate : std::uint8_t {
  kKept,       // carries over
  kPartly,     // carries over, and is not all that is asked for now
  kEmpty,      // begins at the deployment
  kForgotten,  // of what is no longer there
};

struct Memory {
  std::string what;  // "count of viewed in last 7 days", "waits", "stage", ...
  Fate fate = Fate::kKept;
  /// Of kPartly and kEmpty: how long after the deployment it is full; 0: it is not a matter of time alone.
  std::int64_t full_after_micros = 0;
};

/// What people notice of a change, beside what is remembered.
enum class Effect : std::uint8_t {
  kDeadlinesMove,  // pending ones are counted anew from their start; those past then fall at the deployment
  kLevelsMove,     // the same, but what has lasted long enough already is held without triggering
  kWaitsEnd,       // pending ones are forgotten
  kHeldSilently,   // what is already so is held without triggering
  kTriggersExisting,  // `including existing`: what is already so triggers at the deployment
  kTasksStay,         // open tasks stay, as long as their state lasts
  kTasksWithdrawn,
  kTaskDeadlinesStay,  // open tasks keep due time, ladder and expiry that they went out with
  kRecordsGo,          // of an entity that is gone
  kUnitGone,           // its open tasks stay, without a unit; steps to it are left out
  kStagesBeginAnew,    // who is in a stage that is gone begins at the start
};

struct DeclarationChange {
  ChangeKind kind = ChangeKind::kChanged;
  std::string of;                  // "nudge", "attribute", ...
  std::string name;                // of a removed one its last
  std::string entity;              // empty: of none
  std::string was;                 // of a renamed one, or one that was changed and renamed
  std::vector<std::string> gone;   // lines that it said and does not say any more ...
  std::vector<std::string> fresh;  // ... and those that are new
  std::vector<Memory> memory;
  std::vector<Effect> effects;
};

struct ChangePlan {
  std::string version_before;
  std::string version_after;
  std::vector<DeclarationChange> declarations;  // in the order of the new text, removed ones at the end
};

/// One side of a comparison: a ruleset without errors.
struct ComparedRuleset {
  const dsl::CheckedProgram& program;
  const CompiledRuleset& compiled;
};

/// What changes. Declarations of which nothing changes are left out.
ChangePlan PlanChange(const ComparedRuleset& before, const ComparedRuleset& after);

/// "starts empty, full 7 days after the deployment"
std::string Describe(const Memory& memory);
/// "open tasks are withdrawn"
std::string Describe(Effect effect);

}  // namespace lull::compiler
