#include "connectors/nats/lease_bucket.h"

#include <charconv>
#include <map>
#include <utility>

#include "connectors/nats/key_value.h"

namespace lull::connectors {
namespace {

constexpr std::string_view kInstance = "instance.";
constexpr std::string_view kPartition = "partition.";

std::string InstanceKey(const std::string& instance) { return std::string(kInstance) + instance; }
std::string PartitionKey(std::uint32_t partition) {
  return std::string(kPartition) + std::to_string(partition);
}

}  // namespace

struct LeaseBucket::Impl {
  KeyValueBucket bucket;
  std::map<std::uint32_t, std::uint64_t> revisions;  // of the leases that are held
};

LeaseBucket::LeaseBucket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LeaseBucket::LeaseBucket(LeaseBucket&&) noexcept = default;
LeaseBucket& LeaseBucket::operator=(LeaseBucket&&) noexcept = default;
LeaseBucket::~LeaseBucket() = default;

Result<LeaseBucket> LeaseBucket::Open(Connection& connection, const std::string& deployment,
                                      std::int64_t lease_ms) {
  const std::string name = StreamName(deployment, "OWNERS");
  kvConfig config;
  kvConfig_Init(&config);
  config.Bucket = name.c_str();
  config.Description = "Owners of the partitions of Lull";
  config.History = 1;
  config.TTL = lease_ms * 1'000'000;
  kvStore* store = nullptr;
  const natsStatus made = js_CreateKeyValue(&store, connection.impl().jetstream, &config);
  // It may be there, perhaps with another lease: the first instance decides.
  if (made != NATS_OK && js_KeyValue(&store, connection.impl().jetstream, name.c_str()) != NATS_OK) {
    return std::unexpected(JetStreamError("Cannot open bucket " + name, made, 0));
  }
  return LeaseBucket(std::make_unique<Impl>(Impl{.bucket = KeyValueBucket(store, name), .revisions = {}}));
}

Status LeaseBucket::Announce(const std::string& instance) {
  return impl_->bucket.Put(InstanceKey(instance), instance);
}

Status LeaseBucket::Leave(const std::string& instance) { return impl_->bucket.Delete(InstanceKey(instance)); }

Result<Ownership> LeaseBucket::Look() {
  kvKeysList keys = {};
  const natsStatus status = kvStore_Keys(&keys, impl_->bucket.get(), nullptr);
  if (status != NATS_OK && status != NATS_NOT_FOUND) {
    return std::unexpected(impl_->bucket.Failure("Cannot list the owners", status));
  }
  std::vector<std::string> names(keys.Keys, keys.Keys + keys.Count);
  kvKeysList_Destroy(&keys);
  Ownership now;
  for (const std::string& name : names) {
    const auto value = impl_->bucket.Get(name);
    if (!value) return std::unexpected(value.error());
    if (!*value) continue;
    if (name.starts_with(kInstance)) now.instances.insert((*value)->text);
    if (!name.starts_with(kPartition)) continue;
    std::uint32_t partition = 0;
    std::from_chars(name.data() + kPartition.size(), name.data() + name.size(), partition);
    now.owners[partition] = (*value)->text;
  }
  return now;
}

Result<bool> LeaseBucket::Acquire(std::uint32_t partition, const std::string& instance) {
  const auto revision = impl_->bucket.Create(PartitionKey(partition), instance);
  if (!revision) return std::unexpected(revision.error());
  if (*revision) impl_->revisions[partition] = **revision;
  return revision->has_value();
}

Result<bool> LeaseBucket::Refresh(std::uint32_t partition, const std::string& instance) {
  std::uint64_t& revision = impl_->revisions[partition];
  const natsStatus status = kvStore_UpdateString(&revision, impl_->bucket.get(),
                                                 PartitionKey(partition).c_str(), instance.c_str(), revision);
  if (status == NATS_OK) return true;
  // After an unknown outcome the refreshed entry may be there.
  const auto owner = impl_->bucket.Get(PartitionKey(partition));
  if (!owner) return std::unexpected(owner.error());
  if (*owner && (*owner)->text == instance) {
    revision = (*owner)->revision;
    return true;
  }
  impl_->revisions.erase(partition);
  return false;
}

Status LeaseBucket::Release(std::uint32_t partition) {
  impl_->revisions.erase(partition);
  return impl_->bucket.Delete(PartitionKey(partition));
}

}  // namespace lull::connectors
