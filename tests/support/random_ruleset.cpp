#include "tests/support/random_ruleset.h"

#include <fmt/format.h>

#include "tests/support/random_expressions.h"

namespace lull::test {
namespace {

class Writer : RandomExpressions {
 public:
  Writer(Random& random, RulesetSize size) : RandomExpressions(random), small_(size == RulesetSize::kSmall) {
    worth_is_money_ = OneIn(2);
  }

  std::string Write() {
    static constexpr const char* kZones[] = {"UTC", "America/Chicago", "Europe/Berlin", "America/St_Johns"};
    text_ = fmt::format(
        "ruleset tried {{\n  title \"A random ruleset\"\n  zone \"{}\"\n  currency USD\n"
        "  channels call as task, visit as task, email as message\n}}\n"
        "choice color {{ red, green, blue }}\nunit north_desk\nunit sales\nunit back_office\n",
        kZones[Below(4)]);
    text_ += fmt::format(
        "calendar office {{\n  monday to friday 09:00 to 12:00, 13:00 to 17:30\n  saturday 10:00 to 12:15\n"
        "  closed 2026-03-10, every 03-17 to 03-18\n  open 2026-03-14 to 2026-03-15 22:00 to 02:30\n}}\n"
        "calendar shifts {{\n{}  every day 00:00 to 00:10, 00:20 to 02:05, 02:30 to 09:00, 09:05 to 17:20, "
        "17:30 to 18:00, 18:00 to 21:55, 22:00 to 24:00\n}}\n",
        OneIn(2) ? "  zone \"Asia/Kolkata\"\n" : "");
    Subject customer{
        .name = "customer", .events = {"alpha", "beta", "gamma", "delta", "touch"}, .letter = "c"};
    Subject ticket{.name = "ticket", .events = {"beta", "delta", "epsilon", "pair"}, .letter = "t"};
    ticket.features = small_ ? 1 : 2;
    ticket.stalls = small_ ? 1 : 2;
    ticket.nudges = small_ ? 2 : 4;
    if (small_) customer.features = customer.stalls = customer.nudges = 2;
    // In half of the rulesets a ticket is a part of its customer.
    if (OneIn(2)) ticket.whole = &customer;
    Entity(customer);
    Entity(ticket);
    const std::string fields = "{ amount money, size number?, label text, shade color, done flag }\n";
    text_ += "event alpha of customer " + fields;
    text_ += "event beta of customer, ticket " + fields;
    text_ +=
        "event gamma of customer sets budget, tier { amount money, size number?, label text, shade color, "
        "done flag }\n";
    text_ += "event delta of ticket, customer sets points " + fields;
    text_ += "event epsilon of ticket " + fields;
    text_ +=
        "event updated of customer, ticket sets store, tier, vip, patience, budget, points, due_time, "
        "birthday\n";
    text_ += "events touch = alpha, beta\nevents pair = epsilon, delta\n";
    Rules(customer);
    Rules(ticket);
    if (ticket.whole != nullptr) {
      customer.names.insert(customer.names.end(), ticket.names.begin(), ticket.names.end());
      customer.tasks.insert(customer.tasks.end(), ticket.tasks.begin(), ticket.tasks.end());
    }
    Policies(customer);
    Policies(ticket);
    return text_;
  }

 private:
  void Entity(const Subject& of) {
    text_ += fmt::format(
        "entity {} by {}_id{} {{\n  store text\n  tier color = red\n  vip flag = no\n  patience duration = "
        "{}\n"
        "  budget money\n  points number = 2\n  due_time time\n  birthday date\n  home text = "
        "\"America/Havana\"\n",
        of.name, of.name, of.whole == nullptr ? "" : " within " + of.whole->name, Duration());
    if (!OneIn(3)) text_ += "  activity " + Pick(of.events) + "\n";
    if (OneIn(3)) text_ += "  forget after " + PickOf({"2 hours", "1 day", "20 days"}) + " quiet\n";
    text_ += "}\n";
  }

