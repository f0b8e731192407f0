#include "compiler/object_cache.h"

#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <atomic>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <system_error>

namespace lull::compiler {
namespace {

// The file is a line with the hash of what follows, then the object.
constexpr std::size_t kHeaderBytes = 38;

std::string Header(std::string_view object) {
  const XXH128_hash_t hash = XXH3_128bits(object.data(), object.size());
  return fmt::format("lull {:016x}{:016x}\n", hash.high64, hash.low64);
}

}  // namespace

std::filesystem::path ObjectCache::PathOf(std::string_view key) const {
  return folder_ / fmt::format("{}.o", key);
}

std::optional<std::string> ObjectCache::Get(std::string_view key) const {
  if (folder_.empty()) return std::nullopt;
  std::ifstream file(PathOf(key), std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (!file || bytes.size() <= kHeaderBytes) return std::nullopt;
  const std::string_view object = std::string_view(bytes).substr(kHeaderBytes);
  if (Header(object) != std::string_view(bytes).substr(0, kHeaderBytes)) return std::nullopt;
  bytes.erase(0, kHeaderBytes);
  return bytes;
}

bool ObjectCache::Put(std::string_view key, std::string_view object) const {
  if (folder_.empty()) return false;
  static std::atomic<std::uint64_t> counter = 0;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return false;
  const std::filesystem::path draft = folder_ / fmt::format("{}.{}.{}.new", key, getpid(), counter++);
  {
    std::ofstream file(draft, std::ios::binary);
    file << Header(object) << object;
    file.close();
    if (!file) error = std::make_error_code(std::errc::io_error);
  }
  if (!error) std::filesystem::rename(draft, PathOf(key), error);
  if (!error) return true;
  std::error_code ignored_as_nothing_was_promised;
  std::filesystem::remove(draft, ignored_as_nothing_was_promised);
  return false;
}

}  // namespace lull::compiler
