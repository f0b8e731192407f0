// Where the values of a record lie: slots are handed out one by one and packed by size.
//
// Each slot has a meaning, the canonical text of what it remembers: a ruleset that replaces this one keeps
// the slots whose meaning it shares (runtime/migration.h), and those whose successor is known by name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/ruleset.h"

namespace lull::compiler {

struct Slot {
  std::uint32_t offset = runtime::kNoOffset;
  runtime::SlotKind kind = runtime::SlotKind::kI64;

  bool exists() const { return offset != runtime::kNoOffset; }
};

/// The hash by which a meaning is recognised in another ruleset.
std::uint64_t MeaningHash(std::string_view meaning);

class RecordLayout {
 public:
  /// The first `bit_count` bits come right behind the header.
  explicit RecordLayout(std::uint32_t bit_count);

  /// What a piece of state is known by: its meaning, and what goes on with it after a change.
  struct Known {
    Known(const char* text) : meaning(text) {}
    Known(std::string text, std::string of_successor = {}, std::vector<std::string> of_values = {})
        : meaning(std::move(text)), successor(std::move(of_successor)), values(std::move(of_values)) {}
    std::string meaning;
    std::string successor;            // StatePiece::successor; empty: none
    std::vector<std::string> values;  // StatePiece::values
  };

  /// Starts as unknown.
  Slot AddSlot(runtime::SlotKind kind, const Known& known);
  /// A number that starts as 0.
  Slot AddCounter(std::string_view meaning);
  /// `count` kI64 in a row; all start as unknown. Returns the offset of the first.
  std::uint32_t AddBlock(std::uint32_t count, runtime::StatePiece::Kind kind, const Known& known);
  /// The pointer of a window; the caller numbers the windows.
  std::uint32_t AddWindow(std::uint32_t window, std::string_view meaning);
  /// `count` wake-ups in a row, none of them set; another ruleset sets its own. The offset of the first.
  std::uint32_t AddWakes(std::size_t count);
  void AddPiece(runtime::StatePiece::Kind kind, std::uint32_t index, const Known& known);
  void SetDefault(Slot slot, std::int64_t value);
  void SetDefaultNumber(Slot slot, double value);

  /// Size, image, text offsets and pieces; windows and the rest are the caller's.
  void Finish(runtime::EntitySpec& spec) const;

 private:
  std::uint32_t Take(std::uint32_t bytes);
  /// `count` kI64 in a row, with this value. The offset of the first.
  std::uint32_t TakeRow(std::size_t count, std::int64_t value);
  std::byte* At(std::uint32_t offset) { return image_.data() + (offset - runtime::kBitsOffset); }

  std::vector<std::byte> image_;             // from kBitsOffset on
  std::uint32_t half_ = runtime::kNoOffset;  // a free 4-byte place
  std::uint32_t byte_ = runtime::kNoOffset;  // the next free byte of a 4-byte place
  std::vector<std::uint32_t> text_offsets_;
  std::vector<runtime::StatePiece> pieces_;
};

}  // namespace lull::compiler
