#include "runtime/succession.h"

#include <algorithm>
#include <string_view>

namespace lull::runtime {
namespace {

std::vector<std::uint32_t> Renumbering(const std::vector<MigrationPlan::Pair>& pairs, std::size_t count) {
  std::vector<std::uint32_t> to(count, kNoIndex);
  for (const auto& [before, after] : pairs) to[before] = after;
  return to;
}

std::string_view WholeName(const Ruleset& ruleset, const EntitySpec& entity) {
  return entity.whole == kNoIndex ? std::string_view() : FirstName(ruleset.entities[entity.whole]);
}

std::uint32_t FindEntity(const Ruleset& ruleset, const Ruleset& from, const EntitySpec& like) {
  for (std::uint32_t index = 0; index < ruleset.entities.size(); ++index) {
    const EntitySpec& entity = ruleset.entities[index];
    if (FirstName(entity) != FirstName(like) || entity.key != like.key) continue;
    if (WholeName(ruleset, entity) == WholeName(from, like)) return index;
  }
  return kNoIndex;
}

}  // namespace

EntitySuccession FindSuccession(const Ruleset& from, std::uint32_t entity, const Ruleset& to) {
  EntitySuccession succession;
  succession.from = entity;
  succession.to = FindEntity(to, from, from.entities[entity]);
  succession.nudges.assign(from.nudges.size(), kNoIndex);
  for (const UnitSpec& unit : from.units) {
    const auto found = std::ranges::find(to.units, FirstName(unit), &FirstName<UnitSpec>);
    succession.units.push_back(
        found == to.units.end() ? kNoIndex : static_cast<std::uint32_t>(found - to.units.begin()));
  }
  if (succession.to == kNoIndex) return succession;
  succession.plan = std::make_unique<MigrationPlan>(from.entities[entity], to.entities[succession.to]);
  succession.nudges = Renumbering(succession.plan->nudges(), from.nudges.size());
  return succession;
}

}  // namespace lull::runtime
