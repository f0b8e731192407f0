// One life of a deployment in a world: producers, one or two machines that run the service, and everything
// that goes wrong around them; then quiet, and a look at what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lull::simulation {

/// What has been tried in a life, so that a test can see that it was.
struct Tried {
  std::uint64_t events = 0, actions = 0, starts = 0, kills = 0, pauses = 0, takeovers = 0, disconnects = 0,
                crashes = 0, power_cuts = 0, full_disks = 0, damages = 0, clock_jumps = 0, reloads = 0,
                recoveries = 0, accepted_losses = 0;
  Tried& operator+=(const Tried& other);
};

struct Outcome {
  std::vector<std::string> problems;  // what should not be; empty: all is well
  std::vector<std::string> story;     // what happened, with times, for whoever looks for the reason
  Tried tried;
};

/// `rules` is a folder with one folder of rule files for each of kRulesetVariants, named "0", "1", ….
inline constexpr int kRulesetVariants = 3;
std::string RulesetText(int variant);

Outcome LiveThrough(std::uint64_t seed, const std::string& rules);

}  // namespace lull::simulation
