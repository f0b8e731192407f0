// Many nudges that ask the same few values (compiler/lower_event_nudges.cpp): which of them go out is worked
// out here one by one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

constexpr int kRulesets = 6;
constexpr int kNudges = 60;
constexpr int kEvents = 40;

struct Event {
  std::optional<int> size;
  std::optional<int> price;
  std::optional<std::string> place;
  std::optional<int> grade;
};

constexpr const char* kPlaces[] = {"north", "south", "east"};
constexpr const char* kGrades[] = {"low", "middle", "high"};
constexpr const char* kSigns[] = {">", ">=", "<", "<=", "is", "is not"};

/// What an unknown value is compared with is neither.
bool Holds(std::optional<int> value, int sign, int bound) {
  if (!value) return false;
  const bool results[] = {*value > bound,  *value >= bound, *value < bound,
                          *value <= bound, *value == bound, *value != bound};
  return results[sign];
}

/// One part of a `where`, as text and as a function of an event.
struct Part {
  enum class Kind { kSize, kPrice, kPlace, kGrade } kind = Kind::kSize;
  int sign = 0;
  int bound = 0;

  std::string Text() const {
    switch (kind) {
      case Kind::kSize:
        return fmt::format("size {} {}", kSigns[sign], bound);
      case Kind::kPrice:
        return fmt::format("price {} {} USD", kSigns[sign], bound);
      case Kind::kPlace:
        return fmt::format("place is \"{}\"", kPlaces[bound % 3]);
      case Kind::kGrade:
        return fmt::format("grade is {}", kGrades[bound % 3]);
    }
    return {};
  }
  bool Of(const Event& event) const {
    switch (kind) {
      case Kind::kSize:
        return Holds(event.size, sign, bound);
      case Kind::kPrice:
        return Holds(event.price, sign, bound);
      case Kind::kPlace:
        return event.place == kPlaces[bound % 3];
      case Kind::kGrade:
        return event.grade == bound % 3;
    }
    return false;
  }
};

std::string JsonOf(const Event& event, int number) {
  std::string text = fmt::format(R"({{"type":"seen","time":"2026-03-01T00:{:02}:00Z","id":"c")", number);
  if (event.size) text += fmt::format(R"(,"size":{})", *event.size);
  if (event.price) text += fmt::format(R"(,"price":{})", *event.price);
  if (event.place) text += fmt::format(R"(,"place":"{}")", *event.place);
  if (event.grade) text += fmt::format(R"(,"grade":"{}")", kGrades[*event.grade]);
  return text + "}\n";
}

TEST(MergedConditions, GoOutAsOneByOne) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  for (int round = 0; round < kRulesets; ++round) {
    std::string rules = R"(
ruleset tried { zone "UTC" currency USD channels note as message }
choice level { low, middle, high }
entity customer by id
event seen of customer { size number?, price money?, place text?, grade level? }
unit desk
)";
    std::vector<std::vector<Part>> nudges;
    for (int n = 0; n < kNudges; ++n) {
      std::vector<Part>& parts = nudges.emplace_back();
      std::string where;
      for (int count = 1 + pick(3); count > 0; --count) {
        parts.push_back({static_cast<Part::Kind>(pick(4)), pick(6), pick(8)});
        where += (where.empty() ? "" : " and ") + parts.back().Text();
      }
      rules += fmt::format("nudge n{} of customer {{ on seen where {} do note \"x\" to desk }}\n", n, where);
    }
    std::string log;
    std::multiset<std::string> expected;
    for (int e = 0; e < kEvents; ++e) {
      Event event;
      if (pick(5) != 0) event.size = pick(9);
      if (pick(5) != 0) event.price = pick(9);
      if (pick(5) != 0) event.place = kPlaces[pick(3)];
      if (pick(5) != 0) event.grade = pick(3);
      log += JsonOf(event, e);
      for (int n = 0; n < kNudges; ++n) {
        const bool all = std::ranges::all_of(nudges[static_cast<std::size_t>(n)],
                                             [&](const Part& part) { return part.Of(event); });
        if (all) expected.insert(fmt::format("2026-03-01T00:{:02}:00Z sent n{} c -> desk: x", e, n));
      }
    }
    const std::vector<std::string> lines = RunScenario(rules, log);
    EXPECT_EQ(std::multiset<std::string>(lines.begin(), lines.end()), expected) << rules << log;
    EXPECT_FALSE(expected.empty());
  }
}

}  // namespace
}  // namespace lull::test
