// From places to names and back, in good and in unfinished texts.
#include "dsl/index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "dsl/diagnostics.h"
#include "dsl/parser.h"

namespace lull::dsl {
namespace {

struct Indexed {
  explicit Indexed(std::string text) {
    id = sources.Add("rules.lull", std::move(text));
    tree = Parse(sources, diagnostics);
  }
  std::uint32_t Place(std::string_view what, int which = 0) const {
    std::size_t at = sources.text(id).find(what);
    while (which-- > 0) at = sources.text(id).find(what, at + 1);
    return static_cast<std::uint32_t>(at);
  }
  SourceSet sources;
  SourceId id;
  Diagnostics diagnostics;
  syntax::SyntaxTree tree;
};

constexpr const char* kRules = R"(entity customer by customer_id { name text }
event order_placed of customer { amount money, name text }
## How much was spent.
feature spent of customer = sum of order_placed.amount
stall away of customer {
  while spent > 5 USD
  quiet 2 days
  because "{name} spent {spent}"
}
nudge call_back of customer {
  while away
)";

TEST(IndexTest, AWordLeadsToItsDeclarationAndItsUses) {
  const Indexed rules(kRules);
  const Index index(rules.sources, rules.tree);
  const auto spent = index.NameAt(rules.id, rules.Place("spent > 5"));
  ASSERT_TRUE(spent);
  EXPECT_EQ(index.names()[*spent].kind, "a feature");
  EXPECT_EQ(index.names()[*spent].doc, "How much was spent.");
  EXPECT_EQ(index.names()[*spent].declared.begin, rules.Place("spent of customer"));
  // The declaration, the stall and its reason; not the comment, nor the word in the text.
  EXPECT_EQ(index.UsesOf(*spent).size(), 3u);
}

TEST(IndexTest, ADotReadsAFieldAndABareNameAnAttribute) {
  const Indexed rules(kRules);
  const Index index(rules.sources, rules.tree);
  const auto amount = index.NameAt(rules.id, rules.Place("amount\n"));
  ASSERT_TRUE(amount);
  EXPECT_EQ(index.names()[*amount].owner, "order_placed");
  const auto name = index.NameAt(rules.id, rules.Place("name} spent"));
  ASSERT_TRUE(name);
  EXPECT_EQ(index.names()[*name].kind, "an attribute");
}

TEST(IndexTest, OneNameInSeveralPlacesIsToldByWhereItStands) {
  const Indexed rules(
      "entity customer by customer_id { level number }\nentity ticket by ticket_id { level number }\n"
      "stall a of customer { while level > 1 quiet 2 days }\n"
      "stall b of ticket { while level > 1 quiet 2 days }\n");
  const Index index(rules.sources, rules.tree);
  const auto of_customer = index.NameAt(rules.id, rules.Place("level", 2));
  const auto of_ticket = index.NameAt(rules.id, rules.Place("level", 3));
  ASSERT_TRUE(of_customer && of_ticket);
  EXPECT_EQ(index.names()[*of_customer].owner, "customer");
  EXPECT_EQ(index.names()[*of_ticket].owner, "ticket");
  EXPECT_EQ(index.UsesOf(*of_ticket).size(), 2u);
}

TEST(IndexTest, EveryPlaceHasItsDeclaration) {
  const Indexed rules(kRules);
  const Index index(rules.sources, rules.tree);
  const auto name_at = [&](std::string_view what) {
    const auto found = index.DeclarationAt(rules.id, rules.Place(what));
    return found ? index.names()[*found].name : std::string();
  };
  EXPECT_EQ(name_at("name text }"), "customer");
  EXPECT_EQ(name_at("amount money"), "order_placed");
  EXPECT_EQ(name_at("quiet 2"), "away");
  EXPECT_EQ(name_at("## How"), "");
  EXPECT_FALSE(index.DeclarationAt({7}, 0).has_value());
}

TEST(IndexTest, AnUnfinishedFileStillAnswers) {
  const Indexed rules(kRules);
  EXPECT_TRUE(rules.diagnostics.has_errors());
  const Index index(rules.sources, rules.tree);
  const auto away = index.NameAt(rules.id, rules.Place("away\n"));
  ASSERT_TRUE(away);
  EXPECT_EQ(index.names()[*away].kind, "a stall");
  EXPECT_FALSE(index.NameAt(rules.id, rules.Place("while spent")).has_value());
}

TEST(IndexTest, OffersWhatMayStandHere) {
  const Indexed rules(kRules);
  const Index index(rules.sources, rules.tree);
  const auto has = [](const std::vector<std::string>& all, const std::string& word) {
    return std::find(all.begin(), all.end(), word) != all.end();
  };
  const auto clauses = index.CompletionsAt(rules.id, rules.Place("quiet 2") + 2);
  EXPECT_EQ(clauses, std::vector<std::string>{"quiet"});
  const auto fields = index.CompletionsAt(rules.id, rules.Place("order_placed.amount") + 13);
  EXPECT_TRUE(has(fields, "amount"));
  EXPECT_FALSE(has(fields, "spent"));
  EXPECT_TRUE(has(index.CompletionsAt(rules.id, rules.Place("spent > 5") + 2), "spent"));
}

}  // namespace
}  // namespace lull::dsl
