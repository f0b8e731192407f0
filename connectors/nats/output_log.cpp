#include "connectors/nats/output_log.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <utility>

#include "connectors/nats/acknowledgement.h"
#include "connectors/nats/handles.h"
#include "connectors/nats/input_log.h"
#include "connectors/nats/subject_token.h"
#include "runtime/base/check.h"

namespace lull::connectors {
namespace {

constexpr std::int64_t kPollMs = 20;
constexpr std::int64_t kRetryMs = 100;
// Refusals of a broken chain arrive together; this long without one means that they have.
constexpr std::int64_t kSettleMs = 200;
constexpr int kTailBatch = 1'000;
constexpr std::int64_t kTailWaitMs = 10'000;
// Answers are looked at once in so many publishes, and always when the queue is full.
constexpr std::uint64_t kPublishesPerLook = 64;

enum class Outcome { kUnsent, kSent, kStored, kRefused };

struct Pending {
  std::string id;
  MessageHandle message;
  std::size_t bytes = 0;
  std::int64_t sent_ms = 0;
  Outcome outcome = Outcome::kUnsent;
  std::uint64_t sequence = 0;  // if it is stored
};

bool IsBrokenChain(int broker_code) {
  return broker_code == JSStreamWrongLastMsgIDErr || broker_code == JSStreamWrongLastSequenceErr;
}

}  // namespace

struct OutputLog::Impl {
  Impl(Connection& c, OutputLogOptions o) : connection(c), options(std::move(o)) {}
  ~Impl() { connection.impl().Retire(std::move(answers)); }

  natsConnection* raw() { return connection.impl().connection; }

  Status Listen();
  Status CreateMessage(const std::string& subject, const std::string& id, std::string_view payload,
                       Pending& entry);
  natsStatus Send(std::size_t index);
  void TakeAnswers(std::int64_t wait_ms);
  void TakeAnswer(natsMsg* message);
  void Stored(std::size_t index, const Acknowledgement& ack);
  void Refused(std::size_t index, int code, std::string text);
  void PopFront(std::size_t count);
  void PopStored();
  bool NeedsRecovery() const;
  void Settle();
  Result<bool> StrikeOffTail(std::uint64_t tail);
  Status StrikeOff(const InputMessage& message);
  Status Recover();
  Status Progress(std::int64_t wait_ms);
  bool HasRoom(std::size_t bytes) const;
  Error TooSlow(const std::string& what) const;

  Connection& connection;
  OutputLogOptions options;
  std::string inbox;  // answers come to INBOX.NUMBER
  SubscriptionHandle answers;

  std::deque<Pending> pending;
  std::uint64_t front_number = 0;  // of pending.front()
  std::size_t pending_bytes = 0;
  std::uint64_t publishes = 0;

