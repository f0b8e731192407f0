#include "connectors/signing/signing.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace lull::connectors {
namespace {

constexpr std::string_view kPrivateHead = "lull-ed25519-private:";
constexpr std::string_view kPublicHead = "ed25519:";

using Bytes = const unsigned char*;
Bytes AsBytes(std::string_view text) { return reinterpret_cast<Bytes>(text.data()); }

bool Ready() { return sodium_init() >= 0; }

std::string Hex(Bytes bytes, std::size_t count) {
  std::string text(count * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes, count);
  text.pop_back();
  return text;
}

/// Exactly `count` bytes, or nothing.
bool FromHex(std::string_view text, unsigned char* out, std::size_t count) {
  std::size_t read = 0;
  return text.size() == count * 2 &&
         sodium_hex2bin(out, count, text.data(), text.size(), nullptr, &read, nullptr) == 0 && read == count;
}

std::string Why() { return std::strerror(errno); }

}  // namespace

SigningKey::SigningKey(SigningKey&& other) noexcept : secret_(other.secret_) {
  sodium_memzero(other.secret_.data(), other.secret_.size());
  other.secret_.clear();
}

SigningKey::~SigningKey() { sodium_memzero(secret_.data(), secret_.size()); }

Result<SigningKey> SigningKey::Generate() {
  if (!Ready()) return Fail("libsodium cannot be initialised");
  SigningKey key;
  key.secret_.resize(crypto_sign_SECRETKEYBYTES);
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> unused{};
  crypto_sign_keypair(unused.data(), reinterpret_cast<unsigned char*>(key.secret_.data()));
  return key;
}

Result<SigningKey> SigningKey::Read(const std::filesystem::path& file) {
  if (!Ready()) return Fail("libsodium cannot be initialised");
  const int handle = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (handle < 0) return Fail("cannot read the private key " + file.string() + ": " + Why());
  struct stat info {};
  std::array<char, 256> line{};
  const bool read_whole = fstat(handle, &info) == 0;
  const ssize_t count = read(handle, line.data(), line.size());
  close(handle);
  if (!read_whole || count < 0) return Fail("cannot read the private key " + file.string() + ": " + Why());
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Fail("the private key " + file.string() + " can be read by others. What to do: chmod 600 " +
                file.string());
  }
  std::string_view text(line.data(), static_cast<std::size_t>(count));
  text = text.substr(0, text.find('\n'));
  SigningKey key;
  std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
  const bool is_key =
      text.starts_with(kPrivateHead) && FromHex(text.substr(kPrivateHead.size()), seed.data(), seed.size());
  sodium_memzero(line.data(), line.size());
  if (!is_key) return Fail(file.string() + " is no private key as `lull keygen` writes it");
  key.secret_.resize(crypto_sign_SECRETKEYBYTES);
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> unused{};
  crypto_sign_seed_keypair(unused.data(), reinterpret_cast<unsigned char*>(key.secret_.data()), seed.data());
  sodium_memzero(seed.data(), seed.size());
  return key;
}

Status SigningKey::Write(const std::filesystem::path& file) const {
  const int handle = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (handle < 0) return Fail("cannot write the private key " + file.string() + ": " + Why());
  std::string text = std::string(kPrivateHead) + Hex(AsBytes(secret_), crypto_sign_SEEDBYTES) + "\n";
  const bool written = write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  sodium_memzero(text.data(), text.size());
  const bool stored = fsync(handle) == 0;
  if (close(handle) != 0 || !written || !stored) {
    return Fail("cannot write the private key " + file.string() + ": " + Why());
  }
  return {};
}

std::string SigningKey::PublicKey() const {
  return std::string(kPublicHead) + Hex(AsBytes(secret_) + crypto_sign_SEEDBYTES, crypto_sign_PUBLICKEYBYTES);
}

std::string SigningKey::Sign(std::string_view message) const {
  std::array<unsigned char, crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, AsBytes(message), message.size(), AsBytes(secret_));
  return Hex(signature.data(), signature.size());
}

bool IsPublicKey(std::string_view text) {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key{};
  return text.starts_with(kPublicHead) && FromHex(text.substr(kPublicHead.size()), key.data(), key.size());
}

bool IsSignedBy(std::string_view public_key, std::string_view message, std::string_view signature) {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key{};
  std::array<unsigned char, crypto_sign_BYTES> bytes{};
  return Ready() && public_key.starts_with(kPublicHead) &&
         FromHex(public_key.substr(kPublicHead.size()), key.data(), key.size()) &&
         FromHex(signature, bytes.data(), bytes.size()) &&
         crypto_sign_verify_detached(bytes.data(), AsBytes(message), message.size(), key.data()) == 0;
}

struct ContentDigest::Impl {
  crypto_generichash_state state;
};

ContentDigest::ContentDigest() : impl_(std::make_unique<Impl>()) {
  (void)Ready();
  crypto_generichash_init(&impl_->state, nullptr, 0, crypto_generichash_BYTES);
}
ContentDigest::ContentDigest(ContentDigest&&) noexcept = default;
ContentDigest& ContentDigest::operator=(ContentDigest&&) noexcept = default;
ContentDigest::~ContentDigest() = default;

void ContentDigest::Add(std::string_view piece) {
  std::array<unsigned char, 8> size{};
  for (std::size_t i = 0; i < size.size(); ++i) size[i] = static_cast<unsigned char>(piece.size() >> (8 * i));
  crypto_generichash_update(&impl_->state, size.data(), size.size());
  crypto_generichash_update(&impl_->state, AsBytes(piece), piece.size());
}

std::string ContentDigest::Hex() const {
  crypto_generichash_state state = impl_->state;
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash_final(&state, hash.data(), hash.size());
  return lull::connectors::Hex(hash.data(), hash.size());
}

std::string ContentHash(const std::vector<std::pair<std::string, std::string>>& files) {
  Ready();  // hashes want no random numbers, so they work without
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, crypto_generichash_BYTES);
  const auto add = [&](std::string_view text) {
    const std::string head = std::to_string(text.size()) + ":";
    crypto_generichash_update(&state, AsBytes(head), head.size());
    crypto_generichash_update(&state, AsBytes(text), text.size());
  };
  for (const auto& [name, text] : files) {
    add(name);
    add(text);
  }
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash_final(&state, hash.data(), hash.size());
  return Hex(hash.data(), hash.size());
}

}  // namespace lull::connectors
