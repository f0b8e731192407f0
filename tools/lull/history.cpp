// lull history: the revisions of a deployment.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "connectors/json_text.h"
#include "connectors/nats/deployment_bucket.h"
#include "connectors/time_text.h"
#include "tools/lull/command.h"
#include "tools/lull/nats_target.h"

namespace lull::tools {
namespace {

struct HistoryOptions {
  NatsTarget target;
  std::uint64_t count = 20;
  bool json = false;
  std::uint64_t extract = 0;
  std::string into;
};

/// A revision as it is told.
struct Row {
  std::uint64_t revision = 0;
  connectors::Manifest manifest;  // of a bundle that cannot be read, empty
  std::vector<connectors::BundleSignature> signatures;
  connectors::PartitionStatuses by_partition;
  std::optional<connectors::RevisionStatus> status;  // as a whole

  std::string outcome() const {
    return status ? std::string(connectors::NameOf(status->outcome)) : "not looked at";
  }
};

Result<std::vector<Row>> ReadRows(connectors::DeploymentBucket& bucket, std::uint64_t count) {
  const auto head = bucket.Head();
  if (!head) return std::unexpected(head.error());
  std::vector<Row> rows;
  for (std::uint64_t revision = *head; revision > 0 && rows.size() < count; --revision) {
    const auto text = bucket.ReadRevision(revision);
    if (!text) return std::unexpected(text.error());
    if (!*text) continue;
    Row& row = rows.emplace_back();
    row.revision = revision;
    if (const auto bundle = connectors::ParseBundle(**text)) {
      row.manifest = bundle->manifest;
      row.signatures = bundle->signatures;
    }
    auto statuses = bucket.StatusesOf(revision);
    if (!statuses) return std::unexpected(statuses.error());
    row.by_partition = std::move(*statuses);
    row.status = connectors::WholeOf(row.by_partition);
  }
  return rows;
}

std::string Text(const std::string& text) {
  std::string out;
  connectors::AppendJsonText(out, text);
  return out;
}

void PrintStatus(const connectors::RevisionStatus& status) {
  fmt::print(",\"decided_at\":\"{}\",\"why\":{},\"version\":{},\"sequence\":{}",
             connectors::Rfc3339Text(status.at_micros), Text(status.why), Text(status.version),
             status.sequence);
}

void PrintJson(const Row& row) {
  const connectors::Manifest& manifest = row.manifest;
  fmt::print("{{\"revision\":{},\"outcome\":{},\"at\":\"{}\",\"by\":{},\"comment\":{},\"hash\":{},\"of\":{}",
             row.revision, Text(row.status ? row.outcome() : ""), connectors::Rfc3339Text(manifest.at_micros),
             Text(manifest.by), Text(manifest.comment), Text(manifest.hash), manifest.of);
  fmt::print(",\"keys\":[");
  for (std::size_t i = 0; i < row.signatures.size(); ++i) {
    fmt::print("{}{}", i == 0 ? "" : ",", Text(row.signatures[i].key));
  }
  fmt::print("]");
  if (row.status) PrintStatus(*row.status);
  if (row.by_partition.size() > 1) {
    fmt::print(",\"partitions\":[");
    for (std::size_t i = 0; i < row.by_partition.size(); ++i) {
      const auto& status = row.by_partition[i];
      fmt::print("{}{{\"outcome\":{}", i == 0 ? "" : ",",
                 Text(status ? std::string(NameOf(status->outcome)) : ""));
      if (status) PrintStatus(*status);
      fmt::print("}}");
    }
    fmt::print("]");
  }
  fmt::print("}}\n");
}

/// Texts of others could hold what a terminal takes for orders.
std::string Plain(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return text;
}

void PrintText(const Row& row) {
  const connectors::Manifest& manifest = row.manifest;
  fmt::print("{:>4}  {}  {:<15} {:<12} {}  {}{}\n", row.revision, connectors::Rfc3339Text(manifest.at_micros),
             row.outcome(), Plain(manifest.by), manifest.hash.substr(0, 12),
             manifest.of > 0 ? fmt::format("[files of {}] ", manifest.of) : "", Plain(manifest.comment));
  if (!row.status) return;
  if (row.status->outcome == connectors::RevisionStatus::Outcome::kAccepted) {
    std::string positions;
    for (const auto& status : row.by_partition) {
      positions += (positions.empty() ? "" : ", ") + std::to_string(status ? status->sequence : 0);
    }
    fmt::print("      version {} from position{} {} on\n", Plain(row.status->version),
               row.by_partition.size() > 1 ? "s" : "", positions);
  } else if (!row.status->why.empty()) {
    fmt::print("      {}\n", Plain(row.status->why.substr(0, row.status->why.find('\n'))));
  }
}

/// Writes the files of a revision for somebody to read, or to compare with `lull diff`: its own into
/// INTO/ruleset, and those that it uses beside.
int Extract(connectors::DeploymentBucket& bucket, const HistoryOptions& options) {
  const auto text = bucket.ReadRevision(options.extract);
  if (!text) return Complain(text.error().message);
  if (!*text) return Complain(fmt::format("there is no revision {}", options.extract));
  const auto bundle = connectors::ParseBundle(**text);
  if (!bundle) return Complain(bundle.error().message);
  if (Status ok = connectors::CheckBundle(*bundle, options.target.name, options.extract); !ok) {
    return Complain(ok.error().message);
  }
  const std::filesystem::path folder(options.into);
  for (const auto& [name, content] : bundle->files) {
    const std::filesystem::path inside = (std::filesystem::path("ruleset") / name).lexically_normal();
    if (inside.is_absolute() || inside.begin()->string() == "..") {
      return Complain("file " + Plain(name) +
                      " of the revision does not lie near its ruleset, and is not written");
    }
    std::error_code failed;
    std::filesystem::create_directories((folder / inside).parent_path(), failed);
    std::ofstream out(folder / inside, std::ios::binary | std::ios::trunc);
    out << content;
    out.close();
    if (failed || !out) {
      return Complain("cannot write " + (folder / inside).string());
    }
  }
  fmt::print("{}\n", (folder / "ruleset").string());
  return kExitOk;
}

int History(HistoryOptions& options) {
  if (Status ok = options.target.Resolve(true); !ok) return Complain(ok.error().message, kExitUsage);
  auto connection = connectors::Connection::Open(options.target.connection);
  if (!connection) return Complain(connection.error().message);
  auto bucket = connectors::DeploymentBucket::Open(*connection, options.target.name);
  if (!bucket) return Complain(bucket.error().message);
  if (options.extract > 0) return Extract(*bucket, options);
  const auto rows = ReadRows(*bucket, options.count);
  if (!rows) return Complain(rows.error().message);
  for (const Row& row : *rows) {
    if (options.json) PrintJson(row);
    if (!options.json) PrintText(row);
  }
  if (rows->empty() && !options.json) fmt::print("nothing was deployed through the bucket yet\n");
  return kExitOk;
}

}  // namespace

void AddHistoryCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<HistoryOptions>();
  CLI::App* command =
      app.add_subcommand("history", "The revisions of a deployment, newest first, and what became of them");
  options->target.AddOptions(*command, false);
  command->add_option("--count", options->count, "How many at most")->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object a line, for scripts");
  CLI::Option* into = command->add_option("--into", options->into, "Folder for the files of --extract");
  command->add_option("--extract", options->extract, "Write the files of this revision into --into")
      ->needs(into);
  command->footer(
      "\nBefore you approve a revision, see what it does to what runs now:\n"
      "  lull history --config lull.toml --extract 8 --into /tmp/8\n"
      "  lull diff rules_of_today /tmp/8/ruleset && lull approve 8 --config lull.toml --key me.key");
  command->callback([options, &run] { run = [options] { return History(*options); }; });
}

}  // namespace lull::tools
