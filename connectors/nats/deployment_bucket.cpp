#include "connectors/nats/deployment_bucket.h"

#include <charconv>

#include "connectors/nats/key_value.h"

namespace lull::connectors {
namespace {

constexpr char kHeadKey[] = "head";
constexpr char kPartitionsKey[] = "partitions";
constexpr std::int64_t kBucketBytesMax = 1LL << 30;
constexpr int kTriesMax = 100;
constexpr std::uint64_t kPartitionsMax = 1'024;

std::string RevisionKey(std::uint64_t revision) { return "revision." + std::to_string(revision); }
std::string StatusKey(std::uint64_t revision, std::optional<std::uint32_t> partition) {
  return "status." + std::to_string(revision) + (partition ? "." + std::to_string(*partition) : "");
}
std::string ApprovalKey(std::uint64_t revision, const std::string& key) {
  return "approval." + std::to_string(revision) + "." + key.substr(key.find(':') + 1);
}

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

}  // namespace

struct DeploymentBucket::Impl {
  KeyValueBucket bucket;

  /// The head never goes back, whoever else moves it.
  Status RaiseHead(std::uint64_t revision) const {
    const std::string text = std::to_string(revision);
    for (int tries = 0; tries < kTriesMax; ++tries) {
      const auto head = bucket.Get(kHeadKey);
      if (!head) return std::unexpected(head.error());
      if (!*head) {
        const auto made = bucket.Create(kHeadKey, text);
        if (!made) return std::unexpected(made.error());
        if (*made) return {};
        continue;
      }
      if (ParseNumber((*head)->text).value_or(0) >= revision) return {};
      const natsStatus status = kvStore_Update(nullptr, bucket.get(), kHeadKey, text.data(),
                                               static_cast<int>(text.size()), (*head)->revision);
      if (status == NATS_OK) return {};
      if (IsTransient(status, 0)) return std::unexpected(bucket.Failure("Cannot write head", status));
    }
    return Fail("bucket " + bucket.name() + " is written by others all the time");
  }
};

DeploymentBucket::DeploymentBucket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeploymentBucket::DeploymentBucket(DeploymentBucket&&) noexcept = default;
DeploymentBucket& DeploymentBucket::operator=(DeploymentBucket&&) noexcept = default;
DeploymentBucket::~DeploymentBucket() = default;

Result<DeploymentBucket> DeploymentBucket::Open(Connection& connection, const std::string& deployment) {
  const std::string name = "lull_" + deployment + "_deploy";
  kvStore* store = nullptr;
  natsStatus status = js_KeyValue(&store, connection.impl().jetstream, name.c_str());
  if (status == NATS_NOT_FOUND) {
    kvConfig config;
    kvConfig_Init(&config);
    config.Bucket = name.c_str();
    config.Description = "Revisions of a deployment of Lull";
    config.History = 1;
    config.MaxBytes = kBucketBytesMax;
    config.StorageType = js_FileStorage;
    const natsStatus made = js_CreateKeyValue(&store, connection.impl().jetstream, &config);
    // Somebody else may have made it just now; if not, why it could not be made is what helps.
    status = made == NATS_OK ? made : js_KeyValue(&store, connection.impl().jetstream, name.c_str());
    if (status != NATS_OK) status = made;
  }
  auto impl = std::make_unique<Impl>(Impl{KeyValueBucket(store, name)});
  if (status != NATS_OK) return std::unexpected(JetStreamError("Cannot open bucket " + name, status, 0));
  return DeploymentBucket(std::move(impl));
}

Result<std::uint64_t> DeploymentBucket::Head() {
  const auto head = impl_->bucket.Get(kHeadKey);
  if (!head) return std::unexpected(head.error());
  if (!*head) return 0;
  const std::optional<std::uint64_t> number = ParseNumber((*head)->text);
  if (!number) return Fail("key head of bucket " + impl_->bucket.name() + " is no number");
  return *number;
}

Result<std::optional<std::string>> DeploymentBucket::ReadRevision(std::uint64_t revision) {
  auto value = impl_->bucket.Get(RevisionKey(revision));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::nullopt;
  return std::move((*value)->text);
}

Result<std::uint64_t> DeploymentBucket::Add(const std::function<Bundle(std::uint64_t revision)>& make) {
  const auto head = Head();
  if (!head) return std::unexpected(head.error());
  for (std::uint64_t revision = *head + 1; revision <= *head + kTriesMax; ++revision) {
    const auto made = impl_->bucket.Create(RevisionKey(revision), ToJson(make(revision)));
    if (!made) return std::unexpected(made.error());
    if (!*made) continue;
    if (Status ok = impl_->RaiseHead(revision); !ok) return std::unexpected(ok.error());
    return revision;
  }
  return Fail("bucket " + impl_->bucket.name() + " is written by others all the time");
}

Status DeploymentBucket::Approve(std::uint64_t revision, const BundleSignature& signature) {
  return impl_->bucket.Put(ApprovalKey(revision, signature.key), signature.signature);
}

Result<std::vector<BundleSignature>> DeploymentBucket::Approvals(std::uint64_t revision,
                                                                 const std::vector<std::string>& keys) {
  std::vector<BundleSignature> approvals;
  for (const std::string& key : keys) {
    auto value = impl_->bucket.Get(ApprovalKey(revision, key));
    if (!value) return std::unexpected(value.error());
    if (*value) approvals.push_back({key, std::move((*value)->text)});
  }
  return approvals;
}

Status DeploymentBucket::TellPartitions(std::uint32_t count) {
  const auto told = impl_->bucket.Get(kPartitionsKey);
  if (!told) return std::unexpected(told.error());
  const std::string text = std::to_string(count);
  return *told && (*told)->text == text ? Status() : impl_->bucket.Put(kPartitionsKey, text);
}

Result<std::uint32_t> DeploymentBucket::PartitionCount() {
  const auto told = impl_->bucket.Get(kPartitionsKey);
  if (!told) return std::unexpected(told.error());
  const auto count = *told ? ParseNumber((*told)->text) : std::nullopt;
  return count && *count > 1 && *count <= kPartitionsMax ? static_cast<std::uint32_t>(*count) : 1;
}

Status DeploymentBucket::SetStatus(std::uint64_t revision, const RevisionStatus& status,
                                   std::optional<std::uint32_t> partition) {
  return impl_->bucket.Put(StatusKey(revision, partition), ToJson(status));
}

Result<std::optional<RevisionStatus>> DeploymentBucket::StatusOf(std::uint64_t revision,
                                                                 std::optional<std::uint32_t> partition) {
  const auto value = impl_->bucket.Get(StatusKey(revision, partition));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::nullopt;
  Result<RevisionStatus> status = ParseRevisionStatus((*value)->text);
  if (!status) return std::nullopt;
  return *status;
}

Result<PartitionStatuses> DeploymentBucket::StatusesOf(std::uint64_t revision) {
  const auto count = PartitionCount();
  if (!count) return std::unexpected(count.error());
  PartitionStatuses statuses;
  for (std::uint32_t partition = 0; partition < *count; ++partition) {
    auto status = StatusOf(revision, *count == 1 ? std::nullopt : std::optional(partition));
    if (!status) return std::unexpected(status.error());
    statuses.push_back(std::move(*status));
  }
  return statuses;
}

}  // namespace lull::connectors
