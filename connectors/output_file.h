// A file or standard output that text is written to, with a buffer in front.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace lull::connectors {

/// The first failure sticks: later writes do nothing, and status and Close tell it.
class OutputFile {
 public:
  /// Replaces the file. `path` "-" is standard output.
  static Result<OutputFile> Create(const std::string& path);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  /// The buffer, to append to; then Written() passes it on when it is full.
  std::string& buffer() { return buffer_; }
  void Written() {
    if (buffer_.size() >= kBufferBytes) Flush();
  }
  void Write(std::string_view text) {
    buffer_.append(text);
    Written();
  }
  void Flush();

  /// Writes the rest. Fails, with what to do about it, if anything could not be written.
  Status Close();
  Status status() const;
  /// Whoever read standard output has gone (`| head`): not worth a message.
  bool is_broken_pipe() const { return is_broken_pipe_; }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

  OutputFile(std::string name, int file, bool owned);
  void Release();

  std::string name_;
  int file_ = -1;
  bool owned_ = false;
  bool is_broken_pipe_ = false;
  std::string failure_;
  std::string buffer_;
};

}  // namespace lull::connectors
