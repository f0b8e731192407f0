#include "runtime/ordered_sink.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <tuple>
#include <type_traits>

namespace lull::runtime {
namespace {

constexpr std::size_t kBlockBytes = 1U << 20;
constexpr std::size_t kAlignment = alignof(Decision);

static_assert(std::is_trivially_copyable_v<Decision>);
static_assert(std::is_trivially_copyable_v<ArmChoice>);
static_assert(std::is_trivially_copyable_v<ScoreOutcome> && std::is_trivially_copyable_v<ScoreReason>);

std::size_t Aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// Measures a decision's texts and arrays, or copies them behind it: Walk is run once for each.
class Packer {
 public:
  explicit Packer(std::byte* to) : to_(to) {}

  std::string_view Text(std::string_view text) {
    if (to_ == nullptr) {
      bytes_ += text.size();
      return {};
    }
    if (!text.empty()) std::memcpy(to_ + bytes_, text.data(), text.size());
    const std::string_view copy(reinterpret_cast<const char*>(to_ + bytes_), text.size());
    bytes_ += text.size();
    return copy;
  }

  template <typename T>
  std::span<T> Array(std::span<const T> values) {
    bytes_ = Aligned(bytes_);
    const std::size_t at = bytes_;
    bytes_ += values.size_bytes();
    if (to_ == nullptr || values.empty()) return {};
    std::memcpy(to_ + at, values.data(), values.size_bytes());
    return {reinterpret_cast<T*>(to_ + at), values.size()};
  }

  std::size_t bytes() const { return bytes_; }

 private:
  std::byte* to_;
  std::size_t bytes_ = 0;
};

/// The ruleset lives as long as its decisions are kept (DecisionSink::OnRuleset).
bool IsOfRuleset(std::string_view trigger, const Decision& decision) {
  return decision.ruleset != nullptr && decision.nudge < decision.ruleset->nudges.size() &&
         trigger.data() == decision.ruleset->nudges[decision.nudge].trigger_name.data();
}

/// Points the copy's views to copies made by the packer; `from` stays as it is.
void Walk(const Decision& from, Decision& copy, Packer& packer, bool copying) {
  const std::span<std::string_view> reasons = packer.Array(from.reasons);
  const std::span<ScoreOutcome> scores = packer.Array(from.scores);
  for (std::size_t i = 0; i < from.scores.size(); ++i) {
    const std::span<ScoreReason> parts = packer.Array(from.scores[i].reasons);
    if (copying) scores[i].reasons = parts;
    for (std::size_t j = 0; j < from.scores[i].reasons.size(); ++j) {
      const std::string_view text = packer.Text(from.scores[i].reasons[j].text);
      if (copying) parts[j].text = text;
    }
  }
  for (std::size_t i = 0; i < from.reasons.size(); ++i) {
    const std::string_view text = packer.Text(from.reasons[i]);
    if (copying) reasons[i] = text;
  }
  copy.arms = packer.Array(from.arms);
  copy.reasons = reasons;
  copy.scores = scores;
  copy.key = packer.Text(from.key);
  copy.whole_key = packer.Text(from.whole_key);
  copy.title = packer.Text(from.title);
  copy.trigger = IsOfRuleset(from.trigger, from) ? from.trigger : packer.Text(from.trigger);
  copy.why = packer.Text(from.why);
  const std::string_view unit_key = packer.Text(from.unit_key.view());
  if (from.unit_key.known()) copy.unit_key = TextView::Of(unit_key);
  for (const auto member : {&Decision::from_key, &Decision::outcome, &Decision::by}) {
    const std::string_view text = packer.Text((from.*member).view());
    if ((from.*member).known()) copy.*member = TextView::Of(text);
  }
}

// Of a decision most is as in a fresh one, most of all where nobody wants details. So it is kept as a bit for
// each of its words, then those that differ, then the texts and arrays that they point to.
using Words = std::array<std::uint64_t, sizeof(Decision) / sizeof(std::uint64_t)>;
static_assert(sizeof(Words) == sizeof(Decision) && std::tuple_size_v<Words> <= 64);

Words WordsOf(const Decision& decision) {
  Words words;
  std::memcpy(words.data(), &decision, sizeof words);
  return words;
}

const Words& FreshWords() {
  static const Words words = WordsOf(Decision{});
  return words;
}

std::uint64_t DifferingWords(const Words& words) {
  const Words& fresh = FreshWords();
  std::uint64_t differing = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    differing |= static_cast<std::uint64_t>(words[i] != fresh[i]) << i;
  }
  return differing;
}

Decision Unpacked(const DecisionStore::Entry& entry) {
  Words words = FreshWords();
  std::uint64_t differing = 0;
  std::memcpy(&differing, entry.packed, sizeof differing);
  const std::byte* from = entry.packed + sizeof differing;
  for (; differing != 0; differing &= differing - 1) {
    std::memcpy(&words[static_cast<std::size_t>(std::countr_zero(differing))], from, sizeof words[0]);
    from += sizeof words[0];
  }
  Decision decision;
  std::memcpy(static_cast<void*>(&decision), words.data(), sizeof decision);
  return decision;
}

/// What orders the decisions of an entry, and which one it is.
using EntryPlace = std::tuple<std::int64_t, std::string_view, std::string_view, std::string_view,
                              std::uint32_t, std::uint32_t, const DecisionStore::Entry*>;

EntryPlace PlaceOf(const DecisionStore::Entry& entry) {
  const Decision decision = Unpacked(entry);
  return {decision.time.micros,
          decision.ruleset->entities[decision.entity].name,
          decision.key,
          decision.whole_key,
          decision.n,
          decision.k,
          &entry};
}

}  // namespace

