#include "connectors/nats/revision_status.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "connectors/json_text.h"

namespace lull::connectors {
namespace {

using Outcome = RevisionStatus::Outcome;
using simdjson::SUCCESS;

constexpr std::array<std::string_view, 9> kOutcomes = {"accepted",   "refused", "awaits_approval",
                                                       "superseded", "ready",   "partly",
                                                       "canary",     "shadow",  "fell_back"};

bool ReadText(simdjson::dom::element from, const char* name, std::string& out) {
  std::string_view text;
  if (from[name].get(text) != SUCCESS) return false;
  out = text;
  return true;
}

bool Has(const PartitionStatuses& statuses, Outcome outcome) {
  return std::ranges::any_of(statuses, [&](const auto& of) { return of && of->outcome == outcome; });
}

bool HasTaken(const PartitionStatuses& statuses) {
  return std::ranges::any_of(statuses, [](const auto& of) { return of && of->is_taken(); });
}

/// "accepted in partitions 0, 1; refused in partition 2: REASON"
std::string Listing(const PartitionStatuses& statuses) {
  struct Group {
    std::string name;
    std::string partitions;
    std::size_t count = 0;
    std::string why;
  };
  std::vector<Group> groups;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const std::string name = statuses[i] ? std::string(NameOf(statuses[i]->outcome)) : "not looked at";
    auto group = std::ranges::find(groups, name, &Group::name);
    if (group == groups.end()) {
      group = groups.insert(
          groups.end(),
          {.name = name, .partitions = {}, .why = statuses[i] ? statuses[i]->why : std::string()});
    }
    group->partitions += (group->count++ == 0 ? "" : ", ") + std::to_string(i);
  }
  std::string out;
  for (const Group& group : groups) {
    out += (out.empty() ? "" : "; ") + group.name +
           (group.count == 1 ? " in partition " : " in partitions ") + group.partitions;
    if (!group.why.empty()) out += ": " + group.why;
  }
  return out;
}

Outcome OutcomeOf(const PartitionStatuses& statuses) {
  const bool all_over = std::ranges::all_of(statuses, [](const auto& of) { return of && of->is_final(); });
  if (!all_over) return Has(statuses, Outcome::kAwaitsApproval) ? Outcome::kAwaitsApproval : Outcome::kReady;
  const Outcome first = statuses.front()->outcome;
  if (std::ranges::all_of(statuses, [&](const auto& of) { return of->outcome == first; })) return first;
  return HasTaken(statuses) ? Outcome::kPartly : Outcome::kRefused;
}

}  // namespace

std::string ToJson(const RevisionStatus& status) {
  std::string out = "{\"outcome\":";
  AppendJsonText(out, NameOf(status.outcome));
  out += ",\"why\":";
  AppendJsonText(out, status.why);
  out += ",\"version\":";
  AppendJsonText(out, status.version);
  out += ",\"sequence\":" + std::to_string(status.sequence) + ",\"at\":" + std::to_string(status.at_micros);
  return out + "}";
}

Result<RevisionStatus> ParseRevisionStatus(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  RevisionStatus status;
  std::string outcome;
  const bool whole =
      parser.parse(json.data(), json.size()).get(root) == SUCCESS && ReadText(root, "outcome", outcome) &&
      ReadText(root, "why", status.why) && ReadText(root, "version", status.version) &&
      root["sequence"].get(status.sequence) == SUCCESS && root["at"].get(status.at_micros) == SUCCESS;
  const auto found = std::ranges::find(kOutcomes, outcome);
  if (!whole || found == kOutcomes.end()) return Fail("not a status that this version of Lull can read");
  status.outcome = static_cast<Outcome>(found - kOutcomes.begin());
  return status;
}

std::string_view NameOf(Outcome outcome) { return kOutcomes[static_cast<std::size_t>(outcome)]; }

std::optional<RevisionStatus> WholeOf(const PartitionStatuses& statuses) {
  if (statuses.size() == 1) return statuses.front();
  if (std::ranges::none_of(statuses, [](const auto& of) { return of.has_value(); })) return {};
  RevisionStatus whole{.outcome = OutcomeOf(statuses), .why = {}, .version = {}, .at_micros = 0};
  bool is_same = true;
  for (const auto& status : statuses) {
    if (!status) {
      is_same = false;
      continue;
    }
    whole.at_micros = std::max(whole.at_micros, status->at_micros);
    if (whole.version.empty()) whole.version = status->version;
    is_same = is_same && status->outcome == whole.outcome;
  }
  // Where all agree, they agree about the reason.
  whole.why = is_same ? statuses.front()->why : Listing(statuses);
  return whole;
}

PartitionVote VoteOf(const PartitionStatuses& statuses, std::uint32_t self, bool patient) {
  if (HasTaken(statuses)) return PartitionVote::kTake;
  if (Has(statuses, Outcome::kRefused)) return PartitionVote::kRefuse;
  for (std::uint32_t i = 0; patient && i < statuses.size(); ++i) {
    const bool is_sure = statuses[i] && statuses[i]->outcome != Outcome::kAwaitsApproval;
    if (i != self && !is_sure) return PartitionVote::kWait;
  }
  return PartitionVote::kTake;
}

}  // namespace lull::connectors
