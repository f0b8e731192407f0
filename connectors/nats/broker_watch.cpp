#include "connectors/nats/broker_watch.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "connectors/nats/deployment_streams.h"
#include "connectors/nats/handles.h"
#include "connectors/nats/stream.h"

namespace lull::connectors {
namespace {

constexpr std::int64_t kAnswerMs = 2'000;
constexpr std::int64_t kConnectMs = 1'000;
constexpr std::int64_t kLookEveryMs = 1'000;
constexpr std::int64_t kWriteEveryMs = 3'000;
constexpr std::int64_t kNanosPerMicro = 1'000;

struct WatchedStream {
  const char* role;
  const char* suffix;
};
constexpr WatchedStream kStreams[] = {{"input", "IN"},
                                      {"actions", "OUT"},
                                      {"dead_letters", "DEAD"},
                                      {"decisions", "DECISIONS"},
                                      {"shadow", "SHADOW"}};

// The last answer to a question that is asked now and then, and by one thread at a time.
template <typename Answer>
class Memo {
 public:
  std::optional<Answer> Get(std::int64_t age_ms_max) {
    const std::lock_guard lock(mutex_);
    const bool fresh = asked_ms_ && SteadyMs() - *asked_ms_ < age_ms_max;
    return fresh ? std::optional(answer_) : std::nullopt;
  }
  Answer Set(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
    asked_ms_ = SteadyMs();
    return answer_;
  }

 private:
  std::mutex mutex_;
  Answer answer_;
  std::optional<std::int64_t> asked_ms_;
};

}  // namespace

struct BrokerWatch::Impl {
  Impl(const ServeConfig& c, const std::atomic<std::uint64_t>& a) : config(c), applied(a) {}

  // The last answer, unless it is older than `every_ms` and nobody is asking for a newer one.
  template <typename Answer, typename Ask>
  Answer Recall(Memo<Answer>& memo, std::int64_t every_ms, Ask ask) {
    std::unique_lock asking(connection_mutex, std::try_to_lock);
    if (const auto known = memo.Get(asking ? every_ms : kNever)) return *known;
    if (!asking) asking.lock();
    // Whoever was asking may have asked the same.
    if (const auto known = memo.Get(every_ms)) return *known;
    return memo.Set(ask());
  }

  // The three below hold connection_mutex.
  std::string Connect();
  StreamsLook AskStreams();
  WriteLook Write();
  std::optional<WallTime> StoredAt(const std::string& stream, std::uint64_t sequence);

  const ServeConfig& config;
  const std::atomic<std::uint64_t>& applied;
  Memo<StreamsLook> streams;
  Memo<WriteLook> write;
  std::mutex connection_mutex;
  std::optional<Connection> connection;
  bool has_probe_stream = false;
};

// What hinders it; empty: it is connected.
std::string BrokerWatch::Impl::Connect() {
  if (connection && connection->closed()) connection.reset();
  if (!connection) {
    ConnectionOptions options = config.nats;
    options.client_name += " watch";
    options.connect_timeout_ms = kConnectMs;
    options.request_timeout_ms = kAnswerMs;
    auto opened = Connection::Open(std::move(options));
    if (!opened) return opened.error().message;
    connection.emplace(std::move(*opened));
  }
  return connection->connected() ? "" : "not connected to NATS at " + connection->address();
}

StreamsLook BrokerWatch::Impl::AskStreams() {
  StreamsLook look;
  look.problem = Connect();
  if (!look.problem.empty()) return look;
  for (const auto& [role, suffix] : kStreams) {
    if (std::string_view(role) == "decisions" && !config.keep_decisions) continue;
    if (std::string_view(role) == "shadow" && !config.deploy_from_bucket) continue;
    const std::string name = StreamName(config.name, suffix);
    const StreamLook found = LookAtStream(*connection, name);
    if (!found.ok()) {
      look.problem = StreamLookError(*connection, name, found).message;
      return look;
    }
    const StreamState state = StateOf(*found.info);
    look.streams.push_back({role, state.message_count, state.bytes, found.info->Config->MaxBytes});
    if (std::string_view(role) == "input") look.input_last = state.last_sequence;
  }
  // Read after the stream's end, so that it is never behind by more than it was.
  const std::uint64_t done = applied.load();
  look.behind = look.input_last - std::min(look.input_last, done);
  if (look.behind > 0) look.oldest_waiting = StoredAt(StreamName(config.name, "IN"), done + 1);
  return look;
}

// Nothing if it is not there any more, or never was.
std::optional<WallTime> BrokerWatch::Impl::StoredAt(const std::string& stream, std::uint64_t sequence) {
  natsMsg* message = nullptr;
  auto code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetMsg(&message, connection->impl().jetstream, stream.c_str(), sequence, nullptr, &code);
  const MessageHandle owner(message);
  if (status != NATS_OK) return std::nullopt;
  return WallTime{natsMsg_GetTime(message) / kNanosPerMicro};
}

WriteLook BrokerWatch::Impl::Write() {
  WriteLook look;
  look.problem = Connect();
  if (!look.problem.empty()) return look;
  if (!has_probe_stream) {
    if (const auto made = EnsureStream(*connection, ProbeStream(config)); !made) {
      look.problem = made.error().message;
      return look;
    }
    has_probe_stream = true;
  }
  const std::int64_t began = SteadyMicros();
  const auto stored = connection->Store(config.probe_subject(), "probe", {});
  look.took_micros = SteadyMicros() - began;
  if (!stored) {
    look.problem = stored.error().message;
    has_probe_stream = false;  // somebody may have removed it
  }
  return look;
}

BrokerWatch::BrokerWatch(const ServeConfig& config, const std::atomic<std::uint64_t>& applied)
    : impl_(std::make_unique<Impl>(config, applied)) {}
BrokerWatch::~BrokerWatch() = default;

StreamsLook BrokerWatch::LookAtStreams() {
  return impl_->Recall(impl_->streams, kLookEveryMs, [this] { return impl_->AskStreams(); });
}

WriteLook BrokerWatch::TryWrite() {
  return impl_->Recall(impl_->write, kWriteEveryMs, [this] { return impl_->Write(); });
}

}  // namespace lull::connectors
