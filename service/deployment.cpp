#include "service/deployment.h"

#include <filesystem>
#include <set>

#include "compiler/interpreter.h"
#include "compiler/native.h"
#include "connectors/decision_output.h"
#include "connectors/nats/input_log.h"
#include "dsl/load.h"
#include "dsl/render.h"
#include "runtime/engine.h"
#include "runtime/entity_image.h"
#include "trial/test_runner.h"

namespace lull::service {
namespace {

constexpr int kMarkerBatch = 100;
constexpr std::int64_t kMarkerWaitMs = 1'500;
constexpr int kSilentReadsMax = 20;

Result<NativeCompiler::Code> CompileToNative(const compiler::Module& module) {
  compiler::NativeOptions options;
  options.cache_folder = compiler::DefaultCacheFolder();
  return compiler::CompileNative(module, options);
}

/// Deployment::why_not_split.
std::string WhyNotSplit(const dsl::CheckedProgram& program) {
  for (const dsl::Entity& entity : program.entities) {
    if (entity.key.empty()) return "entity " + entity.name + " is one and only, and all events are its own.";
  }
  for (const dsl::Event& event : program.events) {
    std::set<dsl::EntityId> wholes;
    for (const dsl::EntityId id : event.entities) {
      wholes.insert(program.entities[id].whole == dsl::kNone ? id : program.entities[id].whole);
    }
    if (wholes.size() > 1)
      return "event " + event.name + " is of several entities, which have different keys.";
  }
  return {};
}

/// Whether an engine takes the program: its zone exists, and its tables fit.
Status TryOut(const runtime::Program& program) {
  connectors::NullSink nothing;
  const auto engine = runtime::Engine::Create(program, {}, nothing);
  return engine ? Status() : std::unexpected(engine.error());
}

}  // namespace

std::shared_ptr<const runtime::Ruleset> WithLateness(std::shared_ptr<const runtime::Ruleset> ruleset,
                                                     std::int64_t lateness_micros) {
  if (lateness_micros == kUnknown) return ruleset;
  auto changed = std::make_shared<runtime::Ruleset>(*ruleset);
  changed->lateness_micros = lateness_micros;
  return changed;
}

Status CheckSize(const connectors::DeployMarker& marker) {
  const std::size_t bytes = connectors::ToJson(marker).size();
  if (bytes <= connectors::kDeployMarkerBytesMax) return {};
  return Fail("the ruleset takes " + std::to_string(bytes) + " bytes as one message; at most " +
              std::to_string(connectors::kDeployMarkerBytesMax) +
              " can be deployed. What to do: split it into two deployments.");
}

Result<connectors::DeployMarker> ReadBundle(const connectors::ServeConfig& config) {
  const Result<dsl::LoadedRuleset> loaded = dsl::LoadRuleset(config.ruleset.string());
  if (!loaded) return std::unexpected(loaded.error());
  connectors::DeployMarker marker;
  marker.lateness_micros = config.lateness_micros.value_or(kUnknown);
  marker.ahead_micros = config.ahead_micros;
  marker.files = dsl::BundleOf(*loaded);
  if (Status ok = CheckSize(marker); !ok) return std::unexpected(ok.error());
  // What is wrong with the rules themselves is told when they are compiled.
  if (Status ok = loaded->good() ? trial::RunOwnTests(*loaded) : Status(); !ok)
    return std::unexpected(ok.error());
  return marker;
}

Result<Deployment> Prepare(connectors::DeployMarker marker, bool native) {
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts(marker.files);
  const std::string told = loaded.diagnostics.has_errors() || loaded.diagnostics.warning_count() > 0
                               ? dsl::RenderAll(loaded.diagnostics, loaded.sources)
                               : std::string();
  if (!loaded.good()) return Fail("the ruleset has errors:\n" + told);
  Result<compiler::CompiledRuleset> compiled = compiler::Compile(loaded.program);
  if (!compiled) return std::unexpected(compiled.error());
  Deployment deployment;
  deployment.warnings = told;
  deployment.why_not_split = WhyNotSplit(loaded.program);
  deployment.compiled = {WithLateness(compiled->ruleset, marker.lateness_micros), compiled->module};
  deployment.program.ruleset = deployment.compiled.ruleset;
  marker.version = deployment.program.ruleset->version;
  deployment.bundle = ToJson(marker);
  deployment.layout_hash = runtime::LayoutHash(*deployment.program.ruleset);
  deployment.marker = std::move(marker);
  if (native) {
    const Result<NativeCompiler::Code> code = CompileToNative(*deployment.compiled.module);
    deployment.is_native = code.has_value();
    if (code) deployment.program.code = *code;
    if (!code) deployment.warnings += "no native code could be made: " + code.error().message + "\n";
  }
  if (!deployment.is_native) deployment.program.code = compiler::MakeInterpreted(deployment.compiled.module);
  if (Status ok = TryOut(deployment.program); !ok) return std::unexpected(ok.error());
  return deployment;
}

Result<Deployment> PrepareFolder(const connectors::ServeConfig& config, bool native) {
  Result<connectors::DeployMarker> bundle = ReadBundle(config);
  if (!bundle) return std::unexpected(bundle.error());
  Result<Deployment> prepared = Prepare(std::move(*bundle), native);
  if (!prepared) return prepared;
  if (Status ok = CheckSplit(config, *prepared); !ok) return std::unexpected(ok.error());
  return prepared;
}

Result<Deployment> PrepareTested(connectors::DeployMarker marker) {
  if (Status ok = CheckSize(marker); !ok) return std::unexpected(ok.error());
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts(marker.files);
  if (Status ok = loaded.good() ? trial::RunOwnTests(loaded) : Status(); !ok)
    return std::unexpected(ok.error());
  return Prepare(std::move(marker), true);
}

std::shared_ptr<const Deployment> Renamed(const Deployment& deployment, connectors::DeployMarker marker) {
  auto renamed = std::make_shared<Deployment>(deployment);
  renamed->bundle = ToJson(marker);
  renamed->marker = std::move(marker);
  return renamed;
}

Status CheckSplit(const connectors::ServeConfig& config, const Deployment& deployment) {
  if (!config.is_partition || deployment.why_not_split.empty()) return {};
  return Fail(deployment.why_not_split +
              " They may lie in different partitions. What to do: run this ruleset with `count = 1` in "
              "[partitions].");
}

void NativeCompiler::Start(std::shared_ptr<const Deployment> deployment) {
  target_ = std::move(deployment);
  result_.Start([module = target_->compiled.module] { return CompileToNative(*module); });
}

bool IsPassedOver(const connectors::DeployMarker& marker, const connectors::DeployMarker* under_way) {
  return marker.ends != 0 && (under_way == nullptr || under_way->revision != marker.ends);
}

std::vector<LoggedRevision> OutcomesOf(const connectors::DeployMarker& marker, std::uint64_t sequence,
                                       const connectors::DeployMarker* under_way) {
  using Outcome = connectors::RevisionStatus::Outcome;
  std::vector<LoggedRevision> told;
  if (IsPassedOver(marker, under_way)) return told;
  const std::string number = "revision " + std::to_string(marker.revision);
  if (under_way != nullptr && under_way->revision != marker.revision) {
    const bool is_promoted = !marker.rollout && marker.version == under_way->version;
    const std::string why = !marker.decided.empty() ? marker.decided
                            : marker.rollout        ? number + " is tried in its place"
                            : is_promoted           ? "promoted by " + number
                                                    : number + " is in force";
    told.push_back({under_way->revision, under_way->version, sequence,
                    is_promoted ? Outcome::kAccepted : Outcome::kFellBack, why});
  }
  // A candidate that falls back leaves in force what was accepted before it.
  if (marker.revision == 0 || marker.revision < marker.ends) return told;
  LoggedRevision own{marker.revision, marker.version, sequence, Outcome::kAccepted, marker.decided};
  if (marker.rollout) {
    const bool is_canary = marker.rollout->kind == connectors::RolloutPlan::Kind::kCanary;
    own.outcome = is_canary ? Outcome::kCanary : Outcome::kShadow;
    own.why = "for " + connectors::Text(marker.rollout->share) + " of the entities";
  }
  told.push_back(std::move(own));
  return told;
}

Result<MarkersFound> FindMarkers(connectors::Connection& connection, const std::string& stream,
                                 const std::string& subject) {
  auto input = connectors::InputLog::Open(connection, {.stream = stream, .subject_filter = subject});
  if (!input) return std::unexpected(input.error());
  MarkersFound found;
  std::optional<connectors::DeployMarker> under_way;
  int silent_reads = 0;
  while (!input->caught_up() && silent_reads < kSilentReadsMax) {
    const auto messages = input->Read(kMarkerBatch, kMarkerWaitMs);
    if (!messages) return std::unexpected(messages.error());
    silent_reads = messages->empty() ? silent_reads + 1 : 0;
    for (const connectors::InputMessage& message : *messages) {
      Result<connectors::DeployMarker> marker = connectors::ParseDeployMarker(message.data);
      if (!marker) continue;
      const connectors::DeployMarker* candidate = under_way ? &*under_way : nullptr;
      if (IsPassedOver(*marker, candidate)) continue;
      for (LoggedRevision& told : OutcomesOf(*marker, message.sequence, candidate)) {
        found.revisions.push_back(std::move(told));
      }
      under_way.reset();
      if (marker->rollout) under_way = *marker;
      if (found.count++ == 0 || (found.first.rollout && !marker->rollout)) found.first = *marker;
      found.last = std::move(*marker);
    }
  }
  if (!input->caught_up())
    return Fail("stream " + stream + " does not answer while its deployments are read.");
  return found;
}

}  // namespace lull::service