  std::uint64_t last_sequence = 0;
  std::string last_id;  // of the message sent last; empty: expect last_sequence instead
  bool refused = false;
  bool unsent = false;
  int refusal_code = 0;  // the first refusal that is not a broken chain
  std::string refusal_text;
  std::string waiting_for;  // why nothing moves, for messages
  bool hopeless = false;
};

Status OutputLog::Impl::Listen() {
  natsInbox* name = nullptr;
  natsStatus status = natsInbox_Create(&name);
  const InboxHandle owner(name);
  natsSubscription* sub = nullptr;
  if (status == NATS_OK) {
    inbox = std::string(name) + ".";
    status = natsConnection_SubscribeSync(&sub, raw(), (inbox + "*").c_str());
  }
  answers.reset(sub);
  if (status == NATS_OK) {
    status = natsSubscription_SetPendingLimits(sub, -1, -1);
  }
  if (status != NATS_OK) {
    return Fail("cannot listen for answers of " + connection.address() + ": " + StatusText(status) + ".");
  }
  return {};
}

Status OutputLog::Impl::CreateMessage(const std::string& subject, const std::string& id,
                                      std::string_view payload, Pending& entry) {
  if (!IsPublishSubject(subject)) {
    hopeless = true;
    return Fail("\"" + subject + "\" is not a subject to publish to.");
  }
  if (const std::int64_t max = natsConnection_GetMaxPayload(raw());
      static_cast<std::int64_t>(payload.size()) > max) {
    hopeless = true;
    return Fail("a message of " + std::to_string(payload.size()) + " bytes for \"" + subject +
                "\" is larger than the broker takes (" + std::to_string(max) +
                "). What to do: raise `max_payload` of the server.");
  }
  const std::string reply = inbox + std::to_string(front_number + pending.size());
  natsMsg* raw_message = nullptr;
  natsStatus status = natsMsg_Create(&raw_message, subject.c_str(), reply.c_str(), payload.data(),
                                     static_cast<int>(payload.size()));
  entry.message.reset(raw_message);
  if (status == NATS_OK) {
    status = natsMsgHeader_Set(raw_message, kMessageIdHeader, id.c_str());
  }
  if (status == NATS_OK) {
    status = natsMsgHeader_Set(raw_message, kExpectedStreamHeader, options.stream.c_str());
  }
  if (status != NATS_OK) {
    return Fail("cannot make a message for \"" + subject + "\": " + StatusText(status) + ".");
  }
  entry.id = id;
  entry.bytes = payload.size();
  return {};
}

natsStatus OutputLog::Impl::Send(std::size_t index) {
  Pending& entry = pending[index];
  natsMsg* message = entry.message.get();
  // A header that is not there cannot be deleted, which is as good.
  (void)natsMsgHeader_Delete(message, kExpectedLastSequenceHeader);
  (void)natsMsgHeader_Delete(message, kExpectedLastIdHeader);
  natsStatus status = last_id.empty() ? natsMsgHeader_Set(message, kExpectedLastSequenceHeader,
                                                          std::to_string(last_sequence).c_str())
                                      : natsMsgHeader_Set(message, kExpectedLastIdHeader, last_id.c_str());
  if (status == NATS_OK) {
    status = natsConnection_PublishMsg(raw(), message);
  }
  if (status != NATS_OK) {
    unsent = true;
    waiting_for = StatusText(status);
    return status;
  }
  entry.outcome = Outcome::kSent;
  entry.sent_ms = SteadyMs();
  last_id = entry.id;
  return NATS_OK;
}

void OutputLog::Impl::PopFront(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    pending_bytes -= pending.front().bytes;
    pending.pop_front();
  }
  front_number += count;
}

void OutputLog::Impl::Stored(std::size_t index, const Acknowledgement& ack) {
  pending[index].outcome = Outcome::kStored;
  pending[index].sequence = ack.sequence;
  if (!ack.duplicate) {
    // It was stored behind the id before it, so that one is stored too, and so on.
    last_sequence = std::max(last_sequence, ack.sequence);
    PopFront(index + 1);
  }
  PopStored();
}

// A duplicate tells nothing of the messages before it: the broker may have forgotten their ids.
void OutputLog::Impl::PopStored() {
  while (!pending.empty() && pending.front().outcome == Outcome::kStored) {
    if (pending.front().sequence > last_sequence + 1) {
      refused = true;  // recovery reads what stands between
      return;
    }
    last_sequence = std::max(last_sequence, pending.front().sequence);
    PopFront(1);
  }
}

void OutputLog::Impl::Refused(std::size_t index, int code, std::string text) {
  pending[index].outcome = Outcome::kRefused;
  refused = true;
  if (!IsBrokenChain(code) && refusal_text.empty()) {
    refusal_code = code;
    refusal_text = std::move(text);
  }
}

void OutputLog::Impl::TakeAnswer(natsMsg* message) {
  const std::string_view subject = natsMsg_GetSubject(message);
  std::uint64_t number = 0;
  const char* end = subject.data() + subject.size();
  const auto parsed = std::from_chars(subject.data() + inbox.size(), end, number);
  const std::uint64_t index = number - front_number;
  if (parsed.ptr != end || number < front_number || index >= pending.size()) {
    return;  // a second answer to a message that is known to be stored
  }
  Acknowledgement ack = ParseAcknowledgement(
      {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))});
  if (ack.stored) {
    Stored(index, ack);
  } else {
    Refused(index, ack.broker_code, std::move(ack.text));
  }
}

