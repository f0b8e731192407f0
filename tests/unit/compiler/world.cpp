#include "tests/unit/compiler/world.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <iterator>

#include "compiler/ir_semantics.h"
#include "tests/unit/compiler/fake_abi.h"

namespace lull::compiler::test {
namespace {

template <typename T>
void Write(std::byte* record, std::size_t offset, T value) {
  std::memcpy(record + offset, &value, sizeof value);
}

}  // namespace

void SetWorldInteger(std::byte* record, std::size_t slot, std::int64_t value) {
  if (slot % 2 == 0) {
    Write(record, kWorldWideOffset + slot * 8, value);
  } else {
    Write(record, kWorldWideOffset + slot * 8, static_cast<double>(value % 1'000));
  }
}

World::World() {
  moment.now = kWorldNow;
  moment.age_now = kWorldNow - 1;
  moment.event_time = kWorldNow;
  moment.from = kWorldNow - 7;
  Write(record.data(), 0, runtime::RecordHeader{});
  for (std::size_t i = 0; i < kWorldWideSlots; i += 2) {
    Write(record.data(), kWorldWideOffset + i * 8, kUnknown);
    Write(record.data(), kWorldWideOffset + i * 8 + 8, kUnknownNumber);
  }
  std::memset(record.data() + kWorldU32Offset, 0xFF, kWorldNarrowSlots * 5);
  for (std::uint32_t i = 0; i < kWorldFields; ++i) {
    if (i % 3 == 0) fields[i].integer = kUnknown;
    if (i % 3 == 1) fields[i].number = kUnknownNumber;
  }
  Attach();
}

World::World(Random& random) : World() {
  const auto integer = [&] { return InterestingIntegers()[random() % InterestingIntegers().size()]; };
  const auto number = [&] { return InterestingNumbers()[random() % InterestingNumbers().size()]; };
  moment.now = kWorldNow + static_cast<std::int64_t>(random() % 3);
  moment.age_now = moment.now - static_cast<std::int64_t>(random() % 2);
  moment.event_time = moment.now - static_cast<std::int64_t>(random() % 100);
  moment.from = integer();
  moment.next_wake = random() % 2 == 0 ? kNever : moment.now + 200;
  Write(record.data(), 0, runtime::RecordHeader{.first_event = integer()});
  for (std::size_t i = 0; i < 3; ++i) Write(record.data(), runtime::kBitsOffset + i * 8, random());
  for (std::size_t i = 0; i < kWorldWideSlots; i += 2) {
    Write(record.data(), kWorldWideOffset + i * 8, integer());
    Write(record.data(), kWorldWideOffset + i * 8 + 8, number());
  }
  for (std::size_t i = 0; i < kWorldNarrowSlots; ++i) {
    Write(record.data(), kWorldU32Offset + i * 4, static_cast<std::uint32_t>(integer()));
    Write(record.data(), kWorldU8Offset + i, static_cast<std::uint8_t>(integer()));
  }
  for (std::uint32_t i = 0; i < kWorldFields; ++i) {
    const std::size_t text = random() % (InterestingTexts().size() + 1);
    if (i % 3 == 0) fields[i].integer = integer();
    if (i % 3 == 1) fields[i].number = number();
    if (i % 3 == 2 && text < InterestingTexts().size()) {
      fields[i].text = runtime::TextView::Of(InterestingTexts()[text]);
    }
  }
}

World::World(const World& other)
    : record(other.record), fields(other.fields), out(other.out), early(other.early), moment(other.moment) {
  Attach();
}

void World::Attach() {
  moment.record = record.data();
  moment.fields = fields.data();
  moment.out = out.data();
  moment.early = early.data();
}

std::string ShownValue(const runtime::FieldValue& value, IrType type) {
  switch (type) {
    case IrType::kF64:
      return fmt::format("{:016x} ({})", std::bit_cast<std::uint64_t>(value.number), value.number);
    case IrType::kText:
      return value.text.known() ? fmt::format("'{}'", value.text.view()) : "unknown";
    default:
      return value.integer == kUnknown ? "unknown" : fmt::format("{}", value.integer);
  }
}

std::string World::Shown() const {
  std::string text = fmt::format("next_wake {}\n", moment.next_wake);
  for (std::size_t i = 0; i < record.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}{:02x}",
                   i % 16 == 0  ? "\n"
                   : i % 8 == 0 ? " "
                                : "",
                   static_cast<unsigned>(record[i]));
  }
  text += '\n';
  for (std::size_t i = 0; i < out.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "out {}: {}\n", i, ShownValue(out[i], kOutTypes[i % 4]));
  }
  return text;
}

}  // namespace lull::compiler::test
