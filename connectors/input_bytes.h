// The bytes of a file or of standard input, unpacked if they are gzip (told by their first bytes, not by the
// name).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/result.h"

namespace lull::connectors {

class InputBytes {
 public:
  /// `path` "-" is standard input.
  static Result<InputBytes> Open(const std::string& path);

  InputBytes(InputBytes&&) noexcept;
  InputBytes& operator=(InputBytes&&) noexcept;
  ~InputBytes();

  /// Up to `size` bytes, at least one; 0 at the end. Waits for a pipe, but takes what is there. Fails if
  /// reading fails or packed data is damaged or cut off.
  Result<std::size_t> Read(char* out, std::size_t size);

  /// Bytes taken from the file so far, as they lie there.
  std::uint64_t bytes_read() const;
  /// Size of the file; none for pipes and terminals.
  std::optional<std::uint64_t> bytes_total() const;

 private:
  struct Impl;
  explicit InputBytes(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
