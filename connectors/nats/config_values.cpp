#include "connectors/nats/config_values.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "runtime/base/time.h"

namespace lull::connectors {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// From large to small: a duration names them in this order.
constexpr Unit kDurationUnits[] = {{"d", kMicrosPerDay},    {"h", kMicrosPerHour},   {"m", kMicrosPerMinute},
                                   {"s", kMicrosPerSecond}, {"ms", kMicrosPerMilli}, {"us", 1}};

constexpr Unit kByteUnits[] = {{"", 1},
                               {"B", 1},
                               {"KB", 1'000},
                               {"MB", 1'000'000},
                               {"GB", 1'000'000'000},
                               {"TB", 1'000'000'000'000},
                               {"KiB", 1LL << 10},
                               {"MiB", 1LL << 20},
                               {"GiB", 1LL << 30},
                               {"TiB", 1LL << 40}};

void SkipSpaces(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
}

std::optional<std::int64_t> TakeNumber(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  SkipSpaces(text);
  return value;
}

std::string_view TakeLetters(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() &&
         ((text[count] >= 'a' && text[count] <= 'z') || (text[count] >= 'A' && text[count] <= 'Z'))) {
    ++count;
  }
  const std::string_view letters = text.substr(0, count);
  text.remove_prefix(count);
  SkipSpaces(text);
  return letters;
}

}  // namespace

std::optional<std::int64_t> ParseDuration(std::string_view text) {
  SkipSpaces(text);
  std::int64_t total = 0;
  auto next_unit = std::begin(kDurationUnits);
  do {
    const auto number = TakeNumber(text);
    const std::string_view name = TakeLetters(text);
    const auto unit =
        std::find_if(next_unit, std::end(kDurationUnits), [&](const Unit& u) { return u.name == name; });
    std::int64_t part = 0;
    if (!number || unit == std::end(kDurationUnits) || __builtin_mul_overflow(*number, unit->factor, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return std::nullopt;
    }
    next_unit = unit + 1;
  } while (!text.empty());
  return total;
}

std::optional<std::int64_t> ParseBytes(std::string_view text) {
  SkipSpaces(text);
  const auto number = TakeNumber(text);
  const std::string_view name = TakeLetters(text);
  const auto unit = std::ranges::find_if(kByteUnits, [&](const Unit& u) { return u.name == name; });
  std::int64_t bytes = 0;
  if (!number || !text.empty() || unit == std::end(kByteUnits) ||
      __builtin_mul_overflow(*number, unit->factor, &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::optional<std::string_view> Suggest(std::string_view word, std::span<const std::string_view> names) {
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string_view name : names) {
    if (const std::size_t distance = EditDistance(word, name); distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace lull::connectors
