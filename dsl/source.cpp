#include "dsl/source.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/base/check.h"

namespace lull::dsl {

Span Cover(const Span& a, const Span& b) {
  if (!a.exists()) return b;
  if (!b.exists()) return a;
  LULL_CHECK(a.source == b.source);
  return {a.source, std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

Result<SourceSet> SourceSet::LoadFolder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> paths;
  fs::directory_iterator entries(folder, error);
  if (error) return Fail("cannot read the folder " + folder + ": " + error.message());
  while (entries != fs::directory_iterator()) {
    if (entries->path().extension() == ".lull" && !entries->is_directory(error))
      paths.push_back(entries->path());
    entries.increment(error);
    if (error) return Fail("cannot read the folder " + folder + ": " + error.message());
  }
  if (paths.empty()) return Fail("there are no .lull files in " + folder);
  std::sort(paths.begin(), paths.end());

  SourceSet sources;
  for (const fs::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    // An empty file sets failbit of the output stream only.
    if (!in.is_open() || in.bad()) return Fail("cannot read " + path.string());
    sources.Add(path.string(), std::move(text).str());
  }
  return sources;
}

SourceId SourceSet::Add(std::string path, std::string text) {
  // Some editors begin a file with a mark of its encoding.
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  LULL_CHECK(text.size() < UINT32_MAX);
  File file{std::move(path), std::move(text), {0}};
  for (std::size_t i = 0; i < file.text.size(); ++i) {
    if (file.text[i] == '\n') file.line_begins.push_back(static_cast<std::uint32_t>(i + 1));
  }
  files_.push_back(std::move(file));
  return {static_cast<std::uint32_t>(files_.size() - 1)};
}

std::vector<SourceId> SourceSet::ids() const {
  std::vector<SourceId> ids;
  for (std::uint32_t i = 0; i < files_.size(); ++i) ids.push_back({i});
  return ids;
}

std::string_view SourceSet::TextOf(const Span& span) const {
  if (!span.exists()) return {};
  return text(span.source).substr(span.begin, span.end - span.begin);
}

LineColumn SourceSet::Locate(SourceId id, std::uint32_t offset) const {
  const File& file = files_[id.index];
  offset = std::min(offset, static_cast<std::uint32_t>(file.text.size()));
  const auto after = std::upper_bound(file.line_begins.begin(), file.line_begins.end(), offset);
  const auto line = static_cast<std::uint32_t>(after - file.line_begins.begin());
  std::uint32_t column = 1;
  for (std::uint32_t i = file.line_begins[line - 1]; i < offset; ++i) {
    const bool continues = (static_cast<unsigned char>(file.text[i]) & 0xC0) == 0x80;
    if (!continues) ++column;
  }
  return {line, column};
}

std::string_view SourceSet::Line(SourceId id, std::uint32_t line) const {
  const File& file = files_[id.index];
  if (line == 0 || line > file.line_begins.size()) return {};
  const std::uint32_t begin = file.line_begins[line - 1];
  std::size_t end = file.text.find('\n', begin);
  if (end == std::string::npos) end = file.text.size();
  if (end > begin && file.text[end - 1] == '\r') --end;
  return std::string_view(file.text).substr(begin, end - begin);
}

std::uint32_t SourceSet::LineBegin(SourceId id, std::uint32_t line) const {
  const File& file = files_[id.index];
  LULL_CHECK(line >= 1 && line <= file.line_begins.size());
  return file.line_begins[line - 1];
}

}  // namespace lull::dsl
