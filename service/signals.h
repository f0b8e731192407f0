// What a service is asked from outside of its logs: to stop, to load its ruleset anew.
#pragma once

#include <atomic>

namespace lull::service {

/// Set by signal handlers or another thread, read by the service's loop.
struct Signals {
  std::atomic<bool> stop = false;
  std::atomic<bool> reload = false;  // taken by who reads it
};

/// Those of this process: SIGTERM and SIGINT stop, SIGHUP reloads.
Signals& InstallSignals();

}  // namespace lull::service
