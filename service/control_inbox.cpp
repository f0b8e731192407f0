#include "service/control_inbox.h"

#include "connectors/json_text.h"

namespace lull::service {

std::string ControlFailure(std::string_view message) {
  std::string out = "{\"ok\":false,\"error\":";
  connectors::AppendJsonText(out, message);
  return out + "}";
}

Status ControlInbox::Listen(connectors::Connection& connection, const std::string& subject) {
  auto handler = connection.Handle(subject, [this](std::string_view text) { return Ask(text); });
  if (!handler) return std::unexpected(handler.error());
  handler_.emplace(std::move(*handler));
  return {};
}

std::string ControlInbox::Ask(std::string_view text) {
  std::future<std::string> answer;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return ControlFailure("stopping");
    ControlRequest& request = requests_.emplace_back(ControlRequest{std::string(text), {}});
    answer = request.answer.get_future();
  }
  try {
    return answer.get();
  } catch (const std::future_error&) {
    // The request was dropped without an answer.
    return ControlFailure("stopping");
  }
}

std::vector<ControlRequest> ControlInbox::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(requests_, {});
}

void ControlInbox::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (ControlRequest& request : requests_) request.answer.set_value(ControlFailure("stopping"));
    requests_.clear();
  }
  handler_.reset();
}

}  // namespace lull::service
