// lull deploy, approve, rollback, keygen: changes of a running service through its bucket.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>

#include "connectors/nats/deploy_marker.h"
#include "connectors/nats/deployment_bucket.h"
#include "connectors/signing/signing.h"
#include "dsl/load.h"
#include "runtime/base/clock.h"
#include "tools/lull/command.h"
#include "tools/lull/nats_target.h"
#include "tools/lull/rules.h"

namespace lull::tools {
namespace {

using connectors::Bundle;
using connectors::DeploymentBucket;
using connectors::RevisionStatus;
using connectors::SigningKey;
using Outcome = RevisionStatus::Outcome;

constexpr auto kLookEvery = std::chrono::milliseconds(100);

struct DeployOptions {
  NatsTarget target;
  std::string folder;
  std::uint64_t revision = 0;
  std::string key_file;
  std::string comment;
  std::string by;
  std::int64_t wait_micros = 2 * kMicrosPerMinute;
  bool no_wait = false;
  bool no_check = false;
  std::string canary;  // a share
  std::string shadow;  // likewise
  std::vector<std::string> guards;
  std::int64_t promote_after_micros = 0;
};

std::string WhoAmI() {
  for (const char* name : {"USER", "LOGNAME"}) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return "unknown";
}

struct Opened {
  connectors::Connection connection;
  DeploymentBucket bucket;
};

/// The exit code if it cannot be opened.
std::expected<std::unique_ptr<Opened>, int> OpenBucket(NatsTarget& target) {
  if (Status ok = target.Resolve(true); !ok) return std::unexpected(Complain(ok.error().message, kExitUsage));
  auto connection = connectors::Connection::Open(target.connection);
  if (!connection) return std::unexpected(Complain(connection.error().message));
  auto bucket = DeploymentBucket::Open(*connection, target.name);
  if (!bucket) return std::unexpected(Complain(bucket.error().message));
  return std::make_unique<Opened>(Opened{std::move(*connection), std::move(*bucket)});
}

/// No key: nothing is signed. The exit code if it cannot be read.
std::expected<std::optional<SigningKey>, int> ReadKey(const std::string& file) {
  if (file.empty()) return std::nullopt;
  Result<SigningKey> key = SigningKey::Read(file);
  if (!key) return std::unexpected(Complain(key.error().message));
  return std::optional<SigningKey>(std::move(*key));
}

void Sign(Bundle& bundle, const std::optional<SigningKey>& key) {
  if (key) bundle.signatures.push_back({key->PublicKey(), key->Sign(bundle.signed_text)});
}

using WholeStatus = Result<std::optional<RevisionStatus>>;

WholeStatus WholeStatusOf(DeploymentBucket& bucket, std::uint64_t revision) {
  const auto statuses = bucket.StatusesOf(revision);
  if (!statuses) return std::unexpected(statuses.error());
  return connectors::WholeOf(*statuses);
}

/// The exit code, once there is nothing more to wait for.
std::optional<int> Tell(std::uint64_t revision, const RevisionStatus& status) {
  switch (status.outcome) {
    case Outcome::kAccepted:
      fmt::print("revision {} is in force: version {}, {}\n", revision, status.version,
                 status.sequence > 0 ? fmt::format("from position {} of the input log on", status.sequence)
                                     : "in all partitions");
      return kExitOk;
    case Outcome::kAwaitsApproval:
      fmt::print("revision {} awaits approval: {}\n", revision, status.why);
      return kExitOk;
    case Outcome::kCanary:
    case Outcome::kShadow:
      fmt::print(
          "revision {} is a {} {}: version {}{}\n", revision, NameOf(status.outcome), status.why,
          status.version,
          status.sequence > 0 ? fmt::format(", from position {} of the input log on", status.sequence) : "");
      return kExitOk;
    case Outcome::kFellBack:
      return Complain(fmt::format("revision {} has fallen back: {}", revision, status.why), kExitRuleErrors);
    case Outcome::kPartly:
      return Complain(fmt::format("revision {} is in force in some partitions only: {}\nWhat to do: deploy "
                                  "again once the reason is gone, or `lull rollback`.",
                                  revision, status.why),
                      kExitRuleErrors);
    case Outcome::kRefused:
    case Outcome::kSuperseded:
      return Complain(fmt::format("revision {} is {}; what was in force goes on:\n{}", revision,
                                  connectors::NameOf(status.outcome), status.why),
                      kExitRuleErrors);
    case Outcome::kReady:
      break;
  }
  return {};
}

/// Waits for what the service makes of a revision, and tells it.
int Await(DeploymentBucket& bucket, std::uint64_t revision, const DeployOptions& options) {
  if (options.no_wait) return kExitOk;
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(options.wait_micros);
  WholeStatus status;
  while (std::chrono::steady_clock::now() < until) {
    status = WholeStatusOf(bucket, revision);
    if (!status) return Complain(status.error().message);
    const std::optional<int> exit = *status ? Tell(revision, **status) : std::nullopt;
    if (exit) return *exit;
    std::this_thread::sleep_for(kLookEvery);
  }
  if (status && *status) {
    return Complain(
        fmt::format("revision {} is not in force in all partitions yet: {}", revision, (*status)->why));
  }
  return Complain(
      fmt::format("no `lull serve` of deployment \"{}\" has looked at revision {} yet. Is it running, with "
                  "from = \"bucket\" in [deploy]? The revision stays and takes effect when it is.",
                  options.target.name, revision));
}

/// `what` says what kind of revision it is; who and why are filled in.
int AddRevision(DeployOptions& options, const connectors::BundleFiles& files, connectors::Manifest what,
                Opened& opened) {
  const auto key = ReadKey(options.key_file);
  if (!key) return key.error();
  const auto revision = opened.bucket.Add([&](std::uint64_t number) {
    what.deployment = options.target.name;
    what.revision = number;
    what.by = options.by.empty() ? WhoAmI() : options.by;
    what.comment = options.comment;
    what.at_micros = WallMicros();
    Bundle bundle = connectors::MakeBundle(what, files);
    Sign(bundle, *key);
    return bundle;
  });
  if (!revision) return Complain(revision.error().message);
  fmt::print(stderr, "revision {} is in the bucket\n", *revision);
  return Await(opened.bucket, *revision, options);
}

/// Nothing: it is to be in force for all at once.
Result<std::optional<connectors::RolloutPlan>> PlanOf(const DeployOptions& options) {
  using connectors::RolloutPlan;
  if (options.canary.empty() && options.shadow.empty()) {
    if (options.guards.empty() && options.promote_after_micros == 0) return std::nullopt;
    return Fail("--guard and --promote-after go with --canary or --shadow");
  }
  RolloutPlan plan{.kind = options.canary.empty() ? RolloutPlan::Kind::kShadow : RolloutPlan::Kind::kCanary};
  const auto share = connectors::ParseShare(options.canary.empty() ? options.shadow : options.canary);
  if (!share) return std::unexpected(share.error());
  plan.share = *share;
  for (const std::string& text : options.guards) {
    const auto guard = connectors::ParseGuard(text);
    if (!guard) return std::unexpected(guard.error());
    if (std::ranges::count(plan.guards, guard->figure, &connectors::Guard::figure) > 0) {
      return Fail(fmt::format("there are two guards of {}", connectors::NameOf(guard->figure)));
    }
    plan.guards.push_back(*guard);
  }
  plan.promote_after_micros = options.promote_after_micros;
  return plan;
}

int Deploy(DeployOptions& options) {
  auto plan = PlanOf(options);
  if (!plan) return Complain(plan.error().message, kExitUsage);
  connectors::BundleFiles files;
  if (options.no_check) {
    const Result<dsl::LoadedRuleset> loaded = dsl::LoadRuleset(options.folder);
    if (!loaded) return Complain(loaded.error().message);
    files = dsl::BundleOf(*loaded);
  } else {
    const auto loaded = LoadRules(options.folder);
    if (!loaded) return loaded.error();
    files = dsl::BundleOf(*loaded);
  }
  const std::size_t bytes =
      connectors::ToJson(connectors::DeployMarker{.version = {}, .rollout = *plan, .files = files}).size();
  if (bytes > connectors::kDeployMarkerBytesMax) {
    return Complain(fmt::format("the ruleset takes {} bytes as one message; at most {} can be deployed",
                                bytes, connectors::kDeployMarkerBytesMax));
  }
  const auto opened = OpenBucket(options.target);
  if (!opened) return opened.error();
  return AddRevision(options, files, {.rollout = std::move(*plan)}, **opened);
}

/// A revision as it stands in the bucket, checked but for who signed it.
Result<Bundle> Read(DeploymentBucket& bucket, const std::string& deployment, std::uint64_t revision) {
  const auto text = bucket.ReadRevision(revision);
  if (!text) return std::unexpected(text.error());
  if (!*text) return Fail(fmt::format("there is no revision {} (see `lull history`)", revision));
  Result<Bundle> bundle = connectors::ParseBundle(**text);
  if (!bundle) return bundle;
  if (Status ok = connectors::CheckBundle(*bundle, deployment, revision); !ok)
    return std::unexpected(ok.error());
  return bundle;
}

/// The last but one that took effect.
Result<std::uint64_t> PreviousInForce(DeploymentBucket& bucket) {
  const auto head = bucket.Head();
  if (!head) return head;
  bool found_one = false;
  for (std::uint64_t revision = *head; revision > 0; --revision) {
    const auto status = WholeStatusOf(bucket, revision);
    if (!status) return std::unexpected(status.error());
    if (!*status || (*status)->outcome != Outcome::kAccepted) continue;
    if (std::exchange(found_one, true)) return revision;
  }
  return Fail("there is no earlier revision that took effect: say which with --to (see `lull history`)");
}

/// The candidate that is tried in any partition; 0: none.
Result<std::uint64_t> FindCandidate(DeploymentBucket& bucket) {
  const auto head = bucket.Head();
  if (!head) return head;
  for (std::uint64_t revision = *head; revision > 0; --revision) {
    const auto statuses = bucket.StatusesOf(revision);
    if (!statuses) return std::unexpected(statuses.error());
    const auto is_tried = [](const auto& status) {
      return status && (status->outcome == Outcome::kCanary || status->outcome == Outcome::kShadow);
    };
    if (std::ranges::any_of(*statuses, is_tried)) return revision;
    // What is in force everywhere has ended all before it.
    const auto whole = connectors::WholeOf(*statuses);
    if (whole && whole->outcome == Outcome::kAccepted) return 0;
  }
  return 0;
}

int EndCandidate(DeployOptions& options, Opened& opened, std::uint64_t revision, connectors::RolloutEnd end) {
  const Result<Bundle> bundle = Read(opened.bucket, options.target.name, revision);
  if (!bundle) return Complain(bundle.error().message);
  return AddRevision(options, bundle->files, {.of = revision, .end = end}, opened);
}

int Promote(DeployOptions& options) {
  const auto opened = OpenBucket(options.target);
  if (!opened) return opened.error();
  const Result<std::uint64_t> revision =
      options.revision > 0 ? options.revision : FindCandidate((*opened)->bucket);
  if (!revision) return Complain(revision.error().message);
  if (*revision == 0) return Complain("no canary or shadow is under way (see `lull history`)");
  return EndCandidate(options, **opened, *revision, connectors::RolloutEnd::kPromote);
}

int Rollback(DeployOptions& options) {
  const auto opened = OpenBucket(options.target);
  if (!opened) return opened.error();
  DeploymentBucket& bucket = (*opened)->bucket;
  const Result<std::uint64_t> tried = options.revision > 0 ? 0 : FindCandidate(bucket);
  if (!tried) return Complain(tried.error().message);
  if (*tried > 0) return EndCandidate(options, **opened, *tried, connectors::RolloutEnd::kFallBack);
  const Result<std::uint64_t> to = options.revision > 0 ? options.revision : PreviousInForce(bucket);
  if (!to) return Complain(to.error().message);
  Result<Bundle> bundle = Read(bucket, options.target.name, *to);
  if (!bundle) return Complain(bundle.error().message);
  if (options.comment.empty()) options.comment = fmt::format("back to revision {}", *to);
  return AddRevision(options, bundle->files, {.of = *to}, **opened);
}

int Approve(DeployOptions& options) {
  const auto key = ReadKey(options.key_file);
  if (!key) return key.error();
  const auto opened = OpenBucket(options.target);
  if (!opened) return opened.error();
  DeploymentBucket& bucket = (*opened)->bucket;
  const Result<Bundle> bundle = Read(bucket, options.target.name, options.revision);
  if (!bundle) return Complain(bundle.error().message);
  const auto status = WholeStatusOf(bucket, options.revision);
  if (!status) return Complain(status.error().message);
  if (*status && (*status)->is_final()) {
    return Complain(fmt::format("revision {} needs no approval: it is {}", options.revision,
                                connectors::NameOf((*status)->outcome)),
                    kExitUsage);
  }
  fmt::print(stderr, "revision {} by {}: {}\ncontent {}\n", options.revision, bundle->manifest.by,
             bundle->manifest.comment, bundle->manifest.hash);
  const SigningKey& mine = **key;
  if (Status ok = bucket.Approve(options.revision, {mine.PublicKey(), mine.Sign(bundle->signed_text)}); !ok) {
    return Complain(ok.error().message);
  }
  // The status that asks for approval stands there until the service has seen this one.
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(options.wait_micros);
  while (!options.no_wait && std::chrono::steady_clock::now() < until) {
    const auto now = WholeStatusOf(bucket, options.revision);
    if (!now) return Complain(now.error().message);
    if (*now && (*now)->is_final()) return Await(bucket, options.revision, options);
    std::this_thread::sleep_for(kLookEvery);
  }
  fmt::print(
      "revision {} is signed, and has not taken effect yet: it needs other signatures, or this key is not "
      "trusted\n",
      options.revision);
  return options.no_wait ? kExitOk : kExitFailure;
}

int MakeKey(const std::string& file) {
  const Result<SigningKey> key = SigningKey::Generate();
  if (!key) return Complain(key.error().message);
  if (Status ok = key->Write(file); !ok) return Complain(ok.error().message);
  fmt::print("{}\n", key->PublicKey());
  fmt::print(stderr, "the private key is in {}; the line above belongs into trusted_keys of [deploy]\n",
             file);
  return kExitOk;
}

void AddCommon(CLI::App& command, DeployOptions& options, bool key_required) {
  options.target.AddOptions(command, false);
  CLI::Option* key =
      command.add_option("--key", options.key_file, "File of your private key (`lull keygen`)");
  if (key_required) key->required();
  AddDurationOption(command, "--wait", options.wait_micros,
                    "How long to wait for the service (default: 2 minutes)");
  command.add_flag("--no-wait", options.no_wait, "Do not wait for the service");
}

void AddWords(CLI::App& command, DeployOptions& options) {
  command.add_option("--comment", options.comment, "Why, for the history");
  command.add_option("--by", options.by, "Who, for the history (default: your user name)");
}

constexpr const char* kExits =
    "\nExits with 0 if it took effect (or awaits approval), with 1 if it was refused, with 3 if no service "
    "answered.";

}  // namespace

void AddKeygenCommand(CLI::App& app, std::function<int()>& run) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("keygen", "Make a key pair for signing deployments");
  command->add_option("FILE", *file, "Where the private key goes; readable by you only")->required();
  command->footer("\nPrints the public key. Example:\n  lull keygen ~/.config/lull/deploy.key");
  command->callback([file, &run] { run = [file] { return MakeKey(*file); }; });
}

void AddDeployCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<DeployOptions>();
  CLI::App* command =
      app.add_subcommand("deploy", "Deploy a ruleset to a running service, as a signed revision");
  command->add_option("DIR", options->folder, "Folder with the *.lull files")->required();
  AddCommon(*command, *options, false);
  command->add_flag("--no-check", options->no_check,
                    "Leave checking the rules to the service, which may be of another version");
  AddWords(*command, *options);
  command->add_option("--canary", options->canary, "Try it for this share of the entities, such as 5%");
  command
      ->add_option("--shadow", options->shadow,
                   "Try it beside what is in force, and record what it would send; for a share, or 100%")
      ->expected(0, 1)
      ->default_str("100%")
      ->excludes("--canary");
  command->add_option("--guard", options->guards,
                      "Fall back outside of bounds for its last hour: actions-per-hour=10..500, "
                      "errors-per-hour=..0");
  AddDurationOption(*command, "--promote-after", options->promote_after_micros,
                    "Put it in force for all once the guards have held for so long (default: never)");
  command->footer(
      std::string(
          "\nThe service verifies the signature, compiles the ruleset and runs its tests beside the events, "
          "and\nswitches between two of them. `lull diff` shows before what state carries over.\n"
          "A candidate (--canary, --shadow) ends with `lull promote`, `lull rollback`, or another "
          "deployment.\n") +
      kExits +
      "\n\nExamples:\n  lull deploy rules --config lull.toml --key deploy.key --comment \"shorter waits\"\n"
      "  lull deploy rules --config lull.toml --key deploy.key --shadow\n"
      "  lull deploy rules --config lull.toml --key deploy.key --canary 5% --guard actions-per-hour=..500 "
      "--promote-after 24h");
  command->callback([options, &run] { run = [options] { return Deploy(*options); }; });
}

void AddPromoteCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<DeployOptions>();
  CLI::App* command = app.add_subcommand("promote", "Put a canary or a shadow in force for all");
  command->add_option("REVISION", options->revision, "Its number (default: the one that is tried now)");
  AddCommon(*command, *options, false);
  AddWords(*command, *options);
  command->footer(
      std::string("\nIt is a new revision that says so, signed as others are; a candidate that is over by "
                  "then is not promoted.\n") +
      kExits + "\n\nExample:\n  lull promote --config lull.toml --key deploy.key --comment \"a quiet week\"");
  command->callback([options, &run] { run = [options] { return Promote(*options); }; });
}

void AddRollbackCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<DeployOptions>();
  CLI::App* command =
      app.add_subcommand("rollback", "Deploy again what was in force before, or take a candidate back");
  command->add_option("--to", options->revision,
                      "The revision whose files are deployed (default: the one in force before)");
  AddCommon(*command, *options, false);
  AddWords(*command, *options);
  command->footer(
      std::string(
          "\nIt is a new revision with the old files: what was remembered since goes on, by meaning.\n"
          "While a canary or a shadow is tried, that is taken back (unless --to says otherwise).\n") +
      kExits +
      "\n\nExamples:\n  lull rollback --config lull.toml --key deploy.key\n"
      "  lull rollback --to 7 --config lull.toml --key deploy.key");
  command->callback([options, &run] { run = [options] { return Rollback(*options); }; });
}

void AddApproveCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<DeployOptions>();
  CLI::App* command = app.add_subcommand("approve", "Sign a revision that somebody else has deployed");
  command->add_option("REVISION", options->revision, "Its number")->required()->check(CLI::PositiveNumber);
  AddCommon(*command, *options, true);
  command->callback([options, &run] { run = [options] { return Approve(*options); }; });
}

}  // namespace lull::tools
