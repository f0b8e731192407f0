// What must be true of the streams of a deployment when a life in a world is over.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/simulation/broker.h"

namespace lull::simulation {

inline constexpr char kDeployment[] = "sim";
inline constexpr char kInputStream[] = "LULL_SIM_IN";
inline constexpr char kOutputStream[] = "LULL_SIM_OUT";

/// What was acknowledged to its producer is in the input log, and nothing is there twice.
void CheckEvents(Broker& broker, const std::set<std::string>& acknowledged,
                 std::vector<std::string>& problems);

/// No id stands twice in an output log.
void CheckIds(Broker& broker, std::vector<std::string>& problems);

/// By a few lines that know nothing of the engine: whoever asked, and had no answer in the log before the
/// clock went past five seconds after it, is answered, once; nobody else is.
void CheckWaits(Broker& broker, std::vector<std::string>& problems);

/// A service that reads the same input log in a world without faults decides the same. If a person has
/// accepted that input is lost, the output logs may have more: what came from that.
void CheckReplay(Broker& broker, const std::string& rules, bool may_have_more,
                 std::vector<std::string>& problems);

}  // namespace lull::simulation
