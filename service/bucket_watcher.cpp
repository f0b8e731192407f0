#include "service/bucket_watcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "dsl/load.h"
#include "runtime/base/clock.h"

namespace lull::service {

using connectors::RevisionStatus;
using Outcome = RevisionStatus::Outcome;

namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(200);
constexpr auto kTryAgainAfter = std::chrono::seconds(1);
/// Of those that wait for approval; whoever can write the head could else keep the thread busy for good.
constexpr std::uint64_t kLookBackMax = 64;
/// Between two looks at what the other partitions say, for each of them.
constexpr std::int64_t kVotePauseMs = 5;

}  // namespace

BucketWatcher::BucketWatcher(const connectors::ServeConfig& config, ServiceLog& log, std::uint64_t in_force,
                             const std::vector<LoggedRevision>& logged)
    : config_(config),
      log_(log),
      partition_(config.is_partition ? std::optional(config.partition) : std::nullopt),
      in_force_(in_force) {
  // An earlier process may have ended before it could tell.
  const std::size_t recent = logged.size() - std::min<std::size_t>(logged.size(), kLookBackMax);
  for (std::size_t i = recent; i < logged.size(); ++i) NoteLogged(logged[i]);
  thread_ = std::thread([this] { Run(); });
}

BucketWatcher::~BucketWatcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::optional<Offer> BucketWatcher::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(offer_, std::nullopt);
}

void BucketWatcher::NoteLogged(const LoggedRevision& logged) {
  in_force_ = std::max(in_force_, logged.revision);
  if (offered_ <= in_force_) offered_ = 0;
  // Only the latest word about a revision is told.
  std::erase_if(verdicts_, [&](const Verdict& of) { return of.revision == logged.revision; });
  verdicts_.push_back({logged.revision,
                       {.outcome = logged.outcome,
                        .why = logged.why,
                        .version = logged.version,
                        .sequence = logged.sequence,
                        .at_micros = WallMicros()}});
}

void BucketWatcher::Logged(const LoggedRevision& logged) {
  {
    const std::lock_guard lock(mutex_);
    NoteLogged(logged);
  }
  wake_.notify_all();
}

void BucketWatcher::Reject(std::uint64_t revision, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (revision == 0 || offered_ != revision) return;
    offered_ = 0;
    verdicts_.push_back(
        {revision, {.outcome = Outcome::kRefused, .why = why, .version = {}, .at_micros = WallMicros()}});
  }
  log_.Error("a revision is refused; what is in force goes on", {{"revision", revision}, {"why", why}});
  ++refused_;
  wake_.notify_all();
}

void BucketWatcher::Run() {
  std::string told;
  while (true) {
    Status status;
    if (!connection_) {
      auto connection = connectors::Connection::Open(config_.nats);
      if (connection) connection_.emplace(std::move(*connection));
      if (!connection) status = std::unexpected(connection.error());
    }
    if (connection_ && !bucket_) {
      auto bucket = connectors::DeploymentBucket::Open(*connection_, config_.deployment());
      status = !bucket      ? std::unexpected(bucket.error())
               : partition_ ? bucket->TellPartitions(config_.partition_of)
                            : Status();
      if (status) bucket_.emplace(std::move(*bucket));
    }
    if (bucket_) status = WriteVerdicts();
    if (bucket_ && status) status = Look();
    if (!status && status.error().message != told) {
      told = status.error().message;
      log_.Warn("the bucket of deployments cannot be used; what is in force goes on", {{"why", told}});
    }
    if (status) told.clear();
    std::unique_lock lock(mutex_);
    const auto pause =
        status ? std::chrono::milliseconds(kLookEvery) : std::chrono::milliseconds(kTryAgainAfter);
    wake_.wait_for(lock, pause, [this] { return stopping_ || !verdicts_.empty(); });
    if (stopping_) return;
  }
}

