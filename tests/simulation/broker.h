// The world's message broker: as much of nats-server and its JetStream as Lull uses, with what a network and
// a disk do to it. Where it matters it behaves as nats-server 2.9.10 was seen to (stack.md of the design; the
// end-to-end tests run the real one): message ids are looked at before expected sequences; the id to be
// expected next is forgotten in a restart if the last message is older than the window of duplicates;
// consumers without a durable name do not outlive the server.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulation/world.h"

namespace lull::simulation {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Message {
  std::string subject;
  std::string reply;
  std::string data;
  Headers headers;
};

const std::string* FindHeader(const Message& message, std::string_view name);

struct StoredMessage {
  std::uint64_t sequence = 0;
  std::int64_t stored_micros = 0;  // wall time
  Message message;
};

struct StreamSettings {
  std::string name;
  std::vector<std::string> subjects;
  std::int64_t bytes_max = 0;
  std::int64_t message_bytes_max = 0;
  std::int64_t messages_max = 0;
  std::int64_t age_max_nanos = 0;
  std::int64_t duplicates_nanos = 0;
  int retention = 0, discard = 0, storage = 0;
  bool deny_delete = false, deny_purge = false;
};

struct Stream {
  StreamSettings settings;
  std::deque<StoredMessage> messages;
  std::uint64_t last_sequence = 0;
  std::uint64_t synced = 0;  // what a power cut leaves
  std::string last_id;
  std::map<std::string, std::uint64_t> ids;  // within the window of duplicates, as far as it is known
  std::uint64_t bytes = 0;

  std::uint64_t first_sequence() const {
    return messages.empty() ? last_sequence + 1 : messages.front().sequence;
  }
  const StoredMessage* Find(std::uint64_t sequence) const;
};

/// One client's connection, as both ends know it. The client holds it, and so does what is on its way.
struct Link {
  Process* owner = nullptr;
  std::uint64_t session = 0;  // 0: not connected
  bool closed = false;
  std::int64_t out_free = 0;  // what is sent arrives in order
  std::int64_t in_free = 0;
  std::function<void()> on_lost;
  std::function<void(const std::string& to, const Message&)> deliver;  // to whom of it has subscribed
  std::function<bool(const std::string& to)> listens;
};

struct PullRequest {
  std::weak_ptr<Link> link;
  std::uint64_t session = 0;
  std::string reply;
  std::uint64_t left = 0;
  std::int64_t expires = 0;  // world time
  bool at_once = false;
  bool any = false;  // something was sent
};

struct Consumer {
  std::string stream;
  std::string filter;
  bool headers_only = false;
  std::uint64_t next = 1;
  std::uint64_t delivered = 0;
  std::vector<PullRequest> waiting;
};

/// How storing ended, as JetStream puts it.
struct StoreAnswer {
  int code = 0;  // 0: stored
  std::string text;
  std::uint64_t sequence = 0;
  bool duplicate = false;
};

class Broker {
 public:
  explicit Broker(World& world) : world_(world) {}

  // What may go wrong.
  void Crash(std::int64_t down_micros, bool power_cut);
  void SetFull(bool full) { full_ = full; }
  void Disconnect(Link& link);
  /// Breaks all connections of a process.
  void DropLinksOf(const Process& process);
  /// Of everything that goes to or from it.
  void set_latency(std::int64_t from, std::int64_t to) { latency_from_ = from, latency_to_ = to; }
  /// Whether pulls that want an answer at once wait for the first message, as newer servers do.
  void set_waits_at_once(bool waits) { waits_at_once_ = waits; }

  /// For how long message ids are known in streams that are no input log. What the service promises must not
  /// rest on it; producers may.
  void set_output_memory(std::int64_t micros) { output_memory_ = micros; }
  /// How many messages a pull brings at most, as a server does that has other work.
  void set_pull_count_max(std::uint64_t count) { pull_count_max_ = count; }

  bool up() const { return up_; }
  Stream* FindStream(const std::string& name);
  std::map<std::string, Stream>& streams() { return streams_; }
  /// Messages of an input log that a power cut has taken although they had been acknowledged.
  std::uint64_t lost_count(const std::string& stream) const;

  // For the client library.

  bool Connect(const std::shared_ptr<Link>& link);
  /// Does something at the broker when what was sent before has arrived; never, if the session breaks first.
  void Send(const std::shared_ptr<Link>& link, std::function<void()> at_broker);
  /// The other way.
  void Answer(const std::shared_ptr<Link>& link, std::uint64_t session, std::function<void()> at_client);

  // At the broker.

  void Publish(const std::shared_ptr<Link>& from, const Message& message);
  int AddStream(const StreamSettings& settings);
  std::optional<std::string> AddConsumer(Consumer consumer);
  bool DeleteConsumer(const std::string& name) { return consumers_.erase(name) > 0; }

 private:
  StoreAnswer Store(Stream& stream, const Message& message);
  std::int64_t MemoryOf(const Stream& stream) const;
  void Route(const std::string& to, const Message& message);
  void TakePull(const std::shared_ptr<Link>& from, const Message& message);
  bool Serve(const std::string& name, Consumer& consumer, PullRequest& pull);
  void ServeWaiting(const std::string& stream);
  void EndPull(PullRequest& pull, const char* status);
  void Restart();
  void SyncSometimes();
  std::int64_t Latency() { return world_.Between(latency_from_, latency_to_); }

  World& world_;
  bool up_ = true;
  bool full_ = false;
  bool waits_at_once_ = true;
  bool syncs_ = false;
  std::uint64_t pull_count_max_ = 1'000'000;
  std::int64_t output_memory_ = 120 * kSecond;
  std::int64_t latency_from_ = 50;
  std::int64_t latency_to_ = 2 * kMilli;
  std::uint64_t sessions_ = 0;
  std::uint64_t names_ = 0;
  std::map<std::string, Stream> streams_;
  std::map<std::string, Consumer> consumers_;
  std::map<std::string, std::uint64_t> lost_;
  std::vector<std::weak_ptr<Link>> links_;
};

/// The one of the world in hand.
Broker& TheBroker();
void SetBroker(Broker* broker);

}  // namespace lull::simulation
