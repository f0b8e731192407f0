// Which broker and deployment the commands that talk to a running service mean.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "connectors/nats/connection.h"
#include "runtime/base/result.h"

namespace lull::tools {

/// Either the configuration file of `lull serve`, or an address and the deployment's name.
struct NatsTarget {
  std::string config_file;
  std::string url = "nats://127.0.0.1:4222";
  std::string name;
  std::string prefix;

  /// Adds --config, --nats, --name, and --prefix if wanted, to a command.
  void AddOptions(CLI::App& command, bool with_prefix);

  /// Fills in what the configuration file says. Fails if it cannot be read, or a name is needed and missing.
  Status Resolve(bool needs_name);

  /// After Resolve.
  connectors::ConnectionOptions connection;
  std::string Subject(const std::string& what) const { return "lull." + name + "." + what; }
  /// The deployment's name, or those of its partitions.
  std::vector<std::string> Names() const;
  std::uint32_t partition_count = 1;
};

}  // namespace lull::tools
