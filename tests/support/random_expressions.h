// Random expressions over what a random ruleset declares (random_ruleset.cpp).
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "tests/support/random_ruleset.h"

namespace lull::test {

/// What the rules of one entity can be about.
struct Subject {
  std::string name;
  std::vector<std::string> events;  // seen by it, and groups
  std::string letter;               // begins the names of its features and rules
  int features = 3;
  int stalls = 4;
  int nudges = 7;
  std::vector<bool> each_stalls = {};
  std::vector<std::string> openings = {};  // of stalls: how their wait's event is called; or empty
  std::vector<std::string> names = {};     // of all nudges
  std::vector<std::string> tasks = {};
  const Subject* whole = nullptr;          // of a part
  std::vector<std::string> channels = {};  // by nudge
  std::vector<bool> outcomes = {};         // by nudge: whether it declares them
};

/// Writes expressions. All events but `updated` have these fields: amount money, size number?, label text,
/// shade color, done flag.
class RandomExpressions {
 public:
  explicit RandomExpressions(Random& random) : random_(random), bends_(random() % 5 == 0) {}

 protected:
  std::size_t Below(std::size_t count) { return random_() % count; }
  bool OneIn(std::size_t count) { return Below(count) == 0; }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }
  std::string PickOf(std::initializer_list<const char*> from) { return *(from.begin() + Below(from.size())); }

  std::string Duration() {
    return PickOf(
        {"5 minutes", "10 minutes", "15 minutes", "20 minutes", "30 minutes", "1 hour", "1 hour 5 minutes"});
  }
  std::string LongDuration() { return PickOf({"30 minutes", "1 hour", "3 hours", "1 day", "7 days"}); }
  /// For rules that read it again when it changes.
  std::string AnyDuration() {
    const std::size_t kind = Below(8);
    if (kind == 0) return "patience";
    if (kind == 1) return "(patience + 5 minutes)";
    if (kind == 2) return "(2 * patience)";
    return Duration();
  }
  /// For what makes deadlines.
  std::string Deadline(const Subject& of) {
    if (!OneIn(3)) return AnyDuration();
    if (OneIn(5))
      return "(" + of.name + ".points * " + PickOf({"5 minutes of shifts)", "1 working day of shifts)"});
    return PickOf({"20 minutes of shifts", "1 hour 5 minutes of shifts", "(10 minutes of shifts + 5 minutes)",
                   "(patience + 10 minutes of office)", "1 month", "1 working day of office",
                   "30 minutes of office", "(if vip then 15 minutes of shifts else 1 working day of office)",
                   "(if vip then patience else 30 minutes of shifts)"});
  }
  std::string Compare() { return PickOf({">=", ">", "<", "<="}); }
  std::string Text() { return PickOf({"\"north\"", "\"south\"", "\"West\"", "\"north east\""}); }
  std::string Color() { return PickOf({"red", "green", "blue"}); }

  std::string Where() {
    switch (Below(7)) {
      case 0:
        return "amount > " + std::to_string(Below(6)) + " USD";
      case 1:
        return "size >= " + std::to_string(Below(5));
      case 2:
        return "label is " + Text();
      case 3:
        return "shade is " + Color();
      case 4:
        return "done";
      case 5:
        return "vip or label starts with \"n\"";
      default:
        return "size is known and shade is not " + Color();
    }
  }

  /// The end of an aggregate: where and window.
  std::string Tail(const Subject& of, bool window_needed = false) {
    std::string tail;
    if (OneIn(3)) tail += " where " + Where();
    switch (Below(window_needed ? 7 : 9)) {
      case 0:
        return tail + PickOf({" today", " yesterday", " this week", " this month", " in last month",
                              " last week", " in the week before last"});
      case 1:
        return tail + " in the " + Duration() + " before that";
      case 7:
        return tail + " since " + Pick(of.events);
      case 8:
        return tail;
      case 2:
        if (window_needed) break;
        return tail + fmt::format(" since {}_way_0 entered {}_{}", of.letter, of.letter,
                                  PickOf({"one", "two", "three"}));
      default:
        break;
    }
    return tail + " in last " + Duration();
  }