void DecisionStore::Add(const Decision& decision) {
  Decision copy = decision;
  Packer measure(nullptr);
  Walk(decision, copy, measure, false);
  copy = decision;
  // Where the texts will be is not known yet; that they are somewhere else is.
  const std::uint64_t differing = DifferingWords(WordsOf(decision));
  const std::size_t head = sizeof differing * (1 + static_cast<std::size_t>(std::popcount(differing)));
  std::byte* place = Allocate(head + Aligned(measure.bytes()));
  Packer packer(place + head);
  Walk(decision, copy, packer, true);
  const Words words = WordsOf(copy);
  std::memcpy(place, &differing, sizeof differing);
  std::byte* to = place + sizeof differing;
  for (std::uint64_t left = differing; left != 0; left &= left - 1) {
    std::memcpy(to, &words[static_cast<std::size_t>(std::countr_zero(left))], sizeof words[0]);
    to += sizeof words[0];
  }
  entries_.push_back({.instant = decision.time.micros, .id = decision.id, .packed = place});
}

std::byte* DecisionStore::Allocate(std::size_t bytes) {
  if (bytes > free_bytes_) {
    const std::size_t block_bytes = std::max(bytes, kBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block_bytes));
    free_ = blocks_.back().get();
    free_bytes_ = block_bytes;
  }
  std::byte* place = free_;
  free_ += bytes;
  free_bytes_ -= bytes;
  return place;
}

void DecisionStore::Deliver(const Entry& entry, DecisionSink& to) { to.OnDecision(Unpacked(entry)); }

void DecisionStore::Clear() {
  entries_.clear();
  free_bytes_ = 0;
  if (blocks_.empty()) return;
  std::unique_ptr<std::byte[]> kept = std::move(blocks_.front());
  blocks_.clear();
  free_ = kept.get();
  free_bytes_ = kBlockBytes;
  blocks_.push_back(std::move(kept));
}

void OrderedSink::OnRuleset(const std::shared_ptr<const Ruleset>& ruleset) {
  rulesets_.push_back(ruleset);
  to_.OnRuleset(ruleset);
}

void OrderedSink::Flush() {
  std::vector<DecisionStore::Entry>& entries = store_.entries();
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.instant, a.id) < std::tie(b.instant, b.id);
  });
  for (const DecisionStore::Entry& entry : entries) DecisionStore::Deliver(entry, to_);
  if (!entries.empty()) to_.OnEntryEnd();
  store_.Clear();
  if (rulesets_.size() > 1) rulesets_.erase(rulesets_.begin(), rulesets_.end() - 1);
}

void EntrySorter::Release() {
  held_ = false;
  if (!store_.entries().empty()) OnEntryEnd();
}

void EntrySorter::OnEntryEnd() {
  if (held_) return;
  std::vector<DecisionStore::Entry>& entries = store_.entries();
  if (entries.size() > 1) {
    // Equals stay as they came: the last member is their place.
    std::vector<EntryPlace> places;
    places.reserve(entries.size());
    for (const DecisionStore::Entry& entry : entries) places.push_back(PlaceOf(entry));
    std::ranges::sort(places);
    for (const EntryPlace& place : places) {
      DecisionStore::Deliver(*std::get<const DecisionStore::Entry*>(place), to_);
    }
  } else {
    for (const DecisionStore::Entry& entry : entries) DecisionStore::Deliver(entry, to_);
  }
  store_.Clear();
  to_.OnEntryEnd();
}

SinkWants TeeSink::wants() const {
  const SinkWants first = first_.wants();
  const SinkWants second = second_.wants();
  return {first.kinds | second.kinds, first.details || second.details};
}

void TeeSink::OnDecision(const Decision& decision) {
  if (first_.wants().Has(decision.kind)) first_.OnDecision(decision);
  if (second_.wants().Has(decision.kind)) second_.OnDecision(decision);
}

void TeeSink::OnEntryEnd() {
  first_.OnEntryEnd();
  second_.OnEntryEnd();
}

void TeeSink::OnRuleset(const std::shared_ptr<const Ruleset>& ruleset) {
  first_.OnRuleset(ruleset);
  second_.OnRuleset(ruleset);
}

}  // namespace lull::runtime
