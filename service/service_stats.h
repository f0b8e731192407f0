// What a running `lull serve` counts about itself.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace lull::service {

/// How long messages took from the input stream to their outputs, in buckets of powers of two.
class LatencyMeter {
 public:
  void Add(std::int64_t micros) {
    const auto size = static_cast<std::uint64_t>(micros < 1 ? 1 : micros);
    ++buckets_[static_cast<std::size_t>(std::bit_width(size - 1))];
    ++count_;
    sum_micros_ += static_cast<std::int64_t>(size);
  }
  /// Number i counts those of up to 2^i microseconds that no smaller bucket has.
  const std::array<std::uint64_t, 64>& buckets() const { return buckets_; }
  std::int64_t sum_micros() const { return sum_micros_; }
  std::uint64_t count() const { return count_; }
  /// An upper bound for this share of the messages, in milliseconds.
  double QuantileMs(double share) const {
    const double wanted = share * static_cast<double>(count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (count_ > 0 && static_cast<double>(seen) >= wanted) {
        return static_cast<double>(std::uint64_t{1} << i) / 1'000;
      }
    }
    return 0;
  }

 private:
  std::array<std::uint64_t, 64> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t sum_micros_ = 0;
};

struct ServiceStats {
  std::uint64_t events = 0;  // messages that are neither ticks nor deployments
  std::uint64_t ticks = 0;
  std::uint64_t deployments = 0;
  std::uint64_t deployments_accepted = 0;  // switched to
  std::uint64_t deployments_refused = 0;
  LatencyMeter latency;  // of messages stored since this process had read what was there
};

}  // namespace lull::service
