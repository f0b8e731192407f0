// Inside connectors/nats only: owners for the C client's objects, and its failures as text.
#pragma once

#include <nats/nats.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/nats/connection.h"
#include "connectors/nats/stream.h"
#include "runtime/base/clock.h"

namespace lull::connectors {

template <auto kDestroy>
struct NatsDeleter {
  template <typename T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};

using MessageHandle = std::unique_ptr<natsMsg, NatsDeleter<natsMsg_Destroy>>;
using SubscriptionHandle = std::unique_ptr<natsSubscription, NatsDeleter<natsSubscription_Destroy>>;
using OptionsHandle = std::unique_ptr<natsOptions, NatsDeleter<natsOptions_Destroy>>;
using StreamInfoHandle = std::unique_ptr<jsStreamInfo, NatsDeleter<jsStreamInfo_Destroy>>;
using ConsumerInfoHandle = std::unique_ptr<jsConsumerInfo, NatsDeleter<jsConsumerInfo_Destroy>>;
using InboxHandle = std::unique_ptr<natsInbox, NatsDeleter<natsInbox_Destroy>>;

inline constexpr char kMessageIdHeader[] = "Nats-Msg-Id";
inline constexpr char kExpectedLastIdHeader[] = "Nats-Expected-Last-Msg-Id";
inline constexpr char kExpectedLastSequenceHeader[] = "Nats-Expected-Last-Sequence";
inline constexpr char kStreamSourceHeader[] = "Nats-Stream-Source";
inline constexpr char kExpectedStreamHeader[] = "Nats-Expected-Stream";

/// The library's text for a failed call, with the broker's own words where it sent some.
std::string StatusText(natsStatus status, int broker_code = 0);

/// A JetStream request that failed: what was tried, why, and what to do about it.
Error JetStreamError(const std::string& tried, natsStatus status, int broker_code);

/// True for failures that end by themselves: no answer, reconnecting, a broker that is starting.
bool IsTransient(natsStatus status, int broker_code);

/// A look at a stream that tells failures that end by themselves from the others.
struct StreamLook {
  natsStatus status = NATS_OK;
  int broker_code = 0;
  StreamInfoHandle info;
  bool ok() const { return status == NATS_OK; }
  bool transient() const { return IsTransient(status, broker_code); }
};
StreamLook LookAtStream(Connection& connection, const std::string& stream);
Error StreamLookError(const Connection& connection, const std::string& stream, const StreamLook& look);
StreamState StateOf(const jsStreamInfo& info);

struct Connection::Impl {
  ConnectionOptions options;
  std::string address;
  natsConnection* connection = nullptr;
  jsCtx* jetstream = nullptr;

  std::mutex mutex;
  std::condition_variable changed;
  bool closed = false;
  std::atomic<bool> closing = false;  // by ourselves: nothing to tell

  /// Subscriptions that are over, until no thread of the library can be in the middle of one.
  std::vector<SubscriptionHandle> retired;

  ~Impl();
  void Log(const std::string& line);
  /// Ends a subscription. Up to 3.5 the library's reader looks a subscription up and then locks it, without
  /// holding it (nats.c issue 637): one that is destroyed while messages come to it may be freed in between.
  /// A pong that comes after the end shows that the reader is past all earlier messages.
  void Retire(SubscriptionHandle subscription);
};

}  // namespace lull::connectors
