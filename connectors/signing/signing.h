// Who deployed what: Ed25519 signatures and content hashes, by libsodium.
//
// A private key is a file of one line, readable by its owner only. A public key is one line of text, which
// goes into configurations. Any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace lull::connectors {

/// A private key in memory.
class SigningKey {
 public:
  /// A new one, by the system's random numbers.
  static Result<SigningKey> Generate();
  /// Fails if the file is no private key, or if others than its owner can read it.
  static Result<SigningKey> Read(const std::filesystem::path& file);

  SigningKey(SigningKey&& other) noexcept;
  SigningKey& operator=(SigningKey&&) = delete;
  /// Wipes it.
  ~SigningKey();

  /// Writes the private key with mode 0600. Fails if there is such a file.
  Status Write(const std::filesystem::path& file) const;
  /// "ed25519:" and 64 hexadecimal digits.
  std::string PublicKey() const;
  /// Hexadecimal.
  std::string Sign(std::string_view message) const;

 private:
  SigningKey() = default;
  std::string secret_;  // libsodium's 64 bytes: seed and public key
};

/// Whether it is a public key as SigningKey::PublicKey writes it.
bool IsPublicKey(std::string_view text);
/// False for anything that is not a signature of the message by the key.
bool IsSignedBy(std::string_view public_key, std::string_view message, std::string_view signature);

/// BLAKE2b of 32 bytes over what is added, piece after piece; a piece's end counts.
class ContentDigest {
 public:
  ContentDigest();
  ContentDigest(ContentDigest&&) noexcept;
  ContentDigest& operator=(ContentDigest&&) noexcept;
  ~ContentDigest();

  void Add(std::string_view piece);
  /// Hexadecimal, of all so far.
  std::string Hex() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// BLAKE2b of 32 bytes over names and texts with their lengths, hexadecimal.
std::string ContentHash(const std::vector<std::pair<std::string, std::string>>& files);

}  // namespace lull::connectors
