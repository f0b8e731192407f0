// Finds which of a fixed list of texts a text is: event types, values of choices, names of fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lull::connectors {

/// Answers in one probe for nearly every list. Add is for setting up only.
class StringIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

  StringIndex() = default;
  explicit StringIndex(const std::vector<std::string>& texts);

  /// The number of `text`, new or not.
  std::uint32_t Add(std::string_view text);
  std::uint32_t Find(std::string_view text) const;

  std::size_t size() const { return texts_.size(); }
  const std::string& operator[](std::uint32_t index) const { return texts_[index]; }

 private:
  void Rebuild();

  std::vector<std::string> texts_;
  std::vector<std::uint32_t> slots_;  // a power of two, at least four times as many as texts
  std::uint64_t seed_ = 0x9E37'79B9'7F4A'7C15;
};

}  // namespace lull::connectors
