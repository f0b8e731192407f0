// The client library of the broker, for processes of a world: in place of libnats, as far as Lull calls it.
//
// As the library does, it keeps what is published while it is not connected, and sends it once it is again;
// what was on its way when a connection broke is lost from some message on.
#include <nats/nats.h>

#include <cstring>
#include <deque>
#include <list>

#include "connectors/nats/subject_token.h"
#include "runtime/base/check.h"
#include "tests/simulation/broker.h"

using lull::connectors::SubjectMatches;
using lull::simulation::Broker;
using lull::simulation::Consumer;
using lull::simulation::FindHeader;
using lull::simulation::kMilli;
using lull::simulation::Link;
using lull::simulation::Message;
using lull::simulation::Process;
using lull::simulation::Stream;
using lull::simulation::StreamSettings;
using lull::simulation::TheBroker;
using lull::simulation::TheWorld;
using lull::simulation::World;

struct __natsMsg {
  Message message;
};

struct __natsOptions {
  bool reconnect = true;
  std::int64_t reconnect_wait_ms = 250;
  natsConnectionHandler on_disconnected = nullptr, on_reconnected = nullptr, on_closed = nullptr;
  void *disconnected_closure = nullptr, *reconnected_closure = nullptr, *closed_closure = nullptr;
};

struct __natsSubscription {
  natsConnection* connection = nullptr;
  std::string pattern;
  std::deque<Message> queue;
  bool calls_back = false;
  natsOnCompleteCB on_complete = nullptr;
  void* complete_closure = nullptr;
  bool over = false;
};

struct __natsConnection {
  natsOptions options;
  std::shared_ptr<Link> link = std::make_shared<Link>();
  std::list<natsSubscription*> subscriptions;
  std::deque<std::function<void()>> unsent;  // while it is not connected
  bool closed = false;

  Process& owner() const { return *link->owner; }
  bool dead() const { return closed || owner().killed; }
};

struct __jsCtx {
  natsConnection* connection = nullptr;
  std::int64_t wait_ms = 5'000;
};

