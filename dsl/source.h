// The text of a ruleset: files, places in them, and lines for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace lull::dsl {

/// A file of a SourceSet.
struct SourceId {
  std::uint32_t index = UINT32_MAX;

  bool exists() const { return index != UINT32_MAX; }
  friend bool operator==(SourceId, SourceId) = default;
};

/// A half-open range of bytes [begin, end) of one file. A default Span is "nowhere".
struct Span {
  SourceId source;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool exists() const { return source.exists(); }
  friend bool operator==(const Span&, const Span&) = default;
};

/// The smallest span over both. One that is nowhere gives the other; both must be of one file.
Span Cover(const Span& a, const Span& b);

/// A place as editors show it: both count from 1, columns in code points (a broken byte counts as one).
struct LineColumn {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Owns the texts of all files of one ruleset. Views into a text stay valid as long as the set lives and is
/// not moved or added to.
class SourceSet {
 public:
  /// Files above this size are refused by the parser (L0104).
  static constexpr std::size_t kFileBytesMax = 8u << 20;

  /// Reads every *.lull file of a folder (not of its subfolders), in the order of their names. Fails if the
  /// folder cannot be read, or holds no such file.
  static Result<SourceSet> LoadFolder(const std::string& folder);

  /// `path` is only shown to people.
  SourceId Add(std::string path, std::string text);

  std::size_t size() const { return files_.size(); }
  std::vector<SourceId> ids() const;
  const std::string& path(SourceId id) const { return files_[id.index].path; }
  std::string_view text(SourceId id) const { return files_[id.index].text; }

  /// The text of a span; empty for one that is nowhere.
  std::string_view TextOf(const Span& span) const;
  LineColumn Locate(SourceId id, std::uint32_t offset) const;
  /// The text of a line (from 1) without its end; empty past the last.
  std::string_view Line(SourceId id, std::uint32_t line) const;
  /// Where a line (from 1) begins.
  std::uint32_t LineBegin(SourceId id, std::uint32_t line) const;

 private:
  struct File {
    std::string path;
    std::string text;
    std::vector<std::uint32_t> line_begins;
  };
  std::vector<File> files_;
};

}  // namespace lull::dsl
