#include "connectors/member_scan.h"

#include <algorithm>
#include <cstring>

namespace lull::connectors {
namespace {

bool NeedsEscapes(std::string_view name) {
  return std::any_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; });
}

}  // namespace

MemberScanner::MemberScanner() { Intern(""); }

std::uint32_t MemberScanner::Intern(std::string_view name) {
  const std::uint32_t number = index_.Add(name);
  if (number < names_.size()) return number;
  Name& entry = names_.emplace_back();
  if (name.size() + 2 <= kQuotedBytesMax && !NeedsEscapes(name)) {
    entry.quoted[0] = '"';
    std::memcpy(entry.quoted.data() + 1, name.data(), name.size());
    entry.quoted[name.size() + 1] = '"';
    entry.quoted_size = static_cast<std::uint32_t>(name.size() + 2);
  }
  entry.next = number;
  if (scan_ == 0) interned_count_ = names_.size();
  return number;
}

// May read behind the text, but never behind its padding.
inline bool MemberScanner::Matches(const Name& name, const char* p) {
  if (name.quoted_size == 0) return false;
#if defined(__SSE2__)
  const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i there = _mm_loadu_si128(reinterpret_cast<const __m128i*>(name.quoted.data()));
  const auto equal = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(here, there)));
  if (name.quoted_size <= 16) {
    const unsigned wanted = (1U << name.quoted_size) - 1;
    return (equal & wanted) == wanted;
  }
  return equal == 0xFFFF && std::memcmp(p + 16, name.quoted.data() + 16, name.quoted_size - 16) == 0;
#else
  return std::memcmp(p, name.quoted.data(), name.quoted_size) == 0;
#endif
}

const char* MemberScanner::ScanUnguessed(const char* p, std::uint32_t& name, JsonFailure& failure) {
  if (*p != '"') {
    failure = {JsonFault::kSyntax, p, "a name in quotes"};
    return nullptr;
  }
  JsonValue text;
  p = ScanJsonString(p, text, failure);
  if (p == nullptr) return nullptr;
  std::string_view decoded = text.text();
  if (text.kind == JsonKind::kEscapedString) {
    decoded_.clear();
    DecodeJsonString(text.text(), decoded_);
    decoded = decoded_;
  }
  name = index_.Find(decoded);
  if (name != kOtherName) return p;
  if (names_.size() < interned_count_ + kLearnedNamesMax && decoded.size() + 2 <= kQuotedBytesMax) {
    name = Intern(decoded);
  } else {
    others_.emplace_back(decoded);
  }
  return p;
}

inline const char* MemberScanner::ScanName(const char* p, std::uint32_t& guess, std::uint32_t& name,
                                           JsonFailure& failure) {
  const Name& guessed = names_[guess];
  if (Matches(guessed, p)) {
    name = guess;
    return p + guessed.quoted_size;
  }
  p = ScanUnguessed(p, name, failure);
  if (p == nullptr || name == kOtherName) return p;
  // The table of names may have grown: find the place of the guess anew.
  (previous_ == kOtherName ? guess : names_[previous_].next) = name;
  return p;
}

void MemberScanner::NoteDuplicate(std::string_view name) {
  if (has_duplicate_) return;
  has_duplicate_ = true;
  duplicate_ = name;
}

void MemberScanner::FindOtherDuplicates() {
  std::sort(others_.begin(), others_.end());
  const auto twice = std::adjacent_find(others_.begin(), others_.end());
  if (twice != others_.end()) NoteDuplicate(*twice);
}

const char* MemberScanner::Scan(const char* p, int depth, std::vector<JsonMember>& members,
                                JsonFailure& failure) {
  ++scan_;
  members.clear();
  has_duplicate_ = false;
  previous_ = kOtherName;
  if (!others_.empty()) others_.clear();
  p = SkipJsonSpace(p + 1);
  if (*p == '}') return p + 1;
  std::uint32_t& first = first_[depth == 0 ? 0 : 1];
  for (;;) {
    JsonMember& member = members.emplace_back();
    p = ScanName(p, previous_ == kOtherName ? first : names_[previous_].next, member.name, failure);
    if (p == nullptr) return nullptr;
    if (member.name != kOtherName) {
      Name& entry = names_[member.name];
      if (entry.scan == scan_) NoteDuplicate(index_[member.name]);
      entry.scan = scan_;
      entry.member = static_cast<std::uint32_t>(members.size() - 1);
      previous_ = member.name;
    }
    if (*p != ':') p = SkipJsonSpace(p);
    if (*p != ':') {
      failure = {JsonFault::kSyntax, p, "`:`"};
      return nullptr;
    }
    p = ScanJsonValueInline(SkipJsonSpace(p + 1), depth + 1, member.value, failure);
    if (p == nullptr) return nullptr;
    p = SkipJsonSpace(p);
    if (*p == '}') break;
    if (*p != ',') {
      failure = {JsonFault::kSyntax, p, "`,` or `}`"};
      return nullptr;
    }
    p = SkipJsonSpace(p + 1);
  }
  if (others_.size() > 1) FindOtherDuplicates();
  return p + 1;
}

}  // namespace lull::connectors
