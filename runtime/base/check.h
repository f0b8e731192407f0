// Programmer errors stop the process at the place where they are noticed.
#pragma once

namespace lull {

/// Prints the place and the broken condition to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace lull

#define LULL_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::lull::CheckFailed(__FILE__, __LINE__, #condition))
