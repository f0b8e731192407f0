// A checkpoint opened for people: its ruleset, and an engine that knows what it knows.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "compiler/compile.h"
#include "connectors/checkpoint/checkpoint_store.h"
#include "connectors/decision_output.h"
#include "dsl/load.h"
#include "runtime/base/result.h"
#include "runtime/engine.h"

namespace lull::tools {

/// Bytes of all files below a folder.
std::uint64_t BytesBelow(const std::filesystem::path& folder);

class StateView {
 public:
  /// The newest finished checkpoint of a state folder, or that of a number. Fails if there is none, or this
  /// version of Lull cannot read it. `candidate`: of the canary or shadow that was tried then.
  static Result<std::unique_ptr<StateView>> Open(const std::filesystem::path& state_folder,
                                                 std::optional<std::uint64_t> number, bool candidate);

  /// As those of the checkpoint, of entities of this ruleset alone.
  Status ReadAll(const connectors::CheckpointReader::Take& take) const;
  Result<std::string> Find(std::uint32_t entity, std::string_view key) const {
    return checkpoint_->Find(entity | mark_, key);
  }
  const connectors::CheckpointHead& head() const { return checkpoint_->head(); }
  const dsl::LoadedRuleset& loaded() const { return loaded_; }
  const runtime::Ruleset& ruleset() const { return *compiled_.ruleset; }
  const Zone& zone() const { return zone_; }
  /// Knows no entity until one is restored.
  runtime::Engine& engine() { return *engine_; }
  /// The time up to which the checkpoint has decided: what it says is as of then.
  std::int64_t instant() const;

 private:
  StateView() = default;

  std::optional<connectors::CheckpointReader> checkpoint_;
  std::uint32_t mark_ = 0;  // connectors::kCandidateEntity of a candidate's
  dsl::LoadedRuleset loaded_;
  compiler::CompiledRuleset compiled_;
  Zone zone_ = Zone::Utc();
  connectors::NullSink nothing_;
  std::unique_ptr<runtime::Engine> engine_;
};

}  // namespace lull::tools
