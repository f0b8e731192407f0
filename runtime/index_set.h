// A set of small numbers, as bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lull::runtime {

class IndexSet {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

  bool Has(std::uint32_t index) const {
    return index / 64 < words_.size() && ((words_[index / 64] >> (index % 64)) & 1U) != 0;
  }
  void Add(std::uint32_t index) {
    if (index / 64 >= words_.size()) words_.resize(index / 64 + 1 + words_.size() / 2);
    words_[index / 64] |= std::uint64_t{1} << (index % 64);
  }
  void Remove(std::uint32_t index) {
    if (index / 64 < words_.size()) words_[index / 64] &= ~(std::uint64_t{1} << (index % 64));
  }
  void Clear() { words_.assign(words_.size(), 0); }
  /// Holds all numbers below `end`, and no others.
  void Fill(std::uint32_t end) {
    words_.assign(end / 64 + 1, ~std::uint64_t{0});
    words_.back() = (std::uint64_t{1} << (end % 64)) - 1;
  }
  /// The smallest number of at least `from`; kNone if there is none.
  std::uint32_t Next(std::uint32_t from) const {
    std::size_t word = from / 64;
    if (word >= words_.size()) return kNone;
    std::uint64_t bits = words_[word] & (~std::uint64_t{0} << (from % 64));
    while (bits == 0) {
      if (++word == words_.size()) return kNone;
      bits = words_[word];
    }
    return static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace lull::runtime
