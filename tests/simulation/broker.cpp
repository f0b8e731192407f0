#include "tests/simulation/broker.h"

#include <nats/nats.h>

#include <algorithm>

#include "connectors/nats/subject_token.h"
#include "runtime/base/check.h"
#include "runtime/base/clock.h"

namespace lull::simulation {
namespace {

constexpr char kNextPrefix[] = "$JS.API.CONSUMER.MSG.NEXT.";

Broker* g_broker = nullptr;

/// The number of a member of the one-line JSON objects that Lull sends.
std::int64_t NumberMember(const std::string& json, const std::string& name) {
  const std::size_t at = json.find("\"" + name + "\":");
  return at == std::string::npos ? 0 : std::stoll(json.substr(at + name.size() + 3));
}

bool Captures(const Stream& stream, const std::string& subject) {
  return std::ranges::any_of(stream.settings.subjects, [&](const std::string& pattern) {
    return connectors::SubjectMatches(pattern, subject);
  });
}

std::string ToJson(const Stream& stream, const StoreAnswer& answer) {
  if (answer.code != 0) {
    return "{\"error\":{\"code\":400,\"err_code\":" + std::to_string(answer.code) + ",\"description\":\"" +
           answer.text + "\"},\"stream\":\"" + stream.settings.name + "\",\"seq\":0}";
  }
  return "{\"stream\":\"" + stream.settings.name + "\",\"seq\":" + std::to_string(answer.sequence) +
         (answer.duplicate ? ",\"duplicate\":true}" : "}");
}

}  // namespace

Broker& TheBroker() {
  LULL_CHECK(g_broker != nullptr);
  return *g_broker;
}
void SetBroker(Broker* broker) { g_broker = broker; }

const std::string* FindHeader(const Message& message, std::string_view name) {
  const auto found = std::ranges::find(message.headers, name, &Headers::value_type::first);
  return found == message.headers.end() ? nullptr : &found->second;
}

const StoredMessage* Stream::Find(std::uint64_t sequence) const {
  if (messages.empty() || sequence < messages.front().sequence || sequence > last_sequence) return nullptr;
  return &messages[sequence - messages.front().sequence];
}

Stream* Broker::FindStream(const std::string& name) {
  const auto found = streams_.find(name);
  return found == streams_.end() ? nullptr : &found->second;
}

std::uint64_t Broker::lost_count(const std::string& stream) const {
  const auto found = lost_.find(stream);
  return found == lost_.end() ? 0 : found->second;
}

// ---- Links
// ----------------------------------------------------------------------------------------------------

bool Broker::Connect(const std::shared_ptr<Link>& link) {
  if (!up_) return false;
  link->session = ++sessions_;
  link->out_free = link->in_free = world_.LocalNow();
  std::erase_if(links_, [](const auto& known) { return known.expired(); });
  links_.push_back(link);
  return true;
}

void Broker::Disconnect(Link& link) {
  if (link.session == 0) return;
  link.session = 0;
  if (link.owner->killed || link.closed) return;
  link.on_lost();
}

void Broker::Send(const std::shared_ptr<Link>& link, std::function<void()> at_broker) {
  link->out_free = std::max(link->out_free, world_.LocalNow() + Latency());
  world_.At(link->out_free, [this, link, session = link->session, at_broker = std::move(at_broker)] {
    if (up_ && link->session == session) at_broker();
  });
}

void Broker::Answer(const std::shared_ptr<Link>& link, std::uint64_t session,
                    std::function<void()> at_client) {
  link->in_free = std::max(link->in_free, world_.now() + Latency());
  world_.At(link->in_free, [link, session, at_client = std::move(at_client), this] {
    if (link->session != session || link->owner->killed) return;
    at_client();
    world_.Wake(*link->owner);
  });
}

void Broker::Route(const std::string& to, const Message& message) {
  for (const auto& known : links_) {
    const std::shared_ptr<Link> link = known.lock();
    if (!link || link->session == 0 || link->owner->killed || !link->listens(to)) continue;
    Answer(link, link->session, [link, to, message] { link->deliver(to, message); });
  }
}

// ---- Streams
// --------------------------------------------------------------------------------------------------

int Broker::AddStream(const StreamSettings& settings) {
  for (const auto& [name, stream] : streams_) {
    if (name == settings.name) continue;
    for (const std::string& subject : settings.subjects) {
      if (std::ranges::count(stream.settings.subjects, subject) > 0) return JSStreamSubjectOverlapErr;
    }
  }
  streams_[settings.name].settings = settings;
  return 0;
}

std::int64_t Broker::MemoryOf(const Stream& stream) const {
  const std::int64_t promised = stream.settings.duplicates_nanos / 1'000;
  return stream.settings.name.ends_with("_IN") ? promised : std::min(promised, output_memory_);
}

StoreAnswer Broker::Store(Stream& stream, const Message& message) {
  if (const std::string* expected = FindHeader(message, "Nats-Expected-Stream");
      expected != nullptr && *expected != stream.settings.name) {
    return {.code = JSStreamNotMatchErr, .text = "expected stream does not match"};
  }
  const std::string* id = FindHeader(message, "Nats-Msg-Id");
  if (id != nullptr) {
    const auto known = stream.ids.find(*id);
    const StoredMessage* before = known == stream.ids.end() ? nullptr : stream.Find(known->second);
    if (before != nullptr && WallMicros() - before->stored_micros < MemoryOf(stream)) {
      return {.sequence = before->sequence, .duplicate = true};
    }
  }
  if (const std::string* last = FindHeader(message, "Nats-Expected-Last-Sequence");
      last != nullptr && std::stoull(*last) != stream.last_sequence) {
    return {.code = JSStreamWrongLastSequenceErr,
            .text = "wrong last sequence: " + std::to_string(stream.last_sequence)};
  }
  if (const std::string* last = FindHeader(message, "Nats-Expected-Last-Msg-Id");
      last != nullptr && *last != stream.last_id) {
    return {.code = JSStreamWrongLastMsgIDErr, .text = "wrong last msg ID: " + stream.last_id};
  }
  const std::uint64_t bytes = message.subject.size() + message.data.size();
  if (full_ || stream.bytes + bytes > static_cast<std::uint64_t>(stream.settings.bytes_max)) {
    return {.code = JSStreamStoreFailedErr, .text = "maximum bytes exceeded"};
  }
  stream.messages.push_back({++stream.last_sequence, WallMicros(), message});
  stream.messages.back().message.reply.clear();
  stream.bytes += bytes;
  stream.last_id = id == nullptr ? "" : *id;
  if (id != nullptr) stream.ids[*id] = stream.last_sequence;
  SyncSometimes();
  return {.sequence = stream.last_sequence};
}

// Without `sync_interval` the system writes to disk when it likes.
void Broker::SyncSometimes() {
  if (syncs_) return;
  syncs_ = true;
  world_.At(world_.now() + world_.Between(100 * kMilli, 20 * kSecond), [this] {
    syncs_ = false;
    for (auto& [name, stream] : streams_) stream.synced = stream.last_sequence;
  });
}

void Broker::Publish(const std::shared_ptr<Link>& from, const Message& message) {
  if (message.subject.starts_with(kNextPrefix)) return TakePull(from, message);
  bool heard = false;
  for (auto& [name, stream] : streams_) {
    if (!Captures(stream, message.subject)) continue;
    heard = true;
    const StoreAnswer answer = Store(stream, message);
    if (!message.reply.empty()) {
      Route(message.reply,
            {.subject = message.reply, .reply = {}, .data = ToJson(stream, answer), .headers = {}});
    }
    if (answer.code == 0 && !answer.duplicate) ServeWaiting(name);
  }
  for (const auto& known : links_) {
    const std::shared_ptr<Link> link = known.lock();
    heard = heard || (link && link->session != 0 && link->listens(message.subject));
  }
  if (!heard && !message.reply.empty()) {
    Route(message.reply, {.subject = message.reply, .reply = {}, .data = {}, .headers = {{"Status", "503"}}});
    return;
  }
  Route(message.subject, message);
}

// ---- Consumers
// ------------------------------------------------------------------------------------------------

std::optional<std::string> Broker::AddConsumer(Consumer consumer) {
  const Stream* stream = FindStream(consumer.stream);
  if (stream == nullptr) return {};
  consumer.next = std::max(consumer.next, stream->first_sequence());
  std::string name = "C" + std::to_string(++names_);
  consumers_[name] = std::move(consumer);
  return name;
}

void Broker::TakePull(const std::shared_ptr<Link>& from, const Message& message) {
  const std::string rest = message.subject.substr(sizeof(kNextPrefix) - 1);
  const std::string name = rest.substr(rest.find('.') + 1);
  const auto found = consumers_.find(name);
  if (found == consumers_.end()) {
    return Route(message.reply,
                 {.subject = message.reply, .reply = {}, .data = {}, .headers = {{"Status", "503"}}});
  }
  PullRequest pull{.link = from,
                   .session = from->session,
                   .reply = message.reply,
                   .left = static_cast<std::uint64_t>(NumberMember(message.data, "batch")),
                   .expires = world_.now() + NumberMember(message.data, "expires") / 1'000,
                   .at_once = message.data.find("\"no_wait\":true") != std::string::npos};
  if (Serve(name, found->second, pull)) return;
  if (pull.at_once && !waits_at_once_) return EndPull(pull, "404");
  found->second.waiting.push_back(pull);
  world_.At(pull.expires, [this, name] {
    const auto still = consumers_.find(name);
    if (still == consumers_.end()) return;
    std::erase_if(still->second.waiting, [this](PullRequest& over) {
      if (over.expires > world_.now()) return false;
      EndPull(over, "408");
      return true;
    });
  });
}

void Broker::EndPull(PullRequest& pull, const char* status) {
  const std::shared_ptr<Link> link = pull.link.lock();
  if (!link || link->session != pull.session) return;
  const Message message{.subject = pull.reply, .reply = {}, .data = {}, .headers = {{"Status", status}}};
  Answer(link, pull.session, [link, to = pull.reply, message] { link->deliver(to, message); });
}

/// Sends what there is. True if the pull is over.
bool Broker::Serve(const std::string& name, Consumer& consumer, PullRequest& pull) {
  const std::shared_ptr<Link> link = pull.link.lock();
  if (!link || link->session != pull.session) return true;
  const Stream& stream = streams_.at(consumer.stream);
  std::vector<const StoredMessage*> batch;
  const std::uint64_t count_max = std::min(pull.left, pull_count_max_);
  for (; consumer.next <= stream.last_sequence && batch.size() < count_max; ++consumer.next) {
    const StoredMessage* found = stream.Find(consumer.next);
    if (found == nullptr) continue;
    if (!consumer.filter.empty() && !connectors::SubjectMatches(consumer.filter, found->message.subject))
      continue;
    batch.push_back(found);
  }
  std::uint64_t later = stream.last_sequence + 1 - consumer.next;
  if (!consumer.filter.empty()) {
    later =
        static_cast<std::uint64_t>(std::ranges::count_if(stream.messages, [&](const StoredMessage& stored) {
          return stored.sequence >= consumer.next &&
                 connectors::SubjectMatches(consumer.filter, stored.message.subject);
        }));
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::uint64_t pending = batch.size() - i - 1 + later;
    Message message = batch[i]->message;
    if (consumer.headers_only) message.data.clear();
    message.reply = "$JS.ACK." + consumer.stream + "." + name + ".1." + std::to_string(batch[i]->sequence) +
                    "." + std::to_string(++consumer.delivered) + "." +
                    std::to_string(batch[i]->stored_micros * 1'000) + "." + std::to_string(pending);
    Answer(link, pull.session, [link, to = pull.reply, message] { link->deliver(to, message); });
  }
  pull.left -= batch.size();
  pull.any = pull.any || !batch.empty();
  if (pull.left == 0) return true;
  const bool cut_short = batch.size() == pull_count_max_;
  if (!cut_short && (!pull.any || !pull.at_once)) return false;
  EndPull(pull, cut_short ? "408" : "404");
  return true;
}

void Broker::ServeWaiting(const std::string& stream) {
  for (auto& [name, consumer] : consumers_) {
    if (consumer.stream != stream) continue;
    std::erase_if(consumer.waiting, [&](PullRequest& pull) { return Serve(name, consumer, pull); });
  }
}

void Broker::DropLinksOf(const Process& process) {
  for (const auto& known : links_) {
    if (const std::shared_ptr<Link> link = known.lock(); link && link->owner == &process) Disconnect(*link);
  }
}

// ---- What goes wrong
// ------------------------------------------------------------------------------------------

void Broker::Crash(std::int64_t down_micros, bool power_cut) {
  if (!up_) return;
  up_ = false;
  consumers_.clear();
  for (auto& [name, stream] : streams_) {
    if (!power_cut) continue;
    const auto kept = static_cast<std::uint64_t>(world_.Between(
        static_cast<std::int64_t>(stream.synced), static_cast<std::int64_t>(stream.last_sequence)));
    lost_[name] += stream.last_sequence - kept;
    while (!stream.messages.empty() && stream.messages.back().sequence > kept) {
      const Message& lost = stream.messages.back().message;
      stream.bytes -= lost.subject.size() + lost.data.size();
      stream.messages.pop_back();
    }
    stream.last_sequence = kept;
  }
  const std::vector<std::weak_ptr<Link>> links = std::move(links_);
  links_.clear();
  for (const auto& known : links) {
    if (const std::shared_ptr<Link> link = known.lock()) Disconnect(*link);
  }
  world_.At(world_.now() + down_micros, [this] { Restart(); });
}

void Broker::Restart() {
  up_ = true;
  const std::int64_t now = WallMicros();
  for (auto& [name, stream] : streams_) {
    stream.ids.clear();
    stream.last_id.clear();
    for (const StoredMessage& stored : stream.messages) {
      const std::string* id = FindHeader(stored.message, "Nats-Msg-Id");
      if (id == nullptr || now - stored.stored_micros > MemoryOf(stream)) continue;
      stream.ids[*id] = stored.sequence;
      if (stored.sequence == stream.last_sequence) stream.last_id = *id;
    }
  }
}

}  // namespace lull::simulation
