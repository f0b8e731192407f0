#include "compiler/record_layout.h"

#include <xxhash.h>

#include <cstring>
#include <limits>
#include <utility>

namespace lull::compiler {

using runtime::SlotKind;
using runtime::StatePiece;

std::uint64_t MeaningHash(std::string_view meaning) { return XXH3_64bits(meaning.data(), meaning.size()); }

RecordLayout::RecordLayout(std::uint32_t bit_count) : image_((bit_count + 63) / 64 * 8) {}

std::uint32_t RecordLayout::Take(std::uint32_t bytes) {
  const auto end = [&] { return static_cast<std::uint32_t>(runtime::kBitsOffset + image_.size()); };
  if (bytes == 8) {
    image_.resize(image_.size() + 8);
    return end() - 8;
  }
  if (bytes == 4) {
    if (half_ != runtime::kNoOffset) return std::exchange(half_, runtime::kNoOffset);
    const std::uint32_t offset = Take(8);
    half_ = offset + 4;
    return offset;
  }
  if (byte_ == runtime::kNoOffset) byte_ = Take(4);
  const std::uint32_t offset = byte_++;
  if (byte_ % 4 == 0) byte_ = runtime::kNoOffset;
  return offset;
}

Slot RecordLayout::AddSlot(SlotKind kind, const Known& known) {
  const Slot slot{Take(runtime::SlotBytes(kind)), kind};
  if (kind == SlotKind::kText) {
    text_offsets_.push_back(slot.offset);
    AddPiece(StatePiece::Kind::kText, slot.offset, known);
    return slot;
  }
  SetDefault(slot, kUnknown);
  AddPiece(StatePiece::Kind::kSlot, slot.offset, known);
  pieces_.back().bytes = runtime::SlotBytes(kind);
  return slot;
}

Slot RecordLayout::AddCounter(std::string_view meaning) {
  const Slot slot = AddSlot(SlotKind::kF64, std::string(meaning));
  SetDefaultNumber(slot, 0);
  return slot;
}

std::uint32_t RecordLayout::TakeRow(std::size_t count, std::int64_t value) {
  const auto offset = static_cast<std::uint32_t>(runtime::kBitsOffset + image_.size());
  for (std::size_t i = 0; i < count; ++i) SetDefault({Take(8), SlotKind::kI64}, value);
  return offset;
}

std::uint32_t RecordLayout::AddBlock(std::uint32_t count, StatePiece::Kind kind, const Known& known) {
  const std::uint32_t offset = TakeRow(count, kUnknown);
  AddPiece(kind, offset, known);
  pieces_.back().bytes = count * 8;
  return offset;
}

std::uint32_t RecordLayout::AddWakes(std::size_t count) { return TakeRow(count, kNever); }

std::uint32_t RecordLayout::AddWindow(std::uint32_t window, std::string_view meaning) {
  AddPiece(StatePiece::Kind::kWindow, window, std::string(meaning));
  return Take(8);
}

void RecordLayout::AddPiece(StatePiece::Kind kind, std::uint32_t index, const Known& known) {
  StatePiece piece;
  piece.meaning = MeaningHash(known.meaning);
  piece.successor = known.successor.empty() ? 0 : MeaningHash(known.successor);
  piece.values = known.values;
  piece.kind = kind;
  piece.index = index;
  pieces_.push_back(piece);
}

void RecordLayout::SetDefault(Slot slot, std::int64_t value) {
  if (slot.kind == SlotKind::kF64) {
    const double number =
        value == kUnknown ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(value);
    return SetDefaultNumber(slot, number);
  }
  if (value == kUnknown && slot.kind != SlotKind::kI64) value = -1;
  std::memcpy(At(slot.offset), &value, runtime::SlotBytes(slot.kind));
}

void RecordLayout::SetDefaultNumber(Slot slot, double value) {
  std::memcpy(At(slot.offset), &value, sizeof(value));
}

void RecordLayout::Finish(runtime::EntitySpec& spec) const {
  spec.image = image_;
  spec.record_bytes = static_cast<std::uint32_t>(runtime::kBitsOffset + image_.size());
  spec.text_offsets = text_offsets_;
  spec.pieces = pieces_;
}

}  // namespace lull::compiler
