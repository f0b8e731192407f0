#include "tests/fuzz/sample_rules.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "compiler/compile.h"
#include "compiler/interpreter.h"
#include "compiler/native.h"
#include "connectors/event_file.h"
#include "dsl/load.h"
#include "runtime/base/check.h"

namespace lull::test {
namespace {

std::string FolderOf(const std::string& name) { return std::string(LULL_SOURCE_DIR) + "/rulesets/" + name; }

SampleRules Make(const std::string& name) {
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts(RuleTexts(name));
  LULL_CHECK(loaded.good());
  const auto compiled = compiler::Compile(loaded.program);
  LULL_CHECK(compiled.has_value());
  const auto native = compiler::CompileNative(*compiled->module);
  LULL_CHECK(native.has_value());
  return {name,
          {compiled->ruleset, compiler::MakeInterpreted(compiled->module)},
          {compiled->ruleset, *native},
          SmallLog(name)};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> RuleTexts(const std::string& name) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& entry : std::filesystem::directory_iterator(FolderOf(name))) {
    if (entry.path().extension() != ".lull") continue;
    std::ifstream in(entry.path());
    texts.emplace_back(entry.path().filename(), std::string(std::istreambuf_iterator<char>(in), {}));
  }
  std::ranges::sort(texts);
  LULL_CHECK(!texts.empty());
  return texts;
}

std::vector<std::string> SmallLog(const std::string& name) {
  auto file = connectors::EventFile::Open(FolderOf(name) + "/events.small.jsonl.gz");
  LULL_CHECK(file.has_value());
  std::vector<std::string> lines;
  for (;;) {
    const auto batch = file->Next(1'000);
    LULL_CHECK(batch.has_value());
    if (batch->empty()) return lines;
    for (const connectors::RawEvent& event : *batch) lines.emplace_back(event.bytes);
  }
}

const std::vector<SampleRules>& AllSampleRules() {
  static const std::vector<SampleRules> all = {Make("service_desk"), Make("automotive_retail")};
  return all;
}

}  // namespace lull::test
