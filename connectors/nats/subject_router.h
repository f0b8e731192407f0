// Puts what producers publish to plain subjects into its partition, where the broker has no subject mappings.
//
// A message goes on under the partition's subject with its headers (its Nats-Msg-Id makes retries harmless)
// and its reply address: so JetStream itself answers the producer once the partition's stream has stored it,
// and nothing is remembered here. A producer that wants no answer gets what core NATS gives: at most once.
#pragma once

#include <cstdint>
#include <memory>

#include "connectors/nats/connection.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"

namespace lull::connectors {

struct RouterFigures {
  std::uint64_t routed = 0;
  std::uint64_t failed = 0;   ///< could not be sent on; who asked for an answer gets none
  std::uint64_t dropped = 0;  ///< by the client library: more came than could be held
};

/// Listens until it is destroyed, which sends on what has come by then. Several share the subjects as a
/// group.
class SubjectRouter {
 public:
  /// `connection` must outlive it, and be used by nothing else.
  static Result<std::unique_ptr<SubjectRouter>> Start(Connection& connection, const ServeConfig& config);
  ~SubjectRouter();
  SubjectRouter(const SubjectRouter&) = delete;
  SubjectRouter& operator=(const SubjectRouter&) = delete;

  RouterFigures figures() const;

 private:
  struct Impl;
  explicit SubjectRouter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