  void Experiment(const Subject& of) {
    text_ += fmt::format("experiment {}_test of {} {{\n  arm one 40%\n  arm two 27.5%{}\n  arm three 32.5%\n",
                         of.letter, of.name, OneIn(2) ? " held out" : "");
    if (!OneIn(4)) {
      text_ += "  goal " + Pick(of.events);
      if (OneIn(2)) text_ += " where " + Where();
      text_ += " within " + LongDuration() + "\n";
    }
    text_ += "}\n";
  }

  void Features(const Subject& of) {
    for (int i = 0; i < of.features; ++i) {
      text_ += fmt::format("feature {}_number_{} of {} = {}\n", of.letter, i, of.name, Number(of));
      text_ += fmt::format("feature {}_money_{} of {} = {}\n", of.letter, i, of.name, Money(of));
    }
    text_ += fmt::format("feature {}_idle of {} = time since {}\n", of.letter, of.name, Pick(of.events));
  }

  std::string TaskEnd(const Subject& of) {
    std::size_t nudge = Below(of.channels.size());
    while (of.channels[nudge] == "email") nudge = (nudge + 1) % of.channels.size();
    const std::string name = fmt::format("{}_nudge_{}", of.letter, nudge);
    if (OneIn(3)) return "expired " + name;
    std::string text = PickOf({"done ", "declined "}) + name;
    if (OneIn(2)) return text;
    if (OneIn(4)) return text + " where by is known";
    if (of.outcomes[nudge]) {
      return text + PickOf({" where outcome is reached", " where outcome is not reached and not vip",
                            " where outcome is one of (not_reached, reached)"});
    }
    return text + PickOf({" where outcome is \"reached\"", " where outcome is unknown"});
  }

  void TaskLife(const Subject& of, bool outcomes) {
    if (outcomes) text_ += "  outcomes reached, not_reached\n";
    const bool due = OneIn(2);
    if (due) {
      text_ += OneIn(3) ? fmt::format("  due by latest {}.time + {}\n", Pick(of.events), Duration())
                        : "  due " + AnyDuration() + "\n";
    }
    if (due && OneIn(2))
      text_ += "  otherwise to " + PickOf({"sales", "sales / store", "back_office"}) + "\n";
    if (OneIn(3)) text_ += "  otherwise after " + AnyDuration() + " to back_office / store\n";
    if (OneIn(4)) text_ += "  otherwise after " + Duration() + " to north_desk / " + of.name + ".tier\n";
    if (OneIn(3)) text_ += "  expires after " + AnyDuration() + "\n";
  }

  std::string Cell(std::size_t column) {
    const std::size_t kind = Below(10);
    if (kind < 3) return "-";
    if (kind == 3) return PickOf({"is known", "is unknown"});
    if (column == 0) {
      if (kind == 4) return "one of (red, " + Color() + ")";
      return (kind == 5 ? "not " : "") + Color();
    }
    if (column == 2) return (kind == 4 ? "not " : kind == 5 ? "is " : "") + Text();
    if (kind == 4) return fmt::format("between {} and {}", Below(3), 2 + Below(4));
    return kind == 5 ? std::to_string(Below(5)) : Compare() + " " + std::to_string(Below(6));
  }

  std::string TableNumber(const Subject& of) {
    const std::string event = Pick(of.events);
    switch (Below(5)) {
      case 0:
        return fmt::format("count of {} in last {} minutes", event, 1 + Below(30));
      case 1:
        return fmt::format("time since {} / {} minutes", event, 1 + Below(9));
      default:
        return "points";
    }
  }

