// The KV bucket through which a deployment is changed: lull_<name>_deploy.
//
//   head             the number of the newest revision
//   revision.N       its bundle; made once, never replaced
//   approval.N.KEY   the signature of somebody else who agrees; KEY is the public key in hexadecimal
//   status.N         what the service made of it; with partitions status.N.P, what each did
//   partitions       how many there are; without partitions it is not there
//
// The bucket proves nothing by itself: whoever reads a revision checks its signatures. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/nats/bundle.h"
#include "connectors/nats/connection.h"
#include "connectors/nats/revision_status.h"
#include "runtime/base/result.h"

namespace lull::connectors {

class DeploymentBucket {
 public:
  /// Makes the bucket if there is none. The connection must outlive it.
  static Result<DeploymentBucket> Open(Connection& connection, const std::string& deployment);

  DeploymentBucket(DeploymentBucket&&) noexcept;
  DeploymentBucket& operator=(DeploymentBucket&&) noexcept;
  ~DeploymentBucket();

  /// 0: there is none yet.
  Result<std::uint64_t> Head();
  /// The bundle as it stands there, unchecked; nothing if there is none of this number.
  Result<std::optional<std::string>> ReadRevision(std::uint64_t revision);
  /// Adds `make(N)` as revision N, the next one that is free, and returns N.
  Result<std::uint64_t> Add(const std::function<Bundle(std::uint64_t revision)>& make);

  Status Approve(std::uint64_t revision, const BundleSignature& signature);
  /// Signatures of these keys that were added later.
  Result<std::vector<BundleSignature>> Approvals(std::uint64_t revision,
                                                 const std::vector<std::string>& keys);

  /// Each partition tells how many there are, when it begins to look.
  Status TellPartitions(std::uint32_t count);
  /// 1: there are no partitions, or none has been here.
  Result<std::uint32_t> PartitionCount();

  /// Of a deployment without partitions there is no `partition`.
  Status SetStatus(std::uint64_t revision, const RevisionStatus& status,
                   std::optional<std::uint32_t> partition = {});
  /// Nothing: the service has not looked at it, or what stands there is no status.
  Result<std::optional<RevisionStatus>> StatusOf(std::uint64_t revision,
                                                 std::optional<std::uint32_t> partition = {});
  /// Of all partitions, as many as there are.
  Result<PartitionStatuses> StatusesOf(std::uint64_t revision);

 private:
  struct Impl;
  explicit DeploymentBucket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
