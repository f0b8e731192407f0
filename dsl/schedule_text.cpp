#include <fmt/format.h>

#include <array>

#include "dsl/program_printer.h"

namespace lull::dsl {
namespace {

constexpr std::array<const char*, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                              "friday", "saturday", "sunday"};
constexpr std::uint8_t kEveryDay = 127;
constexpr std::uint8_t kWeekdays = 31;
constexpr std::int32_t kLastDay = 31;

std::string DaysText(const CheckedProgram& program, const Schedule& schedule) {
  if (schedule.kind == ScheduleKind::kOpenDays) {
    return "open day of " + program.calendars[schedule.calendar].name;
  }
  if (schedule.kind == ScheduleKind::kMonthDay) {
    return schedule.month_day == kLastDay ? "month on the last day"
                                          : fmt::format("month on day {}", schedule.month_day);
  }
  if (schedule.weekdays == kEveryDay) {
    return "day";
  }
  if (schedule.weekdays == kWeekdays) {
    return "weekday";
  }
  std::string text;
  for (std::size_t day = 0; day < kDays.size(); ++day) {
    if (((schedule.weekdays >> day) & 1U) != 0) {
      text += (text.empty() ? "" : ", ") + std::string(kDays[day]);
    }
  }
  return text;
}

}  // namespace

std::string PrintSchedule(const CheckedProgram& program, const Schedule& schedule) {
  const std::int32_t second = schedule.second_of_day;
  std::string text =
      fmt::format("every {} at {:02}:{:02}", DaysText(program, schedule), second / 3'600, second / 60 % 60);
  if (second % 60 != 0) {
    text += fmt::format(":{:02}", second % 60);
  }
  return text;
}

}  // namespace lull::dsl
