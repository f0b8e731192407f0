#include "tests/unit/http/metrics_reader.h"

#include <cstdlib>
#include <set>
#include <sstream>
#include <stdexcept>

namespace lull::testing {
namespace {

bool IsName(const std::string& text, bool metric) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  for (const char c : text) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter && !(metric && c == ':')) return false;
  }
  return true;
}

class LineReader {
 public:
  explicit LineReader(const std::string& line) : line_(line) {}

  ReadSample Read() {
    ReadSample sample;
    sample.name = Until("{ ");
    Require(IsName(sample.name, true), "name");
    if (Peek() == '{') ReadLabels(sample.labels);
    Take(' ');
    const std::string number = line_.substr(at_);
    if (number == "+Inf" || number == "-Inf" || number == "NaN") {
      throw std::runtime_error("no figure here is infinite or no number: " + line_);
    }
    char* end = nullptr;
    sample.value = std::strtod(number.c_str(), &end);
    Require(!number.empty() && *end == '\0', "number");
    return sample;
  }

 private:
  void Require(bool ok, const char* what) const {
    if (!ok) throw std::runtime_error(std::string("not a ") + what + " in: " + line_);
  }
  char Peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }
  void Take(char c) {
    Require(Peek() == c, "separator");
    ++at_;
  }
  std::string Until(const char* ends) {
    const std::size_t end = line_.find_first_of(ends, at_);
    Require(end != std::string::npos, "sample");
    const std::string text = line_.substr(at_, end - at_);
    at_ = end;
    return text;
  }
  void ReadLabels(std::map<std::string, std::string>& labels) {
    Take('{');
    while (Peek() != '}') {
      const std::string name = Until("=");
      Require(IsName(name, false), "label");
      Take('=');
      Take('"');
      std::string value;
      for (; Peek() != '"'; ++at_) {
        Require(at_ < line_.size(), "label's end");
        if (Peek() != '\\') {
          value += Peek();
          continue;
        }
        ++at_;
        Require(Peek() == '\\' || Peek() == '"' || Peek() == 'n', "escape");
        value += Peek() == 'n' ? '\n' : Peek();
      }
      Take('"');
      Require(labels.emplace(name, value).second, "new label");
      if (Peek() == ',') ++at_;
    }
    Take('}');
  }

  const std::string& line_;
  std::size_t at_ = 0;
};

// The family that a sample belongs to.
std::string FamilyOf(const ReadMetrics& metrics, const std::string& name) {
  if (metrics.type.contains(name)) return name;
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    const std::string ending = suffix;
    if (!name.ends_with(ending)) continue;
    const std::string family = name.substr(0, name.size() - ending.size());
    if (metrics.type.contains(family) && metrics.type.at(family) == "histogram") return family;
  }
  throw std::runtime_error("a sample without # TYPE before it: " + name);
}

}  // namespace

std::vector<ReadSample> ReadMetrics::Of(const std::string& name) const {
  std::vector<ReadSample> found;
  for (const ReadSample& sample : samples) {
    if (sample.name == name) found.push_back(sample);
  }
  return found;
}

double ReadMetrics::Value(const std::string& name, const std::map<std::string, std::string>& labels) const {
  for (const ReadSample& sample : samples) {
    if (sample.name == name && sample.labels == labels) return sample.value;
  }
  throw std::runtime_error("there is no sample of " + name);
}

ReadMetrics ReadMetricsText(const std::string& text) {
  ReadMetrics metrics;
  if (!text.ends_with('\n')) throw std::runtime_error("the last line does not end");
  std::set<std::pair<std::string, std::map<std::string, std::string>>> seen;
  std::string current;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, what, name, rest;
    if (line.starts_with("# ")) {
      words >> hash >> what >> name;
      std::getline(words >> std::ws, rest);
      auto& into = what == "HELP" ? metrics.help : metrics.type;
      if ((what != "HELP" && what != "TYPE") || !IsName(name, true) || rest.empty() ||
          !into.emplace(name, rest).second) {
        throw std::runtime_error("not a comment of a metric, or one told twice: " + line);
      }
      current = name;
      continue;
    }
    const ReadSample sample = LineReader(line).Read();
    if (FamilyOf(metrics, sample.name) != current) throw std::runtime_error("not with its family: " + line);
    if (!seen.emplace(sample.name, sample.labels).second) throw std::runtime_error("told twice: " + line);
    metrics.samples.push_back(sample);
  }
  return metrics;
}

}  // namespace lull::testing
