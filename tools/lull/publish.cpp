// lull publish: events of a file into NATS, in order and each once, and ticks for replays of history.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <random>
#include <thread>

#include "connectors/event_file.h"
#include "connectors/nats/event_publisher.h"
#include "connectors/nats/routed_task.h"
#include "connectors/nats/subject_token.h"
#include "service/signals.h"
#include "service/tick_clock.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/nats_target.h"

namespace lull::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatchCount = 512;
constexpr std::int64_t kGiveUpSeconds = 60;
/// A broker that is just being started; longer is more likely a wrong address.
constexpr std::int64_t kWaitForServerMs = 10'000;

struct PublishOptions {
  NatsTarget target;
  std::string events;
  std::string subject = "events";
  std::string type_name = "type";
  std::string key_name;
  std::uint64_t rate = 0;
  std::int64_t tick = kUnknown;
  bool quiet = false;
};

std::string SubjectFor(const PublishOptions& options, std::string_view event) {
  std::string subject = options.subject;
  for (const std::string* name : {&options.type_name, &options.key_name}) {
    if (name->empty()) continue;
    subject += "." + connectors::EncodeToken(connectors::TextMember(event, *name));
  }
  return subject;
}

/// Different in each run, so that publishing a file twice stores it twice.
std::string RunId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

void KeepRate(const PublishOptions& options, std::uint64_t count, Clock::time_point begin) {
  if (options.rate == 0) return;
  const double seconds = static_cast<double>(count) / static_cast<double>(options.rate);
  std::this_thread::sleep_until(
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds)));
}

Status PublishAll(const PublishOptions& options, const service::Signals& signals,
                  connectors::EventFile& input, connectors::EventPublisher& publisher,
                  Clock::time_point& progress_at) {
  const std::string run = RunId();
  const Clock::time_point begin = Clock::now();
  ProgressBar progress(!options.quiet);
  std::uint64_t count = 0;
  while (!signals.stop) {
    const auto lines = input.Next(options.rate > 0 ? std::min<std::size_t>(kBatchCount, options.rate / 20 + 1)
                                                   : kBatchCount);
    if (!lines) return std::unexpected(lines.error());
    if (lines->empty()) break;
    for (const connectors::RawEvent& line : *lines) {
      const std::string id = run + "." + std::to_string(line.position.value);
      if (Status ok = publisher.Publish(SubjectFor(options, line.bytes), id, line.bytes); !ok) return ok;
    }
    count += lines->size();
    if (options.rate > 0) {
      if (Status ok = publisher.Flush(); !ok) return ok;
    }
    progress_at = Clock::now();
    progress.Update(count, input.bytes_read(), input.bytes_total());
    KeepRate(options, count, begin);
  }
  return publisher.Flush();
}

int PublishEvents(const PublishOptions& options, const service::Signals& signals) {
  auto input = connectors::EventFile::Open(options.events);
  if (!input) return Complain(input.error().message);
  const Clock::time_point begin = Clock::now();
  Clock::time_point progress_at = begin;
  const auto keep_trying = [&progress_at, &signals] {
    return !signals.stop && Clock::now() - progress_at < std::chrono::seconds(kGiveUpSeconds);
  };
  connectors::ConnectionOptions connection = options.target.connection;
  connection.wait_for_server_ms = kWaitForServerMs;
  auto publisher = connectors::EventPublisher::Open(std::move(connection), keep_trying);
  if (!publisher) return Complain(publisher.error().message);
  const Status published = PublishAll(options, signals, *input, *publisher, progress_at);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const std::uint64_t stored = publisher->stored_count();
  if (!options.quiet) {
    fmt::print(stderr, "{} events stored in {:.1f} s, {} a second\n", Grouped(stored), seconds,
               Grouped(static_cast<std::uint64_t>(static_cast<double>(stored) / seconds)));
  }
  return published ? kExitOk : Complain(published.error().message);
}

int PublishTick(const PublishOptions& options) {
  auto connection = connectors::Connection::Open(options.target.connection);
  if (!connection) return Complain(connection.error().message);
  for (const std::string& name : options.target.Names()) {
    const auto stored =
        connection->Store("lull." + name + ".tick", service::TickPayload(EventTime{options.tick}), {});
    if (!stored) return Complain(stored.error().message);
  }
  return kExitOk;
}

int Publish(PublishOptions& options) {
  if (options.events.empty() && options.tick == kUnknown) {
    return Complain("nothing to publish: give --events FILE or --tick TIME", kExitUsage);
  }
  if (Status ok = options.target.Resolve(options.tick != kUnknown); !ok) {
    return Complain(ok.error().message, kExitUsage);
  }
  const service::Signals& signals = service::InstallSignals();
  if (!options.events.empty()) {
    if (const int code = PublishEvents(options, signals); code != kExitOk) return code;
  }
  return options.tick == kUnknown ? kExitOk : PublishTick(options);
}

}  // namespace

void AddPublishCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<PublishOptions>();
  CLI::App* command = app.add_subcommand("publish", "Store a file of events in NATS, in order and each once");
  options->target.AddOptions(*command, false);
  command->add_option("--events", options->events, "JSON Lines, plain or .gz; - is standard input");
  command->add_option("--subject", options->subject, "Events go to SUBJECT.<type>")->capture_default_str();
  command->add_option("--type", options->type_name, "The member that names the type; empty: leave it out")
      ->capture_default_str();
  command->add_option("--key", options->key_name, "Add this member's value too: SUBJECT.<type>.<key>");
  command->add_option("--rate", options->rate, "At most so many events a second");
  AddTimeOption(*command, "--tick", options->tick, "At the end, move the clock to this time");
  command->add_flag("--quiet", options->quiet, "No progress or summary");
  command->footer(
      "\nExamples:\n"
      "  lull publish --events events.jsonl.gz --subject shop\n"
      "  lull publish --config lull.toml --events - --subject shop --tick 2026-03-20T00:00:00Z < "
      "events.jsonl\n"
      "\nWhile the broker is away it waits up to a minute, and loses and repeats nothing.");
  command->callback([options, &run] { run = [options] { return Publish(*options); }; });
}

}  // namespace lull::tools
