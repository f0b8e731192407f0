// What is shown to a person on standard error: colour, progress, tables.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::tools {

/// Whether standard error (or standard output) is a terminal that wants colour: NO_COLOR and TERM=dumb say
/// no.
bool ErrorHasColor();
bool OutputHasColor();
bool ErrorIsTerminal();

/// "1,234,567"
std::string Grouped(std::uint64_t number);

/// One line that is redrawn a few times a second; shows nothing unless standard error is a terminal.
class ProgressBar {
 public:
  explicit ProgressBar(bool wanted);
  ~ProgressBar() { Clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `total` is unknown for pipes; done and total count bytes.
  void Update(std::uint64_t events, std::uint64_t done, std::optional<std::uint64_t> total);
  /// Takes the line away.
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool shown_;
  bool drawn_ = false;
  Clock::time_point begin_;
  Clock::time_point next_;
};

/// Rows of a label and a number, in groups with headings, aligned when printed.
class SummaryTable {
 public:
  void Heading(std::string text);
  void Row(std::string label, std::string value);
  void Row(std::string label, std::uint64_t value) { Row(std::move(label), Grouped(value)); }
  /// To standard error.
  void Print(bool color) const;

 private:
  struct Line {
    std::string label;
    std::string value;
    bool is_heading;
  };
  std::vector<Line> lines_;
};

}  // namespace lull::tools
