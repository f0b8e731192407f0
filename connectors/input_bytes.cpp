#include "connectors/input_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace lull::connectors {
namespace {

constexpr std::size_t kPackedChunkBytes = std::size_t{1} << 17;
constexpr std::array<unsigned char, 2> kGzipMagic = {0x1F, 0x8B};
constexpr int kGzipWindowBits = 15 + 16;

}  // namespace

struct InputBytes::Impl {
  std::string name;
  int file = -1;
  bool owned = false;
  std::uint64_t taken = 0;
  std::optional<std::uint64_t> total;
  // The first bytes, which told whether the input is packed; then, if it is, what is still to be unpacked.
  std::vector<char> chunk;
  std::size_t chunk_at = 0;
  bool packed = false;
  bool member_open = false;
  z_stream inflater{};

  ~Impl() {
    if (packed) inflateEnd(&inflater);
    if (owned) ::close(file);
  }

  Error SystemError(const char* what) const {
    return Error{std::string(what) + " " + name + ": " + std::strerror(errno)};
  }

  Result<std::size_t> ReadFile(char* out, std::size_t size) {
    for (;;) {
      const ssize_t count = ::read(file, out, size);
      if (count >= 0) {
        taken += static_cast<std::uint64_t>(count);
        return static_cast<std::size_t>(count);
      }
      if (errno != EINTR) return std::unexpected(SystemError("Cannot read"));
    }
  }

  // Reads the first two bytes, if there are as many, and sees what they say.
  Status Begin() {
    chunk.resize(kGzipMagic.size());
    std::size_t count = 0;
    while (count < chunk.size()) {
      const Result<std::size_t> more = ReadFile(chunk.data() + count, chunk.size() - count);
      if (!more) return std::unexpected(more.error());
      if (*more == 0) break;
      count += *more;
    }
    chunk.resize(count);
    if (count < kGzipMagic.size() || std::memcmp(chunk.data(), kGzipMagic.data(), count) != 0) return {};
    if (inflateInit2(&inflater, kGzipWindowBits) != Z_OK)
      return Fail("Cannot unpack " + name + ": no memory");
    packed = true;
    member_open = true;
    return {};
  }

  Result<std::size_t> ReadPlain(char* out, std::size_t size) {
    if (chunk_at == chunk.size()) return ReadFile(out, size);
    const std::size_t count = std::min(size, chunk.size() - chunk_at);
    std::memcpy(out, chunk.data() + chunk_at, count);
    chunk_at += count;
    return count;
  }

  // True unless the file has ended.
  Result<bool> MorePacked() {
    if (chunk_at < chunk.size()) return true;
    chunk.resize(kPackedChunkBytes);
    const Result<std::size_t> count = ReadFile(chunk.data(), chunk.size());
    if (!count) return std::unexpected(count.error());
    chunk.resize(*count);
    chunk_at = 0;
    return *count > 0;
  }

  // gzip files may follow each other in one file, with zeros behind the last.
  Status NextMember() {
    while (chunk_at < chunk.size() && chunk[chunk_at] == 0) ++chunk_at;
    if (chunk_at == chunk.size()) return {};
    if (static_cast<unsigned char>(chunk[chunk_at]) != kGzipMagic[0]) {
      return Fail(name + " has other bytes behind its packed data");
    }
    inflateReset(&inflater);
    member_open = true;
    return {};
  }

  Result<std::size_t> ReadPacked(char* out, std::size_t size) {
    for (;;) {
      const Result<bool> more = MorePacked();
      if (!more) return std::unexpected(more.error());
      if (!*more) {
        if (member_open) return Fail(name + " ends in the middle of its packed data");
        return 0;
      }
      if (!member_open) {
        const Status next = NextMember();
        if (!next) return std::unexpected(next.error());
        if (!member_open) continue;
      }
      inflater.next_in = reinterpret_cast<Bytef*>(chunk.data() + chunk_at);
      inflater.avail_in = static_cast<uInt>(chunk.size() - chunk_at);
      inflater.next_out = reinterpret_cast<Bytef*>(out);
      inflater.avail_out = static_cast<uInt>(size);
      const int status = inflate(&inflater, Z_NO_FLUSH);
      chunk_at = chunk.size() - inflater.avail_in;
      if (status == Z_STREAM_END) {
        member_open = false;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        return Fail(name + " is damaged: its packed data cannot be read");
      }
      if (inflater.avail_out < size) return size - inflater.avail_out;
    }
  }
};

InputBytes::InputBytes(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
InputBytes::InputBytes(InputBytes&&) noexcept = default;
InputBytes& InputBytes::operator=(InputBytes&&) noexcept = default;
InputBytes::~InputBytes() = default;

Result<InputBytes> InputBytes::Open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  const bool standard = path == "-";
  impl->name = standard ? "standard input" : path;
  impl->file = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (impl->file < 0) return std::unexpected(impl->SystemError("Cannot open"));
  impl->owned = !standard;
  struct stat info {};
  if (::fstat(impl->file, &info) == 0 && S_ISREG(info.st_mode)) {
    impl->total = static_cast<std::uint64_t>(info.st_size);
  }
  if (S_ISDIR(info.st_mode)) return Fail("Cannot read " + path + ": it is a folder");
  const Status begun = impl->Begin();
  if (!begun) return std::unexpected(begun.error());
  return InputBytes(std::move(impl));
}

Result<std::size_t> InputBytes::Read(char* out, std::size_t size) {
  return impl_->packed ? impl_->ReadPacked(out, size) : impl_->ReadPlain(out, size);
}

std::uint64_t InputBytes::bytes_read() const { return impl_->taken; }
std::optional<std::uint64_t> InputBytes::bytes_total() const { return impl_->total; }

}  // namespace lull::connectors
