#include "runtime/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace lull {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: internal error: %s does not hold. Please report this.\n", file, line,
               condition);
  std::abort();
}

}  // namespace lull
