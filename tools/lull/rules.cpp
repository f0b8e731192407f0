#include "tools/lull/rules.h"

#include <fmt/format.h>

#include "compiler/interpreter.h"
#include "compiler/journey_proofs.h"
#include "compiler/native.h"
#include "dsl/render.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"

namespace lull::tools {

std::expected<dsl::LoadedRuleset, int> LoadRules(const std::string& folder, bool quiet) {
  Result<dsl::LoadedRuleset> loaded = dsl::LoadRuleset(folder);
  if (!loaded) return std::unexpected(Complain(loaded.error().message));
  if (loaded->good()) compiler::ProveJourneys(loaded->program, loaded->diagnostics);
  const dsl::Diagnostics& found = loaded->diagnostics;
  if (found.has_errors() || (found.warning_count() > 0 && !quiet)) {
    fmt::print(stderr, "{}", dsl::RenderAll(found, loaded->sources, {.color = ErrorHasColor()}));
  }
  if (found.has_errors()) return std::unexpected(kExitRuleErrors);
  return std::move(*loaded);
}

std::expected<compiler::CompiledRuleset, int> CompileRules(const dsl::LoadedRuleset& loaded) {
  Result<compiler::CompiledRuleset> compiled = compiler::Compile(loaded.program);
  if (!compiled) return std::unexpected(Complain(compiled.error().message, kExitRuleErrors));
  return std::move(*compiled);
}

Result<runtime::Program> MakeProgram(const compiler::CompiledRuleset& compiled, EngineKind kind) {
  if (kind == EngineKind::kInterpreter) {
    return runtime::Program{compiled.ruleset, compiler::MakeInterpreted(compiled.module)};
  }
  compiler::NativeOptions options;
  options.cache_folder = compiler::DefaultCacheFolder();
  Result<std::shared_ptr<const runtime::CodeTable>> code = compiler::CompileNative(*compiled.module, options);
  if (!code)
    return std::unexpected(code.error().Within("No native code could be made (try --engine interpreter)"));
  return runtime::Program{compiled.ruleset, *code};
}

}  // namespace lull::tools
