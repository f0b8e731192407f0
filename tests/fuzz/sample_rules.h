// The rulesets of this project and their small logs, ready to be damaged.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/ruleset.h"

namespace lull::test {

/// Names and texts of the files of rulesets/NAME.
std::vector<std::pair<std::string, std::string>> RuleTexts(const std::string& name);

/// The lines of rulesets/NAME/events.small.jsonl.gz.
std::vector<std::string> SmallLog(const std::string& name);

struct SampleRules {
  std::string name;
  runtime::Program interpreted;
  runtime::Program native;
  std::vector<std::string> log;
};

/// service_desk and automotive_retail, made once.
const std::vector<SampleRules>& AllSampleRules();

}  // namespace lull::test
