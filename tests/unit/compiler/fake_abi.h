// Stand-ins for the functions of the ABI: they note how they were called and answer from a hash of what they
// were given, so that two back ends that call alike are told alike.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/abi.h"

namespace lull::compiler::test {

/// Like runtime::AbiFunctions(), with other addresses. Functions that take a Moment also write to its record
/// (see world.h) and lower its next wake-up, as the real ones do.
std::span<const runtime::AbiFunction> FakeAbi();

/// Calls of functions that take a Moment, since the last call of this; of the calling thread.
std::vector<std::string> TakeFakeCalls();

/// Texts and numbers on the edge of something.
std::span<const std::int64_t> InterestingIntegers();
std::span<const double> InterestingNumbers();
std::span<const std::string> InterestingTexts();

}  // namespace lull::compiler::test
