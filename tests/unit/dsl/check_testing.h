// Shared by the tests of the checker: a small shop to write rules for, and rules with one mistake each.
#pragma once

#include <string>
#include <vector>

#include "dsl/load.h"

namespace lull::dsl::testing {

/// Declarations that rules of tests build on; has no mistakes and gives no warnings.
inline constexpr const char* kShop = R"(
ruleset shop {
  zone "America/Chicago"
  currency USD
  channels call as task, email as message
}
choice lead_source { web, store, phone }
entity customer by customer_id {
  name    text = "the customer"
  region  text
  source  lead_source = web
  vip     flag = no
  budget  money = 0 USD
}
entity ticket by ticket_id {
  level  number = 0
}
event profile       of customer sets region, vip
event page_viewed   of customer { page text, vehicle text?, seconds number, length_of_stay duration }
event quote_started of customer { quote_id text, amount money, seconds text, opened date }
event order_placed  of customer { quote_id text, amount money }
event ticket_opened of ticket { subject text, level number }
events touch = page_viewed, quote_started
journey purchase of customer {
  start browsing
  browsing -> quoting  on quote_started
  quoting  -> browsing on order_placed
}
unit sales
unit managers
)";

inline LoadedRuleset LoadShop(const std::string& rules) {
  return LoadRulesetTexts({{"shop.lull", kShop}, {"rules.lull", rules}});
}

/// The first diagnostic by place, or nullptr.
inline const Diagnostic* First(const LoadedRuleset& loaded) {
  const auto sorted = loaded.diagnostics.Sorted();
  return sorted.empty() ? nullptr : sorted.front();
}

/// A text with one mistake, which is its first diagnostic and, for an error, its only error.
struct Mistake {
  Code code;
  const char* underlined;
  const char* rules;  // added to the shop, unless `alone`
  bool alone = false;
};

std::vector<Mistake> NameMistakes();
std::vector<Mistake> TypeMistakes();
std::vector<Mistake> RuleMistakes();
std::vector<Mistake> WaitMistakes();
std::vector<Mistake> Lints();
std::vector<Mistake> TestMistakes();
std::vector<Mistake> SharingMistakes();  // tables, `use`, `was`

}  // namespace lull::dsl::testing
