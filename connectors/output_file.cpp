#include "connectors/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace lull::connectors {
namespace {

std::string Describe(const std::string& name, int error) {
  std::string text = "Cannot write " + name + ": " + std::strerror(error);
  if (error == ENOSPC) text += ". What was written so far is not complete; make room and run again";
  return text;
}

}  // namespace

OutputFile::OutputFile(std::string name, int file, bool owned)
    : name_(std::move(name)), file_(file), owned_(owned) {
  buffer_.reserve(kBufferBytes + kBufferBytes / 4);
}

Result<OutputFile> OutputFile::Create(const std::string& path) {
  if (path == "-") return OutputFile("standard output", STDOUT_FILENO, false);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Fail(Describe(path, errno));
  return OutputFile(path, file, true);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : name_(std::move(other.name_)),
      file_(std::exchange(other.file_, -1)),
      owned_(other.owned_),
      is_broken_pipe_(other.is_broken_pipe_),
      failure_(std::move(other.failure_)),
      buffer_(std::move(other.buffer_)) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  if (this == &other) return *this;
  Release();
  name_ = std::move(other.name_);
  file_ = std::exchange(other.file_, -1);
  owned_ = other.owned_;
  is_broken_pipe_ = other.is_broken_pipe_;
  failure_ = std::move(other.failure_);
  buffer_ = std::move(other.buffer_);
  return *this;
}

OutputFile::~OutputFile() { Release(); }

void OutputFile::Release() {
  if (file_ < 0) return;
  Flush();
  if (owned_) ::close(file_);
  file_ = -1;
}

void OutputFile::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && failure_.empty()) {
    const ssize_t count = ::write(file_, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      is_broken_pipe_ = errno == EPIPE;
      failure_ = Describe(name_, errno);
    }
  }
  buffer_.clear();
}

Status OutputFile::status() const {
  if (!failure_.empty()) return Fail(failure_);
  return {};
}

Status OutputFile::Close() {
  Flush();
  if (owned_ && file_ >= 0 && ::close(std::exchange(file_, -1)) != 0 && failure_.empty()) {
    failure_ = Describe(name_, errno);
  }
  return status();
}

}  // namespace lull::connectors
