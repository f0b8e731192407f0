#include "service/lane.h"

#include <algorithm>

namespace lull::service {
namespace {

using connectors::DeadLetterCode;
using runtime::ApplyResult;

constexpr Refusal kRefusals[] = {
    {ApplyResult::kLateDeadLetter, DeadLetterCode::kLate,
     "The event is late, and the ruleset says `late dead_letter`"},
    {ApplyResult::kNoKey, DeadLetterCode::kNoKey, "The event has none of the keys of its entities"},
};

}  // namespace

const Refusal* RefusalOf(ApplyResult result) {
  const auto* refusal = std::ranges::find(kRefusals, result, &Refusal::result);
  return refusal == std::end(kRefusals) ? nullptr : refusal;
}

Result<std::unique_ptr<Lane>> Lane::Create(std::shared_ptr<const Deployment> deployment,
                                           runtime::DecisionSink& sink) {
  auto engine = runtime::Engine::Create(deployment->program, {.live = true, .snapshots = true}, sink);
  if (!engine) return std::unexpected(engine.error());
  std::unique_ptr<Lane> lane(new Lane());
  lane->engine_ = std::move(*engine);
  lane->decoder_ = std::make_unique<connectors::JsonDecoder>(deployment->program.ruleset);
  lane->is_native_ = deployment->is_native;
  lane->deployment_ = std::move(deployment);
  return lane;
}

Status Lane::Swap(std::shared_ptr<const Deployment> deployment, runtime::LogPosition position) {
  if (Status ok = engine_->Swap(deployment->program, position); !ok) return ok;
  deployment_ = std::move(deployment);
  ignored_before_ += decoder_->ignored_count();
  decoder_ = std::make_unique<connectors::JsonDecoder>(deployment_->program.ruleset);
  is_native_ = deployment_->is_native;
  return {};
}

void Lane::UseCode(NativeCompiler::Code code) {
  engine_->UseCode(std::move(code));
  is_native_ = true;
}

std::optional<std::string_view> Lane::KeyOf(const runtime::EventFrame& frame) const {
  const runtime::Ruleset& ruleset = *deployment_->program.ruleset;
  const std::vector<std::uint32_t>& entities = ruleset.events[frame.event].entities;
  for (std::size_t place = 0; place < entities.size(); ++place) {
    if (ruleset.entities[entities[place]].whole != runtime::kNoIndex) continue;
    if (frame.keys[place].known()) return frame.keys[place].view();
  }
  return {};
}

}  // namespace lull::service
