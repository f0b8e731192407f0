#include "dsl/render.h"

#include <algorithm>
#include <cstdio>

#include "dsl/code_examples.h"

namespace lull::dsl {
namespace {

constexpr std::size_t kLineWidthMax = 160;
constexpr std::size_t kTabWidth = 4;

struct Paint {
  bool on;
  std::string operator()(const char* style, const std::string& text) const {
    return on ? std::string("\x1b[") + style + "m" + text + "\x1b[0m" : text;
  }
};
constexpr const char* kBold = "1";
constexpr const char* kRed = "1;31";
constexpr const char* kYellow = "1;33";
constexpr const char* kBlue = "1;34";
constexpr const char* kCyan = "1;36";

bool Continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Columns that a text takes on a terminal, with tabs as kTabWidth blanks.
std::size_t WidthOf(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += c == '\t' ? kTabWidth : Continues(c) ? 0 : 1;
  return width;
}

/// As shown: tabs as blanks, control characters and broken bytes as `?`.
std::string Shown(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\t') {
      shown.append(kTabWidth, ' ');
    } else if (byte < 0x20 || byte == 0x7F) {
      shown += '?';
    } else {
      shown += text[i];
    }
  }
  return shown;
}

/// A window of a long line around the place that matters.
struct Excerpt {
  std::string_view before;
  std::string_view marked;
  std::string_view after;
  bool cut_before = false;
  bool cut_after = false;
};

Excerpt Cut(std::string_view line, std::size_t begin, std::size_t end) {
  std::size_t from = 0;
  std::size_t to = line.size();
  if (line.size() > kLineWidthMax) {
    from = begin > kLineWidthMax / 4 ? begin - kLineWidthMax / 4 : 0;
    to = std::min(line.size(), from + kLineWidthMax);
    while (from > 0 && Continues(line[from])) --from;
    while (to < line.size() && Continues(line[to])) ++to;
  }
  end = std::min(end, to);
  return {line.substr(from, begin - from), line.substr(begin, end - begin), line.substr(end, to - end),
          from > 0, to < line.size()};
}

/// The line of a span with its underline, and the place above it.
std::string Snippet(const Span& span, const std::string& label, const SourceSet& sources, const char* style,
                    char mark, const Paint& paint) {
  const LineColumn place = sources.Locate(span.source, span.begin);
  const std::string_view line = sources.Line(span.source, place.line);
  const std::size_t line_begin = sources.LineBegin(span.source, place.line);
  const std::size_t begin = std::min<std::size_t>(span.begin - line_begin, line.size());
  const std::size_t end = std::clamp<std::size_t>(span.end - line_begin, begin, line.size());
  const Excerpt cut = Cut(line, begin, end);

  const std::string number = std::to_string(place.line);
  const std::string gutter(number.size(), ' ');
  std::string text = gutter + paint(kBlue, "--> ") + sources.path(span.source) + ":" + number + ":" +
                     std::to_string(place.column) + "\n";
  text += gutter + " " + paint(kBlue, "|") + "\n";
  text += paint(kBlue, number + " |") + " " + (cut.cut_before ? "..." : "") + Shown(cut.before) +
          Shown(cut.marked) + Shown(cut.after) + (cut.cut_after ? "..." : "") + "\n";
  const std::string indent(WidthOf(cut.before) + (cut.cut_before ? 3 : 0), ' ');
  const std::string underline(std::max<std::size_t>(1, WidthOf(cut.marked)), mark);
  text += gutter + " " + paint(kBlue, "|") + " " + indent +
          paint(style, underline + (label.empty() ? "" : " " + label)) + "\n";
  return text;
}

