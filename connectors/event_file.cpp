#include "connectors/event_file.h"

#include <algorithm>
#include <cstring>

namespace lull::connectors {
namespace {

// Small enough to stay in the processor's cache between reading and decoding.
constexpr std::size_t kChunkBytes = std::size_t{1} << 18;
constexpr std::size_t kLineRoomBytes = kRawEventBytesMax + 2;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsBlank(const char* begin, const char* end) {
  return std::all_of(begin, end, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

}  // namespace

EventFile::EventFile(InputBytes input)
    : input_(std::move(input)), buffer_(kLineRoomBytes + kChunkBytes + kJsonPaddingBytes + 1) {}

Result<EventFile> EventFile::Open(const std::string& path) {
  Result<InputBytes> input = InputBytes::Open(path);
  if (!input) return std::unexpected(input.error());
  return EventFile(std::move(*input));
}

Result<std::span<const RawEvent>> EventFile::Next(std::size_t count_max) {
  lines_.clear();
  for (;;) {
    SplitLines(count_max);
    if (!lines_.empty()) break;
    if (at_end_) {
      TakeRest();
      break;
    }
    const Status filled = Fill();
    if (!filled) {
      at_end_ = true;
      begin_ = end_ = searched_ = 0;
      return std::unexpected(filled.error());
    }
  }
  return std::span<const RawEvent>(lines_);
}

Status EventFile::Fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  searched_ -= begin_;
  begin_ = 0;
  const Result<std::size_t> count = input_.Read(buffer_.data() + end_, kLineRoomBytes + kChunkBytes - end_);
  if (!count) return std::unexpected(count.error());
  end_ += *count;
  at_end_ = *count == 0;
  if (at_start_ && (end_ >= kByteOrderMark.size() || at_end_)) {
    at_start_ = false;
    if (std::string_view(buffer_.data(), end_).starts_with(kByteOrderMark)) {
      begin_ = searched_ = kByteOrderMark.size();
    }
  }
  return {};
}

void EventFile::SplitLines(std::size_t count_max) {
  if (at_start_) return;
  while (lines_.size() < count_max) {
    char* from = buffer_.data() + searched_;
    char* line_end = static_cast<char*>(std::memchr(from, '\n', end_ - searched_));
    if (line_end == nullptr) break;
    char* line_begin = buffer_.data() + begin_;
    begin_ = searched_ = static_cast<std::size_t>(line_end - buffer_.data()) + 1;
    if (skipping_) {
      skipping_ = false;
      continue;
    }
    TakeLine(line_begin, line_end);
  }
  if (lines_.size() == count_max) return;
  searched_ = end_;
  if (skipping_) {
    begin_ = end_;
  } else if (end_ - begin_ >= kLineRoomBytes) {
    TakeLine(buffer_.data() + begin_, buffer_.data() + end_);
    skipping_ = true;
    begin_ = end_;
  }
}

void EventFile::TakeRest() {
  if (begin_ < end_ && !skipping_) TakeLine(buffer_.data() + begin_, buffer_.data() + end_);
  begin_ = searched_ = end_;
}

void EventFile::TakeLine(char* begin, char* end) {
  ++line_;
  if (end > begin && end[-1] == '\r') --end;
  if (*begin <= ' ' && IsBlank(begin, end)) return;
  end = std::min(end, begin + kRawEventBytesMax + 1);
  *end = '\0';
  lines_.push_back(
      {std::string_view(begin, static_cast<std::size_t>(end - begin)), runtime::LogPosition{line_}});
}

}  // namespace lull::connectors
