#include "connectors/nats/acknowledgement.h"

#include <simdjson.h>

#include <array>
#include <charconv>

namespace lull::connectors {
namespace {

constexpr std::size_t kShortTokens = 9;
constexpr std::size_t kLongTokensMax = 12;
constexpr std::int64_t kNanosPerMicro = 1'000;

Acknowledgement Unreadable(std::string_view json) {
  return {.text = "unreadable answer \"" + std::string(json) + "\""};
}

bool ToNumber(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Acknowledgement ParseAcknowledgement(std::string_view json) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return Unreadable(json);
  }
  Acknowledgement ack;
  simdjson::dom::object error;
  if (object["error"].get(error) == simdjson::SUCCESS) {
    std::int64_t code = 0;
    std::string_view text;
    if (error["err_code"].get(code) == simdjson::SUCCESS) {
      ack.broker_code = static_cast<int>(code);
    }
    ack.text = error["description"].get(text) == simdjson::SUCCESS ? std::string(text) : std::string(json);
    return ack;
  }
  if (object["seq"].get(ack.sequence) != simdjson::SUCCESS) {
    return Unreadable(json);
  }
  ack.stored = true;
  bool duplicate = false;
  ack.duplicate = object["duplicate"].get(duplicate) == simdjson::SUCCESS && duplicate;
  return ack;
}

std::optional<DeliveryInfo> ParseDelivery(std::string_view reply) {
  std::array<std::string_view, kLongTokensMax> tokens;
  std::size_t count = 0;
  for (std::size_t begin = 0; begin <= reply.size() && count < tokens.size(); ++count) {
    const std::size_t end = std::min(reply.find('.', begin), reply.size());
    tokens[count] = reply.substr(begin, end - begin);
    begin = end + 1;
  }
  if (count < kShortTokens || tokens[0] != "$JS" || tokens[1] != "ACK") {
    return std::nullopt;
  }
  const std::size_t numbers = count == kShortTokens ? 4 : 6;
  DeliveryInfo info;
  std::uint64_t nanos = 0;
  if (count < numbers + 5 || !ToNumber(tokens[numbers], info.delivered) ||
      !ToNumber(tokens[numbers + 1], info.sequence) || !ToNumber(tokens[numbers + 3], nanos) ||
      !ToNumber(tokens[numbers + 4], info.pending)) {
    return std::nullopt;
  }
  info.stored_at = WallTime{static_cast<std::int64_t>(nanos) / kNanosPerMicro};
  return info;
}

}  // namespace lull::connectors
