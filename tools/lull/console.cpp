#include "tools/lull/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace lull::tools {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(100);
constexpr int kBarWidth = 30;

bool WantsColor(int file) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return ::isatty(file) == 1;
}

}  // namespace

bool ErrorHasColor() { return WantsColor(STDERR_FILENO); }
bool OutputHasColor() { return WantsColor(STDOUT_FILENO); }
bool ErrorIsTerminal() { return ::isatty(STDERR_FILENO) == 1; }

std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

ProgressBar::ProgressBar(bool wanted)
    : shown_(wanted && ErrorIsTerminal()), begin_(Clock::now()), next_(begin_ + kRedrawEvery) {}

void ProgressBar::Update(std::uint64_t events, std::uint64_t done, std::optional<std::uint64_t> total) {
  if (!shown_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + kRedrawEvery;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const std::string rate = Grouped(static_cast<std::uint64_t>(static_cast<double>(events) / seconds));
  if (total && *total > 0) {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
    const int filled = static_cast<int>(share * kBarWidth);
    fmt::print(stderr, "\r[{:=<{}}{: <{}}] {:3.0f} %  {} events, {} a second\x1b[K", "", filled, "",
               kBarWidth - filled, share * 100, Grouped(events), rate);
  } else {
    fmt::print(stderr, "\r{} events, {} a second\x1b[K", Grouped(events), rate);
  }
  std::fflush(stderr);
}

void ProgressBar::Clear() {
  if (!drawn_) return;
  drawn_ = false;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

void SummaryTable::Heading(std::string text) { lines_.push_back({std::move(text), {}, true}); }

void SummaryTable::Row(std::string label, std::string value) {
  lines_.push_back({std::move(label), std::move(value), false});
}

void SummaryTable::Print(bool color) const {
  std::size_t label_width = 0;
  std::size_t value_width = 0;
  for (const Line& line : lines_) {
    if (line.is_heading) continue;
    label_width = std::max(label_width, line.label.size());
    value_width = std::max(value_width, line.value.size());
  }
  for (const Line& line : lines_) {
    if (line.is_heading) {
      fmt::print(stderr, "{}{}{}\n", color ? "\x1b[1m" : "", line.label, color ? "\x1b[0m" : "");
    } else {
      fmt::print(stderr, "  {:<{}}  {:>{}}\n", line.label, label_width, line.value, value_width);
    }
  }
}

}  // namespace lull::tools
