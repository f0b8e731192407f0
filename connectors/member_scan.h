// Splits a JSON object into its members, with names as numbers.
//
// Names that were seen before are recognised by comparing with the name that followed the same name last
// time, so events of one shape cost one comparison a name, in any order of fields.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/json_scan.h"
#include "connectors/string_index.h"

namespace lull::connectors {

struct JsonMember {
  std::uint32_t name = 0;  // MemberScanner::kOtherName if it has no number
  JsonValue value;
};

/// One thread.
class MemberScanner {
 public:
  static constexpr std::uint32_t kOtherName = StringIndex::kNone;

  MemberScanner();

  /// The number of a name (decoded). To be called before the first scan.
  std::uint32_t Intern(std::string_view name);

  /// Scans the object whose `{` is at `p`, with `depth` objects and arrays around it, checking all of it.
  /// Returns the byte after it, or null.
  const char* Scan(const char* p, int depth, std::vector<JsonMember>& members, JsonFailure& failure);

  /// Whether the latest scanned object had a name twice, and which (as written).
  bool has_duplicate() const { return has_duplicate_; }
  std::string_view duplicate() const { return duplicate_; }

  /// Numbers the objects that were scanned.
  std::uint64_t scan() const { return scan_; }
  /// The member of this name in the latest scanned object, or null.
  const JsonValue* Find(std::uint32_t name, const std::vector<JsonMember>& members) const {
    return names_[name].scan == scan_ ? &members[names_[name].member].value : nullptr;
  }

 private:
  // Names that nobody asked for get numbers too, until there are this many.
  static constexpr std::size_t kLearnedNamesMax = 1'024;
  static constexpr std::size_t kQuotedBytesMax = kJsonPaddingBytes;

  struct Name {
    std::array<char, kQuotedBytesMax> quoted{};  // with its quotes, 0 behind
    std::uint32_t quoted_size = 0;               // 0: too long, or needs escapes; never compared
    std::uint32_t next = 0;                      // the name that came after it last time
    std::uint64_t scan = 0;                      // the latest scan that met it ...
    std::uint32_t member = 0;                    // ... and where
  };

  static bool Matches(const Name& name, const char* p);
  const char* ScanName(const char* p, std::uint32_t& guess, std::uint32_t& name, JsonFailure& failure);
  const char* ScanUnguessed(const char* p, std::uint32_t& name, JsonFailure& failure);
  void NoteDuplicate(std::string_view name);
  void FindOtherDuplicates();

  StringIndex index_;
  std::vector<Name> names_;
  std::size_t interned_count_ = 0;
  std::array<std::uint32_t, 2> first_{};  // the name that came first last time: outermost object, nested ones
  std::uint32_t previous_ = kOtherName;   // the last name with a number in the object in hand
  std::uint64_t scan_ = 0;
  bool has_duplicate_ = false;
  std::string duplicate_;
  std::vector<std::string> others_;  // decoded names without a number in the object in hand
  std::string decoded_;
};

}  // namespace lull::connectors
