#include "dsl/load.h"

#include "dsl/check.h"
#include "dsl/parser.h"

namespace lull::dsl {
namespace {

LoadedRuleset Load(SourceSet sources) {
  LoadedRuleset loaded;
  loaded.sources = std::move(sources);
  loaded.tree = Parse(loaded.sources, loaded.diagnostics);
  loaded.program = Check(loaded.tree, loaded.diagnostics);
  return loaded;
}

}  // namespace

Result<LoadedRuleset> LoadRuleset(const std::string& folder) {
  Result<SourceSet> sources = SourceSet::LoadFolder(folder);
  if (!sources) {
    return std::unexpected(sources.error());
  }
  return Load(*std::move(sources));
}

LoadedRuleset LoadRulesetTexts(const std::vector<std::pair<std::string, std::string>>& texts) {
  SourceSet sources;
  for (const auto& [name, text] : texts) {
    sources.Add(name, text);
  }
  return Load(std::move(sources));
}

}  // namespace lull::dsl