namespace {

constexpr std::int64_t kMaxPayload = 1 << 20;

char* CopyOf(const std::string& text) { return strdup(text.c_str()); }

std::string NewInbox() {
  return "_INBOX." + std::to_string(TheWorld().Random(1'000'000'000)) +
         std::to_string(TheWorld().Random(1'000'000'000));
}

void TryToReconnect(const std::weak_ptr<Link>& known, natsConnection* nc) {
  World& world = TheWorld();
  const std::int64_t wait = nc->options.reconnect_wait_ms * kMilli;
  world.At(world.now() + world.Between(wait / 2, wait), [known, nc] {
    const auto link = known.lock();
    if (!link || link->closed || link->owner->killed) return;
    if (link->owner->paused_until > TheWorld().now() || !TheBroker().Connect(link))
      return TryToReconnect(known, nc);
    for (auto& unsent : std::exchange(nc->unsent, {})) TheBroker().Send(link, std::move(unsent));
    if (nc->options.on_reconnected != nullptr)
      nc->options.on_reconnected(nc, nc->options.reconnected_closure);
    TheWorld().Wake(*link->owner);
  });
}

void OnLost(natsConnection* nc) {
  if (nc->options.on_disconnected != nullptr)
    nc->options.on_disconnected(nc, nc->options.disconnected_closure);
  if (!nc->options.reconnect) {
    nc->closed = nc->link->closed = true;
    if (nc->options.on_closed != nullptr) nc->options.on_closed(nc, nc->options.closed_closure);
    TheWorld().Wake(nc->owner());
    return;
  }
  TryToReconnect(nc->link, nc);
}

void Deliver(natsConnection* nc, const std::string& to, const Message& message) {
  for (natsSubscription* subscription : nc->subscriptions) {
    if (subscription->over || !SubjectMatches(subscription->pattern, to)) continue;
    LULL_CHECK(!subscription->calls_back);  // no process of a world asks another one
    subscription->queue.push_back(message);
  }
}

bool Listens(const natsConnection* nc, const std::string& to) {
  for (const natsSubscription* subscription : nc->subscriptions) {
    if (!subscription->over && SubjectMatches(subscription->pattern, to)) return true;
  }
  return false;
}

natsStatus SendOp(natsConnection* nc, std::function<void()> at_broker) {
  TheWorld().Work();
  if (nc->dead()) return NATS_CONNECTION_CLOSED;
  if (nc->link->session == 0) {
    nc->unsent.push_back(std::move(at_broker));
  } else {
    TheBroker().Send(nc->link, std::move(at_broker));
  }
  return NATS_OK;
}

natsStatus PublishMessage(natsConnection* nc, Message message) {
  return SendOp(nc, [link = nc->link, message = std::move(message)] { TheBroker().Publish(link, message); });
}

/// Waits until something is there.
template <typename There>
natsStatus WaitFor(natsConnection* nc, std::int64_t timeout_ms, There there) {
  const std::int64_t until = TheWorld().LocalNow() + timeout_ms * kMilli;
  while (!there()) {
    if (nc->dead()) return NATS_CONNECTION_CLOSED;
    if (TheWorld().LocalNow() >= until) return NATS_TIMEOUT;
    TheWorld().Block(until);
  }
  return NATS_OK;
}

/// Asks the broker, and waits for its answer.
template <typename T>
natsStatus Ask(natsConnection* nc, std::int64_t timeout_ms, std::function<T()> at_broker, T& answer) {
  auto slot = std::make_shared<std::optional<T>>();
  natsStatus status = SendOp(nc, [link = nc->link, at_broker = std::move(at_broker), slot] {
    TheBroker().Answer(link, link->session, [slot, value = at_broker()] { *slot = value; });
  });
  if (status == NATS_OK) status = WaitFor(nc, timeout_ms, [&] { return slot->has_value(); });
  if (status == NATS_OK) answer = **slot;
  return status;
}

struct StreamFacts {
  bool exists = false;
  StreamSettings settings;
  std::uint64_t first = 0, last = 0, count = 0, bytes = 0;
};

StreamFacts FactsOf(const std::string& name) {
  const Stream* stream = TheBroker().FindStream(name);
  if (stream == nullptr) return {};
  return {.exists = true,
          .settings = stream->settings,
          .first = stream->first_sequence(),
          .last = stream->last_sequence,
          .count = stream->messages.size(),
          .bytes = stream->bytes};
}

jsStreamInfo* NewStreamInfo(const StreamFacts& facts) {
  auto* info = new jsStreamInfo{};
  auto* config = new jsStreamConfig{};
  const StreamSettings& settings = facts.settings;
  config->Name = CopyOf(settings.name);
  config->SubjectsLen = static_cast<int>(settings.subjects.size());
  config->Subjects = new const char*[settings.subjects.size()];
  for (std::size_t i = 0; i < settings.subjects.size(); ++i)
    config->Subjects[i] = CopyOf(settings.subjects[i]);
  config->Retention = static_cast<jsRetentionPolicy>(settings.retention);
  config->Discard = static_cast<jsDiscardPolicy>(settings.discard);
  config->Storage = static_cast<jsStorageType>(settings.storage);
  config->MaxBytes = settings.bytes_max;
  config->MaxMsgSize = static_cast<std::int32_t>(settings.message_bytes_max);
  config->MaxMsgs = settings.messages_max;
  config->MaxAge = settings.age_max_nanos;
  config->MaxMsgsPerSubject = -1;
  config->Duplicates = settings.duplicates_nanos;
  config->DenyDelete = settings.deny_delete;
  config->DenyPurge = settings.deny_purge;
  info->Config = config;
  info->State.FirstSeq = facts.first;
  info->State.LastSeq = facts.last;
  info->State.Msgs = facts.count;
  info->State.Bytes = facts.bytes;
  return info;
}

StreamSettings SettingsOf(const jsStreamConfig& config) {
  return {.name = config.Name,
          .subjects = {config.Subjects, config.Subjects + config.SubjectsLen},
          .bytes_max = config.MaxBytes,
          .message_bytes_max = config.MaxMsgSize,
          .messages_max = config.MaxMsgs,
          .age_max_nanos = config.MaxAge,
          .duplicates_nanos = config.Duplicates,
          .retention = config.Retention,
          .discard = config.Discard,
          .storage = config.Storage,
          .deny_delete = config.DenyDelete,
          .deny_purge = config.DenyPurge};
}

}  // namespace

extern "C" {

// ---- Messages

natsStatus natsMsg_Create(natsMsg** made, const char* subject, const char* reply, const char* data,
                          int size) {
  *made = new natsMsg{{.subject = subject,
                       .reply = reply == nullptr ? "" : reply,
                       .data = std::string(data == nullptr ? "" : data, static_cast<std::size_t>(size)),
                       .headers = {}}};
  return NATS_OK;
}
void natsMsg_Destroy(natsMsg* message) { delete message; }
const char* natsMsg_GetSubject(const natsMsg* message) { return message->message.subject.c_str(); }
const char* natsMsg_GetReply(const natsMsg* message) {
  return message->message.reply.empty() ? nullptr : message->message.reply.c_str();
}
const char* natsMsg_GetData(const natsMsg* message) { return message->message.data.data(); }
int natsMsg_GetDataLength(const natsMsg* message) { return static_cast<int>(message->message.data.size()); }

natsStatus natsMsgHeader_Set(natsMsg* message, const char* name, const char* value) {
  (void)natsMsgHeader_Delete(message, name);
  message->message.headers.emplace_back(name, value);
  return NATS_OK;
}
natsStatus natsMsgHeader_Get(natsMsg* message, const char* name, const char** value) {
  const std::string* found = FindHeader(message->message, name);
  if (found == nullptr) return NATS_NOT_FOUND;
  *value = found->c_str();
  return NATS_OK;
}
natsStatus natsMsgHeader_Delete(natsMsg* message, const char* name) {
  const auto count = std::erase_if(message->message.headers, [&](const auto& h) { return h.first == name; });
  return count > 0 ? NATS_OK : NATS_NOT_FOUND;
}

// ---- Options

natsStatus natsOptions_Create(natsOptions** made) {
  *made = new natsOptions{};
  return NATS_OK;
}
void natsOptions_Destroy(natsOptions* options) { delete options; }
natsStatus natsOptions_SetServers(natsOptions*, const char**, int) { return NATS_OK; }
natsStatus natsOptions_SetName(natsOptions*, const char*) { return NATS_OK; }
natsStatus natsOptions_SetTimeout(natsOptions*, int64_t) { return NATS_OK; }
natsStatus natsOptions_SetMaxReconnect(natsOptions*, int) { return NATS_OK; }
natsStatus natsOptions_SetReconnectBufSize(natsOptions*, int) { return NATS_OK; }
natsStatus natsOptions_SetSendAsap(natsOptions*, bool) { return NATS_OK; }
natsStatus natsOptions_SetErrorHandler(natsOptions*, natsErrHandler, void*) { return NATS_OK; }
natsStatus natsOptions_SetAllowReconnect(natsOptions* options, bool allow) {
  options->reconnect = allow;
  return NATS_OK;
}
natsStatus natsOptions_SetReconnectWait(natsOptions* options, int64_t ms) {
  options->reconnect_wait_ms = ms;
  return NATS_OK;
}
natsStatus natsOptions_SetDisconnectedCB(natsOptions* options, natsConnectionHandler handler, void* closure) {
  options->on_disconnected = handler;
  options->disconnected_closure = closure;
  return NATS_OK;
}
natsStatus natsOptions_SetReconnectedCB(natsOptions* options, natsConnectionHandler handler, void* closure) {
  options->on_reconnected = handler;
  options->reconnected_closure = closure;
  return NATS_OK;
}
natsStatus natsOptions_SetClosedCB(natsOptions* options, natsConnectionHandler handler, void* closure) {
  options->on_closed = handler;
  options->closed_closure = closure;
  return NATS_OK;
}

// ---- Connections

natsStatus natsConnection_Connect(natsConnection** made, natsOptions* options) {
  World& world = TheWorld();
  Process* owner = world.current();
  LULL_CHECK(owner != nullptr);
  world.Block(world.LocalNow() + world.Between(kMilli, 5 * kMilli));
  if (owner->killed) return NATS_NO_SERVER;
  auto nc = std::make_unique<natsConnection>();
  nc->options = *options;
  nc->link->owner = owner;
  nc->link->on_lost = [raw = nc.get()] { OnLost(raw); };
  nc->link->deliver = [raw = nc.get()](const std::string& to, const Message& m) { Deliver(raw, to, m); };
  nc->link->listens = [raw = nc.get()](const std::string& to) { return Listens(raw, to); };
  if (!TheBroker().Connect(nc->link)) return NATS_NO_SERVER;
  *made = nc.release();
  return NATS_OK;
}

void natsConnection_Close(natsConnection* nc) {
  if (nc->closed) return;
  nc->closed = nc->link->closed = true;
  nc->link->session = 0;
  if (nc->options.on_closed != nullptr) nc->options.on_closed(nc, nc->options.closed_closure);
}

void natsConnection_Destroy(natsConnection* nc) {
  if (nc == nullptr) return;
  natsConnection_Close(nc);
  nc->link->on_lost = nullptr;
  nc->link->deliver = nullptr;
  nc->link->listens = [](const std::string&) { return false; };
  delete nc;
}

bool natsConnection_IsClosed(natsConnection* nc) { return nc->dead(); }
natsConnStatus natsConnection_Status(natsConnection* nc) {
  if (nc->dead()) return NATS_CONN_STATUS_CLOSED;
  return nc->link->session == 0 ? NATS_CONN_STATUS_RECONNECTING : NATS_CONN_STATUS_CONNECTED;
}
int64_t natsConnection_GetMaxPayload(natsConnection*) { return kMaxPayload; }

natsStatus natsConnection_FlushTimeout(natsConnection* nc, int64_t timeout_ms) {
  bool pong = false;
  return Ask<bool>(
      nc, timeout_ms, [] { return true; }, pong);
}
natsStatus natsConnection_Flush(natsConnection* nc) { return natsConnection_FlushTimeout(nc, 10'000); }

natsStatus natsConnection_Publish(natsConnection* nc, const char* subject, const void* data, int size) {
  return natsConnection_PublishRequest(nc, subject, nullptr, data, size);
}
natsStatus natsConnection_PublishRequest(natsConnection* nc, const char* subject, const char* reply,
                                         const void* data, int size) {
  return PublishMessage(nc,
                        {.subject = subject,
                         .reply = reply == nullptr ? "" : reply,
                         .data = std::string(static_cast<const char*>(data), static_cast<std::size_t>(size)),
                         .headers = {}});
}
natsStatus natsConnection_PublishMsg(natsConnection* nc, natsMsg* message) {
  return PublishMessage(nc, message->message);
}

natsStatus natsConnection_RequestMsg(natsMsg** reply, natsConnection* nc, natsMsg* request,
                                     int64_t timeout_ms) {
  natsSubscription* inbox = nullptr;
  const std::string to = NewInbox();
  natsStatus status = natsConnection_SubscribeSync(&inbox, nc, to.c_str());
  Message message = request->message;
  message.reply = to;
  if (status == NATS_OK) status = PublishMessage(nc, std::move(message));
  if (status == NATS_OK) status = natsSubscription_NextMsg(reply, inbox, timeout_ms);
  if (inbox != nullptr) natsSubscription_Destroy(inbox);
  return status;
}
natsStatus natsConnection_Request(natsMsg** reply, natsConnection* nc, const char* subject, const void* data,
                                  int size, int64_t timeout_ms) {
  natsMsg request{{.subject = subject,
                   .reply = {},
                   .data = std::string(static_cast<const char*>(data), static_cast<std::size_t>(size)),
                   .headers = {}}};
  return natsConnection_RequestMsg(reply, nc, &request, timeout_ms);
}

// ---- Subscriptions

natsStatus natsInbox_Create(natsInbox** made) {
  *made = CopyOf(NewInbox());
  return NATS_OK;
}
void natsInbox_Destroy(natsInbox* inbox) { free(inbox); }

natsStatus natsConnection_SubscribeSync(natsSubscription** made, natsConnection* nc, const char* subject) {
  if (nc->dead()) return NATS_CONNECTION_CLOSED;
  *made = new natsSubscription{.connection = nc, .pattern = subject};
  nc->subscriptions.push_back(*made);
  return NATS_OK;
}
natsStatus natsConnection_Subscribe(natsSubscription** made, natsConnection* nc, const char* subject,
                                    natsMsgHandler, void*) {
  const natsStatus status = natsConnection_SubscribeSync(made, nc, subject);
  if (status == NATS_OK) (*made)->calls_back = true;
  return status;
}
natsStatus natsSubscription_SetOnCompleteCB(natsSubscription* subscription, natsOnCompleteCB complete,
                                            void* closure) {
  subscription->on_complete = complete;
  subscription->complete_closure = closure;
  return NATS_OK;
}
natsStatus natsSubscription_SetPendingLimits(natsSubscription*, int, int) { return NATS_OK; }

natsStatus natsSubscription_NextMsg(natsMsg** next, natsSubscription* subscription, int64_t timeout_ms) {
  natsConnection* nc = subscription->connection;
  TheWorld().Work();
  if (subscription->over) return NATS_INVALID_SUBSCRIPTION;
  const natsStatus status = WaitFor(nc, timeout_ms, [&] { return !subscription->queue.empty(); });
  if (status != NATS_OK) return status;
  auto message = std::make_unique<natsMsg>(natsMsg{std::move(subscription->queue.front())});
  subscription->queue.pop_front();
  const std::string* code = FindHeader(message->message, "Status");
  if (code != nullptr && *code == "503") return NATS_NO_RESPONDERS;
  *next = message.release();
  return NATS_OK;
}
natsStatus natsSubscription_QueuedMsgs(natsSubscription* subscription, uint64_t* count) {
  if (subscription->over || subscription->connection->dead()) return NATS_INVALID_SUBSCRIPTION;
  *count = subscription->queue.size();
  return NATS_OK;
}
natsStatus natsSubscription_Unsubscribe(natsSubscription* subscription) {
  if (subscription->over) return NATS_INVALID_SUBSCRIPTION;
  subscription->over = true;
  subscription->queue.clear();
  subscription->connection->subscriptions.remove(subscription);
  if (subscription->on_complete != nullptr) subscription->on_complete(subscription->complete_closure);
  return NATS_OK;
}
void natsSubscription_Destroy(natsSubscription* subscription) {
  if (subscription == nullptr) return;
  (void)natsSubscription_Unsubscribe(subscription);
  delete subscription;
}

// ---- JetStream

natsStatus natsConnection_JetStream(jsCtx** made, natsConnection* nc, jsOptions* options) {
  *made = new jsCtx{.connection = nc, .wait_ms = options == nullptr ? 5'000 : options->Wait};
  return NATS_OK;
}
void jsCtx_Destroy(jsCtx* js) { delete js; }

natsStatus js_GetStreamInfo(jsStreamInfo** info, jsCtx* js, const char* stream, jsOptions*, jsErrCode* code) {
  StreamFacts facts;
  const natsStatus status = Ask<StreamFacts>(
      js->connection, js->wait_ms, [name = std::string(stream)] { return FactsOf(name); }, facts);
  if (status != NATS_OK) return status;
  if (!facts.exists) {
    if (code != nullptr) *code = JSStreamNotFoundErr;
    return NATS_NOT_FOUND;
  }
  *info = NewStreamInfo(facts);
  return NATS_OK;
}

natsStatus js_AddStream(jsStreamInfo** info, jsCtx* js, jsStreamConfig* config, jsOptions*, jsErrCode* code) {
  int refused = 0;
  const natsStatus status = Ask<int>(
      js->connection, js->wait_ms,
      [settings = SettingsOf(*config)] { return TheBroker().AddStream(settings); }, refused);
  if (status != NATS_OK) return status;
  if (refused != 0) {
    if (code != nullptr) *code = static_cast<jsErrCode>(refused);
    return NATS_ERR;
  }
  if (info != nullptr) *info = nullptr;
  return NATS_OK;
}
natsStatus js_UpdateStream(jsStreamInfo** info, jsCtx* js, jsStreamConfig* config, jsOptions* options,
                           jsErrCode* code) {
  return js_AddStream(info, js, config, options, code);
}

void jsStreamInfo_Destroy(jsStreamInfo* info) {
  if (info == nullptr) return;
  const jsStreamConfig* config = info->Config;
  for (int i = 0; i < config->SubjectsLen; ++i) free(const_cast<char*>(config->Subjects[i]));
  delete[] config->Subjects;
  free(const_cast<char*>(config->Name));
  delete config;
  delete info;
}

natsStatus js_AddConsumer(jsConsumerInfo** info, jsCtx* js, const char* stream, jsConsumerConfig* config,
                          jsOptions*, jsErrCode* code) {
  const Consumer wanted{.stream = stream,
                        .filter = config->FilterSubject == nullptr ? "" : config->FilterSubject,
                        .headers_only = config->HeadersOnly,
                        .next = config->OptStartSeq,
                        .waiting = {}};
  std::optional<std::string> name;
  const natsStatus status = Ask<std::optional<std::string>>(
      js->connection, js->wait_ms, [wanted] { return TheBroker().AddConsumer(wanted); }, name);
  if (status != NATS_OK) return status;
  if (!name) {
    if (code != nullptr) *code = JSStreamNotFoundErr;
    return NATS_NOT_FOUND;
  }
  *info = new jsConsumerInfo{};
  (*info)->Name = CopyOf(*name);
  return NATS_OK;
}
void jsConsumerInfo_Destroy(jsConsumerInfo* info) {
  if (info == nullptr) return;
  free(info->Name);
  delete info;
}
natsStatus js_DeleteConsumer(jsCtx* js, const char*, const char* consumer, jsOptions*, jsErrCode*) {
  bool existed = false;
  const natsStatus status = Ask<bool>(
      js->connection, js->wait_ms,
      [name = std::string(consumer)] { return TheBroker().DeleteConsumer(name); }, existed);
  return status != NATS_OK ? status : existed ? NATS_OK : NATS_NOT_FOUND;
}

const char* nats_GetLastError(natsStatus*) { return nullptr; }

}  // extern "C"