  std::string Number(const Subject& of) {
    const std::string event = Pick(of.events);
    switch (Below(9)) {
      case 0:
        return "sum of " + event + ".size" + Tail(of);
      case 1:
        return "average of " + event + ".size" + Tail(of);
      case 2:
        return "minimum of " + event + ".size" + Tail(of);
      case 3:
        return "maximum of " + event + ".size" + Tail(of);
      case 4:
        return "count of different " + event + ".label" + Tail(of);
      case 5:
        return "(latest " + event + ".size" + Tail(of) + ")";
      case 6:
        return "(first " + event + ".size" + Tail(of) + ") or else points";
      default:
        return "count of " + event + Tail(of);
    }
  }

  std::string Money(const Subject& of) {
    const std::string event = Pick(of.events);
    switch (Below(6)) {
      case 0:
        return "average of " + event + ".amount" + Tail(of);
      case 1:
        return "maximum of " + event + ".amount" + Tail(of);
      case 2:
        return "(latest " + event + ".amount" + Tail(of) + ")";
      case 3:
        return "(latest " + event + ".amount) * 2% + 1 USD";
      case 4:
        return "larger of ((sum of " + event + ".amount" + Tail(of) + ") * 0.5, budget or else 3 USD)";
      default:
        return "sum of " + event + ".amount" + Tail(of);
    }
  }

  std::string Feature(const Subject& of, const char* kind) {
    return fmt::format("{}_{}_{}", of.letter, kind, Below(static_cast<std::size_t>(of.features)));
  }

  std::string TableAtom(const Subject& of) {
    switch (Below(3)) {
      case 0:
        return fmt::format("{}_short {} {}", of.letter, Compare(), Below(5));
      case 1:
        return fmt::format("{}_long {} {} USD", of.letter, Compare(), Below(8));
      default:
        return fmt::format("{}_{} is known", of.letter, PickOf({"short", "long"}));
    }
  }

  std::string Atom(const Subject& of, int stalls) {
    const std::string event = Pick(of.events);
    if (OneIn(20)) return PickOf({"office", "shifts", "not shifts"});
    if (OneIn(15)) {
      const std::string& letter = of.whole != nullptr && OneIn(2) ? of.whole->letter : of.letter;
      return fmt::format("(arm of {}_test is {})", letter, PickOf({"one", "two", "three"}));
    }
    if (OneIn(8)) return TableAtom(of);
    switch (Below(bends_ ? 24 : 21)) {
      case 0:
      case 1:
        return fmt::format("{} {} {}", Feature(of, "number"), Compare(), Below(5));
      case 2:
        return fmt::format("{} {} {} USD", Feature(of, "money"), Compare(), Below(8));
      case 3:
        return fmt::format("(any {}{})", event, Tail(of, true));
      case 4:
        return fmt::format("(count of {}{}) >= {}", event, Tail(of, true), 1 + Below(3));
      case 5:
        return fmt::format("(time since {}) {} {}", event, Compare(), Duration());
      case 6:
        return fmt::format("{}_idle {} {}", of.letter, Compare(), AnyDuration());
      case 7:
        return OneIn(2) ? "vip" : "not vip";
      case 8:
        return of.name + (OneIn(2) ? ".tier is " + Color() : ".tier is one of (green, " + Color() + ")");
      case 9:
        return OneIn(2) ? "store is known" : "store is not " + Text();
      case 10:
        return "(latest " + event + ".label) contains \"nor\"";
      case 11:
      case 12:
        return fmt::format("{}_way_0 is {}_{}", of.letter, of.letter, PickOf({"one", "two", "three"}));
      case 13:
      case 14:
        if (stalls == 0) return of.name + ".points > " + std::to_string(Below(5));
        return fmt::format("{}_stall_{}", of.letter, Below(static_cast<std::size_t>(stalls)));
      case 15:
        return fmt::format("(gap of {}{}) <= {}", event, Tail(of), Duration());
      case 16:
        return fmt::format("(if vip then {} else {}.points) >= {}", Feature(of, "number"), of.name, Below(4));
      case 18:
        return fmt::format("time until {} {} {}", TimeOrDate(), Compare(),
                           OneIn(2) ? Duration() : LongDuration());
      case 19:
        return fmt::format("time in {}_{}{} {} {}", of.letter, PickOf({"one", "two", "three"}),
                           PickOf({"", "", " of office", " of shifts"}), Compare(), Duration());
      case 20:
        return of.name + "_id" + PickOf({" is \"ada\"", " is not \"ben\"", " starts with \"t\""});
      case 21:
        return fmt::format("{} {} {}", Moving(of, event), Compare(), Moving(of, event));
      case 22:
        return fmt::format("((time since {}) / 10 minutes {}) {} {}", event,
                           PickOf({"rounded", "rounded up", "rounded down"}), Compare(), Below(5));
      case 23:
      case 17:
        return fmt::format("{} between {} and {}", Feature(of, "number"), Below(2), 2 + Below(3));
      default:
        return fmt::format("{} is known", Feature(of, OneIn(2) ? "money" : "number"));
    }
  }

