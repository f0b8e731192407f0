#include "dsl/code_examples.h"

#include <algorithm>

namespace lull::dsl {
namespace {

constexpr CodeExample kCodeExamples[] = {
#define LULL_EXAMPLE(name, wrong, right) {Code::name, wrong, right},
#include "dsl/code_examples.def"
#undef LULL_EXAMPLE
};

}  // namespace

std::span<const CodeExample> AllCodeExamples() { return kCodeExamples; }

const CodeExample* ExampleOfCode(Code code) {
  const auto* found = std::find_if(std::begin(kCodeExamples), std::end(kCodeExamples),
                                   [&](const CodeExample& example) { return example.code == code; });
  return found == std::end(kCodeExamples) ? nullptr : found;
}

}  // namespace lull::dsl