void AppendJsonText(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

void AppendJsonPlace(std::string& out, const Span& span, const SourceSet& sources) {
  if (!span.exists()) return;
  const LineColumn begin = sources.Locate(span.source, span.begin);
  const LineColumn end = sources.Locate(span.source, span.end);
  out += ",\"file\":";
  AppendJsonText(out, sources.path(span.source));
  out += ",\"line\":" + std::to_string(begin.line) + ",\"column\":" + std::to_string(begin.column);
  out += ",\"end_line\":" + std::to_string(end.line) + ",\"end_column\":" + std::to_string(end.column);
}

void AppendJsonMember(std::string& out, const char* name, std::string_view text) {
  out += std::string(",\"") + name + "\":";
  AppendJsonText(out, text);
}

std::string Counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::string Render(const Diagnostic& diagnostic, const SourceSet& sources, const RenderOptions& options) {
  const Paint paint{options.color};
  const bool error = diagnostic.severity() == Severity::kError;
  const char* style = error ? kRed : kYellow;
  std::string text =
      paint(style, std::string(error ? "error" : "warning") + "[" + CodeText(diagnostic.code) + "]") +
      paint(kBold, ": " + diagnostic.message) + "\n";
  std::string gutter = "  ";
  if (diagnostic.span.exists()) {
    text += Snippet(diagnostic.span, diagnostic.label, sources, style, '^', paint);
    const LineColumn place = sources.Locate(diagnostic.span.source, diagnostic.span.begin);
    gutter = std::string(std::to_string(place.line).size() + 1, ' ');
  }
  for (const Note& note : diagnostic.notes) {
    if (note.span.exists()) {
      text +=
          paint(kBlue, "note") + ": " + note.text + "\n" + Snippet(note.span, "", sources, kBlue, '-', paint);
    } else {
      text += gutter + paint(kBlue, "=") + " " + paint(kBold, "note") + ": " + note.text + "\n";
    }
  }
  if (!diagnostic.help.empty()) {
    text += gutter + paint(kBlue, "=") + " " + paint(kCyan, "help") + ": " + diagnostic.help + "\n";
  }
  return text + "\n";
}

std::string RenderAll(const Diagnostics& diagnostics, const SourceSet& sources,
                      const RenderOptions& options) {
  std::string text;
  for (const Diagnostic* diagnostic : diagnostics.Sorted()) text += Render(*diagnostic, sources, options);
  if (diagnostics.all().empty()) return text;
  return text + Counted(diagnostics.error_count(), "error") + ", " +
         Counted(diagnostics.warning_count(), "warning") + "\n";
}

std::string RenderJson(const Diagnostic& diagnostic, const SourceSet& sources) {
  std::string out = "{\"code\":\"" + CodeText(diagnostic.code) + "\",\"severity\":\"" +
                    (diagnostic.severity() == Severity::kError ? "error" : "warning") + "\"";
  AppendJsonPlace(out, diagnostic.span, sources);
  AppendJsonMember(out, "message", diagnostic.message);
  AppendJsonMember(out, "label", diagnostic.label);
  out += ",\"notes\":[";
  for (std::size_t i = 0; i < diagnostic.notes.size(); ++i) {
    out += i == 0 ? "{\"text\":" : ",{\"text\":";
    AppendJsonText(out, diagnostic.notes[i].text);
    AppendJsonPlace(out, diagnostic.notes[i].span, sources);
    out += "}";
  }
  out += "]";
  AppendJsonMember(out, "help", diagnostic.help);
  if (diagnostic.edit) {
    out += ",\"edit\":{\"replacement\":";
    AppendJsonText(out, diagnostic.edit->replacement);
    AppendJsonPlace(out, diagnostic.edit->span, sources);
    out += "}";
  }
  return out + "}\n";
}

std::string RenderAllJson(const Diagnostics& diagnostics, const SourceSet& sources) {
  std::string text;
  for (const Diagnostic* diagnostic : diagnostics.Sorted()) text += RenderJson(*diagnostic, sources);
  return text;
}

std::string RenderExplanation(Code code) {
  const CodeInfo& info = InfoOf(code);
  std::string text =
      CodeText(code) + ": " + std::string(info.title) + "\n\n" + std::string(info.explanation) + "\n";
  const auto append = [&](std::string_view what, std::string_view rules) {
    text += "\n" + std::string(what) + ":\n\n";
    while (!rules.empty()) {
      const std::size_t end = std::min(rules.find('\n'), rules.size());
      text += "  " + std::string(rules.substr(0, end)) + "\n";
      rules.remove_prefix(std::min(end + 1, rules.size()));
    }
  };
  if (const CodeExample* example = ExampleOfCode(code)) {
    append("Wrong", example->wrong);
    append("Right", example->right);
  }
  return text;
}

}  // namespace lull::dsl
