// Requests to a running `lull serve`: "status" and "reload", by message or by signal.
#pragma once

#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/nats/connection.h"
#include "runtime/base/result.h"

namespace lull::service {

/// A request that waits for its answer.
struct ControlRequest {
  std::string text;
  std::promise<std::string> answer;
};

/// Takes requests from the connection's threads and keeps them until the service's loop has time. Each gets
/// one answer: the loop's, or "stopping" when this is destroyed.
class ControlInbox {
 public:
  ControlInbox() = default;
  ~ControlInbox() { Close(); }
  ControlInbox(const ControlInbox&) = delete;
  ControlInbox& operator=(const ControlInbox&) = delete;

  Status Listen(connectors::Connection& connection, const std::string& subject);
  /// Requests since the last call.
  std::vector<ControlRequest> Take();
  /// Answers what is left with "stopping", and listens no more.
  void Close();

 private:
  std::string Ask(std::string_view text);

  std::mutex mutex_;
  bool closed_ = false;
  std::vector<ControlRequest> requests_;
  std::optional<connectors::RequestHandler> handler_;
};

/// {"ok": false, "error": MESSAGE}
std::string ControlFailure(std::string_view message);

}  // namespace lull::service
