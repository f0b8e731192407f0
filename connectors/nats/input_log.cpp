#include "connectors/nats/input_log.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "connectors/nats/acknowledgement.h"
#include "connectors/nats/handles.h"
#include "runtime/base/check.h"

namespace lull::connectors {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kNanosPerMilli = 1'000'000;
// How long the broker keeps a consumer whose reader has gone.
constexpr std::int64_t kAbandonedConsumerNanos = 120 * kNanosPerSecond;
// Longer than any batch should need; what is delivered again after it is recognised and skipped.
constexpr std::int64_t kAckWaitNanos = 600 * kNanosPerSecond;
// The library does not send "no limit", and the broker's own of 1,000 makes a larger pull wait for its end.
constexpr std::int64_t kUnacknowledgedMax = 1'000'000;
// A pull that was lost with a connection ends after this, and is sent again.
constexpr std::int64_t kPullMsMax = 1'000;
// The broker ends a pull this much earlier than its reader, so that what it brings still finds the reader.
constexpr std::int64_t kPullMarginMs = 10;
constexpr std::int64_t kRetryMs = 50;
constexpr std::int64_t kStateCheckMs = 1'000;
// Silence means that a pull went astray only if it lasts so many times longer than an answer takes.
constexpr std::int64_t kAnswersPatience = 4;

// The header holds the name of the stream, and after a space the sequence there.
std::string_view OriginOf(natsMsg* message) {
  const char* origin = nullptr;
  if (natsMsgHeader_Get(message, kStreamSourceHeader, &origin) != NATS_OK) {
    return {};
  }
  const std::string_view text = origin;
  return text.substr(0, text.find(' '));
}

// What the broker says of a pull in place of messages.
natsStatus StatusOf(natsMsg* message) {
  const char* code = nullptr;
  if (natsMsgHeader_Get(message, "Status", &code) != NATS_OK) {
    return NATS_ERR;
  }
  const std::string_view text = code;
  return text == "404" ? NATS_NOT_FOUND : text == "408" ? NATS_TIMEOUT : NATS_ERR;
}

struct BatchEnd {
  std::uint64_t sequence = 0;
  std::string reply;
};

}  // namespace

struct InputLog::Impl {
  Impl(Connection& c, InputLogOptions o) : connection(c), options(std::move(o)) {}
  ~Impl();

  natsConnection* raw() { return connection.impl().connection; }
  jsCtx* js() { return connection.impl().jetstream; }
  bool filtered() const { return !options.subject_filter.empty(); }

  Status Attach();
  void Detach();
  void DeleteConsumer();
  natsStatus AddConsumer(int& code);
  natsStatus Subscribe(natsSubscription*& sub);
  Status CheckState(const StreamState& state);
  Status OnSilence();
  natsStatus SendPull(int count, std::int64_t wait_ms, bool at_once);
  natsStatus TakeNext(std::vector<MessageHandle>& pulled, std::int64_t wait_ms);
  natsStatus Pull(std::vector<MessageHandle>& pulled, int count_max, std::int64_t wait_ms);
  Status Take(std::vector<MessageHandle> pulled);
  Status TakeOne(natsMsg* message, bool& hole);
  Status ExplainHole();
  Result<bool> Fill(int count_max, std::int64_t wait_ms);
  Error Lost(const std::string& what) const;

  Connection& connection;
  InputLogOptions options;
  std::string consumer;
  SubscriptionHandle subscription;
  std::string inbox;  // the broker speaks of pulls below it; messages come under their own subjects
  std::string pull;   // where it speaks of the one that is waited for
  std::uint64_t pulls = 0;
  bool fresh = true;  // nothing has come from this consumer yet
  std::uint64_t first = 1;
  std::uint64_t next = 1;
  WallTime newest;
  bool caught_up = false;
  std::int64_t state_checked_ms = 0;
  std::int64_t heard_ms = 0;  // a message came, or the consumer was made

  std::vector<MessageHandle> held;
  std::vector<InputMessage> messages;
  std::deque<BatchEnd> batch_ends;
};

InputLog::Impl::~Impl() {
  messages.clear();
  held.clear();
  Detach();
  if (options.durable.empty()) {
    DeleteConsumer();
  }
}

void InputLog::Impl::Detach() {
  connection.impl().Retire(std::move(subscription));
  batch_ends.clear();
}

void InputLog::Impl::DeleteConsumer() {
  if (consumer.empty() || !connection.connected()) {
    return;
  }
  auto code = static_cast<jsErrCode>(0);
  // One that is gone, or that cannot be told so, is removed by the broker after its time of inactivity.
  (void)js_DeleteConsumer(js(), options.stream.c_str(), consumer.c_str(), nullptr, &code);
  consumer.clear();
}

