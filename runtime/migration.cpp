#include "runtime/migration.h"

#include <cstring>
#include <map>

#include "runtime/base/check.h"
#include "runtime/window.h"

namespace lull::runtime {
MigrationPlan::MigrationPlan(const EntitySpec& from, const EntitySpec& to) : from_(from), to_(to) {
  std::map<std::pair<StatePiece::Kind, std::uint64_t>, const StatePiece*> old;
  for (const StatePiece& piece : from.pieces) old.emplace(std::pair(piece.kind, piece.meaning), &piece);
  for (const StatePiece& piece : to.pieces) {
    const auto found = old.find({piece.kind, piece.meaning});
    if (found == old.end()) continue;
    const StatePiece& source = *found->second;
    const Pair pair(source.index, piece.index);
    switch (piece.kind) {
      case StatePiece::Kind::kSlot:
      case StatePiece::Kind::kLimit:
        if (source.bytes != piece.bytes) continue;
        copies_.push_back({source.index, piece.index, piece.bytes});
        break;
      case StatePiece::Kind::kText:
        texts_.push_back(pair);
        break;
      case StatePiece::Kind::kWindow:
        if (from.windows[source.index].columns != to.windows[piece.index].columns) continue;
        windows_.push_back(pair);
        break;
      case StatePiece::Kind::kBit:
        bits_.push_back(pair);
        break;
      case StatePiece::Kind::kEachWait:
        each_waits_.push_back(pair);
        break;
      case StatePiece::Kind::kNudge:
        nudges_.push_back(pair);
        break;
      case StatePiece::Kind::kTimeOnly:
        break;  // has no state: what it is follows from the instant
    }
  }
}

void MigrationPlan::Carry(std::byte* source, std::byte* target, TextPool& texts) const {
  const std::uint32_t key_id = HeaderAt(target)->key_id;
  *HeaderAt(target) = *HeaderAt(source);
  HeaderAt(target)->key_id = key_id;
  HeaderAt(source)->side = nullptr;
  for (const Copy& copy : copies_) std::memcpy(target + copy.to, source + copy.from, copy.bytes);
  for (const auto& [before, after] : texts_) {
    const std::uint32_t id = TextAt(source, before);
    texts.Retain(id);
    texts.Release(TextAt(target, after));
    TextAt(target, after) = id;
  }
  for (const auto& [before, after] : bits_) SetBit(target, after, TestBit(source, before));
  for (const auto& [before, after] : windows_) {
    auto*& block = *reinterpret_cast<WindowBlock**>(source + from_.windows[before].offset);
    Window(to_, after, target, texts).Adopt(block);
  }
}

void MigrateRecords(const MigrationPlan& plan, RecordStore& from, RecordStore& to) {
  LULL_CHECK(&from.texts() == &to.texts());
  from.ForEach([&](std::byte* source) {
    const RecordStore::Found target = to.FindOrCreate(from.KeyOf(source));
    LULL_CHECK(target.created);
    plan.Carry(source, target.record, to.texts());
    from.Erase(source);
  });
}

}  // namespace lull::runtime