void OutputLog::Impl::TakeAnswers(std::int64_t wait_ms) {
  std::uint64_t queued = 0;
  if (natsSubscription_QueuedMsgs(answers.get(), &queued) != NATS_OK) {
    return;  // closed for good; Progress says so
  }
  for (std::uint64_t left = std::max<std::uint64_t>(queued, wait_ms > 0 ? 1 : 0); left > 0; --left) {
    natsMsg* message = nullptr;
    const natsStatus status =
        natsSubscription_NextMsg(&message, answers.get(), std::max<std::int64_t>(wait_ms, 1));
    if (status == NATS_NO_RESPONDERS) {
      refused = true;  // no stream captures the subject just now; recovery finds out whether it is gone
      continue;
    }
    if (status != NATS_OK) {
      return;
    }
    const MessageHandle owner(message);
    TakeAnswer(message);
  }
}

bool OutputLog::Impl::NeedsRecovery() const {
  if (pending.empty()) {
    return false;
  }
  return refused || unsent || SteadyMs() - pending.front().sent_ms > options.acknowledge_wait_ms;
}

void OutputLog::Impl::Settle() {
  std::uint64_t queued = 1;
  for (std::int64_t quiet_since = SteadyMs(); SteadyMs() - quiet_since < kSettleMs;) {
    const bool all_known =
        std::ranges::none_of(pending, [](const Pending& p) { return p.outcome == Outcome::kSent; });
    if (all_known) {
      return;
    }
    if (natsSubscription_QueuedMsgs(answers.get(), &queued) == NATS_OK && queued > 0) {
      quiet_since = SteadyMs();
    }
    TakeAnswers(kPollMs);
  }
}

// Takes what the stream has after last_sequence off the queue. False if the broker stopped answering
// meanwhile.
Result<bool> OutputLog::Impl::StrikeOffTail(std::uint64_t tail) {
  if (last_sequence >= tail) {
    return true;
  }
  auto log = InputLog::Open(connection, {.stream = options.stream,
                                         .from_sequence = last_sequence + 1,
                                         .headers_only = true,
                                         .message_ids = true});
  if (!log) {
    waiting_for = log.error().message;
    const StreamLook look = LookAtStream(connection, options.stream);
    return look.ok() || look.transient() ? Result<bool>(false) : std::unexpected(log.error());
  }
  const std::int64_t deadline = SteadyMs() + kTailWaitMs;
  while (last_sequence < tail && SteadyMs() < deadline) {
    auto batch = log->Read(kTailBatch, kRetryMs);
    if (!batch) {
      return std::unexpected(batch.error());
    }
    for (const InputMessage& message : *batch) {
      if (Status ok = StrikeOff(message); !ok) {
        return std::unexpected(ok.error());
      }
    }
  }
  return last_sequence >= tail;
}

Status OutputLog::Impl::StrikeOff(const InputMessage& message) {
  PopStored();
  if (message.sequence <= last_sequence) {
    return {};
  }
  if (pending.empty() || message.message_id != pending.front().id) {
    hopeless = true;
    return Fail(
        "another program has written to stream " + options.stream + " at " + connection.address() +
        " (message " + std::to_string(message.sequence) + ", id \"" + std::string(message.message_id) +
        "\"). What to do: stop the other `lull serve` of this deployment, then start this one again.");
  }
  last_sequence = message.sequence;
  PopFront(1);
  return {};
}

Error OutputLog::Impl::TooSlow(const std::string& what) const {
  return Error{"stream " + options.stream + " at " + connection.address() + ": no answer in time while " +
               what + "; " + std::to_string(pending.size()) + " messages are waiting" +
               (waiting_for.empty() ? "" : " (" + waiting_for + ")") +
               ". What to do: check that the broker runs and that its disk is not full."};
}

