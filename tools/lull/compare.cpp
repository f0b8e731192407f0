// lull compare: what a shadow would have sent, beside what was sent meanwhile.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

#include "connectors/json_text.h"
#include "connectors/nats/deployment_bucket.h"
#include "connectors/nats/input_log.h"
#include "connectors/nats/routed_task.h"
#include "connectors/nats/stream.h"
#include "service/deployment.h"
#include "tools/lull/command.h"
#include "tools/lull/nats_target.h"

namespace lull::tools {
namespace {

using connectors::RevisionStatus;
using connectors::RoutedTask;

constexpr int kBatchCount = 1'000;
constexpr std::int64_t kReadMs = 2'000;

struct CompareOptions {
  NatsTarget target;
  std::uint64_t revision = 0;
  std::size_t examples = 3;
  bool json = false;
};

/// Where in the input log of one partition the shadow began and ended.
struct Span {
  std::uint64_t begin = 0;  // 0: it was never tried there
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
};

/// An action is the same if it is of the same nudge, for the same one, at the same instant.
using ActionName = std::tuple<std::string, std::string, std::string, std::string, std::string>;
struct Sides {
  bool was_sent = false;
  bool would_be = false;
  std::string title;
};
using Actions = std::map<ActionName, Sides>;

struct NudgeTotals {
  std::uint64_t both = 0;
  std::vector<const Actions::value_type*> only_sent;
  std::vector<const Actions::value_type*> only_shadow;
};

ActionName NameOf(const RoutedTask& task) {
  return {task.nudge, task.entity_type, task.whole_id, task.entity_id, task.time};
}

Result<Span> SpanOf(connectors::Connection& connection, const std::string& name, std::uint64_t revision) {
  const auto found =
      service::FindMarkers(connection, connectors::StreamName(name, "IN"), "lull." + name + ".deploy");
  if (!found) return std::unexpected(found.error());
  Span span;
  for (const service::LoggedRevision& logged : found->revisions) {
    if (logged.revision != revision) continue;
    if (logged.outcome == RevisionStatus::Outcome::kShadow) {
      span = {.begin = logged.sequence};
    } else if (span.begin != 0) {
      span.end = std::min(span.end, logged.sequence);
    }
  }
  return span;
}

template <typename Take>
Status ReadActions(connectors::Connection& connection, const std::string& stream, const std::string& subject,
                   Take take) {
  auto log = connectors::InputLog::Open(connection,
                                        {.stream = stream, .subject_filter = subject, .message_ids = true});
  if (!log) return std::unexpected(log.error());
  while (!log->caught_up()) {
    const auto messages = log->Read(kBatchCount, kReadMs);
    if (!messages) return std::unexpected(messages.error());
    for (const connectors::InputMessage& message : *messages) {
      const auto task = connectors::ParseRoutedTask(message.data);
      if (!task) return std::unexpected(task.error());
      if (task->kind == "sent") take(*task, message);
    }
  }
  return {};
}

/// Adds what happened in one partition.
Status AddPartition(connectors::Connection& connection, const std::string& name, std::uint64_t revision,
                    const runtime::Share& share, Actions& actions) {
  const Result<Span> span = SpanOf(connection, name, revision);
  if (!span) return std::unexpected(span.error());
  if (span->begin == 0) return {};
  const std::string mine = std::to_string(revision) + ".";
  Status read =
      ReadActions(connection, connectors::StreamName(name, "SHADOW"), "lull." + name + ".shadow.sent",
                  [&](const RoutedTask& task, const connectors::InputMessage& message) {
                    if (!message.message_id.starts_with(mine)) return;
                    Sides& sides = actions[NameOf(task)];
                    sides.would_be = true;
                    sides.title = task.title;
                  });
  if (!read) return read;
  return ReadActions(connection, connectors::StreamName(name, "OUT"), "",
                     [&](const RoutedTask& task, const connectors::InputMessage&) {
                       if (task.position <= span->begin || task.position > span->end) return;
                       if (!share.Has(task.whole_id.empty() ? task.entity_id : task.whole_id)) return;
                       Sides& sides = actions[NameOf(task)];
                       sides.was_sent = true;
                       sides.title = task.title;
                     });
}

std::map<std::string, NudgeTotals> TotalsOf(const Actions& actions) {
  std::map<std::string, NudgeTotals> totals;
  for (const auto& action : actions) {
    NudgeTotals& of = totals[std::get<0>(action.first)];
    if (action.second.was_sent && action.second.would_be) {
      ++of.both;
    } else {
      (action.second.was_sent ? of.only_sent : of.only_shadow).push_back(&action);
    }
  }
  return totals;
}

std::string Quoted(const std::string& text) {
  std::string out;
  connectors::AppendJsonText(out, text);
  return out;
}

void PrintExamples(const char* what, const std::vector<const Actions::value_type*>& of, std::size_t count) {
  for (std::size_t i = 0; i < std::min(count, of.size()); ++i) {
    const auto& [nudge, type, whole, id, time] = of[i]->first;
    // Quoted: texts come from events.
    fmt::print("    {}  {}  {} {}  {}\n", what, time, type, Quoted(whole.empty() ? id : whole + " / " + id),
               Quoted(of[i]->second.title));
  }
}

void PrintJsonExamples(const char* name, const std::vector<const Actions::value_type*>& of,
                       std::size_t count) {
  fmt::print(",\"{}\":[", name);
  for (std::size_t i = 0; i < std::min(count, of.size()); ++i) {
    const auto& [nudge, type, whole, id, time] = of[i]->first;
    fmt::print("{}{{\"type\":{},\"id\":{},\"within\":{},\"time\":{},\"title\":{}}}", i == 0 ? "" : ",",
               Quoted(type), Quoted(id), whole.empty() ? "null" : Quoted(whole), Quoted(time),
               Quoted(of[i]->second.title));
  }
  fmt::print("]");
}

void Print(const CompareOptions& options, std::uint64_t revision, const Actions& actions) {
  const std::map<std::string, NudgeTotals> totals = TotalsOf(actions);
  if (!options.json) {
    fmt::print("shadow of revision {}\n{:<32} {:>12} {:>12} {:>12}\n", revision, "nudge", "both", "only sent",
               "only shadow");
  }
  for (const auto& [nudge, of] : totals) {
    if (options.json) {
      fmt::print("{{\"nudge\":{},\"both\":{},\"only_sent\":{},\"only_shadow\":{}", Quoted(nudge), of.both,
                 of.only_sent.size(), of.only_shadow.size());
      PrintJsonExamples("examples_sent", of.only_sent, options.examples);
      PrintJsonExamples("examples_shadow", of.only_shadow, options.examples);
      fmt::print("}}\n");
      continue;
    }
    fmt::print("{:<32} {:>12} {:>12} {:>12}\n", nudge, of.both, of.only_sent.size(), of.only_shadow.size());
    PrintExamples("only sent  ", of.only_sent, options.examples);
    PrintExamples("only shadow", of.only_shadow, options.examples);
  }
  if (totals.empty() && !options.json) fmt::print("nothing was sent, nor would have been\n");
}

/// The bundle of the revision, or of the newest one that is a shadow.
Result<connectors::Bundle> FindShadow(connectors::DeploymentBucket& bucket, std::uint64_t wanted) {
  const auto head = bucket.Head();
  if (!head) return std::unexpected(head.error());
  for (std::uint64_t revision = wanted > 0 ? wanted : *head; revision > 0; --revision) {
    const auto text = bucket.ReadRevision(revision);
    if (!text) return std::unexpected(text.error());
    auto bundle = *text ? connectors::ParseBundle(**text) : Result<connectors::Bundle>(Fail(""));
    const bool is_shadow = bundle && bundle->manifest.rollout &&
                           bundle->manifest.rollout->kind == connectors::RolloutPlan::Kind::kShadow;
    if (is_shadow) return bundle;
    if (wanted > 0) return Fail(fmt::format("revision {} is no shadow (see `lull history`)", wanted));
  }
  return Fail("there was no shadow yet: `lull deploy DIR --shadow`");
}

int Compare(CompareOptions& options) {
  if (Status ok = options.target.Resolve(true); !ok) return Complain(ok.error().message, kExitUsage);
  auto connection = connectors::Connection::Open(options.target.connection);
  if (!connection) return Complain(connection.error().message);
  auto bucket = connectors::DeploymentBucket::Open(*connection, options.target.name);
  if (!bucket) return Complain(bucket.error().message);
  const auto shadow = FindShadow(*bucket, options.revision);
  if (!shadow) return Complain(shadow.error().message);
  const auto partitions = bucket->PartitionCount();
  if (!partitions) return Complain(partitions.error().message);
  options.target.partition_count = *partitions;
  Actions actions;
  for (const std::string& name : options.target.Names()) {
    const Status added =
        AddPartition(*connection, name, shadow->manifest.revision, shadow->manifest.rollout->share, actions);
    if (!added) return Complain(added.error().message);
  }
  Print(options, shadow->manifest.revision, actions);
  return kExitOk;
}

}  // namespace

void AddCompareCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command =
      app.add_subcommand("compare", "What a shadow would have sent, beside what was sent meanwhile");
  command->add_option("REVISION", options->revision, "Of the shadow (default: the newest)");
  options->target.AddOptions(*command, false);
  command->add_option("--examples", options->examples, "How many of each nudge")->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object for each nudge, for scripts");
  command->footer(
      "\nCounts, for each nudge, the actions that both sent, that only the ruleset in force sent, and that "
      "only\nthe shadow would have sent: of the same nudge, for the same entity, at the same instant. It "
      "reads "
      "what the\nstreams of actions and of shadows still have.\n"
      "\nExample:\n  lull deploy rules --config lull.toml --key deploy.key --shadow\n"
      "  lull compare --config lull.toml");
  command->callback([options, &run] { run = [options] { return Compare(*options); }; });
}

}  // namespace lull::tools
