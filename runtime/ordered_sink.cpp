#include "runtime/ordered_sink.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <tuple>
#include <type_traits>

namespace lull::runtime {
namespace {

constexpr std::size_t kBlockBytes = 1U << 20;
constexpr std::size_t kAlignment = alignof(Decision);

static_assert(std::is_trivially_destructible_v<Decision>);
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
  copy.trigger = packer.Text(from.trigger);
  copy.why = packer.Text(from.why);
  const std::string_view unit_key = packer.Text(from.unit_key.view());
  if (from.unit_key.known()) copy.unit_key = TextView::Of(unit_key);
  for (const auto member : {&Decision::from_key, &Decision::outcome, &Decision::by}) {
    const std::string_view text = packer.Text((from.*member).view());
    if ((from.*member).known()) copy.*member = TextView::Of(text);
  }
}

const Decision& Unpacked(const DecisionStore::Entry& entry) {
  return *std::launder(reinterpret_cast<const Decision*>(entry.packed));
}

auto EntryOrder(const Decision& decision) {
  return std::tuple(decision.time.micros, std::string_view(decision.ruleset->entities[decision.entity].name),
                    decision.key, decision.whole_key, decision.n, decision.k);
}

}  // namespace

void DecisionStore::Add(const Decision& decision) {
  Decision copy = decision;
  Packer measure(nullptr);
  Walk(decision, copy, measure, false);
  std::byte* place = Allocate(Aligned(sizeof(Decision)) + Aligned(measure.bytes()));
  copy = decision;
  Packer packer(place + Aligned(sizeof(Decision)));
  Walk(decision, copy, packer, true);
  new (place) Decision(copy);
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

void EntrySorter::OnEntryEnd() {
  std::vector<DecisionStore::Entry>& entries = store_.entries();
  if (entries.size() > 1) {
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return EntryOrder(Unpacked(a)) < EntryOrder(Unpacked(b));
    });
  }
  for (const DecisionStore::Entry& entry : entries) DecisionStore::Deliver(entry, to_);
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
