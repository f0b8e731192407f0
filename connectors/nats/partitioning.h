// A deployment in several partitions: which key goes where, how the broker does that, and who owns what.
//
// Partition p of deployment NAME is a deployment of its own, NAME_p: streams, clock, state and control, so
// that nothing is shared. Producers keep publishing to plain subjects, such as events.<type>.<key>; a subject
// mapping of the broker puts each under lull.NAME.in.<p>, by its key.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/nats/serve_config.h"

namespace lull::connectors {

/// Where the broker's partition(COUNT, TOKEN) puts a token: FNV-1a of 32 bits, modulo the count
/// (nats-server, server/subject_transform.go).
std::uint32_t PartitionOf(std::string_view token, std::uint32_t count);

/// Below it lies what goes to a partition.
std::string PartitionSubject(const std::string& deployment, std::uint32_t partition);

/// One partition as a configuration of its own. `config.partition_count` is more than 1.
ServeConfig PartitionConfig(const ServeConfig& config, std::uint32_t partition);

/// The broker's `mappings`, by source: from subject to subject. Wildcards stay where they are, and the last
/// one is the key.
struct SubjectMapping {
  std::string from;
  std::string to;
};
std::vector<SubjectMapping> MappingsOf(const ServeConfig& config);

/// Who is there, and who has what.
struct Ownership {
  std::set<std::string> instances;
  std::map<std::uint32_t, std::string> owners;  // by partition; those without are free
};

/// What an instance should do to have its fair share: floor or ceiling of partitions over instances, the
/// larger ones to the instances that come first by name. Partitions that it has stay with it where they can.
struct OwnershipMoves {
  std::vector<std::uint32_t> release;
  std::vector<std::uint32_t> acquire;  // of the free ones
};
OwnershipMoves MovesOf(const Ownership& now, const std::string& self, std::uint32_t partition_count);

}  // namespace lull::connectors
