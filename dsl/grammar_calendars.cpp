// The grammar of calendars.
#include "dsl/grammar_rules.h"

namespace lull::dsl::syntax::grammar {
namespace {

struct weekday : sor<word<"monday">, word<"tuesday">, word<"wednesday">, word<"thursday">, word<"friday">,
                     word<"saturday">, word<"sunday">> {};
struct first_weekday : seq<raw<&B::AddWeekday, weekday>, ws> {};
struct last_weekday : seq<raw<&B::SetLastWeekday, weekday>, ws> {};
struct weekdays
    : seq<first_weekday, opt<kw<"to">, need<last_weekday, "a day of the week such as `friday`">>> {};

struct opens_at : seq<raw<&B::MakeClock, clock_text>, ws> {};
struct clock_hours : act<&B::AddCalendarHours, opens_at, need<kw<"to">, "`to` and the time of closing">,
                         need<opens_at, "the time of closing, such as `20:00`">> {};
struct all_day : act<&B::AddAllDay, kw<"all">, need<kw<"day">, "`day` after `all`">> {};
struct hours : sor<all_day, seq<clock_hours, star<at<one<','>, ws, digit>, comma, clock_hours>>> {};
template <Fixed kWhat>
struct need_hours : need<hours, kWhat> {};
/// People put commas between lines.
struct line_end : opt<comma> {};

struct week_line
    : act<&B::EndCalendarClause<CalendarClauseKind::kWeek>, at<weekday>, weekdays,
          star<comma, need<weekdays, "a day of the week after the comma">>,
          sor<kw<"closed">, need_hours<"hours such as `09:00 to 20:00`, `all day` or `closed`">>, line_end> {
};
struct every_day : act<&B::EndCalendarClause<CalendarClauseKind::kWeek>, kw<"every">,
                       need<kw<"day">, "`day` after `every`">, call<&B::AddWholeWeek>,
                       need_hours<"hours such as `09:00 to 20:00`, or `all day`">, line_end> {};
struct always : act<&B::EndCalendarClause<CalendarClauseKind::kWeek>, kw<"always">, call<&B::AddWholeWeek>,
                    call<&B::AddAlways>, line_end> {};

struct year_day : seq<rep<2, digit>, one<'-'>, rep<2, digit>, not_at<sor<digit, one<'-'>>>> {};
struct first_year_day : seq<raw<&B::AddYearDay, year_day>, ws> {};
struct last_year_day : seq<raw<&B::SetLastYearDay, year_day>, ws> {};
struct date : seq<raw<&B::MakeDate, date_text>, ws> {};
struct dates
    : seq<date, call<&B::AddCalendarDate>,
          opt<kw<"to">, need<date, "the last day, such as `2026-12-31`">, call<&B::SetLastCalendarDate>>> {};
struct yearly : seq<kw<"every">, need<first_year_day, "a day of the year such as `12-25`">,
                    opt<kw<"to">, need<last_year_day, "the last day, such as `12-26`">>> {};
struct closed_days : sor<yearly, dates> {};
struct closed
    : act<&B::EndCalendarClause<CalendarClauseKind::kClosed>, kw<"closed">,
          need<closed_days, "days such as `2026-12-25`, `2026-12-24 to 2026-12-31` or `every 12-25`">,
          star<at<one<','>, ws, sor<digit, word<"every">>>, comma, closed_days>, line_end> {};
struct open : act<&B::EndCalendarClause<CalendarClauseKind::kOpen>, kw<"open">,
                  need<dates, "a day such as `2026-12-24`">, star<at<one<','>, ws, date_text>, comma, dates>,
                  need_hours<"hours such as `09:00 to 13:00`">, line_end> {};
struct zone
    : act<&B::SetCalendarZone, kw<"zone">, need_plain<"a zone such as \"America/Chicago\"">, line_end> {};

struct calendar : seq<head<"calendar", &T::calendars, "the name of the calendar">,
                      block<BlockKind::kCalendar, zone, every_day, always, closed, open, week_line>> {};

}  // namespace

bool MatchCalendar(GrammarInput& in, B& builder) { return MatchRule<calendar>(in, builder); }
std::size_t CountCalendarLoops() { return pegtl::analyze<calendar>(-1); }

}  // namespace lull::dsl::syntax::grammar
