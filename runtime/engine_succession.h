// A swap whose entities have not all been brought over.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/engine_impl.h"
#include "runtime/succession.h"

namespace lull::runtime {

struct Engine::Impl::Successor : EntitySuccession {
  std::vector<std::uint64_t> carried_bits;  // of the new record
};

struct Engine::Impl::Succession {
  Succession(std::shared_ptr<const Ruleset> old_ruleset, TextPool& texts)
      : ruleset(std::move(old_ruleset)), leaving_parts(leaving, texts) {}

  std::shared_ptr<const Ruleset> ruleset;  // the one before, as is
  std::unique_ptr<const RulePlan> plan;    // this
  std::int64_t tick = kUnknown;            // at the swap, whose ...
  LogPosition position;                    // ... place this is

  std::vector<Successor> successors;        // by old entity
  std::vector<std::uint32_t> predecessors;  // by new entity, index into successors; kNoIndex: it is new
  std::vector<bool> new_nudges;             // by new number
  std::vector<std::vector<std::uint64_t>> carried;  // Successor::carried_bits by new entity

  /// The stores of entities that go, by old entity; of those that go on: null.
  std::vector<std::unique_ptr<RecordStore>> leaving;
  PartStores leaving_parts;

  // How far it has come: first Engine::Impl::stores_, then those that leave.
  std::uint32_t store = 0;
  std::uint32_t place = 0;
};

}  // namespace lull::runtime
