#include "connectors/string_index.h"

#include <gtest/gtest.h>

namespace lull::connectors {
namespace {

TEST(StringIndexTest, FindsWhatItHas) {
  StringIndex index;
  EXPECT_EQ(index.Find("a"), StringIndex::kNone);
  std::vector<std::string> texts = {
      "", "a", "ab", "abc", "abcdefgh", "abcdefghi", "12345678x12345678", "12345678y12345678"};
  for (int i = 0; i < 400; ++i) texts.push_back("name_" + std::to_string(i));
  for (std::uint32_t i = 0; i < texts.size(); ++i) EXPECT_EQ(index.Add(texts[i]), i);
  for (std::uint32_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(index.Find(texts[i]), i);
    EXPECT_EQ(index.Add(texts[i]), i);
    EXPECT_EQ(index[i], texts[i]);
  }
  for (const char* other : {"b", "name_400", "abcdefgX", "12345678z12345678"}) {
    EXPECT_EQ(index.Find(other), StringIndex::kNone);
  }
}

}  // namespace
}  // namespace lull::connectors
