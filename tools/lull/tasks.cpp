// lull tasks: the routed tasks of a business unit, as an associate reads them.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "connectors/nats/input_log.h"
#include "connectors/nats/routed_task.h"
#include "connectors/nats/stream.h"
#include "connectors/nats/subject_token.h"
#include "runtime/base/clock.h"
#include "service/service_log.h"
#include "service/signals.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/nats_target.h"

namespace lull::tools {
namespace {

using connectors::RoutedTask;

constexpr int kBatchCount = 500;
constexpr std::int64_t kReadMs = 200;
constexpr std::size_t kShortId = 8;

struct TasksOptions {
  NatsTarget target;
  std::string unit;
  std::string key;
  bool follow = true;
  bool json = false;
  std::int64_t since_micros = kUnknown;
};

struct Style {
  const char* bold = "";
  const char* faint = "";
  const char* end = "";
};

/// Texts come from events: what would steer a terminal is shown as a question mark.
std::string Harmless(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) c = '?';
  }
  return out;
}

std::string WhereTo(const RoutedTask& task, std::string_view subject, std::string_view prefix) {
  std::string unit = task.unit.value_or("");
  std::string key = task.key.value_or("");
  // Withdrawals name neither; their subject does.
  std::string_view rest = subject.substr(std::min(subject.size(), prefix.size() + 1));
  const std::size_t dot = rest.find('.');
  if (unit.empty() && dot != std::string_view::npos) {
    const auto unit_token = connectors::DecodeToken(rest.substr(0, dot));
    const auto key_token = connectors::DecodeToken(rest.substr(dot + 1));
    if (unit_token && *unit_token) unit = **unit_token;
    if (key_token && *key_token) key = **key_token;
  }
  // A message goes straight to the entity.
  if (unit.empty()) unit = task.channel.empty() ? "(no unit)" : "(" + task.channel + ")";
  return Harmless(key.empty() ? unit : unit + " / " + key);
}

/// "2026-03-02 16:00" of "2026-03-02T16:00:00Z".
std::string ShortTime(const std::string& time) {
  constexpr std::size_t kMinutes = 16;
  if (time.size() < kMinutes) return time;
  return time.substr(0, 10) + " " + time.substr(11, 5);
}

void PrintTask(const RoutedTask& task, const std::string& where, const Style& style) {
  const std::string id = task.id.substr(0, kShortId);
  const std::string about = Harmless(task.entity_type + " " + task.entity_id);
  const bool is_escalated = task.kind == "escalated";
  if (task.kind != "sent" && !is_escalated) {
    // "done: reached" says what it is already.
    const std::string what = task.why.starts_with(task.kind) ? task.why : task.kind + ": " + task.why;
    fmt::print("{}{}  {}  {} ({}), {}  #{}{}\n", style.faint, ShortTime(task.time), where, Harmless(what),
               task.nudge, about, id, style.end);
    return;
  }
  fmt::print("{}{}{}  {}  {}{}{}\n", style.faint, ShortTime(task.time), style.end, where, style.bold,
             Harmless(task.title), style.end);
  for (const std::string& reason : task.reasons) fmt::print("                  - {}\n", Harmless(reason));
  std::string facts = about + " · " + task.channel;
  if (task.worth) facts += fmt::format(" · worth {:.15g}", *task.worth);
  if (!task.due.empty()) facts += (is_escalated ? " · was due " : " · due ") + ShortTime(task.due);
  if (is_escalated) facts += " · escalated from " + Harmless(task.from_unit);
  fmt::print("{}                  {} · #{}{}\n", style.faint, facts, id, style.end);
}

Result<connectors::InputLog> OpenOutput(connectors::Connection& connection, const TasksOptions& options) {
  const std::string& prefix = options.target.prefix;
  const auto stream = connectors::StreamOfSubject(connection, prefix + ".>");
  if (!stream) return std::unexpected(stream.error());
  const auto token = [](const std::string& text) {
    return text.empty() ? "*" : connectors::EncodeToken(text);
  };
  const std::string filter = prefix + "." + token(options.unit) + "." + token(options.key);
  return connectors::InputLog::Open(connection, {.stream = *stream, .subject_filter = filter});
}

int Follow(connectors::InputLog& output, const TasksOptions& options, const service::Signals& signals) {
  const Style style = OutputHasColor() ? Style{"\x1b[1m", "\x1b[2m", "\x1b[0m"} : Style{};
  const std::int64_t since = options.since_micros == kUnknown ? 0 : WallMicros() - options.since_micros;
  while (!signals.stop) {
    const auto messages = output.Read(kBatchCount, kReadMs);
    if (!messages) return Complain(messages.error().message);
    for (const connectors::InputMessage& message : *messages) {
      if (message.stored_at.micros < since) continue;
      if (options.json) {
        fmt::print("{}\n", message.data);
        continue;
      }
      const auto task = connectors::ParseRoutedTask(message.data);
      if (!task) {
        Complain(task.error().message);
        continue;
      }
      PrintTask(*task, WhereTo(*task, message.subject, options.target.prefix), style);
    }
    // Whoever read standard output has gone: `lull tasks | head`.
    if (std::fflush(stdout) != 0) return kExitOk;
    if (!options.follow && output.caught_up()) break;
  }
  return kExitOk;
}

int Tasks(TasksOptions& options) {
  if (Status ok = options.target.Resolve(true); !ok) return Complain(ok.error().message, kExitUsage);
  const service::Signals& signals = service::InstallSignals();
  auto connection = connectors::Connection::Open(options.target.connection);
  if (!connection) return Complain(connection.error().message);
  auto output = OpenOutput(*connection, options);
  if (!output) return Complain(output.error().message);
  return Follow(*output, options, signals);
}

}  // namespace

void AddTasksCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<TasksOptions>();
  CLI::App* command = app.add_subcommand("tasks", "Follow the tasks that go to a business unit");
  options->target.AddOptions(*command, true);
  command->add_option("--unit", options->unit, "Only this unit");
  command->add_option("--key", options->key, "Only this key, such as a store");
  command->add_flag("--follow,!--no-follow", options->follow, "Wait for more at the end (default)");
  command->add_flag("--json", options->json, "One JSON object a line, as it was sent");
  AddDurationOption(*command, "--since", options->since_micros,
                    "Only what was routed in the last so many seconds, hours, days");
  command->footer(
      "\nExamples:\n"
      "  lull tasks --config lull.toml --unit sales --key \"Oak Park\"\n"
      "  lull tasks --nats nats://127.0.0.1:4222 --name retail --no-follow --json\n"
      "\nThe newest comes last. Ctrl-C ends it.");
  command->callback([options, &run] { run = [options] { return Tasks(*options); }; });
}

}  // namespace lull::tools
