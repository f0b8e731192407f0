// Properties that are tried on many random rulesets, one for each seed.
//
// LULL_PROPERTY_SEED is the first seed (random unless set), LULL_PROPERTY_COUNT how many are tried. A long
// run can be split over processes by seed; it says how far it has come, and goes on after a failure.
#pragma once

#include <cstdint>
#include <functional>

namespace lull::test {

/// The variable's number, or another one where it is not set.
std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise);

std::uint64_t FirstSeed();

/// Calls `check` for each seed; a failure, or an exception, tells its seed. Ends after some failures.
void ForEachSeed(std::uint64_t count_otherwise, const std::function<void(std::uint64_t seed)>& check);

}  // namespace lull::test
