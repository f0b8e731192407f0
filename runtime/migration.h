// What of an entity's records carries over from one ruleset to another.
//
// Pieces of state are recognised by kind and hash of their meaning (StatePiece), not by name or place; what
// was changed goes on by its successor. What has no counterpart starts from the new image. Waits of `after
// each` and the side's nudges are the engine's; the plan says which belong together. `lull diff` reads the
// same plan (compiler/change_plan.h).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/record_store.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

class MigrationPlan {
 public:
  /// Both must outlive the plan.
  MigrationPlan(const EntitySpec& from, const EntitySpec& to);

  using Pair = std::pair<std::uint32_t, std::uint32_t>;  // StatePiece::index before and after

  const std::vector<Pair>& each_waits() const { return each_waits_; }
  /// Whether the waits of both keep the same fields of their opening event.
  bool KeepSameFields(std::uint32_t wait_before, std::uint32_t wait_after) const {
    return std::ranges::equal(from_.each_waits[wait_before].captured, to_.each_waits[wait_after].captured,
                              [](const auto& a, const auto& b) { return a.IsSameAs(b); });
  }
  const std::vector<Pair>& nudges() const { return nudges_; }
  const std::vector<Pair>& bits() const { return bits_; }

  /// Which of the old pieces each of the new ones goes on with, by EntitySpec::pieces; kNoIndex: none.
  const std::vector<std::uint32_t>& sources() const { return sources_; }
  /// Which of a window's old columns each of its new ones is; kNoIndex: what is kept of it is unknown.
  static std::vector<std::uint32_t> MatchColumns(const WindowSpec& from, const WindowSpec& to);

  /// Moves one record's header (its EntitySide with it), slots, texts, windows, bits and limits into
  /// `target`, a fresh record of the same key. `source` keeps its key and can only be erased. One pool holds
  /// the texts of both.
  void Carry(std::byte* source, std::byte* target, TextPool& texts) const;

 private:
  struct Copy {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint32_t bytes = 0;
  };
  /// A slot whose numbers stand for something else now.
  struct Translation {
    Copy slot;
    std::vector<std::uint32_t> numbers;  // by old number; kNoIndex: it is gone
    std::uint32_t entered = kNoOffset;   // of a stage: since when, which begins anew if it is gone
  };
  /// The instants of a limit that has room for more or fewer now.
  struct Instants {
    std::uint32_t from = 0;
    std::uint32_t from_count = 0;
    std::uint32_t to = 0;
    std::uint32_t to_count = 0;
  };
  struct WindowCopy {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::vector<std::uint32_t> columns;
  };

  void FindSources();
  void AddPiece(const StatePiece& source, const StatePiece& piece);
  void AddSlot(const StatePiece& source, const StatePiece& piece);
  static void CarryInstants(const std::byte* source, std::byte* target, const Instants& limit);

  const EntitySpec& from_;
  const EntitySpec& to_;
  std::vector<Copy> copies_;
  std::vector<Pair> texts_;
  std::vector<WindowCopy> windows_;
  std::vector<Translation> translations_;
  std::vector<Instants> limits_;
  std::vector<std::uint32_t> sources_;
  std::vector<Pair> bits_;
  std::vector<Pair> each_waits_;
  std::vector<Pair> nudges_;
};

/// Takes over one record that waits in the store before. False: its place is free.
bool TakeOver(const MigrationPlan& plan, RecordStore& store, std::uint32_t index);

}  // namespace lull::runtime
