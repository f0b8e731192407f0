#include "connectors/nats/acknowledgement.h"

#include <gtest/gtest.h>

namespace lull::connectors {
namespace {

TEST(Acknowledgement, ReadsStoredDuplicateAndRefused) {
  const Acknowledgement stored = ParseAcknowledgement(R"({"stream":"S","seq":12})");
  EXPECT_TRUE(stored.stored);
  EXPECT_FALSE(stored.duplicate);
  EXPECT_EQ(stored.sequence, 12U);

  EXPECT_TRUE(ParseAcknowledgement(R"({"stream":"S", "seq":3,"duplicate": true})").duplicate);

  const Acknowledgement refused = ParseAcknowledgement(
      R"({"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 4"},"stream":"S","seq":0})");
  EXPECT_FALSE(refused.stored);
  EXPECT_EQ(refused.broker_code, 10071);
  EXPECT_EQ(refused.text, "wrong last sequence: 4");
}

TEST(Acknowledgement, WhatCannotBeReadIsNotStored) {
  for (const char* text : {"", "{", "[]", "{}", "{\"seq\":\"x\"}", "+OK"}) {
    EXPECT_FALSE(ParseAcknowledgement(text).stored) << text;
    EXPECT_FALSE(ParseAcknowledgement(text).text.empty()) << text;
  }
}

TEST(Delivery, ReadsBothForms) {
  const auto short_form = ParseDelivery("$JS.ACK.STREAM.consumer.2.45.7.1700000000123456789.3");
  ASSERT_TRUE(short_form.has_value());
  EXPECT_EQ(short_form->delivered, 2U);
  EXPECT_EQ(short_form->sequence, 45U);
  EXPECT_EQ(short_form->pending, 3U);
  EXPECT_EQ(short_form->stored_at.micros, 1'700'000'000'123'456);

  const auto long_form = ParseDelivery("$JS.ACK.hub.ACC.STREAM.consumer.1.46.8.1700000000000001000.0.rnd");
  ASSERT_TRUE(long_form.has_value());
  EXPECT_EQ(long_form->sequence, 46U);
  EXPECT_EQ(long_form->pending, 0U);
  EXPECT_EQ(long_form->stored_at.micros, 1'700'000'000'000'001);
}

TEST(Delivery, RefusesOtherSubjects) {
  for (const char* reply :
       {"", "_INBOX.a.b", "$JS.ACK.S.c.1.2.3.4", "$JS.ACK.S.c.x.2.3.4.5", "$JS.NAK.S.c.1.2.3.4.5"}) {
    EXPECT_FALSE(ParseDelivery(reply).has_value()) << reply;
  }
}

}  // namespace
}  // namespace lull::connectors