natsStatus InputLog::Impl::AddConsumer(int& code) {
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.DeliverPolicy = js_DeliverByStartSequence;
  // The last message that was read comes again: it shows whether the stream is still the one that was read.
  config.OptStartSeq = next > first ? next - 1 : next;
  config.ReplayPolicy = js_ReplayInstant;
  config.HeadersOnly = options.headers_only;
  config.FilterSubject = filtered() ? options.subject_filter.c_str() : nullptr;
  if (options.durable.empty()) {
    config.AckPolicy = js_AckNone;
    config.InactiveThreshold = kAbandonedConsumerNanos;
  } else {
    config.Durable = options.durable.c_str();
    config.AckPolicy = js_AckAll;
    config.AckWait = kAckWaitNanos;
    config.MaxAckPending = kUnacknowledgedMax;
  }
  jsConsumerInfo* info = nullptr;
  auto js_code = static_cast<jsErrCode>(0);
  const natsStatus status = js_AddConsumer(&info, js(), options.stream.c_str(), &config, nullptr, &js_code);
  const ConsumerInfoHandle owner(info);
  code = js_code;
  if (status == NATS_OK) {
    consumer = info->Name;
  }
  return status;
}

natsStatus InputLog::Impl::Subscribe(natsSubscription*& sub) {
  natsInbox* name = nullptr;
  natsStatus status = natsInbox_Create(&name);
  const InboxHandle owner(name);
  if (status == NATS_OK) {
    inbox = std::string(name) + ".";
    status = natsConnection_SubscribeSync(&sub, raw(), (inbox + "*").c_str());
  }
  return status;
}

// Makes a consumer at `next`. No subscription afterwards means: not now, try again.
Status InputLog::Impl::Attach() {
  Detach();
  const StreamLook look = LookAtStream(connection, options.stream);
  if (!look.ok()) {
    return look.transient() ? Status() : std::unexpected(StreamLookError(connection, options.stream, look));
  }
  if (Status ok = CheckState(StateOf(*look.info)); !ok) {
    return ok;
  }
  if (!options.durable.empty()) {
    consumer = options.durable;
  }
  DeleteConsumer();
  int code = 0;
  natsStatus status = AddConsumer(code);
  natsSubscription* sub = nullptr;
  if (status == NATS_OK) {
    status = Subscribe(sub);
  }
  if (status == NATS_OK) {
    subscription.reset(sub);
    fresh = true;
    heard_ms = SteadyMs();
    return {};
  }
  if (IsTransient(status, code)) {
    return {};
  }
  return std::unexpected(
      JetStreamError("reading stream " + options.stream + " at " + connection.address(), status, code));
}

Error InputLog::Impl::Lost(const std::string& what) const {
  return Error{
      "stream " + options.stream + " at " + connection.address() + ": " + what +
      " What to do: restore the broker's storage from a backup, or, if the loss is accepted, start anew from "
      "what the stream still has."};
}

Status InputLog::Impl::CheckState(const StreamState& state) {
  if (state.last_sequence + 1 < next) {
    return std::unexpected(
        Lost("it ends at " + std::to_string(state.last_sequence) + ", but messages up to " +
             std::to_string(next - 1) +
             " were read before; the broker has lost messages or the stream was made anew."));
  }
  // Of a filtered log only the consumer knows what is still to come.
  caught_up = state.last_sequence < next || (filtered() && caught_up);
  return {};
}

// No message came in the time of a pull: at the end of the stream, or cut off from it?
Status InputLog::Impl::OnSilence() {
  const std::int64_t now = SteadyMs();
  if (now - state_checked_ms < kStateCheckMs || !connection.connected()) {
    return {};
  }
  state_checked_ms = now;
  auto state = ReadStreamState(connection, options.stream);
  if (!state) {
    Detach();
    return {};
  }
  caught_up = filtered();
  if (Status ok = CheckState(*state); !ok) {
    return ok;
  }
  const std::int64_t patience = kStateCheckMs + kAnswersPatience * (SteadyMs() - now);
  if (!caught_up && now - heard_ms > patience) {
    Detach();
  }
  return {};
}

Status InputLog::Impl::ExplainHole() {
  auto state = ReadStreamState(connection, options.stream);
  if (!state) {
    Detach();
    return {};
  }
  // Messages that were on their way when a connection broke leave a hole in what was read, not in the stream.
  if (state->first_sequence <= next &&
      state->message_count == state->last_sequence + 1 - state->first_sequence) {
    Detach();
    return {};
  }
  const std::string wanted = std::to_string(next);
  if (state->first_sequence > next) {
    return std::unexpected(Lost("message " + wanted +
                                " was removed before it was read; the stream now begins at " +
                                std::to_string(state->first_sequence) + "."));
  }
  return std::unexpected(
      Lost("message " + wanted +
           " is missing although later ones are there; storage is damaged, or somebody deleted "
           "it."));
}

