// Suggested edits, applied to the texts that they are of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/diagnostics.h"
#include "dsl/source.h"

namespace lull::dsl {

/// The text of one file after `edits`; those of other files are ignored, and of edits that overlap the first
/// by place counts.
std::string ApplyEdits(const SourceSet& sources, SourceId source, std::vector<Edit> edits);

/// The edits of all diagnostics, in the order of places, without those that overlap an earlier one.
std::vector<Edit> EditsOf(const Diagnostics& diagnostics);

/// What changes from one text to the other, as a unified diff with `path` above it; empty if nothing does.
std::string LineDiff(const std::string& path, std::string_view before, std::string_view after);

}  // namespace lull::dsl