  /// A short table becomes a chain of `if`, a long one is looked up.
  void Tables(const Subject& of) {
    for (const bool is_long : {false, true}) {
      text_ +=
          fmt::format("table {}_{} of {} (tier, {}, store) gives {} {{\n", of.letter,
                      is_long ? "long" : "short", of.name, TableNumber(of), is_long ? "money" : "number");
      const std::size_t rows = is_long ? 9 + Below(12) : 1 + Below(6);
      for (std::size_t row = 0; row < rows; ++row) {
        text_ += fmt::format("  | {} | {} | {} | {} |\n", Cell(0), Cell(1), Cell(2),
                             is_long ? std::to_string(Below(9)) + " USD" : std::to_string(Below(6)));
      }
      if (OneIn(2)) text_ += fmt::format("  | - | - | - | 1{} |\n", is_long ? " USD" : "");
      text_ += "}\n";
    }
  }

  void Journey(const Subject& of) {
    const std::string& l = of.letter;
    text_ += fmt::format("journey {}_way_0 of {} {{\n  start {}_one\n", l, of.name, l);
    const auto automatic = [&](const char* from, const char* to) {
      switch (Below(8)) {
        case 0:
          text_ += fmt::format("  {}_{} -> {}_{} after {}\n", l, from, l, to, Deadline(of));
          break;
        case 1:
          text_ += fmt::format("  {}_{} -> {}_{} after {} quiet\n", l, from, l, to, Deadline(of));
          break;
        case 2:
          text_ += fmt::format("  {}_{} -> {}_{} when {}\n", l, from, l, to, Condition(of, of.stalls));
          break;
        case 3:
          text_ += fmt::format("  {}_{} -> {}_{} on {}_stall_{}\n", l, from, l, to, l,
                               Below(static_cast<std::size_t>(of.stalls)));
          break;
        case 4:
        case 5:
        case 6:
          text_ += fmt::format("  {}_{} -> {}_{} on {}\n", l, from, l, to, TaskEnd(of));
          break;
        default:
          break;
      }
    };
    automatic("one", "two");
    automatic("two", "three");
    automatic("one", "three");
    text_ += fmt::format("  {0}_one -> {0}_two on {1}\n", l, Pick(of.events));
    text_ += fmt::format("  {0}_two -> {0}_three on {1} where {2}\n", l, Pick(of.events), Where());
    text_ += fmt::format("  {0}_one -> {0}_three on {1}\n", l, Pick(of.events));
    text_ += fmt::format("  {0}_three -> {0}_one on {1}\n", l, Pick(of.events));
    if (OneIn(2)) text_ += fmt::format("  any -> {}_two on {} where {}\n", l, Pick(of.events), Where());
    if (OneIn(2)) text_ += fmt::format("  {0}_two -> {0}_two on {1}\n", l, Pick(of.events));
    if (OneIn(2)) {
      text_ += fmt::format("  {0}_two, {0}_three -> {0}_one on ", l);
      Sequence(of);
    }
    text_ += "}\n";
  }

  void Stall(Subject& of, int index) {
    text_ += fmt::format("stall {}_stall_{} of {} {{\n", of.letter, index, of.name);
    const std::size_t form = Below(7);
    if (form == 2 || OneIn(2)) text_ += "  while " + Condition(of, index) + "\n";
    if (OneIn(3)) text_ += "  unless " + Condition(of, index, 1) + "\n";
    if (form != 5 && OneIn(4)) text_ += "  until " + Condition(of, index, 1) + "\n";
    of.each_stalls.push_back(form == 5);
    switch (form) {
      case 0:
        text_ += "  quiet " + Deadline(of) + "\n";
        break;
      case 1:
        text_ +=
            "  no " + Pick(of.events) + (OneIn(2) ? " where " + Where() : "") + " for " + Deadline(of) + "\n";
        break;
      case 2:
        text_ += "  for " + Deadline(of) + "\n";
        break;
      default:
        Wait(of, form == 5 ? "each " : form == 4 ? "first " : "");
    }
    of.openings.resize(of.each_stalls.size());
    text_ += "  because \"It has stalled\"\n}\n";
  }

