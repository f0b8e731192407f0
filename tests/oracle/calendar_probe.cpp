// Answers questions about calendars, one a line, for tests/oracle/calendars.py, which asks an independent
// computation the same. A line: ZONE|hours of Monday/.../of Sunday|closed|closed every year|special hours|
// question|a|b, where hours are "from-to,..." in minutes, closed days "first:last,...", yearly ones
// "month:day:month:day,...", special hours "day:from:to,...". The answer is a whole number; "never" for
// unknown.
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/check.h"
#include "runtime/base/time.h"
#include "runtime/calendar.h"

namespace lull::runtime {
namespace {

std::vector<std::string> Split(std::string_view text, char by) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; !text.empty() && from <= text.size();) {
    const std::size_t end = std::min(text.find(by, from), text.size());
    parts.emplace_back(text.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

std::vector<std::int64_t> Numbers(std::string_view text, char by) {
  std::vector<std::int64_t> numbers;
  for (const std::string& part : Split(text, by)) numbers.push_back(std::stoll(part));
  return numbers;
}

OpenSpan Hours(std::int64_t from, std::int64_t to) {
  return {static_cast<std::int32_t>(from), static_cast<std::int32_t>(to)};
}

CalendarSpec SpecOf(const std::vector<std::string>& fields) {
  CalendarSpec spec;
  spec.zone = fields[0];
  const std::vector<std::string> week = Split(fields[1], '/');
  for (std::size_t day = 0; day < week.size(); ++day) {
    for (const std::string& hours : Split(week[day], ',')) {
      const std::vector<std::int64_t> ends = Numbers(hours, '-');
      spec.week[day].push_back(Hours(ends[0], ends[1]));
    }
  }
  for (const std::string& days : Split(fields[2], ',')) {
    const std::vector<std::int64_t> ends = Numbers(days, ':');
    spec.closed.push_back({ends[0], ends[1]});
  }
  for (const std::string& days : Split(fields[3], ',')) {
    const std::vector<std::int64_t> ends = Numbers(days, ':');
    const auto at = [&](std::size_t index) { return static_cast<std::int32_t>(ends[index]); };
    spec.closed_yearly.push_back({at(0), at(1), at(2), at(3)});
  }
  for (const std::string& special : Split(fields[4], ',')) {
    const std::vector<std::int64_t> parts = Numbers(special, ':');
    spec.special.push_back({parts[0], Hours(parts[1], parts[2])});
  }
  return spec;
}

std::int64_t Answer(const Calendar& calendar, const Zone& zone, const std::string& question, std::int64_t a,
                    std::int64_t b) {
  if (question == "open") return calendar.IsOpen(a) ? 1 : 0;
  if (question == "edge") return calendar.NextEdge(a);
  if (question == "after") return calendar.AfterOpenTime(a, b);
  if (question == "between") return calendar.OpenTimeBetween(a, b);
  if (question == "days") return calendar.AfterOpenDaysAt(a, b);
  if (question == "months") return InstantAfterMonths(zone, a, b);
  LULL_CHECK(false);
  return 0;
}

int Run() {
  std::map<std::string, Calendar> calendars;
  for (std::string line; std::getline(std::cin, line);) {
    const std::vector<std::string> fields = Split(line, '|');
    LULL_CHECK(fields.size() == 8);
    const std::string name = line.substr(0, line.find("|" + fields[5] + "|"));
    auto found = calendars.find(name);
    if (found == calendars.end()) {
      Result<Calendar> made = Calendar::Make(SpecOf(fields));
      LULL_CHECK(made.has_value());
      found = calendars.emplace(name, *std::move(made)).first;
    }
    const Result<Zone> zone = Zone::Find(fields[0]);
    LULL_CHECK(zone.has_value());
    const std::int64_t answer =
        Answer(found->second, *zone, fields[5], std::stoll(fields[6]), std::stoll(fields[7]));
    if (answer == kUnknown || answer == kNever) {
      std::puts("never");
    } else {
      std::printf("%lld\n", static_cast<long long>(answer));
    }
  }
  return 0;
}

}  // namespace
}  // namespace lull::runtime

int main() { return lull::runtime::Run(); }