  /// What a part reads of its whole.
  std::string AtomOfWhole(const Subject& whole) {
    const std::string dot = OneIn(2) ? whole.name + "." : "";
    switch (Below(9)) {
      case 0:
        return whole.name + ".vip";
      case 1:
        return whole.name + ".tier is " + Color();
      case 2:
        return fmt::format("{}.points > {}", whole.name, Below(5));
      case 3:
        return fmt::format("{}{}_way_0 is {}_{}", dot, whole.letter, whole.letter,
                           PickOf({"one", "two", "three"}));
      case 4:
        return fmt::format("{}{}_idle {} {}", dot, whole.letter, Compare(), Duration());
      case 5:
        return fmt::format("{}{}_score >= {}", dot, whole.letter, 5 + Below(20));
      case 6:
        return fmt::format("{}{} {} {}", dot, Feature(whole, "number"), Compare(), Below(5));
      default:
        return fmt::format("{}{}_stall_{}", dot, whole.letter, Below(static_cast<std::size_t>(whole.stalls)));
    }
  }

  std::string TimeOrDate() {
    return PickOf({"due_time", "birthday", "(due_time + 10 minutes)", "next yearly birthday",
                   "09:00 on birthday", "18:30 on next yearly birthday", "24:00 on birthday"});
  }

  /// A duration that moves with the clock, with steps and bends.
  std::string Moving(const Subject& of, const std::string& event) {
    const std::string since = "(time since " + event + ")";
    switch (Below(7)) {
      case 0:
        return fmt::format("smaller of ({}, {})", since, Duration());
      case 1:
        return fmt::format("larger of ({}, time until due_time)", since);
      case 2:
        return fmt::format("(if {}_way_0 is {}_one then {} else {})", of.letter, of.letter, since,
                           Duration());
      case 3:
        return "(time until due_time or else " + Duration() + ")";
      case 4:
        return fmt::format("(({} / 5 minutes {}) * 5 minutes)", since,
                           PickOf({"rounded", "rounded up", "rounded down"}));
      case 5:
        return since;
      default:
        return Duration();
    }
  }

  std::string Condition(const Subject& of, int stalls, int depth = 2) {
    if (of.whole != nullptr && OneIn(4)) return AtomOfWhole(*of.whole);
    const std::size_t kind = depth == 0 ? 9 : Below(10);
    if (kind < 2)
      return "(" + Condition(of, stalls, depth - 1) + ") and (" + Condition(of, stalls, depth - 1) + ")";
    if (kind < 4)
      return "(" + Condition(of, stalls, depth - 1) + ") or (" + Condition(of, stalls, depth - 1) + ")";
    if (kind == 4) return "not (" + Condition(of, stalls, depth - 1) + ")";
    return Atom(of, stalls);
  }

 private:
  Random& random_;
  /// Whether values occur that bend or step while time passes: a trial for the reference, which then tries
  /// many instants.
  bool bends_;
};

}  // namespace lull::test
