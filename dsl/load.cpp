#include "dsl/load.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "dsl/check.h"
#include "dsl/condition_text.h"
#include "dsl/parser.h"
#include "dsl/table_file.h"

namespace lull::dsl {
namespace {

namespace fs = std::filesystem;

using NamedText = std::pair<std::string, std::string>;
/// The file of a path, or the rule files of a folder.
using Finder = std::function<Result<std::vector<NamedText>>(const std::string& path)>;

Result<NamedText> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in.is_open() || in.bad()) return Fail("cannot read " + path);
  return NamedText{path, std::move(text).str()};
}

Result<std::vector<NamedText>> FindOnDisk(const std::string& path) {
  std::vector<NamedText> texts;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    const Result<SourceSet> folder = SourceSet::LoadFolder(path);
    if (!folder) return std::unexpected(folder.error());
    for (const SourceId id : folder->ids()) texts.emplace_back(folder->path(id), folder->text(id));
    return texts;
  }
  Result<NamedText> file = ReadFile(path);
  if (!file) return std::unexpected(file.error());
  texts.push_back(std::move(*file));
  return texts;
}

std::string Join(const std::string& folder, const std::string& path) {
  std::string joined = (fs::path(folder) / path).lexically_normal().string();
  while (joined.size() > 1 && joined.ends_with('/')) joined.pop_back();
  return joined;
}

std::string FolderOf(const std::string& path) { return Join(fs::path(path).parent_path().string(), "."); }

/// Parses the ruleset's own files and all that they use.
class Loader {
 public:
  Loader(LoadedRuleset& loaded, Finder find) : loaded_(loaded), find_(std::move(find)) {}

  void Run() {
    const std::vector<SourceId> own = loaded_.sources.ids();
    std::vector<std::string> open;
    if (!own.empty()) open.push_back(FolderOf(loaded_.sources.path(own.front())));
    for (const SourceId id : own) ParseWithUses(id, open);
    loaded_.own_file_count = own.size();
    DropHeadersAndTestsOfOthers();
    ReadTables();
  }

 private:
  syntax::SyntaxTree& tree() { return loaded_.tree; }

  void ParseWithUses(SourceId id, std::vector<std::string>& open) {
    const std::size_t first = tree().uses.size();
    ParseFile(loaded_.sources, id, tree(), loaded_.diagnostics);
    const std::size_t end = tree().uses.size();
    for (std::size_t i = first; i < end; ++i) Use(id, syntax::PlainText(tree().uses[i].path), open);
  }

  bool IsRelative(const syntax::PlainText& path) {
    if (!path.text.empty() && !fs::path(path.text).is_absolute()) return true;
    loaded_.diagnostics.Report(Code::kUseNotFound, path.span, "the path has to be relative to this file")
        .Help("write it as it is seen from the folder of this file, such as \"../common\"");
    return false;
  }

  void Use(SourceId from, const syntax::PlainText& path, std::vector<std::string>& open) {
    if (!IsRelative(path)) return;
    const std::string target = Join(FolderOf(loaded_.sources.path(from)), path.text);
    const bool in_circle = std::any_of(open.begin(), open.end(), [&](const std::string& each) {
      return each == target || (fs::path(target).extension() == ".lull" && each == FolderOf(target));
    });
    if (in_circle) {
      loaded_.diagnostics.Report(Code::kUseCircle, path.span, "\"" + path.text + "\" uses this file already")
          .Label("leads back here")
          .Help("leave the line out, or move what both need into a folder of its own");
      return;
    }
    if (!used_.insert(target).second) return;
    const auto texts = find_(target);
    if (!texts) {
      tree().incomplete = true;
      loaded_.diagnostics.Report(Code::kUseNotFound, path.span, texts.error().message)
          .Help("the path is relative to the folder of this file");
      return;
    }
    open.push_back(target);
    for (const auto& [name, text] : *texts) {
      if (fs::path(target).extension() != ".lull" && !used_.insert(name).second) continue;
      ParseWithUses(loaded_.sources.Add(name, text), open);
    }
    open.pop_back();
  }