// What is not told yet is told again after a restart, as the log is read again.
Status BucketWatcher::WriteVerdicts() {
  while (true) {
    Verdict verdict;
    {
      const std::lock_guard lock(mutex_);
      if (verdicts_.empty()) return {};
      verdict = verdicts_.front();
    }
    const auto known = bucket_->StatusOf(verdict.revision, partition_);
    if (!known) return std::unexpected(known.error());
    const bool is_told = *known && (*known)->outcome == verdict.status.outcome;
    if (!is_told) {
      if (Status ok = Tell(verdict.revision, verdict.status); !ok) return ok;
    }
    over_.insert(verdict.revision);
    const std::lock_guard lock(mutex_);
    // It may have been replaced by a later word meanwhile.
    std::erase_if(verdicts_, [&](const Verdict& of) {
      return of.revision == verdict.revision && of.status.outcome == verdict.status.outcome;
    });
  }
}

bool BucketWatcher::HasVerdict(std::uint64_t revision, Status& status) {
  if (over_.contains(revision)) return true;
  const auto known = bucket_->StatusOf(revision, partition_);
  if (!known) status = std::unexpected(known.error());
  if (!known || !*known || !(*known)->is_final()) return false;
  over_.insert(revision);
  return true;
}

Status BucketWatcher::Look() {
  std::uint64_t in_force = 0;
  {
    const std::lock_guard lock(mutex_);
    if (offered_ != 0 || !verdicts_.empty()) return {};
    in_force = in_force_;
  }
  const auto head = bucket_->Head();
  if (!head) return std::unexpected(head.error());
  for (std::uint64_t revision = *head; revision > in_force && *head - revision < kLookBackMax; --revision) {
    Status status;
    if (HasVerdict(revision, status)) continue;
    if (!status) return status;
    const Result<Progress> progress = Consider(revision);
    if (!progress) return std::unexpected(progress.error());
    if (*progress == Progress::kOffered) return {};
  }
  return Supersede(in_force);
}

// What was passed over by a newer one will not come any more.
Status BucketWatcher::Supersede(std::uint64_t in_force) {
  if (verified_ && verified_->deployment->marker.revision <= in_force) verified_.reset();
  awaiting_.erase(in_force);
  while (!awaiting_.empty() && *awaiting_.begin() < in_force) {
    const std::uint64_t revision = *awaiting_.begin();
    const std::string why = fmt::format("revision {} took effect first", in_force);
    const Status ok = Tell(
        revision, {.outcome = Outcome::kSuperseded, .why = why, .version = {}, .at_micros = WallMicros()});
    if (!ok) return ok;
    over_.insert(revision);
    awaiting_.erase(revision);
  }
  return {};
}

Status BucketWatcher::Refuse(std::uint64_t revision, const std::string& why) {
  log_.Error("a revision is refused; what is in force goes on", {{"revision", revision}, {"why", why}});
  Status ok =
      Tell(revision, {.outcome = Outcome::kRefused, .why = why, .version = {}, .at_micros = WallMicros()});
  if (!ok) return ok;
  over_.insert(revision);
  ++refused_;
  return {};
}

/// With the signatures that were added later. The message says why it must not take effect.
Result<connectors::Bundle> BucketWatcher::Verified(std::uint64_t revision, const std::string& text) {
  Result<connectors::Bundle> bundle = connectors::ParseBundle(text);
  if (!bundle) return bundle;
  if (Status ok = connectors::CheckBundle(*bundle, config_.deployment(), revision); !ok)
    return std::unexpected(ok.error());
  if (config_.require_signature && connectors::SignersOf(*bundle, config_.trusted_keys).empty()) {
    return Fail(bundle->signatures.empty()
                    ? "the bundle is not signed. What to do: `lull deploy --key FILE`."
                    : "none of the keys that [deploy] trusts has signed the bundle as it is: it names key " +
                          bundle->signatures.front().key);
  }
  return bundle;
}

Result<bool> BucketWatcher::IsApproved(connectors::Bundle& bundle) {
  if (!config_.require_signature || config_.approvals < 2) return true;
  const std::uint64_t revision = bundle.manifest.revision;
  const auto approvals = bucket_->Approvals(revision, config_.trusted_keys);
  if (!approvals) return std::unexpected(approvals.error());
  bundle.signatures.insert(bundle.signatures.end(), approvals->begin(), approvals->end());
  const std::size_t count = connectors::SignersOf(bundle, config_.trusted_keys).size();
  if (count >= config_.approvals) return true;
  if (awaiting_.insert(revision).second) {
    log_.Info("a revision awaits approval", {{"revision", revision}, {"by", bundle.manifest.by}});
    const std::string why =
        fmt::format("{} of {} signatures. What to do: `lull approve {}` with another trusted key", count,
                    config_.approvals, revision);
    const Status ok =
        Tell(revision,
             {.outcome = Outcome::kAwaitsApproval, .why = why, .version = {}, .at_micros = WallMicros()});
    if (!ok) return std::unexpected(ok.error());
  }
  return false;
}