Status InputLog::Impl::TakeOne(natsMsg* message, bool& hole) {
  const char* reply = natsMsg_GetReply(message);
  const auto delivery = ParseDelivery(reply == nullptr ? "" : reply);
  if (!delivery) {
    return {};
  }
  if (delivery->sequence < next) {
    const bool is_last = delivery->sequence + 1 == next;
    if (next > first && (is_last ? delivery->stored_at != newest : delivery->stored_at > newest)) {
      return std::unexpected(
          Lost("message " + std::to_string(delivery->sequence) +
               " was read before and has been written anew; the broker has lost messages."));
    }
    return {};
  }
  if (delivery->sequence > next && !filtered()) {
    hole = true;
    return {};
  }
  InputMessage& entry = messages.emplace_back();
  entry.sequence = delivery->sequence;
  entry.subject = natsMsg_GetSubject(message);
  entry.data = {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))};
  entry.stored_at = delivery->stored_at;
  if (options.message_ids) {
    const char* id = nullptr;
    entry.message_id = natsMsgHeader_Get(message, kMessageIdHeader, &id) == NATS_OK ? id : "";
  }
  if (options.origins) {
    entry.origin = OriginOf(message);
  }
  next = delivery->sequence + 1;
  newest = delivery->stored_at;
  caught_up = delivery->pending == 0;
  return {};
}

natsStatus InputLog::Impl::SendPull(int count, std::int64_t wait_ms, bool at_once) {
  const std::int64_t expires_ms = wait_ms < 2 * kPullMarginMs ? wait_ms : wait_ms - kPullMarginMs;
  const std::string request = "{\"batch\":" + std::to_string(count) +
                              ",\"expires\":" + std::to_string(expires_ms * kNanosPerMilli) +
                              (at_once ? ",\"no_wait\":true}" : "}");
  const std::string subject = "$JS.API.CONSUMER.MSG.NEXT." + options.stream + "." + consumer;
  pull = inbox + std::to_string(++pulls);
  return natsConnection_PublishRequest(raw(), subject.c_str(), pull.c_str(), request.data(),
                                       static_cast<int>(request.size()));
}

// Takes what comes next: a message, or as status what the broker says of the pull that is waited for.
natsStatus InputLog::Impl::TakeNext(std::vector<MessageHandle>& pulled, std::int64_t wait_ms) {
  natsMsg* message = nullptr;
  const natsStatus status = natsSubscription_NextMsg(&message, subscription.get(), wait_ms);
  if (status != NATS_OK) {
    return status;
  }
  MessageHandle owner(message);
  const std::string_view subject = natsMsg_GetSubject(message);
  if (!subject.starts_with(inbox)) {
    pulled.push_back(std::move(owner));
    return NATS_OK;
  }
  return subject == pull ? StatusOf(message) : NATS_OK;
}

// natsSubscription_Fetch would do this, but in 3.4 (nats.c pull request 584) it loses count when messages of
// an earlier pull are there already, as after a reconnection, and then writes beyond the end of its array.
natsStatus InputLog::Impl::Pull(std::vector<MessageHandle>& pulled, int count_max, std::int64_t wait_ms) {
  const std::int64_t deadline = SteadyMs() + wait_ms;
  const auto wanted = static_cast<std::size_t>(count_max);
  natsStatus status = NATS_OK;
  pull.clear();  // all earlier ones are over
  while (status == NATS_OK && pulled.size() < wanted) {
    status = TakeNext(pulled, 0);
  }
  if (!pulled.empty()) {
    return NATS_OK;
  }
  if (status != NATS_TIMEOUT) {
    return status;
  }
  if (!connection.connected()) {
    SleepMs(std::min(wait_ms, kRetryMs));
    return NATS_TIMEOUT;
  }
  // Ends as soon as there are any. A broker that does not know this says at once when there are none.
  bool at_once = count_max > 1;
  status = SendPull(count_max, wait_ms, at_once);
  while (status == NATS_OK && pulled.size() < wanted) {
    const std::int64_t left = deadline - SteadyMs();
    status = left > 0 ? TakeNext(pulled, left) : NATS_TIMEOUT;
    if (status == NATS_NOT_FOUND && at_once && pulled.empty()) {
      at_once = false;
      status = SendPull(count_max, left, at_once);
    }
  }
  return pulled.empty() ? status : NATS_OK;
}

