// Events of a file or of standard input, line by line, in batches that the decoder can read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/input_bytes.h"
#include "connectors/raw_batch.h"
#include "runtime/base/result.h"

namespace lull::connectors {

/// Lines end in LF or CR LF, the last may lack its end, a byte order mark at the beginning is skipped, and
/// blank lines are skipped but counted. Of a line above kRawEventBytesMax only one byte more is kept, so that
/// the decoder sees that it is too long.
class EventFile {
 public:
  /// `path` "-" is standard input.
  static Result<EventFile> Open(const std::string& path);

  /// Up to `count_max` lines, as soon as there are any; none at the end. Positions are line numbers from 1.
  /// Good until the next call. After an error there is no more.
  Result<std::span<const RawEvent>> Next(std::size_t count_max);

  /// Lines so far, blank ones included.
  std::uint64_t line_count() const { return line_; }
  std::uint64_t bytes_read() const { return input_.bytes_read(); }
  std::optional<std::uint64_t> bytes_total() const { return input_.bytes_total(); }

 private:
  explicit EventFile(InputBytes input);

  Status Fill();
  void SplitLines(std::size_t count_max);
  void TakeLine(char* begin, char* end);
  void TakeRest();

  InputBytes input_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what has not been split
  std::size_t end_ = 0;
  std::size_t searched_ = 0;  // up to here there is no line end
  std::uint64_t line_ = 0;
  bool at_start_ = true;
  bool at_end_ = false;
  bool skipping_ = false;  // the rest of an overlong line
  std::vector<RawEvent> lines_;
};

}  // namespace lull::connectors