// Finds out what is stored and sends the rest again. Success does not mean that it is through.
Status OutputLog::Impl::Recover() {
  Settle();
  if (pending.empty()) {
    refused = unsent = false;
    return {};
  }
  unsent = true;  // whatever ends this early, the next call starts over
  const StreamLook look = LookAtStream(connection, options.stream);
  if (!look.ok() && look.transient()) {
    waiting_for = StatusText(look.status, look.broker_code);
    SleepMs(kRetryMs);
    return {};
  }
  if (!look.ok()) {
    hopeless = true;
    return std::unexpected(StreamLookError(connection, options.stream, look));
  }
  const std::uint64_t tail = StateOf(*look.info).last_sequence;
  if (tail < last_sequence) {
    hopeless = true;
    return Fail(
        "stream " + options.stream + " at " + connection.address() + " ends at " + std::to_string(tail) +
        ", but messages up to " + std::to_string(last_sequence) +
        " were acknowledged: the broker has lost them. What to do: restart `lull serve`; it sends again what "
        "is missing.");
  }
  const auto struck_off = StrikeOffTail(tail);
  if (!struck_off) {
    return std::unexpected(struck_off.error());
  }
  if (!*struck_off) {
    return {};
  }
  if (!refusal_text.empty()) {
    const Error error = JetStreamError("storing in stream " + options.stream + " at " + connection.address() +
                                           " (" + std::exchange(refusal_text, "") + ")",
                                       NATS_ERR, refusal_code);
    return std::unexpected(error);
  }
  last_id.clear();
  refused = unsent = false;
  waiting_for.clear();
  for (std::size_t i = 0; i < pending.size(); ++i) {
    if (Send(i) != NATS_OK) {
      SleepMs(kRetryMs);
      return {};
    }
  }
  return {};
}

Status OutputLog::Impl::Progress(std::int64_t wait_ms) {
  TakeAnswers(wait_ms);
  if (natsConnection_IsClosed(raw())) {
    hopeless = true;
    return Fail("the connection to NATS at " + connection.address() + " is closed for good.");
  }
  return NeedsRecovery() ? Recover() : Status();
}

bool OutputLog::Impl::HasRoom(std::size_t bytes) const {
  return pending.empty() ||
         (pending.size() < options.pending_count_max && pending_bytes + bytes <= options.pending_bytes_max);
}

OutputLog::OutputLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OutputLog::OutputLog(OutputLog&&) noexcept = default;
OutputLog& OutputLog::operator=(OutputLog&&) noexcept = default;
OutputLog::~OutputLog() = default;

Result<OutputLog> OutputLog::Open(Connection& connection, OutputLogOptions options) {
  auto impl = std::make_unique<Impl>(connection, std::move(options));
  auto state = ReadStreamState(connection, impl->options.stream);
  if (!state) {
    return std::unexpected(state.error());
  }
  impl->last_sequence = state->last_sequence;
  if (Status ok = impl->Listen(); !ok) {
    return std::unexpected(ok.error());
  }
  return OutputLog(std::move(impl));
}

bool OutputLog::hopeless() const { return impl_->hopeless; }
std::size_t OutputLog::pending_count() const { return impl_->pending.size(); }
std::uint64_t OutputLog::last_sequence() const { return impl_->last_sequence; }

Status OutputLog::Publish(const std::string& subject, const std::string& id, std::string_view payload) {
  LULL_CHECK(!id.empty());
  Impl& impl = *impl_;
  if (++impl.publishes % kPublishesPerLook == 0 || impl.refused || impl.unsent) {
    if (Status ok = impl.Progress(0); !ok) {
      return ok;
    }
  }
  const std::int64_t deadline = SteadyMs() + impl.options.publish_wait_ms;
  while (!impl.HasRoom(payload.size())) {
    if (Status ok = impl.Progress(kPollMs); !ok) {
      return ok;
    }
    if (SteadyMs() > deadline) {
      return std::unexpected(impl.TooSlow("waiting for room"));
    }
  }
  Pending entry;
  if (Status ok = impl.CreateMessage(subject, id, payload, entry); !ok) {
    return ok;
  }
  impl.pending_bytes += entry.bytes;
  impl.pending.push_back(std::move(entry));
  // A message behind one that is not sent, or was refused, would be refused too: recovery sends both.
  if (impl.unsent || impl.refused) {
    impl.unsent = true;
    return {};
  }
  // What cannot be sent now stays queued, and is sent by the next Publish or Flush.
  (void)impl.Send(impl.pending.size() - 1);
  return {};
}

Status OutputLog::Flush(std::int64_t timeout_ms) {
  Impl& impl = *impl_;
  const std::int64_t deadline = SteadyMs() + timeout_ms;
  impl.TakeAnswers(0);
  while (!impl.pending.empty()) {
    if (Status ok = impl.Progress(kPollMs); !ok) {
      return ok;
    }
    if (!impl.pending.empty() && SteadyMs() > deadline) {
      return std::unexpected(impl.TooSlow("waiting for acknowledgements"));
    }
  }
  return {};
}

}  // namespace lull::connectors
