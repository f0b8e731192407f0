// JetStream's answer to a published message, and the address on which a delivered one is acknowledged.
//
// Both formats are the broker's: a small JSON object, and the reply subject
// `$JS.ACK.[DOMAIN.ACCOUNT.]STREAM.CONSUMER.DELIVERED.STREAM_SEQ.CONSUMER_SEQ.NANOSECONDS.PENDING[.RANDOM]`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/time.h"

namespace lull::connectors {

struct Acknowledgement {
  bool stored = false;
  bool duplicate = false;
  std::uint64_t sequence = 0;
  int broker_code = 0;  ///< JetStream's err_code when not stored; 0 if it gave none
  std::string text;     ///< the broker's words when not stored
};

/// Never fails: an answer that cannot be read is "not stored", with the answer as text.
Acknowledgement ParseAcknowledgement(std::string_view json);

struct DeliveryInfo {
  std::uint64_t sequence = 0;   ///< in the stream
  std::uint64_t delivered = 0;  ///< how many times, this one included
  std::uint64_t pending = 0;    ///< messages of the consumer that follow
  WallTime stored_at;
};

/// Nothing if `reply` is not such an address.
std::optional<DeliveryInfo> ParseDelivery(std::string_view reply);

}  // namespace lull::connectors