  void Wait(Subject& of, const char* kind) {
    const std::string event = Pick(of.events);
    const bool named = OneIn(2);
    of.openings.resize(of.each_stalls.size() - 1);
    of.openings.push_back(named ? "q" : event);
    if (named && OneIn(3)) text_ += "  while " + OfEarlier("q") + "\n";
    if (named && OneIn(5)) text_ += "  unless " + OfEarlier("q") + "\n";
    text_ += fmt::format("  after {}{}{}", kind, event, named ? " as q" : "");
    if (OneIn(3)) text_ += " where " + Where();
    text_ += " no " + Pick(of.events);
    if (OneIn(3))
      text_ += PickOf({" with same label", " with same shade", " with same amount", " with same size"});
    if (OneIn(2)) text_ += " where " + (named ? Against("q") : Where());
    if (named && OneIn(3)) {
      text_ += OneIn(2) ? " by q.time + " + AnyDuration() + "\n"
                        : fmt::format(" within (if q.done then {} else {})\n", Duration(), AnyDuration());
    } else {
      text_ += " within " + Deadline(of) + "\n";
    }
  }

  /// A condition about an event that has a name.
  std::string OfEarlier(const std::string& name) {
    return name + PickOf({".amount > 20 USD", ".size < 4", ".done", ".shade is not red", ".label is known"});
  }

  /// A condition about an event and an earlier one that has a name.
  std::string Against(const std::string& name) {
    switch (Below(5)) {
      case 0:
        return "amount > " + name + ".amount";
      case 1:
        return "size <= " + name + ".size";
      case 2:
        return "label is " + name + ".label";
      case 3:
        return "shade is not " + name + ".shade or " + name + ".done";
      default:
        return "amount >= " + name + ".amount * 50%";
    }
  }

  /// A sequence; returns how its rule may call one of its events.
  std::string Sequence(const Subject& of) {
    const bool named = OneIn(2);
    const std::string last = Pick(of.events);
    text_ += Pick(of.events) + (named ? " as e" : "");
    if (OneIn(3)) text_ += " where " + Where();
    if (OneIn(3)) text_ += " then " + Pick(of.events) + (OneIn(2) ? " where " + Where() : "");
    text_ += " then " + last + " within " + Deadline(of);
    if (OneIn(3)) text_ += " without " + Pick(of.events);
    if (OneIn(2)) text_ += " where " + (named ? Against("e") : Where());
    text_ += "\n";
    return named && OneIn(2) ? "e" : last;
  }

  void Score(const Subject& of) {
    text_ += fmt::format("score {}_score of {} {{\n  start {}\n", of.letter, of.name, Below(20));
    for (int i = 0; i < 3; ++i) {
      text_ += fmt::format("  {} {} when {}\n", OneIn(3) ? "take" : "add", 1 + Below(30),
                           Condition(of, of.stalls, 1));
    }
    if (OneIn(2)) text_ += "  kept between 5 and 40\n";
    text_ += "}\n";
  }

  std::string MoneyWorth(const Subject& of, const std::string& event) {
    if (of.whole != nullptr && OneIn(4)) return of.whole->name + "." + Feature(*of.whole, "money");
    switch (Below(event.empty() ? 3 : 4)) {
      case 0:
        return Feature(of, "money");
      case 1:
        return "(latest " + Pick(of.events) + ".amount) * " + PickOf({"2%", "12.5%", "0.3%"});
      case 2:
        return std::to_string(Below(9)) + " USD";
      default:
        return event + ".amount * 3% / 2";
    }
  }

  std::string Worth(const Subject& of, const std::string& event) {
    if (worth_is_money_) return MoneyWorth(of, event);
    switch (Below(event.empty() ? 4 : 5)) {
      case 0:
        return Feature(of, "number");
      case 1:
        return of.letter + "_score";
      case 2:
        return Feature(of, "number") + " * 2 + " + of.name + ".points";
      case 3:
        return std::to_string(Below(9));
      default:
        return event + ".size";
    }
  }

