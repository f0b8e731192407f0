#include "tools/lull/state_view.h"

#include <algorithm>

#include "compiler/interpreter.h"
#include "connectors/nats/deploy_marker.h"
#include "dsl/render.h"
#include "runtime/entity_image.h"
#include "service/deployment.h"

namespace lull::tools {
namespace {

namespace fs = std::filesystem;

Result<fs::path> Choose(const fs::path& state_folder, std::optional<std::uint64_t> number) {
  const std::vector<fs::path> folders = connectors::FinishedCheckpoints(state_folder);
  if (folders.empty()) {
    return Fail("there is no checkpoint in " + state_folder.string() +
                ". What to do: name the `folder` of [state] with --folder, or the configuration file with "
                "--config.");
  }
  if (!number) return folders.front();
  const auto found = std::ranges::find_if(
      folders, [&](const fs::path& folder) { return std::stoull(folder.filename().string()) == *number; });
  if (found == folders.end()) {
    return Fail("there is no checkpoint " + std::to_string(*number) + " in " + state_folder.string() +
                "; `lull state list` shows those that are there.");
  }
  return *found;
}

}  // namespace

std::uint64_t BytesBelow(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(error)) bytes += entry->file_size(error);
  }
  return bytes;
}

Result<std::unique_ptr<StateView>> StateView::Open(const fs::path& state_folder,
                                                   std::optional<std::uint64_t> number, bool candidate) {
  const auto folder = Choose(state_folder, number);
  if (!folder) return std::unexpected(folder.error());
  auto checkpoint = connectors::CheckpointReader::Open(*folder);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  std::unique_ptr<StateView> view(new StateView);
  view->checkpoint_.emplace(std::move(*checkpoint));
  const auto& tried = view->head().candidate;
  if (candidate && !tried) return Fail("no canary or shadow was tried when the checkpoint was made.");
  view->mark_ = candidate ? connectors::kCandidateEntity : 0;
  const auto marker = connectors::ParseDeployMarker(candidate ? tried->bundle : view->head().bundle);
  if (!marker) return std::unexpected(marker.error());
  view->loaded_ = dsl::LoadRulesetTexts(marker->files);
  if (!view->loaded_.good()) {
    return Fail("the ruleset of the checkpoint has errors for this version of Lull:\n" +
                dsl::RenderAll(view->loaded_.diagnostics, view->loaded_.sources));
  }
  auto compiled = compiler::Compile(view->loaded_.program);
  if (!compiled) return std::unexpected(compiled.error());
  view->compiled_ = {service::WithLateness(compiled->ruleset, marker->lateness_micros), compiled->module};
  if (runtime::LayoutHash(view->ruleset()) != (candidate ? tried->layout_hash : view->head().layout_hash)) {
    return Fail("the checkpoint was written by a version of Lull that lays out records in another way.");
  }
  const auto zone = Zone::Find(view->ruleset().zone);
  if (!zone) return std::unexpected(zone.error());
  view->zone_ = *zone;
  auto engine = runtime::Engine::Create(
      {view->compiled_.ruleset, compiler::MakeInterpreted(view->compiled_.module)}, {}, view->nothing_);
  if (!engine) return std::unexpected(engine.error());
  view->engine_ = std::move(*engine);
  view->engine_->RestoreClock(view->head().clock);
  return view;
}

Status StateView::ReadAll(const connectors::CheckpointReader::Take& take) const {
  return checkpoint_->ReadAll([&](std::uint32_t entity, std::string_view key, std::string_view image) {
    const bool is_mine = (entity & connectors::kCandidateEntity) == mark_;
    return !is_mine || take(entity & ~connectors::kCandidateEntity, key, image);
  });
}

std::int64_t StateView::instant() const { return std::max(head().clock.tick, head().clock.latest_time); }

}  // namespace lull::tools
