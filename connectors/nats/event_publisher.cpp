#include "connectors/nats/event_publisher.h"

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "connectors/nats/acknowledgement.h"
#include "connectors/nats/handles.h"
#include "connectors/nats/subject_token.h"

namespace lull::connectors {
namespace {

constexpr std::size_t kGroupCount = 1'024;
constexpr std::size_t kGroupBytes = 8U << 20U;
constexpr std::int64_t kAnswerWaitMs = 5'000;
constexpr std::int64_t kRetryMs = 200;

struct Queued {
  std::string subject;
  std::string id;
  std::string payload;
};

}  // namespace

struct EventPublisher::Impl {
  ConnectionOptions options;
  std::function<bool()> keep_trying;
  std::optional<Connection> connection;
  std::string inbox;
  SubscriptionHandle answers;

  std::vector<Queued> group;
  std::size_t group_bytes = 0;
  std::vector<bool> acknowledged;
  std::size_t done = 0;  // of the group, from its beginning
  std::uint64_t stored = 0;
  std::string trouble;  // of the last attempt that failed

  ~Impl() { Disconnect(); }

  void Disconnect();
  Status Connect();
  natsStatus SendFrom(std::size_t first);
  natsStatus Send(const Queued& queued, std::size_t index);
  bool TakeAnswers();
};

void EventPublisher::Impl::Disconnect() {
  if (connection) {
    connection->impl().Retire(std::move(answers));
  }
  connection.reset();
}

Status EventPublisher::Impl::Connect() {
  Disconnect();
  auto opened = Connection::Open(options);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  connection.emplace(std::move(*opened));
  natsInbox* name = nullptr;
  natsStatus status = natsInbox_Create(&name);
  const InboxHandle owner(name);
  natsSubscription* sub = nullptr;
  if (status == NATS_OK) {
    inbox = std::string(name) + ".";
    status = natsConnection_SubscribeSync(&sub, connection->impl().connection, (inbox + "*").c_str());
  }
  answers.reset(sub);
  if (status != NATS_OK) {
    return Fail("cannot listen for answers of " + connection->address() + ": " + StatusText(status) + ".");
  }
  return {};
}

natsStatus EventPublisher::Impl::Send(const Queued& queued, std::size_t index) {
  natsMsg* raw = nullptr;
  natsStatus status = natsMsg_Create(&raw, queued.subject.c_str(), (inbox + std::to_string(index)).c_str(),
                                     queued.payload.data(), static_cast<int>(queued.payload.size()));
  const MessageHandle message(raw);
  if (status == NATS_OK) {
    status = natsMsgHeader_Set(raw, kMessageIdHeader, queued.id.c_str());
  }
  return status == NATS_OK ? natsConnection_PublishMsg(connection->impl().connection, raw) : status;
}

natsStatus EventPublisher::Impl::SendFrom(std::size_t first) {
  for (std::size_t i = first; i < group.size(); ++i) {
    if (const natsStatus status = Send(group[i], i); status != NATS_OK) {
      return status;
    }
  }
  return natsConnection_Flush(connection->impl().connection);
}

// Counts answers in order; false, with the trouble, at the first that does not say "stored".
bool EventPublisher::Impl::TakeAnswers() {
  acknowledged.assign(group.size(), false);
  while (done < group.size()) {
    natsMsg* raw = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&raw, answers.get(), kAnswerWaitMs);
    const MessageHandle message(raw);
    if (status != NATS_OK) {
      trouble = status == NATS_NO_RESPONDERS
                    ? "no stream captures \"" + group[done].subject + "\" (has `lull serve` been started?)"
                    : StatusText(status);
      return false;
    }
    const std::string_view subject = natsMsg_GetSubject(raw);
    std::size_t index = 0;
    std::from_chars(subject.data() + inbox.size(), subject.data() + subject.size(), index);
    const Acknowledgement ack =
        ParseAcknowledgement({natsMsg_GetData(raw), static_cast<std::size_t>(natsMsg_GetDataLength(raw))});
    if (!ack.stored) {
      trouble = ack.text;
      return false;
    }
    // Answers of different streams may overtake each other.
    if (index < acknowledged.size()) {
      acknowledged[index] = true;
    }
    for (; done < group.size() && acknowledged[done]; ++done) {
      ++stored;
    }
  }
  return true;
}

EventPublisher::EventPublisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventPublisher::EventPublisher(EventPublisher&&) noexcept = default;
EventPublisher& EventPublisher::operator=(EventPublisher&&) noexcept = default;
EventPublisher::~EventPublisher() = default;

Result<EventPublisher> EventPublisher::Open(ConnectionOptions options, std::function<bool()> keep_trying) {
  auto impl = std::make_unique<Impl>();
  options.reconnect = false;
  options.send_asap = false;
  impl->options = std::move(options);
  impl->keep_trying = std::move(keep_trying);
  if (Status ok = impl->Connect(); !ok) {
    return std::unexpected(ok.error());
  }
  return EventPublisher(std::move(impl));
}

Status EventPublisher::Publish(std::string subject, std::string id, std::string_view payload) {
  if (!IsPublishSubject(subject)) {
    return Fail("\"" + subject + "\" is not a subject to publish to.");
  }
  impl_->group_bytes += payload.size();
  impl_->group.push_back({std::move(subject), std::move(id), std::string(payload)});
  const bool full = impl_->group.size() >= kGroupCount || impl_->group_bytes >= kGroupBytes;
  return full ? Flush() : Status();
}

Status EventPublisher::Flush() {
  Impl& impl = *impl_;
  while (impl.done < impl.group.size()) {
    Status ok;
    if (!impl.connection) {
      ok = impl.Connect();
    }
    if (ok) {
      const natsStatus status = impl.SendFrom(impl.done);
      impl.trouble = StatusText(status);
      if (status == NATS_OK && impl.TakeAnswers()) {
        break;
      }
      // Later messages of the group may be on their way; nothing of them arrives after the connection ends.
      impl.Disconnect();
    } else {
      impl.trouble = ok.error().message;
    }
    if (!impl.keep_trying()) {
      return Fail("events could not be stored: " + impl.trouble);
    }
    SleepMs(kRetryMs);
  }
  impl.group.clear();
  impl.group_bytes = 0;
  impl.done = 0;
  return {};
}

std::uint64_t EventPublisher::stored_count() const { return impl_->stored; }

}  // namespace lull::connectors