Result<BucketWatcher::Progress> BucketWatcher::Consider(std::uint64_t revision) {
  if (verified_ && verified_->deployment->marker.revision == revision) return Vote();
  const auto text = bucket_->ReadRevision(revision);
  if (!text) return std::unexpected(text.error());
  if (!*text) return Progress::kPending;
  const auto refuse = [&](const Error& error) -> Result<Progress> {
    if (Status ok = Refuse(revision, error.message); !ok) return std::unexpected(ok.error());
    return Progress::kOver;
  };
  Result<connectors::Bundle> bundle = Verified(revision, **text);
  if (!bundle) return refuse(bundle.error());
  const Result<bool> approved = IsApproved(*bundle);
  if (!approved) return std::unexpected(approved.error());
  if (!*approved) return Progress::kPending;
  Result<Deployment> prepared = PrepareTested({.lateness_micros = config_.lateness_micros.value_or(kUnknown),
                                               .ahead_micros = config_.ahead_micros,
                                               .revision = revision,
                                               .rollout = bundle->manifest.rollout,
                                               .files = bundle->files});
  if (!prepared) return refuse(prepared.error());
  if (Status ok = CheckSplit(config_, *prepared); !ok) return refuse(ok.error());
  log_.Info("a revision is ready", {{"revision", revision},
                                    {"by", bundle->manifest.by},
                                    {"comment", bundle->manifest.comment},
                                    {"hash", bundle->manifest.hash}});
  Offer ready{.deployment = std::make_shared<const Deployment>(std::move(*prepared)),
              .end = bundle->manifest.end,
              .of = bundle->manifest.of,
              .by = bundle->manifest.by,
              .comment = bundle->manifest.comment};
  if (!partition_) {
    Give(std::move(ready));
    return Progress::kOffered;
  }
  verified_ = std::move(ready);
  patient_until_ms_ = SteadyMs() + config_.deploy_patience_micros / 1'000;
  vote_again_ms_ = 0;
  awaiting_.insert(revision);
  const Status ok =
      Tell(revision, {.outcome = Outcome::kReady, .why = {}, .version = {}, .at_micros = WallMicros()});
  return ok ? Vote() : std::unexpected(ok.error());
}

Result<BucketWatcher::Progress> BucketWatcher::Vote() {
  const std::int64_t now = SteadyMs();
  if (now < vote_again_ms_) return Progress::kPending;
  vote_again_ms_ = now + kVotePauseMs * config_.partition_of;
  const std::uint64_t revision = verified_->deployment->marker.revision;
  const auto statuses = bucket_->StatusesOf(revision);
  if (!statuses) return std::unexpected(statuses.error());
  switch (connectors::VoteOf(*statuses, *partition_, now < patient_until_ms_)) {
    case connectors::PartitionVote::kWait:
      return Progress::kPending;
    case connectors::PartitionVote::kTake:
      Give(std::move(*std::exchange(verified_, std::nullopt)));
      return Progress::kOffered;
    case connectors::PartitionVote::kRefuse:
      break;
  }
  verified_.reset();
  const auto refusal = std::ranges::find_if(
      *statuses, [](const auto& status) { return status && status->outcome == Outcome::kRefused; });
  const Status ok = Refuse(
      revision, fmt::format("partition {} has refused it: {}", refusal - statuses->begin(), (*refusal)->why));
  return ok ? Result<Progress>(Progress::kOver) : std::unexpected(ok.error());
}

void BucketWatcher::Give(Offer offer) {
  const std::lock_guard lock(mutex_);
  offered_ = offer.deployment->marker.revision;
  offer_ = std::move(offer);
}

}  // namespace lull::service
