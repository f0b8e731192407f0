#include "runtime/migration.h"

#include <cstring>
#include <functional>
#include <map>

#include "runtime/base/check.h"
#include "runtime/window.h"

namespace lull::runtime {

namespace {

std::uint32_t NumberAt(const std::byte* record, std::uint32_t offset, std::uint32_t bytes) {
  std::uint32_t number = 0;
  std::memcpy(&number, record + offset, bytes);
  return number;
}

/// A window's block, a list of waits and a nudge's tasks have one heir.
bool Moves(StatePiece::Kind kind) {
  return kind == StatePiece::Kind::kWindow || kind == StatePiece::Kind::kEachWait ||
         kind == StatePiece::Kind::kNudge;
}

bool HaveOneSize(const StatePiece& from, const StatePiece& to) {
  const bool sized = to.kind == StatePiece::Kind::kSlot || to.kind == StatePiece::Kind::kLimit;
  return !sized || from.bytes == to.bytes;
}

}  // namespace

MigrationPlan::MigrationPlan(const EntitySpec& from, const EntitySpec& to) : from_(from), to_(to) {
  FindSources();
  for (std::size_t piece = 0; piece < to.pieces.size(); ++piece) {
    if (sources_[piece] != kNoIndex) AddPiece(from.pieces[sources_[piece]], to.pieces[piece]);
  }
}

void MigrationPlan::FindSources() {
  using Key = std::pair<StatePiece::Kind, std::uint64_t>;
  std::map<Key, std::vector<std::uint32_t>> exact;
  std::map<Key, std::vector<std::uint32_t>> changed;
  for (std::uint32_t index = 0; index < from_.pieces.size(); ++index) {
    const StatePiece& piece = from_.pieces[index];
    exact[{piece.kind, piece.meaning}].push_back(index);
    if (piece.successor != 0) changed[{piece.kind, piece.successor}].push_back(index);
  }
  sources_.assign(to_.pieces.size(), kNoIndex);
  std::vector<bool> taken(from_.pieces.size());
  // Of several alike, the first goes on with the first.
  const auto match = [&](std::size_t target, const std::vector<std::uint32_t>& candidates, bool is_exact) {
    const StatePiece& piece = to_.pieces[target];
    std::uint32_t source = kNoIndex;
    for (const std::uint32_t candidate : candidates) {
      const bool fits = HaveOneSize(from_.pieces[candidate], piece) ||
                        (!is_exact && piece.kind == StatePiece::Kind::kLimit);
      if (!fits || (taken[candidate] && (!is_exact || Moves(piece.kind)))) continue;
      if (source == kNoIndex || (taken[source] && !taken[candidate])) source = candidate;
    }
    sources_[target] = source;
    if (source != kNoIndex) taken[source] = true;
  };
  for (std::size_t target = 0; target < to_.pieces.size(); ++target) {
    const auto found = exact.find({to_.pieces[target].kind, to_.pieces[target].meaning});
    if (found != exact.end()) match(target, found->second, true);
  }
  for (std::size_t target = 0; target < to_.pieces.size(); ++target) {
    if (sources_[target] != kNoIndex || to_.pieces[target].successor == 0) continue;
    const auto found = changed.find({to_.pieces[target].kind, to_.pieces[target].successor});
    if (found != changed.end()) match(target, found->second, false);
  }
}

void MigrationPlan::AddPiece(const StatePiece& source, const StatePiece& piece) {
  const Pair pair(source.index, piece.index);
  switch (piece.kind) {
    case StatePiece::Kind::kSlot:
      return AddSlot(source, piece);
    case StatePiece::Kind::kLimit:
      if (source.bytes == piece.bytes) {
        copies_.push_back({source.index, piece.index, piece.bytes});
      } else {
        limits_.push_back({source.index, source.bytes / 8, piece.index, piece.bytes / 8});
      }
      return;
    case StatePiece::Kind::kText:
      return texts_.push_back(pair);
    case StatePiece::Kind::kWindow:
      return windows_.push_back(
          {source.index, piece.index, MatchColumns(from_.windows[source.index], to_.windows[piece.index])});
    case StatePiece::Kind::kBit:
      return bits_.push_back(pair);
    case StatePiece::Kind::kEachWait:
      return each_waits_.push_back(pair);
    case StatePiece::Kind::kNudge:
      return nudges_.push_back(pair);
    case StatePiece::Kind::kTimeOnly:
      return;  // has no state: what it is follows from the instant
  }
}

void MigrationPlan::AddSlot(const StatePiece& source, const StatePiece& piece) {
  const Copy copy{source.index, piece.index, piece.bytes};
  if (source.values == piece.values) return copies_.push_back(copy);
  Translation translation{.slot = copy, .numbers = {}};
  for (const std::string& value : source.values) {
    const auto found = std::ranges::find(piece.values, value);
    translation.numbers.push_back(
        found == piece.values.end() ? kNoIndex : static_cast<std::uint32_t>(found - piece.values.begin()));
  }
  const auto journey = std::ranges::find(to_.journeys, piece.index, &JourneySpec::stage_offset);
  if (journey != to_.journeys.end()) translation.entered = journey->entered_offset;
  translations_.push_back(std::move(translation));
}

std::vector<std::uint32_t> MigrationPlan::MatchColumns(const WindowSpec& from, const WindowSpec& to) {
  std::vector<std::uint32_t> columns(to.columns.size(), kNoIndex);
  const auto meaning = [](const WindowSpec& spec, std::size_t column) -> std::uint64_t {
    return spec.column_meanings.empty() ? column : spec.column_meanings[column];
  };
  for (std::size_t after = 0; after < to.columns.size(); ++after) {
    for (std::uint32_t before = 0; before < from.columns.size(); ++before) {
      const bool same =
          meaning(from, before) == meaning(to, after) && from.columns[before] == to.columns[after];
      if (same && std::ranges::count(columns, before) == 0) columns[after] = before;
    }
  }
  return columns;
}

void MigrationPlan::Carry(std::byte* source, std::byte* target, TextPool& texts) const {
  const std::uint32_t key_id = HeaderAt(target)->key_id;
  *HeaderAt(target) = *HeaderAt(source);
  HeaderAt(target)->key_id = key_id;
  HeaderAt(source)->side = nullptr;
  for (const Copy& copy : copies_) std::memcpy(target + copy.to, source + copy.from, copy.bytes);
  for (const Translation& translation : translations_) {
    const Copy& slot = translation.slot;
    const std::uint32_t before = NumberAt(source, slot.from, slot.bytes);
    const bool known = before < translation.numbers.size();
    const std::uint32_t after = known ? translation.numbers[before] : kNoIndex;
    const bool is_gone = known && after == kNoIndex;
    if (is_gone && translation.entered != kNoOffset) {
      std::memcpy(target + translation.entered, &kUnknown, sizeof(kUnknown));
    } else {
      std::memcpy(target + slot.to, &after, slot.bytes);  // all ones are unknown
    }
  }
  for (const Instants& limit : limits_) CarryInstants(source, target, limit);
  for (const auto& [before, after] : texts_) {
    const std::uint32_t id = TextAt(source, before);
    texts.Retain(id);
    texts.Release(TextAt(target, after));
    TextAt(target, after) = id;
  }
  for (const auto& [before, after] : bits_) SetBit(target, after, TestBit(source, before));
  for (const WindowCopy& window : windows_) {
    auto*& block = *reinterpret_cast<WindowBlock**>(source + from_.windows[window.from].offset);
    Window(to_, window.to, target, texts).Adopt(block, from_.windows[window.from].columns, window.columns);
  }
}

// The latest ones are those that count the longest.
void MigrationPlan::CarryInstants(const std::byte* source, std::byte* target, const Instants& limit) {
  std::vector<std::int64_t> instants(std::max(limit.from_count, limit.to_count), kUnknown);
  std::memcpy(instants.data(), source + limit.from, limit.from_count * sizeof(std::int64_t));
  std::ranges::sort(instants, std::ranges::greater());
  std::memcpy(target + limit.to, instants.data(), limit.to_count * sizeof(std::int64_t));
}

bool TakeOver(const MigrationPlan& plan, RecordStore& store, std::uint32_t index) {
  return store.Take(index,
                    [&](std::byte* source, std::byte* target) { plan.Carry(source, target, store.texts()); });
}

}  // namespace lull::runtime
