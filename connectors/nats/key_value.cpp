#include "connectors/nats/key_value.h"

namespace lull::connectors {

Result<std::optional<KeyValueBucket::Value>> KeyValueBucket::Get(const std::string& key) const {
  kvEntry* raw = nullptr;
  const natsStatus status = kvStore_Get(&raw, get(), key.c_str());
  const std::unique_ptr<kvEntry, NatsDeleter<kvEntry_Destroy>> entry(raw);
  if (status == NATS_NOT_FOUND) return std::nullopt;
  if (status != NATS_OK) return std::unexpected(Failure("Cannot read " + key, status));
  const auto* bytes = static_cast<const char*>(kvEntry_Value(raw));
  const auto count = static_cast<std::size_t>(kvEntry_ValueLen(raw));
  return Value{bytes == nullptr ? std::string() : std::string(bytes, count), kvEntry_Revision(raw)};
}

Result<std::optional<std::uint64_t>> KeyValueBucket::Create(const std::string& key,
                                                            const std::string& text) const {
  std::uint64_t revision = 0;
  const natsStatus status =
      kvStore_Create(&revision, get(), key.c_str(), text.data(), static_cast<int>(text.size()));
  if (status == NATS_OK) return revision;
  // The library says of a key that is there no more than that the broker refused.
  const auto there = Get(key);
  if (there && *there) return std::nullopt;
  return std::unexpected(Failure("Cannot write " + key, status));
}

Status KeyValueBucket::Put(const std::string& key, const std::string& text) const {
  const natsStatus status =
      kvStore_Put(nullptr, get(), key.c_str(), text.data(), static_cast<int>(text.size()));
  if (status != NATS_OK) return std::unexpected(Failure("Cannot write " + key, status));
  return {};
}

Status KeyValueBucket::Delete(const std::string& key) const {
  const natsStatus status = kvStore_Delete(get(), key.c_str());
  if (status != NATS_OK) return std::unexpected(Failure("Cannot delete " + key, status));
  return {};
}

}  // namespace lull::connectors
