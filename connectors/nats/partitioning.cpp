#include "connectors/nats/partitioning.h"

#include <algorithm>
#include <iterator>

namespace lull::connectors {
namespace {

std::vector<std::string> TokensOf(const std::string& subject) {
  std::vector<std::string> tokens(1);
  for (const char c : subject) {
    if (c == '.') {
      tokens.emplace_back();
    } else {
      tokens.back() += c;
    }
  }
  return tokens;
}

SubjectMapping MappingOf(const ServeConfig& config, const std::string& subject) {
  const std::vector<std::string> tokens = TokensOf(subject);
  std::size_t wildcards = 0;
  std::string kept;
  for (const std::string& token : tokens) {
    kept += '.';
    kept += token == "*" ? "{{wildcard(" + std::to_string(++wildcards) + ")}}" : token;
  }
  return {.from = subject,
          .to = "lull." + config.name + ".in.{{partition(" + std::to_string(config.partition_count) + "," +
                std::to_string(wildcards) + ")}}" + kept};
}

}  // namespace

std::uint32_t PartitionOf(std::string_view token, std::uint32_t count) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : token) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16'777'619U;
  return hash % count;
}

std::string PartitionSubject(const std::string& deployment, std::uint32_t partition) {
  return "lull." + deployment + ".in." + std::to_string(partition);
}

ServeConfig PartitionConfig(const ServeConfig& config, std::uint32_t partition) {
  ServeConfig own = config;
  const std::string number = std::to_string(partition);
  own.name = config.name + "_" + number;
  own.partition_count = 1;
  own.is_partition = true;
  own.whole = config.name;
  own.partition = partition;
  own.partition_of = config.partition_count;
  own.action_prefix = config.action_prefix + "." + number;
  for (ServeSource& source : own.sources) {
    source.subject = PartitionSubject(config.name, partition) + "." + source.subject;
  }
  if (config.state_folder) own.state_folder = *config.state_folder / number;
  if (own.http && own.http->port != 0) own.http->port += static_cast<int>(partition);
  own.nats.client_name = config.nats.client_name + " " + number;
  return own;
}

std::vector<SubjectMapping> MappingsOf(const ServeConfig& config) {
  std::vector<SubjectMapping> mappings;
  for (const ServeSource& source : config.sources) mappings.push_back(MappingOf(config, source.subject));
  return mappings;
}

OwnershipMoves MovesOf(const Ownership& now, const std::string& self, std::uint32_t partition_count) {
  std::set<std::string> instances = now.instances;
  instances.insert(self);
  const auto count = static_cast<std::uint32_t>(instances.size());
  const auto place = static_cast<std::uint32_t>(std::distance(instances.begin(), instances.find(self)));
  const std::uint32_t share = partition_count / count + (place < partition_count % count ? 1 : 0);
  OwnershipMoves moves;
  std::vector<std::uint32_t> own;
  std::vector<std::uint32_t> free;
  for (std::uint32_t partition = 0; partition < partition_count; ++partition) {
    const auto owner = now.owners.find(partition);
    if (owner == now.owners.end()) {
      free.push_back(partition);
    } else if (owner->second == self) {
      own.push_back(partition);
    }
  }
  if (own.size() > share) moves.release.assign(own.begin() + share, own.end());
  const std::size_t wanted = share > own.size() ? share - own.size() : 0;
  // Instances that come at the same time begin at different places.
  if (!free.empty()) {
    std::ranges::rotate(free, free.begin() + static_cast<std::ptrdiff_t>(place * wanted % free.size()));
  }
  free.resize(std::min(free.size(), wanted));
  moves.acquire = std::move(free);
  return moves;
}

}  // namespace lull::connectors
