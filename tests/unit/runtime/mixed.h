// A ruleset with an `on` and a `while` nudge, a limit, quiet hours and a holdout.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "hand_made.h"

namespace lull::runtime::testing {

/// A new one for each run, printed; LULL_SEED repeats one.
inline std::uint64_t NewSeed() {
  const char* given = std::getenv("LULL_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "LULL_SEED=" << seed << '\n';
  return seed;
}

/// Sums field 0 and nudges on every tenth; `quiet 5 hours` too.
struct Mixed {
  Mixed() {
    const std::uint32_t sum = lab.Slot(0);
    const std::uint32_t last = lab.Slot();
    const std::uint32_t tenth = lab.Nudge("tenth");
    event = lab.Event(
        "event",
        [=](Moment* moment) -> std::uint64_t {
          SlotAt(moment, sum) += moment->fields[0].integer;
          SlotAt(moment, last) = std::max(SlotAt(moment, last), moment->event_time);
          return 0;
        },
        [=](Moment* moment) -> std::uint64_t {
          if (SlotAt(moment, sum) % 10 == 0) abi::Due(moment, tenth);
          return 0;
        });
    const std::uint32_t quiet = lab.Condition("quiet", [=](Moment* moment) {
      const std::int64_t since = SlotAt(moment, last);
      if (since == kUnknown) return false;
      ArmAt(moment, since + 5 * kHour);
      return since + 5 * kHour <= moment->age_now;
    });
    const std::uint32_t call = lab.While("call", quiet, true, 5);
    const LimitSpec limit = lab.Rolling(2, 20 * kHour);
    PolicySpec& policy = lab.Policy("contact", {tenth, call});
    policy.limits = {limit};
    policy.quiet_hours = {{.from_minute = 22 * 60, .to_minute = 6 * 60}};
    policy.holdout_share = 0.2;
  }
  Lab lab;
  std::uint32_t event = 0;
};

}  // namespace lull::runtime::testing