  std::string Route(const Subject& of, const std::string& event) {
    if (of.whole != nullptr && OneIn(4)) return "north_desk / " + of.whole->name + ".store, else sales";
    switch (Below(event.empty() ? 4 : 5)) {
      case 0:
        return "sales";
      case 1:
        return "north_desk / store, else sales";
      case 2:
        return "north_desk / " + of.name + ".tier";
      case 3:
        return "sales / store, else north_desk / " + of.name + ".tier, else back_office";
      default:
        return "back_office / " + event + ".label";
    }
  }

  std::string BeforeThis(const Subject& of) {
    switch (Below(4)) {
      case 0:
        return fmt::format("({} before this) {} {}", Feature(of, "number"), Compare(), Below(4));
      case 1:
        return fmt::format("(count of {}{}) before this {} {}", Pick(of.events), Tail(of), Compare(),
                           Below(3));
      case 2:
        return fmt::format("({}.store before this) is known", of.name);
      default:
        return fmt::format("(time since {} before this) {} {}", Pick(of.events), Compare(), Duration());
    }
  }

  void Nudge(Subject& of, int index) {
    const std::string name = fmt::format("{}_nudge_{}", of.letter, index);
    const std::string stall =
        fmt::format("{}_stall_{}", of.letter, Below(static_cast<std::size_t>(of.stalls)));
    const std::string& opening = of.openings[static_cast<std::size_t>(stall.back() - '0')];
    const bool of_each = of.each_stalls[static_cast<std::size_t>(stall.back() - '0')];
    const std::string channel = of.channels[static_cast<std::size_t>(index)];
    std::string event;
    bool is_while = false;
    bool pause_allowed = true;
    text_ += fmt::format("nudge {} of {} {{\n", name, of.name);
    switch (Below(9)) {
      case 8:
        text_ += "  on ";
        event = Sequence(of);
        break;
      case 7:
        text_ +=
            "  on every " +
            PickOf({"day at 08:00", "weekday at 17:30", "monday, saturday at 02:30", "day at 24:00",
                    "open day of office at 09:30", "open day of shifts at 23:00", "month on day 31 at 12:00",
                    "month on the last day at 23:59:30", "sunday at 00:00"}) +
            "\n";
        break;
      case 0:
        event = Pick(of.events);
        text_ += "  on " + event;
        if (OneIn(3)) {
          text_ += " where " + BeforeThis(of);
        } else if (OneIn(2)) {
          text_ += " where " + Where();
        }
        text_ += "\n";
        break;
      case 1:
        text_ += "  on " + stall + "\n";
        event = opening;
        break;
      case 2:
        text_ += fmt::format("  on {}_way_0 entering {}_{}\n", of.letter, of.letter,
                             PickOf({"one", "two", "three"}));
        break;
      case 3:
        text_ += "  on " + Condition(of, of.stalls) + "\n";
        break;
      case 4:
        is_while = true;
        text_ += "  while " + Condition(of, of.stalls) + "\n";
        break;
      default:
        is_while = true;
        pause_allowed = !of_each;
        text_ += "  while " + stall + "\n";
        event = opening;
    }
    if (!event.empty() && !(is_while && of_each) && OneIn(3)) text_ += "  if " + OfEarlier(event) + "\n";
    if (OneIn(3)) text_ += "  if " + Condition(of, of.stalls, 1) + "\n";
    if (pause_allowed && OneIn(3)) text_ += "  again after " + Deadline(of) + "\n";
    if (!is_while && channel != "email" && OneIn(2))
      text_ += "  withdraw when " + Condition(of, of.stalls, 1) + "\n";
    if (is_while && channel != "email" && OneIn(4)) text_ += "  keep when over\n";
    if (is_while && OneIn(4)) {
      // Without an end only rarely: the reference looks at every instant that any of them makes possible.
      text_ += "  repeat every " + (OneIn(4) ? "20 hours" : Deadline(of) + " up to 2 times") + "\n";
    }
    if (!is_while && OneIn(2)) text_ += "  valid for " + Deadline(of) + "\n";
    text_ +=
        fmt::format("  do {} \"Do it\"\n  to {}\n  worth {}\n", channel, Route(of, event), Worth(of, event));
    if (channel != "email") TaskLife(of, of.outcomes[static_cast<std::size_t>(index)]);
    text_ += "}\n";
    of.names.push_back(name);
    if (channel != "email") of.tasks.push_back(name);
  }

