// The bytes of images: fixed numbers little-endian, counts as variable-length numbers, texts by their bytes.
//
// Writer and reader have the same calls, so that a format is described once, for both directions
// (runtime/entity_image.cpp): each call writes what it is given, or fills it. A reader of broken bytes says
// so (ok) and gives zeros and empty texts from there on; it never reads beyond its bytes nor believes a count
// that they cannot hold.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "runtime/event.h"

namespace lull::runtime {

static_assert(std::endian::native == std::endian::little);

template <typename T>
concept FixedValue = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class ImageWriter {
 public:
  static constexpr bool kReads = false;
  explicit ImageWriter(std::string& out) : out_(out) {}

  bool ok() const { return true; }
  template <FixedValue T>
  void Fixed(const T& value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  /// A number that is mostly small.
  void Small(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_.push_back(static_cast<char>(value | 0x80U));
    out_.push_back(static_cast<char>(value));
  }
  void Small(std::uint32_t value) { Small(std::uint64_t{value}); }
  std::size_t Count(std::size_t count) {
    Small(std::uint64_t{count});
    return count;
  }
  void Text(const TextView& text) {
    Small(text.known() ? text.size + 1 : 0);
    if (text.size > 0) out_.append(text.data, text.size);
  }
  /// Where they have been written, until the next call.
  std::byte* Raw(const void* bytes, std::size_t count) {
    out_.append(static_cast<const char*>(bytes), count);
    return reinterpret_cast<std::byte*>(out_.data() + out_.size() - count);
  }

 private:
  std::string& out_;
};

class ImageReader {
 public:
  static constexpr bool kReads = true;
  explicit ImageReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  /// All was read, and all of it was understood.
  bool complete() const { return ok_ && bytes_.empty(); }
  void Fail() {
    ok_ = false;
    bytes_ = {};
  }

  template <FixedValue T>
  void Fixed(T& value) {
    Raw(&value, sizeof value);
  }
  void Small(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      std::uint8_t byte = 0;
      Fixed(byte);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return;
    }
    Fail();
  }
  void Small(std::uint32_t& value) {
    std::uint64_t wide = 0;
    Small(wide);
    value = static_cast<std::uint32_t>(wide);
    if (wide != value) Fail();
  }
  /// How many follow; each of them takes a byte at least.
  std::size_t Count(std::size_t /*unused*/ = 0) {
    std::uint64_t count = 0;
    Small(count);
    if (count > bytes_.size()) Fail();
    return ok_ ? count : 0;
  }
  /// Points into the bytes that are read.
  void Text(TextView& text) {
    std::uint64_t size = 0;
    Small(size);
    text = {};
    if (size == 0) return;
    if (size - 1 > bytes_.size()) return Fail();
    text = TextView::Of(bytes_.substr(0, size - 1));
    bytes_.remove_prefix(size - 1);
  }
  void Raw(void* to, std::size_t count) {
    if (count > bytes_.size()) {
      Fail();
      std::memset(to, 0, count);
      return;
    }
    std::memcpy(to, bytes_.data(), count);
    bytes_.remove_prefix(count);
  }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace lull::runtime
