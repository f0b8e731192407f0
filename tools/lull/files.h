// Rule files that the command writes.
#pragma once

#include <string>

namespace lull::tools {

/// Writes beside the file and renames, so that a full disk leaves the old text. Complains and returns false
/// if that fails.
bool ReplaceFile(const std::string& path, const std::string& text);

}  // namespace lull::tools
