#include <memory>

#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {
namespace {

/// A table `t` of the customer, and a stall that uses it.
const char* Table(const std::string& head, const std::string& rows) {
  static std::vector<std::unique_ptr<std::string>> texts;
  const std::string use = "\nstall s of customer { while t > 0 quiet 2 days }";
  texts.push_back(std::make_unique<std::string>("table t of customer " + head + " {\n" + rows + "\n}" + use));
  return texts.back()->c_str();
}

std::string HourRows(int count) {
  std::string rows;
  for (int hour = 1; hour < count; ++hour) {
    rows += "| < " + std::to_string(hour) + " hours | " + std::to_string(hour) + " |\n";
  }
  return rows + "| - | 0 |";
}

}  // namespace

std::vector<Mistake> SharingMistakes() {
  return {
      {Code::kFormerNameTaken, "sales", "unit desk was sales"},
      {Code::kFormerNameTaken, "old", "unit other was old\nunit desk was old"},
      {Code::kFormerNameTaken, "browsing",
       "journey j of customer {\n start browsing\n seeking was browsing\n browsing -> seeking on "
       "page_viewed\n seeking -> browsing on order_placed\n}"},
      {Code::kFormerNameUseless, "page_moved", "event moved was page_moved of customer"},
      {Code::kFormerNameUseless, "desk", "unit desk was help was desk"},
      {Code::kUseNotFound, "\"../nowhere\"", "use \"../nowhere\""},
      {Code::kUseNotFound, "\"/etc\"", "use \"/etc\""},
      {Code::kUseCircle, "\"shop.lull\"", "use \"shop.lull\""},
      {Code::kTableCells, "| web |", Table("(source) gives number", "| web |\n| - | 1 |")},
      {Code::kTableCells, "| web | 1 | 2 |", Table("(source) gives number", "| web | 1 | 2 |\n| - | 1 |")},
      {Code::kTableValue, "5 USD", Table("(source) gives number", "| web | 5 USD |\n| - | 1 |")},
      {Code::kUnknownName, "wbe", Table("(source) gives number", "| wbe | 5 |\n| - | 1 |")},
      {Code::kMissingCurrency, "30", Table("(budget) gives number", "| > 30 | 5 |\n| - | 1 |")},
      {Code::kTableFile, "\"prices.csv\"",
       "table t of customer (source) gives number from \"prices.csv\"\nstall s of customer { while t > 0 "
       "quiet 2 days }"},
      {Code::kTableTooLong, "time since page_viewed",
       Table("(time since page_viewed) gives number", HourRows(201))},
      {Code::kTableRowNever, "| phone | 3 |",
       Table("(source) gives number", "| one of (web, phone) | 1 |\n| phone | 3 |\n| - | 2 |")},
      {Code::kTableRowNever, "| between 2 and 3 | 3 |",
       Table("(count of page_viewed) gives number", "| < 3 | 1 |\n| >= 3 | 2 |\n| between 2 and 3 | 3 |")},
      {Code::kTableRowNever, "| web | < 5 USD | 3 |",
       Table("(source, budget) gives number",
             "| web | > budget * 2 | 1 |\n| one of (web, phone) | - | 2 |\n| web | < 5 USD | 3 |\n| - | - | "
             "4 |")},
      {Code::kTableGap, "source",
       Table("(source) gives number", "| web | 1 |\n| not one of (web, store) | 2 |")},
      {Code::kTableGap, "vip",
       Table("(vip, budget) gives number", "| yes | - | 1 |\n| no | < 5 USD | 2 |\n| no | > 5 USD | 3 |")},
  };
}

}  // namespace lull::dsl::testing
