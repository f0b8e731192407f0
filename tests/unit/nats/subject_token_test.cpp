#include "connectors/nats/subject_token.h"

#include <gtest/gtest.h>

#include <random>

namespace lull::connectors {
namespace {

TEST(SubjectToken, KeepsPlainTextAndEncodesTheRestBytewise) {
  EXPECT_EQ(EncodeToken("Oak-Park_7"), "Oak-Park_7");
  EXPECT_EQ(EncodeToken("Oak Park"), "Oak%20Park");
  EXPECT_EQ(EncodeToken("a.b*c>%"), "a%2Eb%2Ac%3E%25");
  EXPECT_EQ(EncodeToken("Köln"), "K%C3%B6ln");
  EXPECT_EQ(EncodeToken(std::nullopt), "%");
  EXPECT_EQ(EncodeToken(""), "%%");
}

TEST(SubjectToken, EveryTextComesBackAndIsAPublishableToken) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2'000; ++round) {
    std::string text(random() % 12, ' ');
    for (char& c : text) {
      c = static_cast<char>(random());
    }
    const std::string token = EncodeToken(text);
    const auto back = DecodeToken(token);
    ASSERT_TRUE(back.has_value()) << token;
    EXPECT_EQ(*back, text);
    EXPECT_TRUE(IsPublishSubject("prefix." + token)) << token;
    EXPECT_EQ(token.find('.'), std::string::npos);
  }
  EXPECT_EQ(DecodeToken("%").value(), std::nullopt);
}

TEST(SubjectToken, RefusesWhatIsNeverWritten) {
  for (const char* token : {"", "a b", "%2", "%zz", "%c3", "%41", "a%", "%%%"}) {
    EXPECT_FALSE(DecodeToken(token).has_value()) << token;
  }
}

TEST(SubjectToken, KnowsSubjects) {
  EXPECT_TRUE(IsPublishSubject("a.b-c.%20"));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", ">", "a\tb"}) {
    EXPECT_FALSE(IsPublishSubject(bad)) << bad;
  }
  EXPECT_TRUE(IsSubscribeSubject("a.*.c"));
  EXPECT_TRUE(IsSubscribeSubject("a.>"));
  EXPECT_TRUE(IsSubscribeSubject(">"));
  for (const char* bad : {"", "a.>.b", "a.b*", "a..b", "a b"}) {
    EXPECT_FALSE(IsSubscribeSubject(bad)) << bad;
  }
}

}  // namespace
}  // namespace lull::connectors
