// A stable share of entities: who is in it depends on the key alone, in every revision and every partition.
#pragma once

#include <cstdint>
#include <string_view>

namespace lull::runtime {

struct Share {
  static constexpr std::uint32_t kAll = 1'000'000;

  std::uint32_t millionths = kAll;

  /// A larger share has all that a smaller one has. `key` is that of the whole. Neither arms of experiments
  /// nor partitions go along with it.
  bool Has(std::string_view key) const;
  friend bool operator==(const Share&, const Share&) = default;
};

}  // namespace lull::runtime