  /// A folder that is used may be a ruleset of its own; its header and its tests are no part of this one.
  void DropHeadersAndTestsOfOthers() {
    std::erase_if(tree().rulesets, [&](const syntax::RulesetDecl& ruleset) {
      return ruleset.name.span.source.index >= loaded_.own_file_count;
    });
    std::erase_if(tree().tests, [&](const syntax::TestDecl& test) {
      return test.title.span.source.index >= loaded_.own_file_count;
    });
  }

  void ReadTables() {
    for (std::uint32_t i = 0, end = static_cast<std::uint32_t>(tree().expressions.size()); i < end; ++i) {
      const auto* table = std::get_if<syntax::Table>(&tree().expressions[i].node);
      if (table == nullptr || table->file.empty()) continue;
      const syntax::PlainText path{table->file, table->file_span};
      if (!IsRelative(path)) continue;
      const std::string target = Join(FolderOf(loaded_.sources.path(path.span.source)), path.text);
      const auto texts = find_(target);
      if (!texts || texts->size() != 1 || texts->front().second.size() > SourceSet::kFileBytesMax) {
        const std::string message = !texts ? texts.error().message : "this is not a CSV file of up to 8 MB";
        loaded_.diagnostics.Report(Code::kTableFile, path.span, message)
            .Help("the path is relative to the folder of this file");
        continue;
      }
      const SourceId csv = loaded_.sources.Add(target, texts->front().second);
      ReadTableFile(loaded_.sources, csv, NameOf({i}), tree(), {i}, loaded_.diagnostics);
    }
  }

  std::string NameOf(syntax::ExprId table) {
    for (const syntax::FeatureDecl& feature : tree().features) {
      if (feature.value == table) return feature.name.text;
    }
    return {};
  }

  LoadedRuleset& loaded_;
  Finder find_;
  std::set<std::string> used_;
};

LoadedRuleset Load(SourceSet sources, Finder find) {
  LoadedRuleset loaded;
  loaded.sources = std::move(sources);
  Loader(loaded, std::move(find)).Run();
  loaded.program = Check(loaded.tree, loaded.diagnostics);
  for (Policy& policy : loaded.program.policies) {
    for (const ExprId never : policy.never) {
      policy.never_texts.push_back(TextOfCondition(loaded.program, loaded.sources, never));
    }
  }
  return loaded;
}

}  // namespace

Result<LoadedRuleset> LoadRuleset(const std::string& folder) {
  Result<SourceSet> sources = SourceSet::LoadFolder(folder);
  if (!sources) {
    return std::unexpected(sources.error());
  }
  return Load(*std::move(sources), FindOnDisk);
}

LoadedRuleset LoadRulesetTexts(const std::vector<NamedText>& texts) {
  SourceSet sources;
  for (const auto& [name, text] : texts) {
    const bool own = name.find('/') == std::string::npos && !name.ends_with(".csv");
    if (own) sources.Add(name, text);
  }
  const Finder find = [&texts](const std::string& path) -> Result<std::vector<NamedText>> {
    std::vector<NamedText> found;
    for (const NamedText& each : texts) {
      const bool in_folder = FolderOf(each.first) == path && each.first.ends_with(".lull");
      if (each.first == path || in_folder) found.push_back(each);
    }
    if (found.empty()) return Fail("there is no " + path);
    return found;
  };
  return Load(std::move(sources), find);
}

std::vector<NamedText> BundleOf(const LoadedRuleset& loaded) {
  std::vector<NamedText> files;
  const std::vector<SourceId> ids = loaded.sources.ids();
  if (ids.empty()) return files;
  const fs::path folder = fs::path(loaded.sources.path(ids.front())).parent_path();
  for (const SourceId id : ids) {
    const fs::path path(loaded.sources.path(id));
    const fs::path name =
        folder.empty() ? path : path.lexically_normal().lexically_relative(folder.lexically_normal());
    files.emplace_back(name.string(), loaded.sources.text(id));
  }
  return files;
}

}  // namespace lull::dsl
