// Classes of ASCII characters, whatever the locale.
#pragma once

namespace lull::connectors {

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace lull::connectors
