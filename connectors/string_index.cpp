#include "connectors/string_index.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lull::connectors {
namespace {

constexpr int kSeedTries = 64;

template <typename T>
std::uint64_t Load(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// First and last bytes and the length: names that share all of these are rare, and only cost further probes.
std::uint64_t Hash(std::string_view text, std::uint64_t seed) {
  const char* p = text.data();
  const std::size_t n = text.size();
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (n >= 8) {
    a = Load<std::uint64_t>(p);
    b = Load<std::uint64_t>(p + n - 8);
  } else if (n >= 4) {
    a = Load<std::uint32_t>(p);
    b = Load<std::uint32_t>(p + n - 4);
  } else if (n > 0) {
    a = static_cast<unsigned char>(p[0]);
    b = static_cast<std::uint64_t>(static_cast<unsigned char>(p[n / 2])) << 8 |
        static_cast<unsigned char>(p[n - 1]);
  }
  const std::uint64_t mixed = (a ^ std::rotl(b, 29) ^ n * 0xA24B'AED4'963E'E407) * seed;
  return (mixed ^ mixed >> 32) * 0x9FB2'1C65'1E98'DF25 >> 32;
}

}  // namespace

StringIndex::StringIndex(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) Add(text);
}

std::uint32_t StringIndex::Add(std::string_view text) {
  const std::uint32_t found = Find(text);
  if (found != kNone) return found;
  const auto index = static_cast<std::uint32_t>(texts_.size());
  texts_.emplace_back(text);
  Rebuild();
  return index;
}

void StringIndex::Rebuild() {
  const std::size_t slot_count = std::bit_ceil(texts_.size() * 4);
  for (int attempt = 0; attempt < kSeedTries; ++attempt) {
    slots_.assign(slot_count, kNone);
    bool collided = false;
    for (std::uint32_t i = 0; i < texts_.size(); ++i) {
      std::size_t at = Hash(texts_[i], seed_) & (slot_count - 1);
      while (slots_[at] != kNone) {
        collided = true;
        at = (at + 1) & (slot_count - 1);
      }
      slots_[at] = i;
    }
    if (!collided || texts_.size() > 256) return;
    if (attempt + 1 < kSeedTries) seed_ += 0x9E37'79B9'7F4A'7C16;
  }
}

std::uint32_t StringIndex::Find(std::string_view text) const {
  if (slots_.empty()) return kNone;
  for (std::size_t at = Hash(text, seed_) & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    const std::uint32_t index = slots_[at];
    if (index == kNone || texts_[index] == text) return index;
  }
}

}  // namespace lull::connectors
