#include "connectors/nats/lease_bucket.h"

#include <charconv>
#include <map>
#include <utility>

#include "connectors/nats/handles.h"

namespace lull::connectors {
namespace {

using StoreHandle = std::unique_ptr<kvStore, NatsDeleter<kvStore_Destroy>>;
using EntryHandle = std::unique_ptr<kvEntry, NatsDeleter<kvEntry_Destroy>>;

constexpr std::string_view kInstance = "instance.";
constexpr std::string_view kPartition = "partition.";

std::string InstanceKey(const std::string& instance) { return std::string(kInstance) + instance; }
std::string PartitionKey(std::uint32_t partition) {
  return std::string(kPartition) + std::to_string(partition);
}

}  // namespace

struct LeaseBucket::Impl {
  Connection& connection;
  std::string bucket;
  StoreHandle store;
  std::map<std::uint32_t, std::uint64_t> revisions;  // of the leases that are held

  Error Failed(const std::string& tried, natsStatus status) const {
    return Error{"cannot " + tried + " in bucket " + bucket + " at " + connection.address() + ": " +
                 StatusText(status) + "."};
  }
  Result<std::string> Get(const std::string& key, std::uint64_t& revision);
};

LeaseBucket::LeaseBucket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LeaseBucket::LeaseBucket(LeaseBucket&&) noexcept = default;
LeaseBucket& LeaseBucket::operator=(LeaseBucket&&) noexcept = default;
LeaseBucket::~LeaseBucket() = default;

Result<LeaseBucket> LeaseBucket::Open(Connection& connection, const std::string& deployment,
                                      std::int64_t lease_ms) {
  auto impl =
      std::make_unique<Impl>(Impl{.connection = connection, .bucket = StreamName(deployment, "OWNERS")});
  kvConfig config;
  kvConfig_Init(&config);
  config.Bucket = impl->bucket.c_str();
  config.Description = "Owners of the partitions of Lull";
  config.History = 1;
  config.TTL = lease_ms * 1'000'000;
  kvStore* store = nullptr;
  natsStatus status = js_CreateKeyValue(&store, connection.impl().jetstream, &config);
  if (status != NATS_OK) {
    // It is there, perhaps with another lease: the first instance decides.
    const natsStatus bound = js_KeyValue(&store, connection.impl().jetstream, impl->bucket.c_str());
    if (bound != NATS_OK) return std::unexpected(impl->Failed("make or find the leases", status));
  }
  impl->store.reset(store);
  return LeaseBucket(std::move(impl));
}

Status LeaseBucket::Announce(const std::string& instance) {
  const natsStatus status =
      kvStore_PutString(nullptr, impl_->store.get(), InstanceKey(instance).c_str(), instance.c_str());
  if (status != NATS_OK) return std::unexpected(impl_->Failed("announce this instance", status));
  return {};
}

Status LeaseBucket::Leave(const std::string& instance) {
  const natsStatus status = kvStore_Delete(impl_->store.get(), InstanceKey(instance).c_str());
  if (status != NATS_OK) return std::unexpected(impl_->Failed("take leave", status));
  return {};
}

/// Empty: there is no such entry.
Result<std::string> LeaseBucket::Impl::Get(const std::string& key, std::uint64_t& revision) {
  kvEntry* raw = nullptr;
  const natsStatus status = kvStore_Get(&raw, store.get(), key.c_str());
  const EntryHandle entry(raw);
  if (status == NATS_NOT_FOUND) return std::string();
  if (status != NATS_OK) return std::unexpected(Failed("read " + key, status));
  revision = kvEntry_Revision(raw);
  return std::string(static_cast<const char*>(kvEntry_Value(raw)),
                     static_cast<std::size_t>(kvEntry_ValueLen(raw)));
}

Result<Ownership> LeaseBucket::Look() {
  kvKeysList keys = {};
  const natsStatus status = kvStore_Keys(&keys, impl_->store.get(), nullptr);
  if (status != NATS_OK && status != NATS_NOT_FOUND) {
    return std::unexpected(impl_->Failed("list the owners", status));
  }
  std::vector<std::string> names(keys.Keys, keys.Keys + keys.Count);
  kvKeysList_Destroy(&keys);
  Ownership now;
  for (const std::string& name : names) {
    std::uint64_t revision = 0;
    const Result<std::string> value = impl_->Get(name, revision);
    if (!value) return std::unexpected(value.error());
    if (value->empty()) continue;
    if (name.starts_with(kInstance)) now.instances.insert(*value);
    if (!name.starts_with(kPartition)) continue;
    std::uint32_t partition = 0;
    std::from_chars(name.data() + kPartition.size(), name.data() + name.size(), partition);
    now.owners[partition] = *value;
  }
  return now;
}

Result<bool> LeaseBucket::Acquire(std::uint32_t partition, const std::string& instance) {
  std::uint64_t revision = 0;
  const natsStatus status =
      kvStore_CreateString(&revision, impl_->store.get(), PartitionKey(partition).c_str(), instance.c_str());
  if (status == NATS_OK) {
    impl_->revisions[partition] = revision;
    return true;
  }
  // The library says of a key that is there no more than that the broker refused.
  std::uint64_t found = 0;
  const Result<std::string> owner = impl_->Get(PartitionKey(partition), found);
  if (!owner) return std::unexpected(owner.error());
  if (owner->empty()) return std::unexpected(impl_->Failed("take a partition", status));
  return false;
}

Result<bool> LeaseBucket::Refresh(std::uint32_t partition, const std::string& instance) {
  std::uint64_t& revision = impl_->revisions[partition];
  const natsStatus status = kvStore_UpdateString(&revision, impl_->store.get(),
                                                 PartitionKey(partition).c_str(), instance.c_str(), revision);
  if (status == NATS_OK) return true;
  // After an unknown outcome the refreshed entry may be there.
  const Result<std::string> owner = impl_->Get(PartitionKey(partition), revision);
  if (!owner) return std::unexpected(owner.error());
  if (*owner == instance) return true;
  impl_->revisions.erase(partition);
  return false;
}

Status LeaseBucket::Release(std::uint32_t partition) {
  impl_->revisions.erase(partition);
  const natsStatus status = kvStore_Delete(impl_->store.get(), PartitionKey(partition).c_str());
  if (status != NATS_OK) return std::unexpected(impl_->Failed("release a partition", status));
  return {};
}

}  // namespace lull::connectors
