// Who is in which arm of an experiment.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/ruleset.h"

namespace lull::runtime {

/// An index into ExperimentSpec::arms. `whole` is the key of a part's whole, if `is_part`.
std::uint32_t ArmIn(const Ruleset& ruleset, std::uint32_t experiment, std::string_view key, bool is_part,
                    std::string_view whole);

}  // namespace lull::runtime
