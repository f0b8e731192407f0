// What the tests of the NATS connector share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "connectors/nats/connection.h"
#include "connectors/nats/input_log.h"
#include "connectors/nats/stream.h"
#include "tests/support/test_server.h"

namespace lull::connectors {

/// The value of a Result, or a failed test and the end of the process' patience: tests use it only where a
/// failure makes all that follows meaningless.
template <typename T>
T Must(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return std::move(*result);
}

inline void Must(const Status& status) {
  if (!status) {
    throw std::runtime_error(status.error().message);
  }
}

inline ConnectionOptions OptionsFor(const testing::TestServer& server) {
  ConnectionOptions options;
  options.urls = {server.url()};
  options.reconnect_wait_ms = 20;
  options.request_timeout_ms = 2'000;
  return options;
}

inline Connection Connect(const testing::TestServer& server) {
  return Must(Connection::Open(OptionsFor(server)));
}

inline StreamSpec SpecOf(const std::string& name, std::vector<std::string> subjects) {
  StreamSpec spec;
  spec.name = name;
  spec.subjects = std::move(subjects);
  spec.bytes_max = 64 << 20;
  return spec;
}

inline void StoreNumbers(Connection& connection, const std::string& subject, int first, int last) {
  for (int i = first; i <= last; ++i) {
    Must(connection.Store(subject, std::to_string(i), {}));
  }
}

/// Reads until `count` messages have come or `wait_ms` have passed; payloads in order.
inline std::vector<std::string> ReadTexts(InputLog& log, std::size_t count, int batch,
                                          std::int64_t wait_ms = 20'000) {
  std::vector<std::string> texts;
  constexpr std::int64_t kStepMs = 200;
  for (std::int64_t waited = 0; texts.size() < count && waited < wait_ms;) {
    // A batch may come in parts, so never ask for more than is still wanted.
    const int wanted =
        static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(batch), count - texts.size()));
    const auto messages = Must(log.Read(wanted, kStepMs));
    waited += messages.empty() ? kStepMs : 0;
    for (const InputMessage& message : messages) {
      texts.emplace_back(message.data);
    }
  }
  return texts;
}

inline std::vector<std::string> Numbers(int first, int last) {
  std::vector<std::string> texts;
  for (int i = first; i <= last; ++i) {
    texts.push_back(std::to_string(i));
  }
  return texts;
}

}  // namespace lull::connectors
