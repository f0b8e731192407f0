// Deployments of `lull serve`: from a folder or a marker of the log to a program that can run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "connectors/nats/deploy_marker.h"
#include "connectors/nats/revision_status.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"
#include "runtime/base/worker.h"
#include "runtime/ruleset.h"

namespace lull::service {

/// A ruleset that was checked and compiled, and the marker that names it.
struct Deployment {
  connectors::DeployMarker marker;
  compiler::CompiledRuleset compiled;  // with the marker's lateness
  runtime::Program program;
  std::string bundle;             // the marker as text
  std::uint64_t layout_hash = 0;  // runtime::LayoutHash
  bool is_native = false;
  std::string warnings;  // of the checker, as a person would read them; empty: none
  /// Why not all that happens to an entity can be told from its whole's key; empty: it can.
  std::string why_not_split;
};

/// The ruleset with the marker's lateness instead of its own; kUnknown: with its own.
std::shared_ptr<const runtime::Ruleset> WithLateness(std::shared_ptr<const runtime::Ruleset> ruleset,
                                                     std::int64_t lateness_micros);

/// The marker for what the configured folder holds now; its version is not known before it is compiled. Fails
/// if one of the tests that the ruleset brings along does.
Result<connectors::DeployMarker> ReadBundle(const connectors::ServeConfig& config);

/// Fails if the bundle does not fit into one message.
Status CheckSize(const connectors::DeployMarker& marker);

/// Checks and compiles a bundle, and fills in its version. `native` compiles to native code at once (and
/// falls back on the interpreter, with a warning); else the interpreter runs it. Fails with the diagnostics
/// as text, or if the runtime cannot run it.
Result<Deployment> Prepare(connectors::DeployMarker marker, bool native);

/// What the configured folder holds now, prepared; fails for a partition that would have to look beyond
/// itself.
Result<Deployment> PrepareFolder(const connectors::ServeConfig& config, bool native);

/// Runs the tests that the bundle brings along, then prepares it in native code. Fails with all that speaks
/// against deploying it.
Result<Deployment> PrepareTested(connectors::DeployMarker marker);

/// The same ruleset under another marker.
std::shared_ptr<const Deployment> Renamed(const Deployment& deployment, connectors::DeployMarker marker);

/// Fails for a partition with a ruleset that would have to look beyond it.
Status CheckSplit(const connectors::ServeConfig& config, const Deployment& deployment);

/// Native code for a deployment, made on a thread of its own.
class NativeCompiler {
 public:
  using Code = std::shared_ptr<const runtime::CodeTable>;

  void Start(std::shared_ptr<const Deployment> deployment);
  bool running() const { return result_.running(); }
  /// What the code is for; code of another deployment of the same version does not fit.
  const std::shared_ptr<const Deployment>& target() const { return target_; }
  /// The result, once, when it is there.
  std::optional<Result<Code>> Take() { return result_.Take(); }

 private:
  std::shared_ptr<const Deployment> target_;
  Background<Result<Code>> result_;
};

/// What became of a revision of the bucket at a place of the input log.
struct LoggedRevision {
  std::uint64_t revision = 0;
  std::string version;
  std::uint64_t sequence = 0;
  connectors::RevisionStatus::Outcome outcome = connectors::RevisionStatus::Outcome::kAccepted;
  std::string why;
};

/// What an entry makes of revisions, its own and that of the candidate under way (null: none is).
std::vector<LoggedRevision> OutcomesOf(const connectors::DeployMarker& marker, std::uint64_t sequence,
                                       const connectors::DeployMarker* under_way);
/// It ends a candidate that is not under way.
bool IsPassedOver(const connectors::DeployMarker& marker, const connectors::DeployMarker* under_way);

/// The deployments of an input log.
struct MarkersFound {
  std::uint64_t count = 0;
  std::vector<LoggedRevision> revisions;  // in the order of the log
  connectors::DeployMarker first;         // if there are any: the first one in force
  connectors::DeployMarker last;
};

/// Reads all markers that a log has now; what is no marker is passed over.
Result<MarkersFound> FindMarkers(connectors::Connection& connection, const std::string& stream,
                                 const std::string& subject);

}  // namespace lull::service
