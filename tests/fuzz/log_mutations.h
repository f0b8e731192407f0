// Damage to logs: what a broken producer, a full disk or a hostile client may send.
#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/fuzz_seed.h"

namespace lull::test {

/// Some lines that follow each other in `log`, or those of it that hold the same key as one of them, damaged
/// in one to some places. Lines hold no line ends, but anything else.
std::vector<std::string> DamagedPart(FuzzRandom& random, const std::vector<std::string>& log);

/// One line with one damage.
void DamageLine(FuzzRandom& random, std::string& line);

}  // namespace lull::test
