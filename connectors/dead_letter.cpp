#include "connectors/dead_letter.h"

#include <array>

namespace lull::connectors {
namespace {

struct CodeRow {
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array<CodeRow, kDeadLetterCodeCount> kRows = {{
#define X(name, text, meaning) {text, meaning},
    LULL_DEAD_LETTER_CODES(X)
#undef X
}};

}  // namespace

std::string_view NameOf(DeadLetterCode code) { return kRows[static_cast<std::size_t>(code)].name; }
std::string_view MeaningOf(DeadLetterCode code) { return kRows[static_cast<std::size_t>(code)].meaning; }

}  // namespace lull::connectors
