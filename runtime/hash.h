// 64-bit hashes: one that is always the same, and one for tables that is another in each process.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace lull::runtime {

/// Always the same: for digests that outlive the process. Never part of a decision.
inline std::uint64_t HashBytes(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

/// Drawn anew by each process, so that nobody can choose keys whose hashes collide. Nothing that leaves the
/// process may depend on it: tables are never walked in the order of their hashes.
extern const std::uint64_t kTableSeed;

/// For tables that keep what others have named.
inline std::uint64_t HashForTable(std::string_view bytes, std::uint64_t seed = kTableSeed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

/// A bijection that spreads every bit over all others.
inline std::uint64_t MixBits(std::uint64_t x) {
  x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93U;
  x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93U;
  return x ^ (x >> 32);
}

}  // namespace lull::runtime
