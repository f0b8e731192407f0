#include "runtime/decision_id.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <span>

#include "xxhash.h"

namespace lull::runtime {
namespace {

/// Gathers the parts of a hash's input, each text behind its length, so that no two lists of parts look
/// alike.
class HashInput {
 public:
  void Add(std::string_view text) {
    Add(static_cast<std::uint64_t>(text.size()));
    Append(text.data(), text.size());
  }
  void Add(std::uint64_t number) {
    // The lowest byte first on every machine.
    if constexpr (std::endian::native == std::endian::big) number = __builtin_bswap64(number);
    Append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  std::string_view bytes() const {
    return overflow_.empty() ? std::string_view(local_.data(), size_) : overflow_;
  }

 private:
  void Append(const char* data, std::size_t size) {
    if (overflow_.empty() && size_ + size <= local_.size()) {
      if (size != 0) std::memcpy(local_.data() + size_, data, size);
      size_ += size;
      return;
    }
    if (overflow_.empty()) overflow_.assign(local_.data(), size_);
    overflow_.append(data, size);
  }

  std::array<char, 512> local_;
  std::size_t size_ = 0;
  std::string overflow_;
};

void WriteDigits(std::uint64_t number, char* digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int i = 15; i >= 0; --i, number >>= 4) digits[i] = kDigits[number & 0xF];
}

}  // namespace

void DecisionId::WriteHex(char* digits) const {
  WriteDigits(high, digits);
  WriteDigits(low, digits + 16);
}

std::string DecisionId::Hex() const {
  std::string digits(32, '0');
  WriteHex(digits.data());
  return digits;
}

std::optional<DecisionId> DecisionId::FromHex(std::string_view digits) {
  if (digits.size() != 32) return std::nullopt;
  DecisionId id;
  const char* at = digits.data();
  for (std::uint64_t* half : {&id.high, &id.low}) {
    const auto [end, error] = std::from_chars(at, at + 16, *half, 16);
    if (error != std::errc() || end != at + 16) return std::nullopt;
    at = end;
  }
  return id;
}

DecisionId MakeDecisionId(const DecisionName& name) {
  HashInput input;
  input.Add(name.ruleset);
  input.Add(name.nudge);
  input.Add(name.entity);
  input.Add(name.key);
  if (name.is_part) input.Add(name.whole);
  input.Add(static_cast<std::uint64_t>(name.instant));
  input.Add(static_cast<std::uint64_t>(name.n));
  input.Add(static_cast<std::uint64_t>(name.k));
  const XXH128_hash_t hash = XXH3_128bits(input.bytes().data(), input.bytes().size());
  return {hash.high64, hash.low64};
}

namespace {

double PointOf(const HashInput& input) {
  const std::uint64_t hash = XXH3_64bits(input.bytes().data(), input.bytes().size());
  return static_cast<double>(hash >> 11) * 0x1p-53;
}

}  // namespace

std::uint64_t ArmPoint(const ArmName& name) {
  HashInput input;
  for (const std::string_view part : {name.ruleset, name.experiment, name.entity, name.key}) input.Add(part);
  if (name.is_part) input.Add(name.whole);
  const std::uint64_t hash = XXH3_64bits(input.bytes().data(), input.bytes().size());
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(hash) * 1'000'000'000U) >> 64U);
}

double HoldoutPoint(std::string_view ruleset, std::string_view policy, std::string_view entity_key) {
  HashInput input;
  input.Add(ruleset);
  input.Add(policy);
  input.Add(entity_key);
  return PointOf(input);
}

double HoldoutPoint(std::string_view ruleset, std::string_view policy, std::string_view whole_key,
                    std::string_view part_key) {
  HashInput input;
  input.Add(ruleset);
  input.Add(policy);
  input.Add(whole_key);
  input.Add(part_key);
  return PointOf(input);
}

}  // namespace lull::runtime
