// Compiled objects on disk, by key. Losing or damaging a file costs only the time to compile again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lull::compiler {

class ObjectCache {
 public:
  /// An empty folder: nothing is kept.
  explicit ObjectCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Nothing if there is no such object, or if its bytes are not those that were put.
  std::optional<std::string> Get(std::string_view key) const;
  /// Makes the folder if needed; a reader sees the whole object or none. Returns whether it was written.
  bool Put(std::string_view key, std::string_view object) const;

 private:
  std::filesystem::path PathOf(std::string_view key) const;

  std::filesystem::path folder_;
};

}  // namespace lull::compiler
