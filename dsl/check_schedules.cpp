// The clock triggers of nudges: `on every monday at 09:00`.
#include <algorithm>
#include <array>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

struct DayWord {
  std::string_view word;
  std::uint8_t weekdays;  // bit 0 is Monday
};

constexpr std::array<DayWord, 10> kDayWords = {{{"monday", 1},
                                                {"tuesday", 2},
                                                {"wednesday", 4},
                                                {"thursday", 8},
                                                {"friday", 16},
                                                {"saturday", 32},
                                                {"sunday", 64},
                                                {"day", 127},
                                                {"weekday", 31},
                                                {"weekend", 96}}};

}  // namespace

void Checker::CheckSchedule(const syntax::Schedule& written, Span span, Nudge& nudge) {
  constexpr std::int64_t kMonthDayMax = 31;
  nudge.trigger = TriggerKind::kClock;
  Schedule& schedule = nudge.schedule;
  if (const auto* clock = std::get_if<syntax::ClockLiteral>(&tree_[written.clock].node)) {
    schedule.second_of_day = clock->second_of_day;
  }
  if (written.calendar.exists()) {
    schedule.kind = ScheduleKind::kOpenDays;
    schedule.calendar =
        Resolve(written.calendar, SymbolKind::kCalendar, Code::kUnknownCalendar, "a calendar");
    return;
  }
  if (written.month_day.exists()) {
    schedule.kind = ScheduleKind::kMonthDay;
    schedule.month_day =
        static_cast<std::int32_t>(ConstantCount(written.month_day, 1, kMonthDayMax).value_or(1));
    return;
  }
  ReportRepeats(written.days);
  std::vector<std::string_view> words;
  for (const DayWord& row : kDayWords) {
    words.push_back(row.word);
  }
  for (const syntax::Name& day : written.days) {
    const auto found = std::find_if(kDayWords.begin(), kDayWords.end(),
                                    [&](const DayWord& row) { return row.word == day.text; });
    if (found != kDayWords.end()) {
      schedule.weekdays = static_cast<std::uint8_t>(schedule.weekdays | found->weekdays);
    } else {
      ReportUnknown(Code::kUnknownDay, day, Quoted(day.text) + " is no day on which something could be due",
                    words);
    }
  }
  if (written.days.empty()) {
    diagnostics_.Report(Code::kUnknownDay, span, "on which days?").Help("write `every day at 09:00`");
  }
}

}  // namespace lull::dsl