  void Policy(const Subject& of, int index) {
    // Where places are few, only tasks: a message that is outranked would wait for another moment.
    const bool best = OneIn(2) && !of.tasks.empty();
    const std::vector<std::string>& from = best ? of.tasks : of.names;
    std::string covers;
    for (const std::string& name : from) {
      if (index == 0 || OneIn(2)) covers += (covers.empty() ? "" : ", ") + name;
    }
    if (covers.empty()) covers = from.front();
    text_ += fmt::format("policy {}_policy_{} of {} {{\n  covers {}\n", of.letter, index, of.name, covers);
    if (best) {
      text_ += fmt::format("  best {} by {}\n", 1 + Below(2), OneIn(2) ? "worth" : Feature(of, "money"));
    }
    for (int i = 0; i < 2; ++i) {
      if (OneIn(2)) continue;
      const std::string what = PickOf({"nudges", "call", "sales", "north_desk", "messages", "tasks"});
      const std::string subject = OneIn(4) ? from.front() : what;
      const std::string period =
          OneIn(3) ? "per " + PickOf({"day", "week", "month"}) : "in " + LongDuration();
      text_ += fmt::format("  at most {} {} {}\n", 1 + Below(3), subject, period);
    }
    if (OneIn(3))
      text_ += "  quiet hours " + PickOf({"20:00 to 08:00", "12:00 to 13:30", "01:30 to 03:00"}) + "\n";
    if (OneIn(6)) text_ += "  quiet hours " + Condition(of, of.stalls, 0) + "\n";
    if (OneIn(5))
      text_ += "  quiet hours 21:30 to 07:15 in zone " +
               PickOf({"home", "store", "(if vip then home else store)"}) + "\n";
    if (OneIn(6)) text_ += "  quiet hours outside office\n";
    if (OneIn(3)) text_ += "  never when " + Condition(of, of.stalls, 0) + "\n";
    if (OneIn(3)) text_ += "  holdout 30%\n";
    text_ += "}\n";
  }

  void Rules(Subject& of) {
    // One task at least, for the journey to go on with.
    of.channels.push_back("call");
    of.outcomes.push_back(OneIn(2));
    for (int i = 1; i < of.nudges; ++i) {
      of.channels.push_back(PickOf({"call", "call", "visit", "email"}));
      of.outcomes.push_back(OneIn(2));
    }
    Experiment(of);
    Tables(of);
    Features(of);
    Journey(of);
    for (int i = 0; i < of.stalls; ++i) Stall(of, i);
    Score(of);
    for (int i = 0; i < of.nudges; ++i) Nudge(of, i);
    // A journey that nobody reads is not followed: its steps make no moments, which number the tasks.
    text_ +=
        fmt::format("nudge {0}_entered of {1} {{\n  on {0}_way_0 entering {0}_two\n  do email \"Do it\"\n",
                    of.letter, of.name);
    text_ += "  to sales\n}\n";
  }

  void Policies(const Subject& of) {
    const std::size_t policies = Below(3);
    for (std::size_t i = 0; i < policies; ++i) Policy(of, static_cast<int>(i));
  }

  std::string text_;
  bool small_ = false;
  bool worth_is_money_ = false;
};

}  // namespace

std::string RandomRuleset(Random& random, RulesetSize size) { return Writer(random, size).Write(); }

}  // namespace lull::test
