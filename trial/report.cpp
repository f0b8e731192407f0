#include "trial/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/json_text.h"
#include "runtime/format.h"

namespace lull::trial {
namespace {

struct Colors {
  const char* good = "";
  const char* bad = "";
  const char* place = "";
  const char* strong = "";
  const char* none = "";
};
constexpr Colors kPlain;
constexpr Colors kColored = {"\033[32m", "\033[31m", "\033[36m", "\033[1m", "\033[0m"};

std::string Place(const dsl::LoadedRuleset& loaded, const dsl::Span& span) {
  const dsl::LineColumn at = loaded.sources.Locate(span.source, span.begin);
  return fmt::format("{}:{}:{}", loaded.sources.path(span.source), at.line, at.column);
}

void AppendLines(std::string& text, const char* heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  text += fmt::format("    {}\n", heading);
  for (const std::string& line : lines) text += fmt::format("      {}\n", line);
}

std::string FailureText(const TestFailure& failure, const dsl::LoadedRuleset& loaded, const Zone& zone,
                        const Colors& colors) {
  std::string text = fmt::format("  {}{}{}  at {}\n", colors.place, Place(loaded, failure.span), colors.none,
                                 TimeText(failure.instant, zone));
  text += fmt::format("    {}\n", failure.step);
  text += fmt::format("    {}{}{}\n", colors.strong, failure.message, colors.none);
  AppendLines(text, "What it hangs on:", failure.reasons);
  AppendLines(text, "What happened:", failure.timeline);
  return text;
}

void AppendJsonTexts(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    connectors::AppendJsonText(out, texts[i]);
  }
  out += ']';
}

std::string Xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        // Control characters have no place in XML.
        escaped += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return escaped;
}

std::size_t FailedOf(std::span<const TestResult> results) {
  return static_cast<std::size_t>(
      std::ranges::count_if(results, [](const TestResult& result) { return !result.passed(); }));
}

}  // namespace

std::string ResultText(const TestResult& result, const dsl::LoadedRuleset& loaded, const Zone& zone,
                       const ReportOptions& options) {
  const Colors& colors = options.color ? kColored : kPlain;
  if (result.passed()) return fmt::format("{}ok{}    {}\n", colors.good, colors.none, result.test->title);
  std::string text = fmt::format("{}FAIL{}  {}\n", colors.bad, colors.none, result.test->title);
  for (const TestFailure& failure : result.failures) text += FailureText(failure, loaded, zone, colors);
  return text;
}

std::string SummaryText(std::span<const TestResult> results, const ReportOptions& options) {
  const Colors& colors = options.color ? kColored : kPlain;
  const std::size_t failed = FailedOf(results);
  return fmt::format("{}{} test{}: {} passed, {} failed{}\n", failed > 0 ? colors.bad : colors.good,
                     results.size(), results.size() == 1 ? "" : "s", results.size() - failed, failed,
                     colors.none);
}

std::string ResultJson(const TestResult& result, const dsl::LoadedRuleset& loaded) {
  const dsl::Span& span = result.test->span;
  std::string out = "{\"test\":";
  connectors::AppendJsonText(out, result.test->title);
  out += ",\"file\":";
  connectors::AppendJsonText(out, loaded.sources.path(span.source));
  out += fmt::format(",\"line\":{},\"passed\":{},\"failures\":[",
                     loaded.sources.Locate(span.source, span.begin).line, result.passed());
  for (std::size_t i = 0; i < result.failures.size(); ++i) {
    const TestFailure& failure = result.failures[i];
    const dsl::LineColumn at = loaded.sources.Locate(failure.span.source, failure.span.begin);
    std::string time;
    runtime::AppendRfc3339(time, failure.instant);
    out += fmt::format("{}{{\"line\":{},\"column\":{},\"time\":\"{}\",\"step\":", i > 0 ? "," : "", at.line,
                       at.column, time);
    connectors::AppendJsonText(out, failure.step);
    out += ",\"message\":";
    connectors::AppendJsonText(out, failure.message);
    out += ",\"reasons\":";
    AppendJsonTexts(out, failure.reasons);
    out += ",\"timeline\":";
    AppendJsonTexts(out, failure.timeline);
    out += '}';
  }
  return out + "]}\n";
}

std::string JUnitXml(std::span<const TestResult> results, const dsl::LoadedRuleset& loaded,
                     const Zone& zone) {
  const std::string name = Xml(loaded.program.header.name);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format(
      "<testsuites tests=\"{0}\" failures=\"{1}\">\n<testsuite name=\"{2}\" tests=\"{0}\" "
      "failures=\"{1}\">\n",
      results.size(), FailedOf(results), name);
  for (const TestResult& result : results) {
    const dsl::Span& span = result.test->span;
    out += fmt::format("<testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\"", name,
                       Xml(result.test->title), Xml(loaded.sources.path(span.source)),
                       loaded.sources.Locate(span.source, span.begin).line);
    if (result.passed()) {
      out += "/>\n";
      continue;
    }
    std::string text;
    for (const TestFailure& failure : result.failures) text += FailureText(failure, loaded, zone, kPlain);
    out += fmt::format(">\n<failure message=\"{}\">{}</failure>\n</testcase>\n",
                       Xml(result.failures.front().message), Xml(text));
  }
  return out + "</testsuite>\n</testsuites>\n";
}

}  // namespace lull::trial