Status InputLog::Impl::Take(std::vector<MessageHandle> pulled) {
  bool hole = false;
  for (MessageHandle& message : pulled) {
    const std::size_t before = messages.size();
    if (Status ok = hole ? Status() : TakeOne(message.get(), hole); !ok) {
      return ok;
    }
    if (messages.size() > before) {
      held.push_back(std::move(message));
    }
  }
  if (!pulled.empty()) {
    heard_ms = SteadyMs();
  }
  // The message that comes again tells nothing of those behind it.
  const bool was_fresh = hole || !messages.empty() ? std::exchange(fresh, false) : fresh;
  if (!messages.empty() && !options.durable.empty()) {
    batch_ends.push_back({messages.back().sequence, natsMsg_GetReply(held.back().get())});
  }
  if (!hole) {
    return {};
  }
  // Messages on their way are lost with a connection; a new consumer tells whether the stream has them.
  caught_up = false;
  if (was_fresh && messages.empty()) {
    return ExplainHole();
  }
  Detach();
  return {};
}

// One pull. True if it brought messages.
Result<bool> InputLog::Impl::Fill(int count_max, std::int64_t wait_ms) {
  if (natsConnection_IsClosed(raw())) {
    return Fail("the connection to NATS at " + connection.address() + " is closed for good.");
  }
  if (!subscription) {
    if (Status ok = Attach(); !ok) {
      return std::unexpected(ok.error());
    }
  }
  if (!subscription) {
    SleepMs(std::min(wait_ms, kRetryMs));
    return false;
  }
  std::vector<MessageHandle> pulled;
  const natsStatus status = Pull(pulled, count_max, wait_ms);
  Status ok;
  if (status == NATS_OK) {
    ok = Take(std::move(pulled));
  } else if (status == NATS_TIMEOUT) {
    ok = OnSilence();
  } else {
    Detach();
    SleepMs(std::min(wait_ms, kRetryMs));
  }
  if (!ok) {
    return std::unexpected(ok.error());
  }
  return !messages.empty();
}

InputLog::InputLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
InputLog::InputLog(InputLog&&) noexcept = default;
InputLog& InputLog::operator=(InputLog&&) noexcept = default;
InputLog::~InputLog() = default;

Result<InputLog> InputLog::Open(Connection& connection, InputLogOptions options) {
  LULL_CHECK(options.from_sequence > 0);
  auto impl = std::make_unique<Impl>(connection, std::move(options));
  auto state = ReadStreamState(connection, impl->options.stream);
  if (!state) {
    return std::unexpected(state.error());
  }
  impl->next = std::max(impl->options.from_sequence, state->first_sequence);
  if (impl->options.from_sequence > state->last_sequence + 1) {
    impl->next = impl->options.from_sequence;
  }
  impl->first = impl->next;
  if (Status ok = impl->Attach(); !ok) {
    return std::unexpected(ok.error());
  }
  return InputLog(std::move(impl));
}

std::uint64_t InputLog::first_sequence() const { return impl_->first; }
std::uint64_t InputLog::next_sequence() const { return impl_->next; }
bool InputLog::caught_up() const { return impl_->caught_up; }

Result<std::span<const InputMessage>> InputLog::Read(int count_max, std::int64_t timeout_ms) {
  LULL_CHECK(count_max > 0);
  impl_->messages.clear();
  impl_->held.clear();
  const std::int64_t deadline = SteadyMs() + timeout_ms;
  for (;;) {
    const std::int64_t left = deadline - SteadyMs();
    auto filled = impl_->Fill(count_max, std::clamp<std::int64_t>(left, 1, kPullMsMax));
    if (!filled) {
      return std::unexpected(filled.error());
    }
    if (*filled || SteadyMs() >= deadline) {
      return std::span<const InputMessage>(impl_->messages);
    }
  }
}

Result<bool> InputLog::AtEnd() {
  auto state = ReadStreamState(impl_->connection, impl_->options.stream);
  if (!state) {
    return false;
  }
  if (Status ok = impl_->CheckState(*state); !ok) {
    return std::unexpected(ok.error());
  }
  return impl_->caught_up;
}

Status InputLog::Acknowledge(std::uint64_t sequence) {
  const std::string* reply = nullptr;
  std::string last;
  while (!impl_->batch_ends.empty() && impl_->batch_ends.front().sequence <= sequence) {
    last = std::move(impl_->batch_ends.front().reply);
    impl_->batch_ends.pop_front();
    reply = &last;
  }
  if (reply == nullptr) {
    return {};
  }
  constexpr std::string_view kAck = "+ACK";
  const natsStatus status =
      natsConnection_Publish(impl_->raw(), reply->c_str(), kAck.data(), static_cast<int>(kAck.size()));
  if (status != NATS_OK) {
    return Fail("acknowledging stream " + impl_->options.stream + ": " + StatusText(status) + ".");
  }
  return {};
}

}  // namespace lull::connectors
