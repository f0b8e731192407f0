// Deployments that come to `lull serve` through the bucket: looked for, verified, compiled and tested beside
// the path of events, and offered to the service's loop, which puts them into the input log.
//
// The newest revision above the one in force that has no verdict is considered first. A verdict is final: a
// refused revision is never tried again, and none below the one in force ever takes effect. A partition waits
// for the others to verify it too (connectors/nats/revision_status.h).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "connectors/nats/connection.h"
#include "connectors/nats/deployment_bucket.h"
#include "connectors/nats/serve_config.h"
#include "service/deployment.h"
#include "service/service_log.h"

namespace lull::service {

/// A revision that may take effect.
struct Offer {
  std::shared_ptr<const Deployment> deployment;
  connectors::RolloutEnd end = connectors::RolloutEnd::kNone;  // of the candidate `of`
  std::uint64_t of = 0;
  std::string by;
  std::string comment;
};

/// Has a thread and a connection of its own; the service's thread calls it.
class BucketWatcher {
 public:
  /// `config` and `log` must outlive it. `in_force`: the highest revision that is known to have taken effect;
  /// `logged`: those that the input log has now.
  BucketWatcher(const connectors::ServeConfig& config, ServiceLog& log, std::uint64_t in_force,
                const std::vector<LoggedRevision>& logged);
  ~BucketWatcher();
  BucketWatcher(const BucketWatcher&) = delete;
  BucketWatcher& operator=(const BucketWatcher&) = delete;

  /// A revision that may take effect, once. The next one is looked for when this one has, or was rejected.
  std::optional<Offer> Take();
  /// How many revisions were refused since the last call.
  std::uint64_t TakeRefusedCount() { return refused_.exchange(0); }
  /// A revision has taken effect, or a candidate is over.
  void Logged(const LoggedRevision& logged);
  /// What was offered cannot take effect; another one is nothing to it.
  void Reject(std::uint64_t revision, const std::string& why);

 private:
  struct Verdict {
    std::uint64_t revision = 0;
    connectors::RevisionStatus status;
  };
  enum class Progress : std::uint8_t { kOver, kPending, kOffered };

  void NoteLogged(const LoggedRevision& logged);
  void Run();
  Status Look();
  Status WriteVerdicts();
  Status Supersede(std::uint64_t in_force);
  bool HasVerdict(std::uint64_t revision, Status& status);
  Result<Progress> Consider(std::uint64_t revision);
  Result<Progress> Vote();
  void Give(Offer offer);
  Status Tell(std::uint64_t revision, const connectors::RevisionStatus& status) {
    return bucket_->SetStatus(revision, status, partition_);
  }
  Result<connectors::Bundle> Verified(std::uint64_t revision, const std::string& text);
  Result<bool> IsApproved(connectors::Bundle& bundle);
  Status Refuse(std::uint64_t revision, const std::string& why);

  const connectors::ServeConfig& config_;
  ServiceLog& log_;
  const std::optional<std::uint32_t> partition_;  // nothing: there are none

  // The thread's own.
  std::optional<connectors::Connection> connection_;
  std::optional<connectors::DeploymentBucket> bucket_;
  std::set<std::uint64_t> over_;       // revisions whose verdict has been told
  std::set<std::uint64_t> awaiting_;   // those of which it was told that they await approval, or others
  std::optional<Offer> verified_;      // waits for the other partitions
  std::int64_t patient_until_ms_ = 0;  // of a steady clock
  std::int64_t vote_again_ms_ = 0;     // likewise

  std::atomic<std::uint64_t> refused_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::uint64_t in_force_;
  std::uint64_t offered_ = 0;  // taken by the loop, and not in force yet
  std::optional<Offer> offer_;
  std::vector<Verdict> verdicts_;  // of the log, to be told

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lull::service
